"""Whether each source could be read, since when not, and who was told of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests import sources, wording
from bot.digests.audiences import Reader
from bot.digests.facts import Digest, SourceHealth
from bot.routing.settings import Audience
from bot.services import Services
from storage import people
from storage.database import WorkspaceSession
from storage.links import BACK, DOWN, TRACKER
from storage.models import AuditEvent, SyncCursor, Via
from tests.conftest import read

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def health(services: Services, cursor: SyncCursor, *heard: str) -> SourceHealth:
    """Say how the only source is, of which the administrators heard this."""

    def unit(session: WorkspaceSession) -> None:
        people.meet(session, "U0ADA", "Ada Reyes")
        session.add(cursor)
        session.flush()
        for action in heard:
            subject = {"subject_type": TRACKER, "subject_id": cursor.id or 0}
            session.add(AuditEvent(at=NOW, via=Via.SYNC, action=action, **subject))

    await services.database.write(services.workspace, unit)
    berlin = ZoneInfo("Europe/Berlin")
    reader = Reader("qa", Audience.model_validate({"channel": "C0QA", "daily": "08:30"}), berlin, ("reviews",), NOW)
    (found,) = await read(services, lambda session: sources.read(session, services, reader, NOW))
    return found


def cursor(**more: object) -> SyncCursor:
    return SyncCursor(tracker="github", project="acme/web", polled_at=NOW - 5 * HOUR, **more)


async def test_failure_names_who_was_told_of_it(services: Services) -> None:
    since = NOW - 4 * HOUR

    found = await health(services, cursor(failing_since=since, error="the token was refused"), DOWN)

    assert (found.failing_since, found.error, found.told) == (since, "the token was refused", ("Ada Reyes",))


async def test_failure_names_nobody_when_the_last_they_heard_is_that_it_is_back(services: Services) -> None:
    found = await health(services, cursor(failing_since=NOW - HOUR, error="no answer"), DOWN, BACK)

    assert found.told == ()


async def test_source_is_not_believed_when_it_was_not_asked_for_long(services: Services) -> None:
    found = await health(services, cursor(), DOWN)

    assert (found.failing_since, found.error) == (NOW - 5 * HOUR, "it was not asked since then")
    assert found.told == ()


def test_heartbeat_says_when_the_first_of_the_sources_was_read() -> None:
    read_at = (NOW - timedelta(minutes=3), NOW - timedelta(minutes=1))
    known = tuple(SourceHealth(name, name.title(), at) for name, at in zip(("figma", "linear"), read_at, strict=True))
    broken = SourceHealth("github", "GitHub", NOW - HOUR, NOW - HOUR, "no answer")

    said = wording.heartbeat(Digest("qa", "weekly", "QA", "Europe/Berlin", NOW, NOW, sources=(*known, broken)))

    assert said.endswith("Figma and Linear were read at 08:27.")
