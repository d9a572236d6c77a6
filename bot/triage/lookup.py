"""Reading reports for a person: one card, a list, a search; never what that person may not see."""

import re
from dataclasses import dataclass, replace

from bot.duplicates import WORTH_A_LOOK, Candidate, find_candidates, question_of
from bot.errors import UserError
from bot.services import Services
from bot.suggestions import NOTHING, Suggestions, suggest
from bot.triage import permissions
from bot.triage.cards import Card, DecisionLine, ReportLine, read_card, read_decision, read_lines
from bot.triage.states import Action, actions_from
from storage import people, record, reports, search
from storage.database import WorkspaceSession
from storage.models import Decision, Report, ReportState

_KEY = re.compile(r"\s*(?:bug-|#)?(\d{1,9})\s*", re.IGNORECASE)
LIST_LIMIT = 15
# Stands for everybody who reads a channel, where a person's id is asked for: no private report is shown.
PUBLIC = ""
TIMELINE_LIMIT = 30


@dataclass(frozen=True)
class Event:
    """One line of a report's timeline: who did what, by which surface."""

    at: str
    who: str
    action: str
    via: str
    change: str


@dataclass(frozen=True)
class Told:
    """A decision with the report it is about, for those who are told."""

    card: Card
    decision: DecisionLine


def parse_key(words: str) -> int | None:
    """Read the number of a key such as `BUG-142`, `bug-142`, `#142` or `142`; None when it is not one."""
    match = _KEY.fullmatch(words)
    return int(match.group(1)) if match else None


async def card_for_channel(services: Services, report_id: int) -> Card | None:
    """Read the card of a report with its likely duplicates; None when there is no such report."""

    def unit(session: WorkspaceSession) -> Card | None:
        report = reports.get(session, report_id)
        if report is None:
            return None
        return read_card(session, report, _similar(session, services, report), _suggest(session, services, report))

    services.known.warm_soon(services.database, services.workspace)
    return await services.database.read(services.workspace, unit)


async def with_suggestions(services: Services, card: Card) -> Card:
    """Give a card for a form that asks what is missing, with what past reports propose for that."""

    def unit(session: WorkspaceSession) -> Suggestions:
        report = reports.get(session, card.line.report_id)
        return _suggest(session, services, report) if report else NOTHING

    return replace(card, suggestions=await services.database.read(services.workspace, unit))


async def card_for_person(services: Services, report_id: int, slack_user_id: str) -> Card:
    """Read the card of a report for a person.

    Raises:
        UserError: there is no such report, or the person may not see it; both sound the same.
    """

    def unit(session: WorkspaceSession) -> Card:
        return _visible(session, services, reports.get(session, report_id), slack_user_id)

    return await services.database.write(services.workspace, unit)


async def card_to_tell(services: Services, report_id: int, slack_user_id: str) -> Card | None:
    """Read the card of a report for a message to a person; None when it is gone, or not theirs to see by now."""

    def unit(session: WorkspaceSession) -> Card | None:
        report = reports.get(session, report_id)
        if report is None or not _may_see(session, services, report, slack_user_id):
            return None
        return read_card(session, report)

    return await services.database.write(services.workspace, unit)


async def card_by_key(services: Services, words: str, slack_user_id: str) -> Card:
    """Read the card of the report a person named by its key."""
    number = parse_key(words)
    if number is None:
        raise UserError(f"“{words[:40]}” is not a key. A key looks like BUG-142.")

    def unit(session: WorkspaceSession) -> Card:
        return _visible(session, services, reports.by_number(session, number), slack_user_id)

    return await services.database.write(services.workspace, unit)


async def number_of(services: Services, report_id: int) -> int:
    """Give the number in a report's key; 0, which no report has, when it is gone."""

    def unit(session: WorkspaceSession) -> int:
        report = reports.get(session, report_id)
        return report.number if report else 0

    return await services.database.read(services.workspace, unit)


async def find_by_card(services: Services, channel: str, ts: str) -> Card | None:
    """Find the report whose card or source message this is."""

    def unit(session: WorkspaceSession) -> Card | None:
        report = reports.by_card(session, channel, ts) or reports.by_message(session, channel, ts)
        return read_card(session, report) if report else None

    return await services.database.read(services.workspace, unit)


async def list_reports(services: Services, slack_user_id: str, states: tuple[ReportState, ...]) -> list[ReportLine]:
    """List reports in `states` that a person may see, what is due first, then what came back last."""

    def unit(session: WorkspaceSession) -> list[ReportLine]:
        found = reports.in_states(session, states, limit=3 * LIST_LIMIT)
        return read_lines(session, _seen_by(session, services, found, slack_user_id))

    return await services.database.write(services.workspace, unit)


