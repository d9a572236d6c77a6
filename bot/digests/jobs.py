"""The work that digests make for later."""

from datetime import datetime
from enum import StrEnum

from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, HealthWord
from storage.queue import NewJob, defer


class DigestJob(StrEnum):
    """The kinds of job that digests make; `handlers` do them."""

    POST_DIGEST = "post_digest"
    POST_DIGEST_THREAD = "post_digest_thread"
    REDRAW_DIGESTS = digests.REDRAW
    TELL_DIGEST = "tell_digest"
    WATCH_DIGEST = "watch_digest"
    POLL_SOURCE = "poll_source"
    ASK_HEALTH = "ask_health"
    SHOW_HEALTH = "show_health"


def post(session: WorkspaceSession, run: DigestRun, cause: str = "") -> None:
    """Have a run collected and posted, once per cause; in the lane of its channel, so in order and one a second."""
    key = f"digest:{run.audience_key}:{run.slot}:{run.period}{cause and f':{cause}'}"
    defer(session, NewJob(DigestJob.POST_DIGEST, {"run_id": run.id}, f"channel:{run.channel_id}", key[:255]))


def post_later(session: WorkspaceSession, run: DigestRun, when: datetime) -> None:
    """Have a run that failed tried again; in no lane, for a job whose time is to come would hold up all behind it."""
    key = f"digest_again:{run.id}:{run.attempts}"
    defer(session, NewJob(DigestJob.POST_DIGEST, {"run_id": run.id}, unique_key=key, run_at=when))


def after_post(session: WorkspaceSession, run: DigestRun) -> None:
    """Have all done that follows a digest in its channel: its thread, and the message for the case that we die."""
    payload = {"run_id": run.id}
    lane = f"channel:{run.channel_id}"
    defer(session, NewJob(DigestJob.POST_DIGEST_THREAD, payload, lane, f"digest_thread:{run.id}:{run.ts}"))
    watch(session, run)


def next_part(session: WorkspaceSession, run: DigestRun, part: int) -> None:
    """Have the next message of a digest's thread posted."""
    key = f"digest_thread:{run.id}:{run.ts}:{part}"
    job = NewJob(DigestJob.POST_DIGEST_THREAD, {"run_id": run.id, "part": part}, f"channel:{run.channel_id}", key)
    defer(session, job)


def watch(session: WorkspaceSession, run: DigestRun) -> None:
    """Have Slack itself say so if the next digest of this audience never comes."""
    payload = {"audience": run.audience_key}
    defer(session, NewJob(DigestJob.WATCH_DIGEST, payload, f"watch:{run.audience_key}", f"watch:{run.id}"))


def tell(session: WorkspaceSession, run: DigestRun, slack_user_id: str) -> None:
    """Have somebody told once that a digest could not be posted, and why."""
    payload = {"run_id": run.id, "slack_user_id": slack_user_id}
    key = f"digest_failed:{run.id}:{run.channel_id}:{slack_user_id}"
    defer(session, NewJob(DigestJob.TELL_DIGEST, payload, f"dm:{slack_user_id}", key))


def redraw(session: WorkspaceSession, subject: str) -> None:
    """Have posted digests show what became of something, such as `report:12`."""
    digests.touch(session, subject)


def redraw_later(session: WorkspaceSession, subject: str, when: datetime) -> None:
    """Have them show it once a digest that is being posted now stands; in no lane, for its time is to come."""
    defer(session, NewJob(DigestJob.REDRAW_DIGESTS, {"subject": subject}, run_at=when))


def ask_health(session: WorkspaceSession, word: HealthWord, slack_user_id: str) -> None:
    """Have somebody asked once how things stand."""
    payload = {"word_id": word.id, "slack_user_id": slack_user_id}
    defer(session, NewJob(DigestJob.ASK_HEALTH, payload, f"dm:{slack_user_id}", f"health:{word.id}"))


def show_health(session: WorkspaceSession, word: HealthWord, channel: str, ts: str) -> None:
    """Have the question show what was answered."""
    payload = {"word_id": word.id, "channel": channel, "ts": ts}
    defer(session, NewJob(DigestJob.SHOW_HEALTH, payload, f"channel:{channel}"))
