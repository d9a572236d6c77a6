"""What becomes of a change that customers can see: its text is used, edited and used, or it is not announced."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import text
from bot.digests import jobs
from bot.digests.change_states import ChangeStep, follow
from bot.errors import Conflict, PermissionRefused, UserError
from bot.routing.settings import Settings
from bot.services import Services
from storage import people, record, releases
from storage.database import WorkspaceSession
from storage.models import AuditEvent, ChangeState, Decision, Person, ReleaseChange, Role, Via

SUBJECT = "change"
TEXT_LIMIT = 500
REASON_LIMIT = 300
# For so long a word that was given can be taken back; then the text is taken to be out.
TAKE_BACK_WITHIN = timedelta(minutes=10)
# Whose word it is what customers are told.
_ROLES = frozenset({Role.MARKETING, Role.PM, Role.LEAD})
_MOST_NAMED = 3


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be done with a change."""

    change_id: int
    by: str
    via: Via
    request_key: str | None = None


@dataclass(frozen=True)
class Announcement:
    """A change as those see it who announce it."""

    change_id: int
    title: str
    text: str
    state: ChangeState


# Changes a row that may be decided on, and says what that decision is called.
_Rule = Callable[[ReleaseChange], ChangeStep]


async def read(services: Services, wish: Wish) -> Announcement:
    """Read a change for somebody who may decide on it, if it still waits.

    Raises:
        UserError: there is no such change.
        Conflict: somebody decided before.
        PermissionRefused: the person may not.
    """

    def unit(session: WorkspaceSession) -> Announcement:
        change, _ = _load(session, services.settings, wish)
        _require_in(session, change, releases.WAITING)
        return _shown(change)

    return await services.database.write(services.workspace, unit)


async def use(services: Services, wish: Wish, words: str | None = None) -> Announcement:
    """Approve a change's text, or another, to be told to customers.

    Raises:
        UserError, Conflict, PermissionRefused: as `read`; there is no text, or it is too long.
    """

    def rule(change: ReleaseChange) -> ChangeStep:
        change.announce_text = _clean(change.announce_text if words is None else words)
        _take(change, ChangeStep.DRAFT)
        _take(change, ChangeStep.APPROVE)
        return ChangeStep.ANNOUNCE

    return await _decide(services, wish, rule)


async def drop(services: Services, wish: Wish, reason: str = "") -> Announcement:
    """Keep a change to ourselves; a reason is kept with the decision.

    Raises:
        UserError, Conflict, PermissionRefused: as `read`.
    """

    def rule(change: ReleaseChange) -> ChangeStep:
        _take(change, ChangeStep.NOT_ANNOUNCE)
        return ChangeStep.NOT_ANNOUNCE

    return await _decide(services, wish, rule, reason=text.clean(reason, limit=REASON_LIMIT).text.strip())


async def take_back(services: Services, wish: Wish) -> Announcement:
    """Let a change wait again whose text was approved a moment ago.

    Raises:
        UserError, PermissionRefused: as `read`.
        Conflict: it is announced by now, or waits again already.
    """

    def rule(change: ReleaseChange) -> ChangeStep:
        _take(change, ChangeStep.REVISE)
        return ChangeStep.REVISE

    return await _decide(services, wish, rule, sources=(ChangeState.APPROVED,))


def settle(session: WorkspaceSession, services: Services, now: datetime) -> None:
    """Take what was approved some minutes ago, and not taken back, to be announced."""
    for change in releases.approved(session, now - TAKE_BACK_WITHIN):
        before = _facts(change)
        _take(change, ChangeStep.ANNOUNCE)
        event = AuditEvent(
            at=now,
            via=Via.SCHEDULE,
            subject_type=SUBJECT,
            subject_id=change.id or 0,
            action=ChangeStep.ANNOUNCE,
            before=before,
            after=_facts(change),
        )
        _keep(session, change, event)


async def _decide(
    services: Services,
    wish: Wish,
    rule: _Rule,
    *,
    sources: Collection[ChangeState] = releases.WAITING,
    reason: str = "",
) -> Announcement:
    """Let somebody decide on a change; the same request twice decides once."""

    def unit(session: WorkspaceSession) -> Announcement:
        change, by = _load(session, services.settings, wish)
        if record.find_request(session, wish.request_key) is not None:
            return _shown(change)
        _require_in(session, change, sources)
        before = _facts(change)
        decision = Decision(subject_type=SUBJECT, subject_id=wish.change_id, kind=rule(change), at=services.now())
        decision.by_id, decision.reason, decision.facts = by.id, reason, _facts(change)
        _sign(session, change, decision)
        _keep(session, change, _event(wish, decision, before))
        return _shown(change)

    return await services.database.write(services.workspace, unit)


