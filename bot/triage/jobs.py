"""The work a change to a report makes for later: names of the jobs, and who is told what."""

from datetime import datetime
from enum import StrEnum

from bot.triage.states import Action
from storage import digests, links, people, reports
from storage.database import WorkspaceSession
from storage.models import CommentOrigin, Decision, IssueComment, IssueFile, IssueLink, Report, Role
from storage.queue import NewJob, defer


class JobKind(StrEnum):
    """The kinds of job that triage makes; `handlers` and `bot.triage` do them."""

    POST_CARD = "post_card"
    REDRAW_CARD = "redraw_card"
    CONFIRM_REPORT = "confirm_report"
    REMIND_HELD = "remind_held"
    CONFIRM_FOLLOWER = "confirm_follower"
    NOTE_DECISION = "note_decision"
    TELL_DECISION = "tell_decision"
    TELL_OWNER = "tell_owner"
    NOTIFY_CHANNEL = "notify_channel"
    POINT_TO_CARD = "point_to_card"
    MASK_MESSAGES = "mask_messages"
    PUBLISH_HOME = "publish_home"
    FILE_ISSUE = "file_issue"
    FILE_FRAME = "file_frame"
    SYNC_ISSUE = "sync_issue"
    CLOSE_EXTRAS = "close_extras"
    SEND_COMMENT = "send_comment"
    DELETE_COMMENT = "delete_comment"
    COPY_FILE = "copy_file"
    TELL_FILE = "tell_file"
    SHOW_COMMENT = "show_comment"
    REFRESH_ISSUE = "refresh_issue"
    POLL_TRACKER = "poll_tracker"
    TAKE_DELIVERY = "take_delivery"
    TELL_TRACKER = "tell_tracker"
    IMPORT_PAGE = "import_page"
    WAKE_REPORT = "wake_report"
    WARN_NO_ANSWER = "warn_no_answer"
    CLOSE_NO_ANSWER = "close_no_answer"
    CHECK_PROMISE = "check_promise"
    NUDGE = "nudge"


# Who filed a report hears of these; the others are the team's own business.
_REPORTER_HEARS = frozenset({Action.ACCEPT, Action.ASK, Action.DECLINE, Action.DUPLICATE, Action.TIMEOUT, Action.FIX})
_FOLLOWERS_HEAR = frozenset({Action.VERIFY, Action.SKIP, Action.REOPEN})
_OWNER_HEARS = frozenset({Action.ANSWER, Action.FAIL, Action.REOPEN})
# These say nothing in the card's thread: the card itself shows them.
_SILENT = frozenset({Action.WITHDRAW})
# More cards than a team leaves undecided; drawing them anew takes a minute.
MOST_REDRAWN = 200
ISSUE_LANE = "issue:"


def card_lane(channel: str) -> str:
    """Name the lane of a Slack channel: at most one message a second, in order."""
    return f"channel:{channel}"


def issue_lane(report_id: int) -> str:
    """Name the lane of all that is said to and heard of a report's issue: in order, and never while the card waits."""
    return f"{ISSUE_LANE}{report_id}"


def post_card(session: WorkspaceSession, report: Report, notify: tuple[str, ...] = ()) -> None:
    """Have the card of a new report posted; then its issue is filed, and who filed or owns it told.

    The channels of `notify` get one line each once the card stands.
    """
    team = people.team(session, report.team_key)
    channel = team.channel_id if team else ""
    payload = {"report_id": report.id}
    card = {**payload, "is_new": True, "notify": list(notify)}
    defer(session, NewJob(JobKind.POST_CARD, card, card_lane(channel), f"card:{report.id}"))


def file_issue(session: WorkspaceSession, report: Report, cause: str) -> None:
    """Have the issue of a report made where it belongs now, once per cause."""
    payload = {"report_id": report.id}
    key = f"issue:{report.id}:{cause}"
    defer(session, NewJob(JobKind.FILE_ISSUE, payload, issue_lane(report.id or 0), key))


def sync_issue(session: WorkspaceSession, report: Report, cause: str) -> None:
    """Have the issue of a report brought to what the report says, and made first where it has none; once per cause."""
    payload = {"report_id": report.id}
    defer(session, NewJob(JobKind.SYNC_ISSUE, payload, issue_lane(report.id or 0), f"sync:{report.id}:{cause}"))


