"""The digests there are, with when each was last and is next posted: for App Home and `/liaison digest`."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.digests import audiences, build, runs
from bot.digests.audiences import Reader
from bot.digests.changing import unknown
from bot.digests.facts import Digest
from bot.digests.slots import following, timetable_of
from bot.errors import UserError
from bot.services import Services
from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, RunState, Slot


@dataclass(frozen=True)
class DigestLine:
    """A digest in a list. `last_skip` says why the last one was not posted; `problem` why it could not be."""

    key: str
    title: str
    channel: str
    zone: str
    last_posted: datetime | None
    next_at: datetime | None
    on_release: bool = False
    paused: bool = False
    paused_until: datetime | None = None
    last_skip: str = ""
    problem: str = ""


def read_overview(session: WorkspaceSession, services: Services) -> list[DigestLine]:
    """List the digests in the order of the settings file."""
    now = services.now()
    return [_line(session, services, one, now) for one in audiences.readers(session, services.settings, now)]


def preview(session: WorkspaceSession, services: Services, key: str) -> Digest:
    """Collect what the next digest of an audience would tell if it were due now; nothing is kept.

    Raises:
        UserError: there is no such audience.
    """
    now = services.now()
    found = audiences.reader(session, services.settings, key, now)
    if found is None:
        raise UserError(unknown(services.settings, key))
    coming = following(timetable_of(services.settings, found), now)
    slot = coming.slot if coming else Slot.RELEASE
    digest = build.collect(session, services, found, slot, now, digests.last_posted(session, key))
    return replace(digest, next_at=coming.due_at if coming else None)


def _line(session: WorkspaceSession, services: Services, found: Reader, now: datetime) -> DigestLine:
    posted = digests.last_posted(session, found.key)
    last: DigestRun | None = next(iter(digests.last_runs(session, found.key, limit=1)), None)
    coming = following(timetable_of(services.settings, found), now)
    return DigestLine(
        key=found.key,
        title=audiences.title(found.key),
        channel=found.audience.channel,
        zone=found.zone.key,
        last_posted=posted.due_at if posted else None,
        next_at=coming.due_at if coming else None,
        on_release=found.audience.on == "release",
        paused=found.is_paused(now),
        paused_until=found.paused_until,
        last_skip=last.skip_reason if last and last.state is RunState.SKIPPED else "",
        problem=last.error if last and last.state in runs.GIVEN_UP else "",
    )
