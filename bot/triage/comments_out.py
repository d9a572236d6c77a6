"""Replies in a card's thread go to the tracker as comments, once, in order, and follow their edits and deletion.

Each comment is one row, changed only by the side it was written on; a job brings the other side in line with the row,
whatever of it was done before.
"""

import secrets
from dataclasses import dataclass

from bot.services import Services
from bot.triage import files, issue_text, jobs, outward
from integrations.markup import plain, tree
from integrations.markup.base import Document, Mention
from integrations.trackers.base import Ability, Tracker
from storage import links, people, reports
from storage.database import WorkspaceSession
from storage.models import CommentOrigin, IssueComment, IssueLink

# What begins so stays in Slack.
LOCKS = ("🔒", ":lock:")
# Later than any time of an edit: a deleted message is not edited any more.
_NEVER = "9"


@dataclass(frozen=True)
class Reply:
    """A message in a card's thread as its author left it. `edited_ts` is Slack's time of the edit, or empty."""

    channel: str
    ts: str
    thread_ts: str
    slack_user_id: str
    text: Document
    edited_ts: str = ""
    files: tuple[dict[str, str], ...] = ()


async def keep_reply(services: Services, reply: Reply) -> None:
    """Keep a reply in a card's thread, new or edited, and have it sent to the tracker."""

    def unit(session: WorkspaceSession) -> None:
        report = reports.by_card(session, reply.channel, reply.thread_ts)
        link = links.outside(session, report)
        if report is None or link is None:
            return
        row = links.comment_by_message(session, reply.channel, reply.ts)
        if row is None:
            if is_locked(reply.text):
                return
            row = _new_row(services, link, reply)
        elif row.origin is CommentOrigin.TRACKER or reply.edited_ts <= row.edited_ts:
            return
        author = people.meet(session, reply.slack_user_id)
        row.author, row.author_key = author.name or author.slack_user_id, author.slack_user_id
        _write(row, reply)
        session.add(row)
        session.flush()
        jobs.send_comment(session, link, row)

    await services.database.write(services.workspace, unit)


async def forget_reply(services: Services, channel: str, ts: str, thread_ts: str) -> None:
    """Have the comment of a deleted reply deleted."""

    def unit(session: WorkspaceSession) -> None:
        link = links.outside(session, reports.by_card(session, channel, thread_ts))
        row = links.comment_by_message(session, channel, ts)
        if row is None and link is not None:
            # Its own event may come after this one.
            row = _new_row(services, link, Reply(channel, ts, thread_ts, "", Document()))
        if row is None or row.origin is CommentOrigin.TRACKER:
            return
        row.deleted, row.text, row.edited_ts = True, "", _NEVER
        row.version += 1
        session.add(row)
        session.flush()
        found = links.get(session, row.link_id)
        if found is not None:
            jobs.send_comment(session, found, row)

    await services.database.write(services.workspace, unit)


async def send(services: Services, comment_id: int, *, may_have_run: bool) -> bool:
    """Bring the tracker's comment in line with the reply, once; return whether there was anything to do.

    Raises:
        TrackerError: the tracker did not do it.
    """
    found = await services.database.read(services.workspace, lambda session: _read(session, services, comment_id))
    if found is None:
        return False
    link, row, body = found
    tracker = services.trackers.get(link.tracker, link.project)
    external_id = await _send(tracker, link, row, body, may_have_run=may_have_run)
    await services.database.write(
        services.workspace, lambda session: _sent(session, services, comment_id, row.version, external_id)
    )
    return True


def is_locked(text: Document) -> bool:
    """Say whether a reply is to stay in Slack."""
    return plain.write(text).lstrip().startswith(LOCKS)


def _new_row(services: Services, link: IssueLink, reply: Reply) -> IssueComment:
    assert link.id is not None
    return IssueComment(
        link_id=link.id,
        origin=CommentOrigin.SLACK,
        channel=reply.channel,
        ts=reply.ts,
        marker=secrets.token_urlsafe(24),
        version=0,
        created_at=services.now(),
    )


def _write(row: IssueComment, reply: Reply) -> None:
    row.text = tree.write(reply.text)
    # Locked by an edit, it goes from the tracker; unlocked again, it is a new comment there.
    row.deleted = is_locked(reply.text)
    row.fingerprint, row.edited_ts = issue_text.fingerprint(reply.text), reply.edited_ts
    row.files = list(reply.files)
    row.version += 1


def _read(
    session: WorkspaceSession, services: Services, comment_id: int
) -> tuple[IssueLink, IssueComment, Document] | None:
    row = links.comment(session, comment_id)
    link = links.get(session, row.link_id) if row else None
    if row is None or link is None or not link.external_id or row.sent_version == row.version:
        return None
    report = reports.get(session, link.subject_id)
    # Of a report that is private by now nothing more is said there, but what somebody takes back is taken back.
    if report is None or (report.private and not row.deleted):
        return None
    address = issue_text.message_address(report.card_permalink, row.channel, row.ts, report.card_ts)
    words = issue_text.mentions_mapped(
        tree.read(row.text), lambda mention: _to_tracker(session, services, link, mention)
    )
    files = [(str(one.get("name", "")), str(one.get("permalink", ""))) for one in row.files]
    body = issue_text.comment_of(row.author, issue_text.with_files(words, files), address, row.marker)
    return link, row, body


async def _send(tracker: Tracker, link: IssueLink, row: IssueComment, body: Document, *, may_have_run: bool) -> str:
    external_id = row.external_id
    if not external_id and may_have_run:
        external_id = await _look_up(tracker, link, row)
    if row.deleted:
        if external_id and Ability.DELETE_COMMENTS in tracker.abilities:
            await tracker.delete_comment(link.external_id, external_id)
        return ""
    if not external_id:
        return (await tracker.add_comment(link.external_id, body, row.marker)).external_id
    if Ability.EDIT_COMMENTS in tracker.abilities:
        return (await tracker.edit_comment(link.external_id, external_id, body)).external_id
    return (await tracker.add_comment(link.external_id, issue_text.corrected(body), row.marker)).external_id


async def _look_up(tracker: Tracker, link: IssueLink, row: IssueComment) -> str:
    """Find the comment that an earlier try may have made."""
    found = await tracker.list_comments(link.external_id)
    return next((one.external_id for one in found if row.marker in one.markers), "")


def _sent(session: WorkspaceSession, services: Services, comment_id: int, version: int, external_id: str) -> None:
    row = links.comment(session, comment_id)
    assert row is not None
    row.external_id, row.sent_version = external_id, version
    session.add(row)
    files.copy_of_reply(session, services, row)


def _to_tracker(session: WorkspaceSession, services: Services, link: IssueLink, mention: Mention) -> Mention:
    """Name a person of Slack as the tracker knows them; who has no account there is only named."""
    person = people.known(session, mention.account)
    account = outward.account_of(services, person, link.tracker)
    return Mention(account, (person.name if person else "") or mention.name)