def send_comment(session: WorkspaceSession, link: IssueLink, comment: IssueComment) -> None:
    """Have this version of a reply sent to the tracker."""
    payload = {"comment_id": comment.id}
    # Under another id after it was filed: what was kept before that has not been sent.
    key = f"comment:{comment.id}:{comment.version}:{link.external_id}"
    defer(session, NewJob(JobKind.SEND_COMMENT, payload, issue_lane(link.subject_id), key))


def send_comments(session: WorkspaceSession, link: IssueLink) -> None:
    """Have all replies sent that were kept before there was an issue to comment on, in their order."""
    for comment in links.comments(session, link.id or 0):
        if comment.origin is CommentOrigin.SLACK and comment.sent_version != comment.version:
            send_comment(session, link, comment)


def delete_comment(session: WorkspaceSession, link: IssueLink, external_id: str) -> None:
    """Have a comment of ours deleted that was made twice."""
    payload = {"link_id": link.id, "external_id": external_id}
    key = f"uncomment:{link.id}:{external_id}"
    defer(session, NewJob(JobKind.DELETE_COMMENT, payload, issue_lane(link.subject_id), key))


def copy_file(session: WorkspaceSession, link: IssueLink, file: IssueFile) -> None:
    """Have a file copied into the issue, after what it came with."""
    payload = {"link_id": link.id, "file_id": file.id}
    defer(session, NewJob(JobKind.COPY_FILE, payload, issue_lane(link.subject_id), f"file:{file.id}"))


def tell_file(session: WorkspaceSession, file: IssueFile, slack_user_id: str, cause: str) -> None:
    """Have a person told that a file of theirs was not copied, once per cause."""
    payload = {"file_id": file.id, "slack_user_id": slack_user_id}
    key = f"untold:{cause}:{slack_user_id}"
    defer(session, NewJob(JobKind.TELL_FILE, payload, f"dm:{slack_user_id}", key))


def show_comment(session: WorkspaceSession, report: Report, comment: IssueComment) -> None:
    """Have this version of a tracker's comment shown in the card's thread."""
    payload = {"comment_id": comment.id}
    key = f"shown:{comment.id}:{comment.version}"
    defer(session, NewJob(JobKind.SHOW_COMMENT, payload, card_lane(report.card_channel), key))


def file_frame(session: WorkspaceSession, link: IssueLink, cause: str) -> None:
    """Have the issue of a frame in Figma made, once per cause."""
    name = f"frame:{link.id}"
    defer(session, NewJob(JobKind.FILE_FRAME, {"link_id": link.id}, name, f"{name}:{cause}"[:255]))


def close_extras(session: WorkspaceSession, link: IssueLink, when: datetime) -> None:
    """Have issues looked for that were made besides this one, and closed as its duplicates."""
    key = f"extras:{link.id}:{when.timestamp():.0f}"
    # In no lane: a job whose time is to come would hold up all behind it.
    defer(session, NewJob(JobKind.CLOSE_EXTRAS, {"link_id": link.id}, unique_key=key, run_at=when))


def import_page(session: WorkspaceSession, run_id: int, cause: str) -> None:
    """Have the next page of an import read, once per cause."""
    job = NewJob(JobKind.IMPORT_PAGE, {"run_id": run_id}, f"import:{run_id}", f"import:{run_id}:{cause}"[:255])
    defer(session, job)


def refresh_issue(session: WorkspaceSession, link: IssueLink, cause: str) -> None:
    """Have an issue read anew, after all that waits to be said to it; once per cause."""
    key = f"refresh:{link.id}:{cause}"
    defer(session, NewJob(JobKind.REFRESH_ISSUE, {"link_id": link.id}, issue_lane(link.subject_id), key))


def tell_owner(session: WorkspaceSession, report: Report, by_id: int | None = None) -> None:
    """Have the owner of a report told that it is theirs, unless they reported it or gave it to themselves."""
    owner = people.by_id(session, (report.owner_id,)).get(report.owner_id or 0)
    if owner is None or owner.id in {report.reporter_id, by_id}:
        return
    payload = {"report_id": report.id, "slack_user_id": owner.slack_user_id}
    key = f"owner:{report.id}:{owner.id}:{report.version}"
    defer(session, NewJob(JobKind.TELL_OWNER, payload, f"dm:{owner.slack_user_id}", key))


def notify(session: WorkspaceSession, report: Report, channel: str) -> None:
    """Have one line about a report posted in a channel, once."""
    payload = {"report_id": report.id, "channel": channel}
    defer(session, NewJob(JobKind.NOTIFY_CHANNEL, payload, card_lane(channel), f"notify:{report.id}:{channel}"))


