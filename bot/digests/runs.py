"""One run of a digest: collected, judged, posted exactly once; every step is kept before the next is taken."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.digests import audiences, build, jobs, marks, silence, snapshot
from bot.digests.audiences import Reader
from bot.digests.facts import Digest
from bot.digests.run_states import Step, follow
from bot.digests.slots import Timetable, following, timetable_of
from bot.routing.settings import Settings
from bot.services import Services
from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, RunState, Slot

# How long a failed run waits, by the number of tries that failed.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
TOO_LATE = "too late"
PAUSED = "paused"
GONE = "no such audience"
GIVEN_UP = frozenset({RunState.ABANDONED})
_ENDED = frozenset({RunState.SKIPPED, RunState.ABANDONED, RunState.POSTED})


@dataclass(frozen=True)
class Ready:
    """A digest to be posted. `is_heartbeat`: only the line that nothing is new; `must_look`: it may stand there."""

    run_id: int
    channel: str
    digest: Digest
    is_heartbeat: bool = False
    must_look: bool = False

    @property
    def marker(self) -> str:
        """Give what the message carries, and is found again by."""
        return f"liaison:digest:{self.run_id}"


async def prepare(services: Services, run_id: int) -> Ready | None:
    """Bring a run to where only the post is missing; None if there is nothing (more) to post.

    A run that was collected before is posted as it was collected then: what was to be told is not lost.
    """
    run = await services.database.write(services.workspace, lambda session: _begin(session, services, run_id))
    if run is None:
        return None
    if run.state is RunState.COLLECTING:
        collected = await services.database.read(services.workspace, lambda session: _collect(session, services, run))
        if collected is None:
            await services.database.write(services.workspace, lambda session: _skip(session, run_id, GONE))
            return None
        digest, verdict = collected
        kept = await services.database.write(
            services.workspace, lambda session: _keep(session, services, run_id, digest, verdict)
        )
        if not kept:
            return None
    return await services.database.write(services.workspace, lambda session: _ready(session, run_id))


async def stand(services: Services, run_id: int, ts: str) -> None:
    """Keep that a digest stands in its channel, and have all done that follows."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        if run.state is RunState.POSTED:
            return
        run.state = follow(run.state, Step.STAND)
        run.ts, run.posted_at, run.error = ts, services.now(), ""
        session.add(run)
        jobs.after_post(session, run)
        _hide(session, run)

    await services.database.write(services.workspace, unit)


async def stand_below(services: Services, run_id: int, part: int, ts: str, *, is_last: bool) -> None:
    """Keep that a message stands in a digest's thread, and have the next one posted."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        run.thread = [*run.thread[:part], ts]
        session.add(run)
        _hide(session, run)
        if not is_last:
            jobs.next_part(session, run, part + 1)

    await services.database.write(services.workspace, unit)


async def lose(services: Services, run_id: int, error: str) -> None:
    """Keep that Slack did not answer: before the digest is sent again, its channel is searched for it."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        if run.state is RunState.POSTING:
            run.state, run.error = follow(run.state, Step.LOSE_ANSWER), error
            session.add(run)

    await services.database.write(services.workspace, unit)


async def wait(services: Services, run_id: int) -> None:
    """Keep that Slack did not take a digest yet, and said so: it does not stand in its channel."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        if run.state is RunState.POSTING:
            run.state = follow(run.state, Step.WAIT)
            session.add(run)

    await services.database.write(services.workspace, unit)


async def fail(services: Services, run_id: int, error: str) -> None:
    """Keep that a run could not be collected, and have it tried again; after the last try its owner is told."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        if run.state is not RunState.COLLECTING:
            return
        run.state, run.error = follow(run.state, Step.FAIL), error
        session.add(run)
        if run.attempts > len(WAITS):
            _give_up(session, services, run, error)
        else:
            jobs.post_later(session, run, services.now() + WAITS[run.attempts - 1])

    await services.database.write(services.workspace, unit)


