"""Changes to a report that are no decisions: its words, its component, who may see it, its owner."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import text
from bot.errors import PermissionRefused, UserError
from bot.services import Services
from bot.triage import jobs, permissions
from bot.triage.decisions import Change, Order, facts_of, keep_audit, keep_refusal, load
from bot.triage.intake import BODY_LIMIT
from bot.triage.states import Right
from storage import people, record, search
from storage.database import WorkspaceSession

# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
FIELD_LIMIT = 3000


@dataclass(frozen=True)
class Words:
    """The words of a report."""

    title: str
    what: str
    expected: str


async def edit(services: Services, order: Order, corrected: Words) -> None:
    """Correct the words of a report; its reporter and its team may."""
    if text.is_blank(corrected.title):
        raise UserError("Give it a title: one line that says what is wrong.")
    if len(corrected.title.strip()) > text.TITLE_LIMIT:
        raise UserError(f"Make the title shorter: {text.TITLE_LIMIT} characters at most. The rest fits below it.")

    def rule(change: Change) -> None:
        report = change.report
        report.title = text.clean_title(corrected.title)
        report.what = _corrected(report.what, corrected.what)
        report.expected = _corrected(report.expected, corrected.expected)
        search.index(change.session, report)

    await _change(services, order, "edit", Right.REPORTER, rule)


def is_cut(words: str) -> bool:
    """Say whether a field of a form holds only the beginning of a text."""
    return bool(_rest(words))


async def move(services: Services, order: Order, *, component_key: str) -> None:
    """Give a report to another component and so to its team; the card stays where it stands."""

    def rule(change: Change) -> None:
        component = people.component(change.session, component_key)
        if component is None:
            raise UserError("Choose one of the components.")
        change.report.component_key, change.report.team_key = component.key, component.team_key
        change.report.route_reason = f"{change.person.name or 'somebody'} moved it"

    await _change(services, order, "move", Right.TRIAGER, rule)


async def set_private(services: Services, order: Order, *, private: bool) -> None:
    """Hide a report from all but its team and reporter, or show it again."""

    def rule(change: Change) -> None:
        change.report.private = private

    await _change(services, order, "make_private" if private else "make_public", Right.TRIAGER, rule)


async def assign(services: Services, order: Order, *, owner: str) -> None:
    """Make somebody the owner of a report."""

    def rule(change: Change) -> None:
        change.report.owner_id = people.meet(change.session, owner).id

    await _change(services, order, "assign", Right.TRIAGER, rule)


def _corrected(words: str, beginning: str) -> str:
    """Put a corrected beginning before what no form could show of a text."""
    return text.clean(beginning, limit=BODY_LIMIT).text + _rest(words)


def _rest(words: str) -> str:
    return words[len(text.beginning(words, FIELD_LIMIT)) :]


async def _change(services: Services, order: Order, action: str, right: Right, rule: Callable[[Change], None]) -> None:
    def unit(session: WorkspaceSession) -> None:
        report = load(session, order.report_id)
        if record.find_request(session, order.request_key) is not None:
            return
        person = people.meet(session, order.by)
        permissions.require(session, services.settings, person, report, right)
        before = facts_of(report)
        change = Change(session, services, report, person)
        rule(change)
        report.version += 1
        session.add(report)
        keep_audit(change, order, action, before)
        jobs.redraw(session, report)

    try:
        await services.database.write(services.workspace, unit)
    except PermissionRefused:
        await keep_refusal(services, order, action)
        raise
