"""The trackers there are, by the key the settings file knows them by: one module and one line each."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from integrations.trackers.base import TrackerKind

_MODULES = (
    "local",
    "github",
    "linear",
    "gitlab",
    "redmine",
    "jira",
)


def _kinds() -> Iterator[TrackerKind]:
    for module in _MODULES:
        kind = import_module(f"integrations.trackers.{module}").KIND
        if not isinstance(kind, TrackerKind):
            raise TypeError(f"integrations/trackers/{module} declares no KIND")
        yield kind


TRACKERS: Mapping[str, TrackerKind] = {kind.name: kind for kind in _kinds()}