def point_to_card(session: WorkspaceSession, report: Report) -> None:
    """Have the channel of a report's new team shown where its card stands."""
    team = people.team(session, report.team_key)
    if team is not None and team.channel_id and team.channel_id != report.card_channel:
        payload = {"report_id": report.id, "channel": team.channel_id}
        key = f"point:{report.id}:{report.version}"
        defer(session, NewJob(JobKind.POINT_TO_CARD, payload, card_lane(team.channel_id), key))


def mask(session: WorkspaceSession, report: Report, cause: str) -> None:
    """Have the words of a private report taken out of all that was posted of it, once per cause."""
    payload = {"report_id": report.id}
    defer(session, NewJob(JobKind.MASK_MESSAGES, payload, f"report:{report.id}", f"mask:{cause}"))


def hide(session: WorkspaceSession, report: Report) -> None:
    """Have everything redrawn that shows a report which is private from now on."""
    key = f"hide:{report.id}:{report.version}"
    mask(session, report, key)
    # Their cards may name it as perhaps the same.
    for other in reports.in_states(session, reports.UNDECIDED, limit=MOST_REDRAWN):
        if other.id != report.id:
            work = {"report_id": other.id}
            defer(session, NewJob(JobKind.REDRAW_CARD, work, f"report:{other.id}", f"{key}:{other.id}"))
    testers = {person.id for person in people.with_role(session, Role.QA)}
    followers = {one.person_id for one in reports.followers(session, report.id or 0)}
    for person in people.by_id(session, testers | followers).values():
        publish_home(session, person.slack_user_id, key)


def redraw(session: WorkspaceSession, report: Report) -> None:
    """Have the card drawn anew as of this version, its issue brought in line, and the Home tabs of those concerned."""
    redraw_for(session, report, str(report.version))
    digests.touch(session, f"report:{report.id}")
    sync_issue(session, report, str(report.version))


def redraw_for(session: WorkspaceSession, report: Report, cause: str) -> None:
    """Have the card drawn anew, and the Home tabs of those concerned, once per cause."""
    key = f"redraw:{report.id}:{cause}"
    defer(session, NewJob(JobKind.REDRAW_CARD, {"report_id": report.id}, f"report:{report.id}", key))
    for person in people.by_id(session, (report.reporter_id, report.owner_id)).values():
        publish_home(session, person.slack_user_id, key)


def publish_home(session: WorkspaceSession, slack_user_id: str, cause: str) -> None:
    """Have a person's App Home drawn anew, once per cause."""
    payload = {"slack_user_id": slack_user_id}
    defer(
        session,
        NewJob(JobKind.PUBLISH_HOME, payload, f"home:{slack_user_id}", f"home:{slack_user_id}:{cause}"),
    )


def after_decision(session: WorkspaceSession, report: Report, decision: Decision) -> None:
    """Have everyone see a decision: card, thread, tracker, and those who are to hear of it."""
    redraw(session, report)
    action = Action(decision.kind)
    if action not in _SILENT and report.card_channel:
        lane = card_lane(report.card_channel)
        defer(session, NewJob(JobKind.NOTE_DECISION, {"decision_id": decision.id}, lane, f"note:{decision.id}"))
    for slack_user_id in _who_hears(session, report, action, decision):
        defer(
            session,
            NewJob(
                JobKind.TELL_DECISION,
                {"decision_id": decision.id, "slack_user_id": slack_user_id},
                f"dm:{slack_user_id}",
                f"tell:{decision.id}:{slack_user_id}",
            ),
        )


def look_again(session: WorkspaceSession, kind: JobKind, report: Report, *, version: int, when: datetime) -> None:
    """Have a report looked at later; the job checks then whether the decision of this version still stands."""
    payload = {"report_id": report.id, "version": version}
    defer(session, NewJob(kind, payload, unique_key=f"{kind}:{report.id}:{version}", run_at=when))


def _who_hears(session: WorkspaceSession, report: Report, action: Action, decision: Decision) -> list[str]:
    hearers: dict[int, None] = {}
    if action in _REPORTER_HEARS or (action is Action.TAKE and decision.facts.get("was_new")):
        hearers[report.reporter_id] = None
    if action in _FOLLOWERS_HEAR:
        assert report.id is not None
        hearers.update((follower.person_id, None) for follower in reports.followers(session, report.id))
    if action in _OWNER_HEARS and report.owner_id is not None:
        hearers[report.owner_id] = None
    # Nobody is notified of what they did themselves.
    hearers.pop(decision.by_id or 0, None)
    return [person.slack_user_id for person in people.by_id(session, hearers).values() if not person.is_bot]
