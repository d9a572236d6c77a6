"""The sections that digests are made of; `bot.routing.section_names` is the list, in the order in which they stand."""

from functools import cache
from importlib import import_module

from bot.digests.base import Section
from bot.routing.section_names import SECTION_NAMES


@cache
def sections() -> dict[str, Section]:
    """Give every section by its name; each module has one as `SECTION`."""
    return {name: import_module(f"bot.digests.sections.{name}").SECTION for name in SECTION_NAMES}
