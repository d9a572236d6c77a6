"""The part of `liaison check` that asks the trackers: who we are there, which project, what is missing."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.check import Finding, Mark
from bot.config import Config
from bot.routing.settings import LOCAL, Settings
from integrations.connections import Connections, Sources, is_set_up, missing
from integrations.sources import SOURCES
from integrations.trackers import TRACKERS
from integrations.trackers.base import Ability, Tracker, TrackerError
from storage.database import Database

FIGMA = "figma"
# What people would miss, and where the docs say how it is done without.
_CANNOT = {
    Ability.LABELS: "no labels, so severities are not seen there",
    Ability.ASSIGNEE: "no assignees",
    Ability.EDIT_COMMENTS: "no edited comments, so a new one follows",
    Ability.DELETE_COMMENTS: "no deleted comments",
}


async def check_trackers(config: Config, settings: Settings | None) -> list[Finding]:
    """Ask every project that the settings name; one that is not set up is a problem, for its issues go nowhere."""
    values = config.tracker_values()
    database = Database(config.database_url.get_secret_value())
    trackers = Connections(TRACKERS, values, workspace="", database=database, now=lambda: datetime.now(UTC))
    try:
        named = _named(settings) if settings is not None else []
        found = [_idle(name) for name in _unused(values, named)]
        found += await asyncio.gather(*(_ask(trackers, name, project) for name, project in named))
        return [*found, *await _check_figma(values, settings)]
    finally:
        await trackers.close()
        await database.close()


async def _check_figma(values: Mapping[str, str], settings: Settings | None) -> list[Finding]:
    """Ask for every file that the settings name; without any, Figma is of no use."""
    kind, files = SOURCES[FIGMA], tuple(settings.figma.files) if settings and settings.figma else ()
    if not files:
        idle = f"is set up, but the settings name no file of it: figma: {{files: {{{kind.project_example}: checkout}}}}"
        return [Finding(Mark.NOTE, kind.title, idle)] if settings and is_set_up(kind, values) else []
    sources = Sources(SOURCES, values, now=lambda: datetime.now(UTC))
    try:
        return list(await asyncio.gather(*(_ask_file(sources, kind.title, one) for one in files)))
    finally:
        await sources.close()


async def _ask_file(sources: Sources, title: str, file_key: str) -> Finding:
    try:
        standing = await sources.get(FIGMA, file_key).check()
    except TrackerError as failure:
        return Finding(Mark.WRONG, f"{title} {file_key}", str(failure))
    return Finding(Mark.OK, f"{title} {file_key}", f"“{standing.project}”: comments and frames can be read")


def _named(settings: Settings) -> list[tuple[str, str]]:
    places = [settings.target_of(key) for key in (None, *settings.components)]
    return [place for place in dict.fromkeys(places) if place[0] != LOCAL]


def _unused(values: Mapping[str, str], named: list[tuple[str, str]]) -> list[str]:
    used = {name for name, _ in named} | {LOCAL}
    return [kind.name for kind in TRACKERS.values() if kind.name not in used and is_set_up(kind, values)]


def _idle(name: str) -> Finding:
    kind = TRACKERS[name]
    example = f"tracker: {{{name}: {kind.project_example}}}"
    return Finding(Mark.NOTE, kind.title, f"is set up, but the settings name no project of it: {example}")


async def _ask(trackers: Connections, name: str, project: str) -> Finding:
    kind = TRACKERS[name]
    subject = f"{kind.title} {project}"
    if trackers.kind(name) is None:
        return Finding(Mark.WRONG, subject, missing(kind, name, trackers.values))
    try:
        return await _standing(trackers.get(name, project), subject)
    except TrackerError as failure:
        return Finding(Mark.WRONG, subject, str(failure))


async def _standing(tracker: Tracker, subject: str) -> Finding:
    standing = await tracker.check()
    if standing.problems:
        return Finding(Mark.WRONG, subject, " ".join(standing.problems))
    cannot = " and ".join(words for ability, words in _CANNOT.items() if ability not in tracker.abilities)
    but = f"; it has {cannot}" if cannot else ""
    return Finding(Mark.OK, subject, f"signed in as {standing.account}; issues can be made and changed{but}")
