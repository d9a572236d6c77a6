"""The sources there are besides trackers, by their names: one module and one line each."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from integrations.sources.base import SourceKind

_MODULES = ("figma",)


def _kinds() -> Iterator[SourceKind]:
    for module in _MODULES:
        kind = import_module(f"integrations.sources.{module}").KIND
        if not isinstance(kind, SourceKind):
            raise TypeError(f"integrations/sources/{module} declares no KIND")
        yield kind


SOURCES: Mapping[str, SourceKind] = {kind.name: kind for kind in _kinds()}
