"""Queries over runs of digests, and over what is learnt of a workspace."""

from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import Audience, DigestRun, RunState, Slot, WorkspaceFact
from storage.queue import NewJob, defer

# The job that draws anew what posted digests show of something that changed.
REDRAW = "redraw_digests"
# Whether Slack's server here takes blocks that draw charts.
CHARTS = "native_charts"
REFUSED = "refused"
# What was sent and stands in a channel, or is about to.
_ENDED = (RunState.POSTED, RunState.SKIPPED, RunState.ABANDONED)


def get(session: WorkspaceSession, run_id: int) -> DigestRun | None:
    """Find a run and hold it against other writers."""
    return session.exec(select(DigestRun).where(DigestRun.id == run_id).with_for_update()).first()


def find(session: WorkspaceSession, audience: str, slot: Slot, period: str) -> DigestRun | None:
    """Find the run of an audience for a slot."""
    known = select(DigestRun).where(
        DigestRun.audience_key == audience, DigestRun.slot == slot, DigestRun.period == period
    )
    return session.exec(known).first()


def is_known(session: WorkspaceSession, audience: str, slot: Slot, period: str, due_at: datetime) -> bool:
    """Say whether an audience has a run for this period of a slot, or for a later one."""
    known = select(DigestRun.id).where(
        DigestRun.audience_key == audience,
        DigestRun.slot == slot,
        or_(col(DigestRun.period) == period, col(DigestRun.due_at) >= due_at),
    )
    return session.exec(known.limit(1)).first() is not None


def last_posted(session: WorkspaceSession, audience: str, before: datetime | None = None) -> DigestRun | None:
    """Find the newest digest of an audience that stands in its channel; `before` leaves out what was due from then."""
    posted = select(DigestRun).where(
        DigestRun.audience_key == audience, DigestRun.state == RunState.POSTED, DigestRun.slot != Slot.ASKED
    )
    if before is not None:
        posted = posted.where(DigestRun.due_at < before)
    return session.exec(posted.order_by(col(DigestRun.due_at).desc(), col(DigestRun.id).desc()).limit(1)).first()


def last_runs(session: WorkspaceSession, audience: str, limit: int = 20) -> list[DigestRun]:
    """List the runs of an audience, newest first."""
    runs = select(DigestRun).where(DigestRun.audience_key == audience)
    return list(session.exec(runs.order_by(col(DigestRun.due_at).desc(), col(DigestRun.id).desc()).limit(limit)))


def unfinished(session: WorkspaceSession) -> list[DigestRun]:
    """List the runs that are still to be posted, or to be given up."""
    return list(session.exec(select(DigestRun).where(col(DigestRun.state).not_in(_ENDED)).order_by(col(DigestRun.id))))


def posted_since(session: WorkspaceSession, since: datetime) -> list[DigestRun]:
    """List the digests posted after a moment, newest first: those whose lines may still be pressed."""
    posted = select(DigestRun).where(DigestRun.state == RunState.POSTED, col(DigestRun.posted_at) >= since)
    return list(session.exec(posted.order_by(col(DigestRun.id).desc())))


def touch(session: WorkspaceSession, subject: str) -> None:
    """Have posted digests show what became of something, such as `report:12`."""
    if session.exec(select(DigestRun.id).where(DigestRun.state == RunState.POSTED).limit(1)).first() is not None:
        defer(session, NewJob(REDRAW, {"subject": subject}, "digests:redraw"))


def fact(session: WorkspaceSession, name: str) -> str:
    """Say what is known of the workspace under a name; empty if nothing."""
    found = session.exec(select(WorkspaceFact).where(WorkspaceFact.name == name)).first()
    return found.value if found else ""


def learn(session: WorkspaceSession, name: str, value: str) -> None:
    """Keep something about the workspace."""
    found = session.exec(select(WorkspaceFact).where(WorkspaceFact.name == name)).first()
    found = found or WorkspaceFact(name=name)
    found.value = value
    session.add(found)


def watch(session: WorkspaceSession, audience: str) -> tuple[str, str]:
    """Find the message that Slack would send if no further digest came: its channel and its id; empty if none."""
    row = session.exec(select(Audience).where(Audience.key == audience)).first()
    return (row.watch_channel, row.watch_id) if row else ("", "")


def keep_watch(session: WorkspaceSession, audience: str, channel: str, message_id: str) -> None:
    """Keep the message that Slack sends if no further digest comes."""
    row = session.exec(select(Audience).where(Audience.key == audience)).first()
    if row is not None:
        row.watch_channel, row.watch_id = channel, message_id
        session.add(row)
