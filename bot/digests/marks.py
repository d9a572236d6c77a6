"""What became of the lines of a posted digest, so that the channel stays true."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.digests import frame_lines
from bot.digests.facts import Digest, Facts, Item, Mark, Piece
from storage import people, record, releases, reports
from storage.database import WorkspaceSession
from storage.models import ChangeState, ReleaseChange, Report, ReportState

_DECIDED: Mapping[ReportState, str] = {
    ReportState.NEW: "back in triage",
    ReportState.NEEDS_INFO: "waits for its reporter",
    ReportState.SNOOZED: "snoozed",
    ReportState.ACCEPTED: "accepted",
    ReportState.IN_PROGRESS: "in progress",
    ReportState.FIXED: "fixed",
    ReportState.CLOSED: "closed",
}
_ANNOUNCED: Mapping[ChangeState, str] = {
    ChangeState.APPROVED: "approved",
    ChangeState.ANNOUNCED: "announced",
    ChangeState.INTERNAL: "not announced",
}


def shows(digest: Digest, subject: str) -> bool:
    """Say whether a digest has a line about something."""
    return any(item.subject == subject for facts in digest.facts for item in facts.items)


def as_it_may_be_told(session: WorkspaceSession, digest: Digest) -> Digest:
    """Take the words of reports out that have become private since."""
    private = private_in(session, digest)
    return replace(digest, facts=tuple(_told(session, facts, private) for facts in digest.facts))


def private_in(session: WorkspaceSession, digest: Digest) -> frozenset[str]:
    """Name the reports of a digest that are private now."""
    subjects = {item.subject for facts in digest.facts for item in facts.items if item.subject.startswith("report:")}
    found = reports.get_many(session, [int(one.partition(":")[2]) for one in subjects])
    return frozenset(f"report:{one.id}" for one in found if one.private)


def _told(session: WorkspaceSession, facts: Facts, private: Collection[str]) -> Facts:
    items = tuple(
        Item(one.subject, (Piece("A report that is private now", italic=True),)) if one.subject in private else one
        for one in facts.items
    )
    return frame_lines.as_now(session, replace(facts, items=items))


def marks(session: WorkspaceSession, digest: Digest) -> dict[str, Mark]:
    """Say of each line with something to do that somebody did it, who and what; by subject."""
    found = {}
    for facts in digest.facts:
        for item in facts.items:
            mark = _mark(session, item) if item.acts or frame_lines.is_wanting(item) else None
            if mark is not None:
                found[item.subject] = mark
    return found


def _mark(session: WorkspaceSession, item: Item) -> Mark | None:
    kind, _, number = item.subject.partition(":")
    if kind == "report":
        report = reports.get(session, int(number))
        return _of_report(session, item, report) if report is not None else None
    if kind == "item":
        return frame_lines.mark(session, int(number))
    if kind == "change":
        change = releases.get_change(session, int(number))
        return _of_change(session, item, change) if change is not None else None
    return None


def _of_report(session: WorkspaceSession, item: Item, report: Report) -> Mark | None:
    owner = str(report.owner_id or "")
    if report.state == item.state and owner == item.owner:
        return None
    decision = record.last_decision(session, report.id or 0)
    by = people.by_id(session, (decision.by_id,)).get(decision.by_id or 0) if decision else None
    return Mark(True, by.name if by else "", _said(report, item))


def _said(report: Report, item: Item) -> str:
    if report.state == item.state:
        return "taken" if report.owner_id else "nobody owns it any more"
    if report.state is ReportState.CLOSED and report.resolution is not None:
        return {"fixed": "works", "fixed_not_verified": "could not be tested"}.get(
            report.resolution, report.resolution.replace("_", " ")
        )
    if item.state == ReportState.FIXED and report.state is ReportState.IN_PROGRESS:
        return "still broken"
    return _DECIDED[report.state]


def _of_change(session: WorkspaceSession, item: Item, change: ReleaseChange) -> Mark | None:
    if change.state == item.state or change.state not in _ANNOUNCED:
        return None
    by = people.by_id(session, (change.by_id,)).get(change.by_id or 0)
    return Mark(True, by.name if by else "", _ANNOUNCED[change.state])