def _load(session: WorkspaceSession, settings: Settings, wish: Wish) -> tuple[ReleaseChange, Person]:
    """Find a change, and who wants to decide on it."""
    change = releases.get_change(session, wish.change_id)
    if change is None:
        raise UserError("This change is no longer known. `/liaison digest` shows the digests as they are now.")
    person = people.meet(session, wish.by)
    _require(session, settings, person)
    return change, person


def _require(session: WorkspaceSession, settings: Settings, person: Person) -> None:
    named = {*settings.roles.admin, *settings.roles.triage}
    if person.role in _ROLES or person.slack_user_id in named:
        return
    known = sorted(one.name for role in _ROLES for one in people.with_role(session, role) if one.name)[:_MOST_NAMED]
    ask = f"Ask {' or '.join(known)}." if known else "Say in the Home tab of Liaison that you are one of them."
    raise PermissionRefused(f"Only marketing, product managers and leads decide what customers are told. {ask}")


def _require_in(session: WorkspaceSession, change: ReleaseChange, states: Collection[ChangeState]) -> None:
    if change.state in states:
        return
    if change.state in releases.WAITING:
        raise Conflict(f"“{change.title}” waits for somebody's word again: it was taken back before.")
    by = people.by_id(session, (change.by_id,)).get(change.by_id or 0)
    name = (by.name or by.slack_user_id) if by else "Liaison"
    if change.state is ChangeState.INTERNAL:
        raise Conflict(f"{name} decided before: “{change.title}” is not announced.")
    if ChangeState.APPROVED in states:
        minutes = int(TAKE_BACK_WITHIN.total_seconds() // 60)
        raise Conflict(f"“{change.title}” is announced: that can be taken back for {minutes} minutes only.")
    raise Conflict(f"{name} decided before: “{change.title}” is {change.state}.")


def _take(change: ReleaseChange, step: ChangeStep) -> None:
    target = follow(change.state, step)
    assert target is not None
    change.state = target


def _sign(session: WorkspaceSession, change: ReleaseChange, decision: Decision) -> None:
    """Keep a decision, and with the change whose it is; one that takes another back leaves the change nobody's."""
    session.add(decision)
    session.flush()
    if decision.kind == ChangeStep.REVISE:
        undone = releases.last_decision(session, SUBJECT, decision.subject_id, before=decision.id or 0)
        if undone is not None:
            undone.undone_by_id = decision.id
            session.add(undone)
        change.by_id = change.decided_at = None
    else:
        change.by_id, change.decided_at = decision.by_id, decision.at


def _event(wish: Wish, decision: Decision, before: dict[str, Any]) -> AuditEvent:
    return AuditEvent(
        at=decision.at,
        actor_id=decision.by_id,
        via=wish.via,
        subject_type=SUBJECT,
        subject_id=wish.change_id,
        action=decision.kind,
        before=before,
        after={**decision.facts, **({"reason": decision.reason} if decision.reason else {})},
        request_key=wish.request_key,
    )


def _keep(session: WorkspaceSession, change: ReleaseChange, event: AuditEvent) -> None:
    """Write down what happened to a change, and have the digests show it."""
    change.version += 1
    session.add(change)
    session.add(event)
    session.flush()
    jobs.redraw(session, f"{SUBJECT}:{change.id}")


def _facts(change: ReleaseChange) -> dict[str, Any]:
    return {"state": change.state, "text": change.announce_text}


def _clean(words: str) -> str:
    if text.is_blank(words):
        raise UserError("Write what customers are told: press *Edit* and give it a sentence.")
    cleaned = text.clean(words).text.strip()
    if len(cleaned) > TEXT_LIMIT:
        raise UserError(f"Say it in {TEXT_LIMIT} characters; these are {len(cleaned)}.")
    return cleaned


def _shown(change: ReleaseChange) -> Announcement:
    return Announcement(change.id or 0, change.title, change.announce_text, change.state)
