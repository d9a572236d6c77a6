"""Changes to a report that are no decisions: its words, its component, who may see it, its owner."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import text
from bot.errors import PermissionRefused, UserError
from bot.services import Services
from bot.triage import jobs, moving, permissions, promises
from bot.triage.decisions import Change, Order, facts_of, keep_audit, keep_refusal, load
from bot.triage.hits import wake_if_worst
from bot.triage.intake import BODY_LIMIT
from bot.triage.moving import Target
from bot.triage.states import Right
from storage import people, record, search
from storage.database import WorkspaceSession
from storage.models import ReportState, Severity

# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
FIELD_LIMIT = 3000
_UNDECIDED = frozenset({ReportState.NEW, ReportState.NEEDS_INFO, ReportState.SNOOZED})


@dataclass(frozen=True)
class Words:
    """The words of a report, and how bad it is; None leaves that as it was."""

    title: str
    what: str
    expected: str
    severity: Severity | None = None


async def edit(services: Services, order: Order, corrected: Words) -> None:
    """Correct the words of a report; its reporter and its team may.

    Raises:
        UserError: there is no title, or it is too long; or a report that is decided on is rated by somebody else.
    """
    if text.is_blank(corrected.title):
        raise UserError("Give it a title: one line that says what is wrong.")
    if len(corrected.title.strip()) > text.TITLE_LIMIT:
        raise UserError(f"Make the title shorter: {text.TITLE_LIMIT} characters at most. The rest fits below it.")

    def rule(change: Change) -> None:
        report = change.report
        report.title = text.clean_title(corrected.title)
        report.what = _corrected(report.what, corrected.what)
        report.expected = _corrected(report.expected, corrected.expected)
        _rate(change, corrected.severity)
        search.index(change.session, report)

    await _change(services, order, "edit", Right.REPORTER, rule)


def is_cut(words: str) -> bool:
    """Say whether a field of a form holds only the beginning of a text."""
    return bool(_rest(words))


async def move(services: Services, order: Order, target: Target) -> None:
    """Give a report to another component or team; the card stays where it stands."""
    await _change(services, order, "move", Right.TRIAGER, lambda change: moving.move(change, target))


async def set_private(services: Services, order: Order, *, private: bool) -> None:
    """Hide a report from all but its team and reporter, or show it again."""

    def rule(change: Change) -> None:
        change.report.private = private
        if private:
            jobs.hide(change.session, change.report)

    await _change(services, order, "make_private" if private else "make_public", Right.TRIAGER, rule)


async def assign(services: Services, order: Order, *, owner: str) -> None:
    """Make somebody the owner of a report."""

    def rule(change: Change) -> None:
        person = people.meet(change.session, owner)
        if person.is_bot:
            raise UserError("A bot cannot own a report. Name a person.")
        change.report.owner_id = person.id
        jobs.tell_owner(change.session, change.report, change.person.id)

    await _change(services, order, "assign", Right.TRIAGER, rule)


def _rate(change: Change, severity: Severity | None) -> None:
    """Rate a report; once its team has decided, only the team does."""
    report = change.report
    if severity is None or severity is report.severity:
        return
    settings = change.services.settings
    is_triager = permissions.is_triager(change.session, settings, change.person, report.team_key)
    if report.state not in _UNDECIDED and not is_triager:
        raise UserError(f"{report.key} is decided on, so only its team rates it now. Write in its thread.")
    report.severity = severity


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
        promised = report.severity, report.team_key
        rule(change)
        report.version += 1
        if (report.severity, report.team_key) != promised:
            promises.change_terms(session, services, report)
            wake_if_worst(change)
        session.add(report)
        keep_audit(change, order, action, before)
        jobs.redraw(session, report)

    try:
        await services.database.write(services.workspace, unit)
    except PermissionRefused:
        await keep_refusal(services, order, action)
        raise
