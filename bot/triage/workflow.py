"""The rules of every action on a report; see `states` for what leads where."""

from datetime import datetime, timedelta

from bot import text
from bot.errors import UserError
from bot.services import Services
from bot.triage import hits, jobs, moving, verdicts
from bot.triage.cards import Card
from bot.triage.decisions import Change, Order, decide
from bot.triage.jobs import JobKind
from bot.triage.states import Action
from storage import people, record
from storage.models import Report, ReportState, Resolution, Severity

# An answer may come as a message, which holds more than a field of a form.
REASON_LIMIT = text.TEXT_LIMIT
UNDO_WITHIN = timedelta(minutes=10)
REOPEN_WITHIN = timedelta(days=30)
WARN_AFTER = timedelta(days=10)
DECLINED = (
    Resolution.NOT_A_BUG,
    Resolution.BY_DESIGN,
    Resolution.CANNOT_REPRODUCE,
    Resolution.WILL_NOT_FIX,
)


async def accept(services: Services, order: Order, *, severity: Severity | None, component_key: str | None) -> Card:
    """Accept a report; what is left out stays as it was, and both must be known in the end."""

    def rule(change: Change) -> None:
        _rate(change, severity, component_key)

    return await decide(services, order, Action.ACCEPT, rule)


async def take(
    services: Services, order: Order, *, severity: Severity | None = None, component_key: str | None = None
) -> Card:
    """Make the person who asks the owner, and accept the report if nobody did yet."""

    def rule(change: Change) -> None:
        if change.report.owner_id == change.person.id and change.report.state is ReportState.ACCEPTED:
            raise UserError(f"{change.report.key} is already yours.")
        _rate(change, severity, component_key)
        change.report.owner_id = change.person.id

    return await decide(services, order, Action.TAKE, rule)


async def ask(services: Services, order: Order, *, question: str) -> Card:
    """Ask the reporter for more; the promise to triage waits meanwhile."""
    asked = _required(question, "Write the question, so that the reporter knows what to add.")

    def rule(change: Change) -> None:
        report = change.report
        report.question = asked
        _first_answer(change)
        _look_again(change, JobKind.WARN_NO_ANSWER, change.services.now() + WARN_AFTER)

    return await decide(services, order, Action.ASK, rule, asked)


async def answer(services: Services, order: Order, *, words: str) -> Card:
    """Take the reporter's answer and put the report back on top of the list."""
    said = _required(words, "Write your answer first.")

    def rule(change: Change) -> None:
        report = change.report
        report.what = f"{report.what}\n\n{said}".strip()
        report.question = ""
        report.top_at = change.services.now()

    return await decide(services, order, Action.ANSWER, rule, said)


async def mark_duplicate(services: Services, order: Order, *, of_number: int, unless_refused: bool = False) -> Card:
    """Close a report as a duplicate; followers and hits move to the first of its kind.

    That people said they are not the same is overruled, or with `unless_refused` a conflict.
    """

    def rule(change: Change) -> None:
        original = hits.find_original(change, of_number)
        verdicts.overrule(change, original, unless_refused=unless_refused)
        hits.merge(change, original)
        change.facts |= {"original": original.key, "original_state": original.state}
        _first_answer(change)
        close_as(change, Resolution.DUPLICATE)

    return await decide(services, order, Action.DUPLICATE, rule)


async def snooze(services: Services, order: Order, *, until: datetime | None, more_hits: int | None = None) -> Card:
    """Set a report aside until a date, or until so many more people met it, whichever comes first."""

    def rule(change: Change) -> None:
        report = change.report
        if until is None and more_hits is None:
            raise UserError("Choose a date, or a number of people who must meet it first.")
        if until is not None and until <= change.services.now():
            raise UserError("Choose a date that is still to come.")
        report.snooze_until = until
        report.wake_at_hits = report.hits + more_hits if more_hits else None
        change.facts |= {"until": until.isoformat() if until else "", "more_hits": more_hits or 0}
        _first_answer(change)
        if until is not None:
            _look_again(change, JobKind.WAKE_REPORT, until)

    return await decide(services, order, Action.SNOOZE, rule)


async def wake(services: Services, order: Order) -> Card:
    """Bring a snoozed report back on top of the list."""
    return await decide(services, order, Action.WAKE, hits.wake_up)


async def decline(services: Services, order: Order, *, resolution: Resolution, reason: str) -> Card:
    """Close a report without a fix; the reason goes to the reporter."""
    said = _required(reason, "Write why, in a sentence the reporter can read.")

    def rule(change: Change) -> None:
        if resolution not in DECLINED:
            raise UserError("Choose why it is declined.")
        change.facts["resolution"] = resolution
        _first_answer(change)
        close_as(change, resolution)

    return await decide(services, order, Action.DECLINE, rule, said)


async def start(services: Services, order: Order) -> Card:
    """Say that somebody works on it now: the owner, or whoever says so if nobody has it."""

    def rule(change: Change) -> None:
        change.report.started_at = change.report.started_at or change.services.now()
        change.report.owner_id = change.report.owner_id or change.person.id

    return await decide(services, order, Action.START, rule)


