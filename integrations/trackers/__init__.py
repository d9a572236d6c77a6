"""The trackers there are, by the key the settings file knows them by."""

from collections.abc import Callable, Mapping

from integrations.trackers.base import Tracker
from integrations.trackers.local import LocalTracker
from storage.database import Database

TRACKERS: Mapping[str, Callable[[Database, str], Tracker]] = {
    "local": LocalTracker,
}