async def give_up(services: Services, run_id: int, error: str) -> None:
    """Keep that Slack will not take a digest, and have its owner told once; the schedule goes on."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        if run.state not in _ENDED:
            _give_up(session, services, run, error)

    await services.database.write(services.workspace, unit)


def owners(settings: Settings, audience: str) -> tuple[str, ...]:
    """Name who hears that a digest could not be posted: its owner, else the administrators, else the first lead."""
    named = settings.audiences[audience].owner if audience in settings.audiences else None
    leads = tuple(team.lead for team in settings.teams.values() if team.lead)
    return (named,) if named else settings.roles.admin or leads[:1]


def _begin(session: WorkspaceSession, services: Services, run_id: int) -> DigestRun | None:
    run = digests.get(session, run_id)
    if run is None or run.state in _ENDED:
        return None
    if run.state in (RunState.DUE, RunState.COLLECTING, RunState.FAILED):
        found = audiences.reader(session, services.settings, run.audience_key, services.now())
        if found is not None and run.slot is not Slot.ASKED and found.is_paused(services.now()):
            run.state, run.skip_reason = follow(follow(run.state, Step.COLLECT), Step.SKIP), PAUSED
            session.add(run)
            return None
        if found is not None and _is_too_late(services.settings, found, run, services.now()):
            run.state, run.skip_reason = follow(run.state, Step.GIVE_UP), TOO_LATE
            session.add(run)
            return None
        run.state = follow(run.state, Step.COLLECT)
        run.attempts += 1
    elif run.state is RunState.POSTING:
        # Whoever posted it did not live to hear the answer.
        run.state = follow(run.state, Step.LOSE_ANSWER)
    session.add(run)
    session.flush()
    return run


def _collect(session: WorkspaceSession, services: Services, run: DigestRun) -> tuple[Digest, silence.Verdict] | None:
    reader = audiences.reader(session, services.settings, run.audience_key, services.now())
    if reader is None:
        return None
    last = digests.last_posted(session, reader.key, run.due_at)
    digest = build.collect(session, services, reader, run.slot, run.due_at, last)
    coming = following(timetable_of(services.settings, reader), services.now())
    digest = replace(digest, is_late=run.is_late, next_at=coming.due_at if coming else None)
    if run.slot is Slot.ASKED:
        return digest, silence.Verdict()
    verdict = silence.judge(
        digest,
        last.fingerprint if last else "",
        last.due_at if last else None,
        is_heartbeat_wanted=(reader.audience.empty or audiences.default_empty(reader.key)) == "heartbeat",
    )
    return digest, verdict


def _keep(session: WorkspaceSession, services: Services, run_id: int, digest: Digest, verdict: silence.Verdict) -> bool:
    """Keep what was collected, and whether it is posted; return whether it is."""
    run = _load(session, run_id)
    if run.state is not RunState.COLLECTING:
        return False
    run.since, run.fingerprint = digest.since, silence.fingerprint(digest)
    run.snapshot = {**snapshot.write(digest), **({"heartbeat": True} if verdict.is_heartbeat else {})}
    run.source_health = list(run.snapshot.get("sources", []))
    if verdict.skip:
        run.state, run.skip_reason = follow(run.state, Step.SKIP), verdict.skip
        # That we looked and found nothing new says as well that we live.
        jobs.watch(session, run)
    else:
        run.state = follow(run.state, Step.RENDER)
    session.add(run)
    return not verdict.skip


def _ready(session: WorkspaceSession, run_id: int) -> Ready | None:
    run = _load(session, run_id)
    must_look = run.state is RunState.CHECKING
    if run.state is RunState.RENDERED:
        run.state = follow(run.state, Step.POST)
        session.add(run)
    elif not must_look:
        return None
    digest = marks.as_it_may_be_told(session, read(run))
    return Ready(run_id, run.channel_id, digest, bool(run.snapshot.get("heartbeat")), must_look)


def _hide(session: WorkspaceSession, run: DigestRun) -> None:
    """Have drawn anew what became private while it was on its way."""
    session.flush()
    for subject in marks.private_in(session, read(run)):
        jobs.redraw(session, subject)


def read(run: DigestRun) -> Digest:
    """Read the digest of a run as it was collected."""
    return snapshot.read({name: value for name, value in run.snapshot.items() if name != "heartbeat"})


def _skip(session: WorkspaceSession, run_id: int, reason: str) -> None:
    run = _load(session, run_id)
    run.state, run.skip_reason = follow(run.state, Step.SKIP), reason
    session.add(run)


def _give_up(session: WorkspaceSession, services: Services, run: DigestRun, error: str) -> None:
    run.state, run.error = follow(run.state, Step.GIVE_UP), error
    session.add(run)
    for slack_user_id in owners(services.settings, run.audience_key):
        jobs.tell(session, run, slack_user_id)


def _is_too_late(settings: Settings, reader: Reader, run: DigestRun, now: datetime) -> bool:
    """Say whether the next digest comes so soon that this one is not worth being posted any more."""
    if run.slot not in (Slot.DAILY, Slot.WEEKLY):
        return False
    return is_past_half(timetable_of(settings, reader), run.slot, run.due_at, now)


def is_past_half(timetable: Timetable, slot: Slot, due_at: datetime, now: datetime) -> bool:
    """Say whether more than half of the time from one digest to the next is over; after a daily any is the next."""
    coming = following(timetable, due_at, None if slot is Slot.DAILY else slot)
    return coming is not None and now - due_at > (coming.due_at - due_at) / 2


def _load(session: WorkspaceSession, run_id: int) -> DigestRun:
    run = digests.get(session, run_id)
    assert run is not None
    return run