async def stop(services: Services, order: Order) -> Card:
    """Say that nobody works on it any more."""
    return await decide(services, order, Action.STOP, lambda change: None)


async def fix(services: Services, order: Order, *, build: str, how_to_check: str) -> Card:
    """Say that it is fixed, in which build, and how to check it."""

    def rule(change: Change) -> None:
        report = change.report
        report.fixed_in = _one_line(build)
        report.how_to_check = text.clean(how_to_check, limit=REASON_LIMIT).text
        report.fixed_at = change.services.now()
        change.facts["build"] = report.fixed_in

    return await decide(services, order, Action.FIX, rule)


async def verify(services: Services, order: Order) -> Card:
    """Close a report because somebody checked that it works."""

    def rule(change: Change) -> None:
        change.report.verified_at = change.services.now()
        close_as(change, Resolution.FIXED)

    return await decide(services, order, Action.VERIFY, rule)


async def skip(services: Services, order: Order) -> Card:
    """Close a fixed report that nobody can test; counted apart."""
    return await decide(services, order, Action.SKIP, lambda change: close_as(change, Resolution.FIXED_NOT_VERIFIED))


async def fail(services: Services, order: Order, *, note: str) -> Card:
    """Send a report back to its owner because it is still broken."""
    said = _required(note, "Write what you still see, so that the owner can act on it.")

    def rule(change: Change) -> None:
        change.report.came_back += 1
        change.report.fixed_at = None

    return await decide(services, order, Action.FAIL, rule, said)


async def reopen(services: Services, order: Order, *, note: str) -> Card:
    """Open a closed report again within 30 days of its closing."""
    said = _required(note, "Write what you see, so that the owner can act on it.")

    def rule(change: Change) -> None:
        report = change.report
        closed_at = report.closed_at or report.created_at
        if change.services.now() - closed_at > REOPEN_WITHIN:
            raise UserError(
                f"{report.key} was closed more than 30 days ago. File a new report with `/bug` and name {report.key}."
            )
        report.came_back += 1
        open_again(report)

    return await decide(services, order, Action.REOPEN, rule, said)


async def undo(services: Services, order: Order) -> Card:
    """Take back one's own closing within ten minutes (an administrator's any time)."""

    def rule(change: Change) -> None:
        report = change.report
        assert report.id is not None
        last = record.last_decision(change.session, report.id)
        if last is None:
            raise UserError(f"There is nothing to undo on {report.key}.")
        is_admin = change.person.slack_user_id in change.services.settings.roles.admin
        if not is_admin and (last.by_id != change.person.id or change.services.now() - last.at > UNDO_WITHIN):
            raise UserError(
                "Only who closed it can undo that, within ten minutes. After that use *Reopen…* on the card."
            )
        change.facts["undone"] = last.kind
        change.undoes = last
        open_again(report)
        report.top_at = change.services.now()

    return await decide(services, order, Action.UNDO, rule)


async def withdraw(services: Services, order: Order) -> Card:
    """Take back one's own report before anybody decided on it."""
    return await decide(services, order, Action.WITHDRAW, lambda change: close_as(change, Resolution.WITHDRAWN))


def _look_again(change: Change, kind: JobKind, when: datetime) -> None:
    version = change.report.version + 1
    change.facts["version"] = version
    jobs.look_again(change.session, kind, change.report, version=version, when=when)


def _rate(change: Change, severity: Severity | None, component_key: str | None) -> None:
    report = change.report
    report.severity = severity or report.severity
    component = people.component(change.session, component_key or report.component_key)
    if report.severity is None or component is None:
        raise UserError(f"{report.key} needs a severity and a component first. Press Accept to choose them.")
    if component.team_key != report.team_key:
        moving.settle(change, component, component.team_key)
    report.component_key = component.key
    report.triaged_at = report.triaged_at or change.services.now()
    report.snooze_until = report.wake_at_hits = None
    report.question = ""
    _first_answer(change)
    change.facts |= {"severity": report.severity, "component": component.name}


def close_as(change: Change, resolution: Resolution) -> None:
    """Close a report for a reason."""
    change.report.resolution = resolution
    change.report.closed_at = change.services.now()


def open_again(report: Report) -> None:
    """Forget that a report was over."""
    report.resolution = report.closed_at = report.verified_at = report.fixed_at = report.duplicate_of_id = None


def _first_answer(change: Change) -> None:
    change.report.first_answer_at = change.report.first_answer_at or change.services.now()


def _one_line(words: str) -> str:
    """Give a name on one line; one too long is refused, since the person can still make it shorter."""
    line = text.clean_title(words)
    if line.endswith(text.ELLIPSIS) and len(words) > text.TITLE_LIMIT:
        raise UserError(f"Write the build in {text.TITLE_LIMIT} characters at most.")
    return line


def _required(words: str, otherwise: str) -> str:
    if text.is_blank(words):
        raise UserError(otherwise)
    return text.clean(words, limit=REASON_LIMIT).text
