"""A report goes to another team or component because a person says so, and the rule that sent it is counted wrong."""

from dataclasses import dataclass

from bot.errors import UserError
from bot.triage import jobs, ownership
from bot.triage.decisions import Change
from storage import people, record
from storage.database import WorkspaceSession
from storage.models import Component, Report

# What changes an owner without a person having chosen one.
_BY_ITSELF = frozenset({"file", "move", "accept"})


@dataclass(frozen=True)
class Target:
    """Where a report belongs: a component, whose team comes with it, or only a team."""

    component_key: str = ""
    team_key: str = ""


def move(change: Change, target: Target) -> None:
    """Give a report to another component or team.

    Raises:
        UserError: there is no such component or team, or it is there already.
    """
    component = _component(change, target)
    team_key = component.team_key if component else target.team_key
    if people.team(change.session, team_key) is None:
        raise UserError("Choose the part it is about, or the team.")
    report = change.report
    if team_key == report.team_key and (component is None or component.key == report.component_key):
        raise UserError(f"{report.key} is there already. Choose another part or team.")
    sent_by = f"; rule “{report.route_rule}” had sent it elsewhere" if report.route_rule else ""
    settle(change, component, team_key)
    report.route_reason = f"{change.person.name or 'somebody'} moved it{sent_by}"


def settle(change: Change, component: Component | None, team_key: str) -> None:
    """Put a report where a person says it belongs: the rule is marked, the owner chosen anew, the team shown it."""
    report, has_moved = change.report, team_key != change.report.team_key
    report.component_key = component.key if component else None
    report.team_key = team_key
    report.route_corrected = report.route_corrected or bool(report.route_rule)
    if not has_moved:
        return
    if not is_owner_by_hand(change.session, report):
        report.owner_id = ownership.pick_owner(change.session, change.services, team_key).owner_id
        jobs.tell_owner(change.session, report, change.person.id)
    if report.card_ts:
        jobs.point_to_card(change.session, report)


def is_owner_by_hand(session: WorkspaceSession, report: Report) -> bool:
    """Say whether a person made somebody the owner, or nobody: no rule takes that back."""
    assert report.id is not None
    changed = [
        event
        for event in record.timeline(session, report.id)
        if event.before.get("owner_id") != event.after.get("owner_id")
    ]
    return bool(changed) and changed[-1].action not in _BY_ITSELF


def _component(change: Change, target: Target) -> Component | None:
    if target.component_key:
        return people.component(change.session, target.component_key)
    # Only the team: a part of another team cannot stay.
    present = people.component(change.session, change.report.component_key)
    return present if present is not None and present.team_key == target.team_key else None
