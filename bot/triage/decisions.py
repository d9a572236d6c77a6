"""One decision on one report: checked, recorded, told. Every action of `workflow` goes through here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Conflict, PermissionRefused, UserError
from bot.services import Services
from bot.triage import jobs, permissions, promises, states
from bot.triage.cards import Card, read_card
from bot.triage.states import Action, Right, Transition
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Decision, Person, Report, ReportState, Via

# In whose name time itself decides.
SYSTEM_USER = "USLACKBOT"


@dataclass(frozen=True)
class Order:
    """What a person asks for. `request_key` makes the same press or submission twice one decision."""

    report_id: int
    by: str
    via: Via
    request_key: str | None = None


@dataclass
class Change:
    """A decision being taken: what the rule may read and change."""

    session: WorkspaceSession
    services: Services
    report: Report
    person: Person
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    undoes: Decision | None = None


Rule = Callable[[Change], None]


async def decide(services: Services, order: Order, action: Action, rule: Rule, reason: str = "") -> Card:
    """Take a decision and return the card as it then is.

    Raises:
        UserError: there is no such report, or the rule refuses.
        PermissionRefused: the person has not the right; kept in the audit log.
        Conflict: somebody decided before; says who and what.
    """

    def unit(session: WorkspaceSession) -> Card:
        report = load(session, order.report_id)
        if record.find_request(session, order.request_key) is None:
            change = Change(session, services, report, people.meet(session, order.by), reason)
            _decide(change, order, action, rule)
        return read_card(session, report)

    try:
        return await services.database.write(services.workspace, unit)
    except PermissionRefused:
        await keep_refusal(services, order, action)
        raise


async def prepare(services: Services, order: Order, action: Action) -> Card:
    """Return the card for a form behind which an action waits, if the person may do it now.

    Raises:
        UserError, PermissionRefused, Conflict: as `decide` would; better before the form is filled than after.
    """

    def unit(session: WorkspaceSession) -> Card:
        report = load(session, order.report_id)
        _require_allowed(Change(session, services, report, people.meet(session, order.by)), action)
        return read_card(session, report)

    try:
        return await services.database.write(services.workspace, unit)
    except PermissionRefused:
        await keep_refusal(services, order, action)
        raise


def _require_allowed(change: Change, action: Action) -> Transition:
    transition = states.find(action, change.report.state)
    right = transition.right if transition else Right.TRIAGER
    permissions.require(change.session, change.services.settings, change.person, change.report, right)
    if transition is None:
        raise Conflict(_why_not(change))
    return transition


def _decide(change: Change, order: Order, action: Action, rule: Rule) -> None:
    report = change.report
    transition = _require_allowed(change, action)
    before = facts_of(report)
    change.facts["was_new"] = report.state is ReportState.NEW
    in_time = promises.is_in_time(report, change.services.now())
    if in_time is not None and transition.target not in promises.OPEN:
        change.facts["in_time"] = in_time
    rule(change)
    _conclude(change, order, transition, before)


def decide_by_tracker(change: Change, transition: Transition, rule: Rule) -> None:
    """Take the decision that somebody took in the tracker: `change.person` if we know who, else Liaison tells it."""
    assert change.report.id is not None
    before = facts_of(change.report)
    change.facts["was_new"] = change.report.state is ReportState.NEW
    rule(change)
    _conclude(change, Order(change.report.id, change.person.slack_user_id, Via.SYNC), transition, before)


def decide_by_rule(change: Change, action: Action, rule: Rule) -> None:
    """Take a decision that no person took: time did, or the number of people who met it."""
    report = change.report
    transition = states.find(action, report.state)
    assert report.id is not None
    assert transition is not None
    nobody = people.meet(change.session, SYSTEM_USER, "Liaison")
    by_itself = Change(change.session, change.services, report, nobody)
    before = facts_of(report)
    rule(by_itself)
    _conclude(by_itself, Order(report.id, SYSTEM_USER, Via.SCHEDULE), transition, before)


def _conclude(change: Change, order: Order, transition: Transition, before: dict[str, Any]) -> None:
    report = change.report
    report.state = transition.target
    report.version += 1
    promises.follow(change.session, change.services, report, ReportState(before["state"]))
    change.session.add(report)
    decision = keep_decision(change, transition.action)
    keep_audit(change, order, transition.action, before)
    jobs.after_decision(change.session, report, decision)


def keep_decision(change: Change, action: Action) -> Decision:
    """Write a decision down."""
    assert change.report.id is not None
    decision = Decision(
        subject_type=record.REPORT,
        subject_id=change.report.id,
        kind=action,
        by_id=change.person.id,
        at=change.services.now(),
        reason=change.reason,
        facts=change.facts,
    )
    change.session.add(decision)
    change.session.flush()
    if change.undoes is not None:
        change.undoes.undone_by_id = decision.id
        change.session.add(change.undoes)
    return decision


def keep_audit(change: Change, order: Order, action: str, before: dict[str, Any]) -> None:
    """Write down what an order changed."""
    assert change.report.id is not None
    change.session.add(
        AuditEvent(
            at=change.services.now(),
            actor_id=change.person.id,
            via=order.via,
            subject_type=record.REPORT,
            subject_id=change.report.id,
            action=action,
            before=before,
            after=facts_of(change.report),
            request_key=order.request_key,
        )
    )


async def keep_refusal(services: Services, order: Order, action: str) -> None:
    """Write down that somebody asked for what they may not do."""

    def unit(session: WorkspaceSession) -> None:
        session.add(
            AuditEvent(
                at=services.now(),
                actor_id=people.meet(session, order.by).id,
                via=order.via,
                subject_type=record.REPORT,
                subject_id=order.report_id,
                action=f"refused:{action}",
            )
        )

    await services.database.write(services.workspace, unit)


def load(session: WorkspaceSession, report_id: int) -> Report:
    """Load the report an order is for.

    Raises:
        UserError: there is none.
    """
    report = reports.get(session, report_id)
    if report is None:
        raise UserError("That report is not here any more. Look for it with `/bug find words`.")
    return report


def _why_not(change: Change) -> str:
    session, report = change.session, change.report
    assert report.id is not None
    last = record.last_decision(session, report.id)
    standing = report.state.value.replace("_", " ")
    if last is None:
        return f"{report.key} is {standing}, so it cannot be changed that way now."
    if last.by_id == change.person.id:
        return f"{report.key} is {standing} already ({PAST[Action(last.kind)]} by you). Nothing was changed."
    person = people.by_id(session, (last.by_id,)).get(last.by_id or 0)
    name = (person.name or person.slack_user_id) if person else "Liaison"
    return f"{name} was faster: {report.key} is {standing} now ({PAST[Action(last.kind)]}). Nothing was changed."


PAST: dict[Action, str] = {
    Action.ACCEPT: "accepted",
    Action.TAKE: "taken",
    Action.ASK: "asked for more",
    Action.ANSWER: "answered",
    Action.TIMEOUT: "closed without an answer",
    Action.DUPLICATE: "marked as duplicate",
    Action.DECLINE: "declined",
    Action.SNOOZE: "snoozed",
    Action.WAKE: "woken",
    Action.START: "started",
    Action.STOP: "stopped",
    Action.FIX: "marked as fixed",
    Action.VERIFY: "verified",
    Action.SKIP: "closed without a test",
    Action.FAIL: "sent back",
    Action.REOPEN: "reopened",
    Action.UNDO: "undone",
    Action.WITHDRAW: "withdrawn",
}


def facts_of(report: Report) -> dict[str, Any]:
    """Give what the audit log keeps of a report."""
    facts = {
        "state": report.state,
        "resolution": report.resolution,
        "severity": report.severity,
        "component": report.component_key,
        "owner_id": report.owner_id,
        "duplicate_of_id": report.duplicate_of_id,
        "private": report.private,
    }
    return {name: value for name, value in facts.items() if value is not None}
