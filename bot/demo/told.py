"""What the digests of the example team told before: so that "since the last post" has a beginning."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from bot.demo import frames
from bot.demo.releases import SOURCE
from bot.demo.shipping import REPOSITORY
from bot.digests import audiences, schedule, silence, snapshot, wording
from bot.digests.audiences import Reader
from bot.digests.facts import Digest
from bot.digests.health import ASK_AHEAD
from bot.digests.slots import Occurrence, latest, timetable_of
from bot.services import Services
from storage import digests, links, people
from storage.database import WorkspaceSession
from storage.models import Audience, DigestRun, Health, HealthWord, RunState, Slot, SyncCursor

# What was due in the last hours is left out: the digest that is shown now has more to tell.
_BEFORE = timedelta(hours=20)
_SENTENCE = "Saved addresses are out in 2.4.0. The export that is empty on Safari is the only risk to 2.5.0."
_ANSWERED_AFTER = timedelta(minutes=70)
_READ_EVERY_S = 600


def write(session: WorkspaceSession, services: Services, now: datetime) -> None:
    """Write down that each audience read its last digest, and what the lead said of the last week."""
    for reader in audiences.readers(session, services.settings, now):
        last = latest(timetable_of(services.settings, reader), now - _BEFORE)
        session.add(Audience(key=reader.key, known_since=now))
        if last:
            session.add(_run(reader, last[-1]))
        for one in last:
            if one.slot is Slot.WEEKLY and reader.audience.health_from:
                session.add(_word(session, reader, one))


def read_sources(session: WorkspaceSession, now: datetime) -> None:
    """Let what the demo shows of GitHub and Figma count as read just now; there is no account to read it from.

    Its Slack server takes charts and shows a red word in their place, so it is known as one that refuses them.
    """
    digests.learn(session, digests.CHARTS, digests.REFUSED)
    for cursor in _cursors(session):
        cursor.polled_at, cursor.failing_since, cursor.error = now, None, ""
        session.add(cursor)


async def keep_read(services: Services) -> None:
    """Let them count as read again and again, until the task is cancelled: a source not read for an hour is stale."""
    while True:
        await asyncio.sleep(_READ_EVERY_S)
        now = services.now()
        await services.database.write(services.workspace, partial(_read_again, now))


def _read_again(now: datetime, session: WorkspaceSession) -> None:
    read_sources(session, now)


async def post_digests(services: Services) -> None:
    """Have every digest posted now, into a Slack server that starts empty each time."""
    for key in services.settings.audiences:
        await schedule.ask(services, key, f"demo:{services.now():%Y%m%d%H%M%S}")


def _cursors(session: WorkspaceSession) -> Iterator[SyncCursor]:
    yield links.cursor(session, SOURCE, REPOSITORY)
    yield links.cursor(session, "figma", frames.FILE)


def _run(reader: Reader, due: Occurrence) -> DigestRun:
    digest = Digest(
        audience=reader.key,
        slot=due.slot,
        title=wording.title(reader, due.slot, due.due_at),
        zone=reader.zone.key,
        due_at=due.due_at,
        since=due.due_at - timedelta(days=7),
    )
    return DigestRun(
        audience_key=reader.key,
        slot=due.slot,
        period=due.period,
        due_at=due.due_at,
        since=digest.since,
        state=RunState.POSTED,
        snapshot=snapshot.write(digest),
        fingerprint=silence.fingerprint(digest),
        channel_id=reader.audience.channel,
        attempts=1,
        posted_at=due.due_at,
    )


def _word(session: WorkspaceSession, reader: Reader, due: Occurrence) -> HealthWord:
    asked_at = due.due_at - ASK_AHEAD
    return HealthWord(
        audience_key=reader.key,
        period=due.period,
        person_id=people.meet(session, reader.audience.health_from or "").id or 0,
        asked_at=asked_at,
        health=Health.AT_RISK,
        text=_SENTENCE,
        answered_at=asked_at + _ANSWERED_AFTER,
    )
