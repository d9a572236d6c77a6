"""The issues of frames in Figma: made when somebody asks, exactly once, or found by a link at the frame.

A frame is a `SourceItem`; its issue is made as a report's is, and followed for its state only.
"""

import secrets
from collections.abc import Iterable

from bot.errors import UserError
from bot.services import Services
from bot.triage import filing, jobs, outward
from bot.triage.issue_text import lines
from integrations.markup.base import Document, Link, Paragraph, Text
from integrations.trackers.base import Issue, IssueDraft, with_marker
from storage import digests, frames, people, record
from storage.database import WorkspaceSession
from storage.models import AuditEvent, IssueLink, ItemKind, SourceItem, Via

# One request each; the others follow with the next reading.
MOST_ADOPTED = 20
_NOTHING = "These frames have an issue by now, or are no longer marked ready for development."


async def ask(services: Services, item_ids: list[int], by: str, request_key: str) -> None:
    """Have an issue made of each of these frames that has none; once, however often it is asked.

    Raises:
        UserError: there is none to be made, or no tracker to make it in.
    """

    def unit(session: WorkspaceSession) -> bool:
        if record.find_request(session, request_key) is not None:
            return True
        held = [item for item in frames.hold(session, item_ids) if item.closed_at is None]
        known = frames.issues(session, [item.id or 0 for item in held])
        wanted = [item for item in held if _is_wanting(known.get(item.id or 0))]
        for item in wanted:
            link = known.get(item.id or 0) or _intend(session, services, item)
            jobs.file_frame(session, link, request_key)
        _keep_audit(session, services, wanted, by, request_key)
        return bool(wanted)

    if not await services.database.write(services.workspace, unit):
        raise UserError(_NOTHING)


async def file_issue(services: Services, link_id: int) -> bool:
    """Make the issue of a frame, unless it has one; return whether its tracker was asked.

    Raises:
        TrackerError, RetryLater: as `filing.file_issue`.
    """
    intent = await services.database.read(services.workspace, lambda session: _read(session, services, link_id))
    if intent is None:
        return False
    issue = await filing.make_issue(services, intent)
    await services.database.write(services.workspace, lambda session: _filed(session, services, intent, issue))
    return True


async def adopt(services: Services, file_key: str) -> None:
    """Take the issues that people linked to frames of a file for the issues of these.

    Raises:
        TrackerError: a tracker does not show one; the next reading tries again.
    """
    found = await services.database.read(services.workspace, lambda session: _linked_outside(session, file_key))
    for item_id, addresses in found[:MOST_ADOPTED]:
        for address in addresses:
            where = services.trackers.read_url(address)
            if where is None:
                continue
            kind, there = where
            issue = await services.trackers.get(kind.name, there.project).get_issue(there.external_id)
            if issue is not None:
                await _adopt(services, item_id, kind.name, issue)
                break


def follow(session: WorkspaceSession, services: Services, tracker: str, issues: Iterable[Issue]) -> None:
    """Keep what became of the issues of frames; what is older than what is known says nothing."""
    by_project: dict[str, dict[str, Issue]] = {}
    for issue in issues:
        by_project.setdefault(issue.project, {})[issue.external_id] = issue
    for project, news in by_project.items():
        for link in frames.by_external(session, tracker, project, news.keys()):
            issue = news[link.external_id]
            if link.remote_updated_at is None or issue.updated_at >= link.remote_updated_at:
                _remember(session, services, link, issue)


def _is_wanting(link: IssueLink | None) -> bool:
    """Say whether an issue is to be made: there is none, nor is one being made; or the last try was refused."""
    return link is None or (not link.external_id and bool(link.error))


def _intend(session: WorkspaceSession, services: Services, item: SourceItem) -> IssueLink:
    figma = services.settings.figma
    component = figma.files.get(item.project) if figma is not None else None
    tracker, project = services.settings.target_of(component)
    if tracker == filing.LOCAL:
        raise UserError(
            "There is no tracker to make these issues in. Give the file a component under `figma` in the settings "
            "file, and this component a tracker."
        )
    link = IssueLink(
        subject_type=frames.FRAME,
        subject_id=item.id or 0,
        tracker=tracker,
        project=project,
        marker=secrets.token_urlsafe(24),
        title=item.title,
    )
    session.add(link)
    session.flush()
    digests.touch(session, _subject(link))
    return link


def _keep_audit(
    session: WorkspaceSession, services: Services, wanted: list[SourceItem], by: str, request_key: str
) -> None:
    actor_id = people.meet(session, by).id
    for item in wanted:
        event = AuditEvent(
            at=services.now(),
            actor_id=actor_id,
            via=Via.BUTTON,
            subject_type=frames.FRAME,
            subject_id=item.id or 0,
            action="create_issue",
            after={"frame": item.title},
            request_key=request_key if item is wanted[0] else None,
        )
        session.add(event)


def _read(session: WorkspaceSession, services: Services, link_id: int) -> filing.Intent | None:
    link = session.get(IssueLink, link_id)
    item = session.get(SourceItem, link.subject_id) if link is not None else None
    if link is None or item is None or link.external_id:
        return None
    draft = IssueDraft(
        marker=link.marker, title=item.title, body=_body(item, link.marker), labels=_labels(services, item)
    )
    return filing.Intent(link_id, link.tracker, link.project, draft, filing.unknown_since(link))


def _body(item: SourceItem, marker: str) -> Document:
    where = Paragraph((Link(with_marker(item.url, marker), item.title), Text(" in Figma")))
    return Document((*lines("This frame is marked ready for development."), where))


def _labels(services: Services, item: SourceItem) -> tuple[str, ...]:
    component = services.settings.components.get(item.component_key or "")
    return component.labels if component is not None else ()


def _filed(session: WorkspaceSession, services: Services, intent: filing.Intent, issue: Issue) -> None:
    link = session.get_one(IssueLink, intent.link_id)
    link.our_labels = list(intent.draft.labels)
    link.intended_at = link.intended_at or services.now()
    link.settled, link.error = True, ""
    _remember(session, services, link, issue)
    if intent.unknown_since is not None:
        for wait in filing.LOOKS:
            jobs.close_extras(session, link, services.now() + wait)


def _linked_outside(session: WorkspaceSession, file_key: str) -> list[tuple[int, list[str]]]:
    """List the frames that have links of people, and no issue known here."""
    ready = [item for item in frames.open_items(session, ItemKind.FIGMA_FRAME, (file_key,)) if item.data.get("links")]
    known = frames.issues(session, [item.id or 0 for item in ready])
    return [(item.id or 0, list(item.data["links"])) for item in ready if item.id not in known]


async def _adopt(services: Services, item_id: int, tracker: str, issue: Issue) -> None:
    def unit(session: WorkspaceSession) -> None:
        if not frames.hold(session, (item_id,)) or frames.issues(session, (item_id,)):
            return
        link = IssueLink(
            subject_type=frames.FRAME,
            subject_id=item_id,
            tracker=tracker,
            project=issue.project,
            marker=secrets.token_urlsafe(24),
            intended_at=services.now(),
        )
        _remember(session, services, link, issue)

    await services.database.write(services.workspace, unit)


def _remember(session: WorkspaceSession, services: Services, link: IssueLink, issue: Issue) -> None:
    outward.remember(link, issue, services.now())
    if issue.restricted:
        # Only some people may see it: nothing but that it is there is told.
        link.key = link.url = link.title = link.assignee_raw = ""
        link.labels = []
    session.add(link)
    digests.touch(session, _subject(link))


def _subject(link: IssueLink) -> str:
    return f"item:{link.subject_id}"
