"""A person says of two reports on a card that they are not the same: neither is offered for the other again.

That they *are* the same is the decision of `workflow.mark_duplicate`.
"""

from bot.errors import Conflict, PermissionRefused, UserError
from bot.services import Services
from bot.triage import jobs, permissions
from bot.triage.decisions import Change, Order, keep_refusal, load
from bot.triage.states import Right
from storage import people, record, reports, verdicts
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Report, ReportState

NOT_SAME = "not_same"


async def refuse(services: Services, order: Order, *, other_id: int) -> None:
    """Keep that two reports are not the same, and have both their cards drawn without the other.

    Raises:
        UserError: one of them is gone, or not for this person.
        PermissionRefused: the person may not decide on the report; kept in the audit log.
        Conflict: somebody answered before; says who.
    """

    def unit(session: WorkspaceSession) -> None:
        report = load(session, order.report_id)
        if record.find_request(session, order.request_key) is None:
            _refuse(Change(session, services, report, people.meet(session, order.by)), order, other_id)

    try:
        await services.database.write(services.workspace, unit)
    except PermissionRefused:
        await keep_refusal(services, order, NOT_SAME)
        raise


def overrule(change: Change, original: Report, *, unless_refused: bool) -> None:
    """Take back that two reports are not the same, since one is closed for the other now.

    Raises:
        Conflict: `unless_refused`, and somebody said that they are not.
    """
    if unless_refused:
        _require_open(change, original)
    assert change.report.id is not None
    assert original.id is not None
    verdicts.forget(change.session, change.report.id, original.id)


def _require_open(change: Change, other: Report) -> None:
    assert change.report.id is not None
    assert other.id is not None
    said = verdicts.between(change.session, change.report.id, other.id)
    if said is None or said.same:
        return
    if said.by_id == change.person.id:
        who = "You"
    else:
        person = people.by_id(change.session, (said.by_id,)).get(said.by_id)
        who = (person.name or person.slack_user_id) if person else "Somebody"
    raise Conflict(
        f"{who} said before that {change.report.key} and {other.key} are not the same. Nothing was changed."
        " If they are, choose *Mark as duplicate…* in the menu of the card."
    )


def _refuse(change: Change, order: Order, other_id: int) -> None:
    session, report, person = change.session, change.report, change.person
    settings = change.services.settings
    permissions.require(session, settings, person, report, Right.TRIAGER)
    other = reports.get(session, other_id)
    if other is None or other.id == report.id or not permissions.may_see(session, settings, person, other):
        raise UserError(f"What {report.key} was compared with is not here any more. Nothing was changed.")
    if report.state is not ReportState.NEW:
        raise Conflict(f"{report.key} is decided on already, so nobody compares it any more. Nothing was changed.")
    _require_open(change, other)
    assert report.id is not None
    assert person.id is not None
    verdicts.refuse(session, report.id, other_id, by_id=person.id, at=change.services.now())
    _note(change, order, report, other, order.request_key)
    _note(change, order, other, report, None)


def _note(change: Change, order: Order, report: Report, other: Report, request_key: str | None) -> None:
    """Write down on one of the two what was said, and have its card drawn anew."""
    assert report.id is not None
    report.version += 1
    change.session.add(report)
    change.session.add(
        AuditEvent(
            at=change.services.now(),
            actor_id=change.person.id,
            via=order.via,
            subject_type=record.REPORT,
            subject_id=report.id,
            action=NOT_SAME,
            after={"other": other.key},
            request_key=request_key,
        )
    )
    jobs.redraw(change.session, report)