async def list_mine(services: Services, slack_user_id: str) -> list[ReportLine]:
    """List what a person reported or owns."""

    def unit(session: WorkspaceSession) -> list[ReportLine]:
        person = people.meet(session, slack_user_id)
        assert person.id is not None
        found = reports.owned_by(session, person.id) + reports.reported_by(session, person.id)
        unique = list({report.id: report for report in found}.values())
        return read_lines(session, _seen_by(session, services, unique, slack_user_id))

    return await services.database.write(services.workspace, unit)


async def find_reports(services: Services, slack_user_id: str, words: str) -> list[ReportLine]:
    """Find reports by words, best fit first, or by a key."""
    number = parse_key(words)

    def unit(session: WorkspaceSession) -> list[ReportLine]:
        if number is not None:
            named = reports.by_number(session, number)
            found = [named] if named else []
        else:
            found = [report for hit in search.find(session, words) if (report := reports.get(session, hit.report_id))]
        return read_lines(session, _seen_by(session, services, found, slack_user_id))

    return await services.database.write(services.workspace, unit)


async def find_originals(services: Services, report_id: int, words: str) -> list[ReportLine]:
    """Find what a report may be a duplicate of: similar ones, or those that hold `words`."""

    def unit(session: WorkspaceSession) -> list[ReportLine]:
        report = reports.get(session, report_id)
        if report is None:
            return []
        if words:
            number = parse_key(words)
            named = [reports.by_number(session, number)] if number is not None else []
            hits = [] if number is not None else search.find(session, words)
            found = [one for one in [*named, *(reports.get(session, hit.report_id) for hit in hits)] if one]
        else:
            found = [one for hit in _similar(session, services, report) if (one := reports.get(session, hit.report_id))]
        return read_lines(session, [one for one in found if one.id != report_id and not one.private][:8])

    return await services.database.read(services.workspace, unit)


async def told(services: Services, decision_id: int) -> Told | None:
    """Read a decision and the card of its report."""

    def unit(session: WorkspaceSession) -> Told | None:
        decision = session.get(Decision, decision_id)
        report = reports.get(session, decision.subject_id) if decision else None
        if decision is None or report is None:
            return None
        return Told(read_card(session, report), read_decision(session, decision))

    return await services.database.read(services.workspace, unit)


async def timeline(services: Services, report_id: int) -> list[Event]:
    """List what happened to a report, oldest first."""

    def unit(session: WorkspaceSession) -> list[Event]:
        events = record.timeline(session, report_id)[-TIMELINE_LIMIT:]
        persons = people.by_id(session, (event.actor_id for event in events))
        return [
            Event(
                at=f"{event.at:%d %b %Y %H:%M} UTC",
                who=_name(persons.get(event.actor_id or 0)),
                action=event.action,
                via=event.via,
                change=_changes(event.before, event.after),
            )
            for event in events
        ]

    return await services.database.read(services.workspace, unit)


async def component_choices(services: Services) -> list[tuple[str, str]]:
    """List the components a person can choose from, as (key, name)."""
    found = await services.database.read(services.workspace, people.components)
    return [(component.key, component.name) for component in found]


async def team_choices(services: Services) -> list[tuple[str, str]]:
    """List the teams a report can belong to, as (key, name)."""
    found = await services.database.read(services.workspace, people.teams)
    return [(team.key, team.name) for team in found]


def _similar(session: WorkspaceSession, services: Services, report: Report) -> tuple[Candidate, ...]:
    if report.private:
        return ()
    return tuple(find_candidates(session, services.known, question_of(report, services.now()), least=WORTH_A_LOOK))


def _suggest(session: WorkspaceSession, services: Services, report: Report) -> Suggestions:
    """Propose what a report lacks while somebody may still accept it."""
    is_rated = report.severity is not None and report.component_key is not None
    if is_rated or Action.ACCEPT not in actions_from(report.state):
        return NOTHING
    return suggest(session, services.known, services.past_words, question_of(report, services.now()))


def _visible(session: WorkspaceSession, services: Services, report: Report | None, slack_user_id: str) -> Card:
    if report is None or not _may_see(session, services, report, slack_user_id):
        raise UserError("There is no such report. Look for it with `/bug find words`.")
    return read_card(session, report)


def _seen_by(session: WorkspaceSession, services: Services, found: list[Report], slack_user_id: str) -> list[Report]:
    return [one for one in found if _may_see(session, services, one, slack_user_id)][:LIST_LIMIT]


def _may_see(session: WorkspaceSession, services: Services, report: Report, slack_user_id: str) -> bool:
    if slack_user_id == PUBLIC:
        return not report.private
    return permissions.may_see(session, services.settings, people.meet(session, slack_user_id), report)


def _name(person: object) -> str:
    return str(getattr(person, "name", "") or getattr(person, "slack_user_id", "Liaison"))


def _changes(before: dict[str, object], after: dict[str, object]) -> str:
    changed = [
        f"{name}: {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in ("state", "resolution", "severity", "component")
        if before and before.get(name) != after.get(name)
    ]
    return ", ".join(changed)
