"""Schema versions, oldest first in `versions/`; run by `storage.schema`."""
