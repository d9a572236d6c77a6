"""A form with a file in it, as browsers send it."""

import re
import secrets

from integrations.trackers.base import File

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


def form_with(file: File) -> tuple[bytes, str]:
    """Write the form; return its bytes and their media type."""
    boundary = secrets.token_hex(16)
    name = re.sub(r'[\x00-\x1f"\\]', "_", file.name) or "file"
    media_type = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    content = head.encode("utf-8", "replace") + file.content + f"\r\n--{boundary}--\r\n".encode()
    return content, f"multipart/form-data; boundary={boundary}"
