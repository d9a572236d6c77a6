"""Comments written in a tracker are shown in the card's thread, once, and follow their edits and deletion."""

from dataclasses import dataclass
from datetime import timedelta

from bot.services import Services
from bot.triage import issue_text, jobs, outward
from integrations.markup import tree
from integrations.markup.base import Document, Mention
from integrations.trackers.base import Account, Comment
from storage import links, reports
from storage.database import WorkspaceSession
from storage.models import CommentOrigin, IssueComment, IssueLink

# The tracker's clock may be behind ours.
_SKEW = timedelta(seconds=5)


@dataclass(frozen=True)
class Shown:
    """A tracker's comment as the card's thread shows it."""

    comment_id: int
    author: str
    tracker: str
    issue_key: str
    url: str
    text: Document
    channel: str
    ts: str
    thread_ts: str
    version: int
    deleted: bool


def receive(session: WorkspaceSession, services: Services, link: IssueLink, found: tuple[Comment, ...]) -> None:
    """Take in all comments an issue has now: what is new, edited or gone is shown in the thread, our own is not."""
    rows = links.comments(session, link.id or 0)
    by_external = {row.external_id: row for row in rows if row.external_id}
    by_marker = {row.marker: row for row in rows if row.marker}
    for comment in found:
        row = by_external.get(comment.external_id)
        if row is None:
            row = next((by_marker[marker] for marker in comment.markers if marker in by_marker), None)
        if row is None:
            _hear(session, services, link, comment)
        elif row.origin is CommentOrigin.SLACK:
            _recognise(session, link, row, comment)
        else:
            _change(session, link, row, comment)
    present = {comment.external_id for comment in found}
    for row in rows:
        if row.origin is CommentOrigin.TRACKER and row.external_id not in present and not row.deleted:
            row.deleted, row.text = True, ""
            _show(session, link, row)


async def shown(services: Services, comment_id: int) -> Shown | None:
    """Give a tracker's comment as the thread is to show it; None if there is nothing to do (any more)."""

    def unit(session: WorkspaceSession) -> Shown | None:
        row = links.comment(session, comment_id)
        link = links.get(session, row.link_id) if row else None
        report = reports.get(session, link.subject_id) if link else None
        if row is None or link is None or report is None or not report.card_ts or report.private:
            return None
        if row.sent_version == row.version or (row.deleted and not row.ts):
            return None
        return Shown(
            comment_id=comment_id,
            author=row.author,
            tracker=services.trackers.title(link.tracker),
            issue_key=link.key,
            url=row.url,
            text=issue_text.mentions_mapped(
                tree.read(row.text), lambda mention: _to_slack(session, services, link, mention)
            ),
            channel=row.channel or report.card_channel,
            ts=row.ts,
            thread_ts=report.card_ts,
            version=row.version,
            deleted=row.deleted,
        )

    return await services.database.read(services.workspace, unit)


async def mark_shown(services: Services, comment: Shown, ts: str) -> None:
    """Keep where a comment stands in Slack, and that this version does."""

    def unit(session: WorkspaceSession) -> None:
        row = links.comment(session, comment.comment_id)
        if row is not None:
            row.channel, row.ts, row.sent_version = comment.channel, ts, comment.version
            session.add(row)

    await services.database.write(services.workspace, unit)


def _hear(session: WorkspaceSession, services: Services, link: IssueLink, comment: Comment) -> None:
    """Take in a comment that somebody wrote in the tracker since the report was filed there."""
    began = link.intended_at
    if comment.by_us or (began is not None and comment.created_at < began - _SKEW):
        return
    assert link.id is not None
    person = outward.person_of(session, services, link.tracker, comment.author)
    row = IssueComment(
        link_id=link.id,
        origin=CommentOrigin.TRACKER,
        external_id=comment.external_id,
        author=(person.name if person else "") or comment.author.name or comment.author.key,
        author_key=comment.author.key,
        created_at=comment.created_at,
    )
    _take(row, comment)
    _show(session, link, row)


def _recognise(session: WorkspaceSession, link: IssueLink, row: IssueComment, comment: Comment) -> None:
    """See our own comment come back: it is no news, but one made twice is deleted."""
    if not row.external_id and row.sent_version < row.version:
        row.external_id = comment.external_id
        session.add(row)
    elif row.external_id != comment.external_id and comment.by_us:
        jobs.delete_comment(session, link, comment.external_id)


def _change(session: WorkspaceSession, link: IssueLink, row: IssueComment, comment: Comment) -> None:
    is_older = row.remote_updated_at is not None and comment.updated_at < row.remote_updated_at
    if row.deleted or is_older or issue_text.fingerprint(comment.body) == row.fingerprint:
        return
    row.version += 1
    _take(row, comment)
    _show(session, link, row)


def _take(row: IssueComment, comment: Comment) -> None:
    row.text = tree.write(comment.body)
    row.fingerprint, row.remote_updated_at, row.url = (
        issue_text.fingerprint(comment.body),
        comment.updated_at,
        comment.url,
    )


def _show(session: WorkspaceSession, link: IssueLink, row: IssueComment) -> None:
    if row.deleted:
        row.version += 1
    session.add(row)
    session.flush()
    report = reports.get(session, link.subject_id)
    if report is not None and not report.private:
        jobs.show_comment(session, report, row)


def _to_slack(session: WorkspaceSession, services: Services, link: IssueLink, mention: Mention) -> Mention:
    person = outward.person_of(session, services, link.tracker, Account(mention.account, mention.name))
    return Mention(person.slack_user_id, person.name) if person else Mention("", mention.name)
