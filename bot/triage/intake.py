"""A report comes in: cleaned, routed, looked up among the known, and kept in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import text
from bot.duplicates import IN_FORM, IN_STEP, LIKELY, NEARLY_SURE, Candidate, Question, find_candidates
from bot.errors import UserError
from bot.routing.rules import Facts
from bot.services import Services
from bot.triage import jobs, permissions, promises
from bot.triage.decisions import Change, Order
from bot.triage.hits import wake_if_due
from bot.triage.jobs import JobKind
from bot.triage.ownership import Ownership, decide, role_of
from bot.triage.workflow import withdraw
from storage import people, record, reports, search
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    FollowReason,
    FoundIn,
    Person,
    Report,
    ReportState,
    Severity,
    Source,
    Via,
)
from storage.queue import NewJob, defer

BODY_LIMIT = 40_000
URL_LIMIT = 2000
WITHDRAW_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class NewReport:
    """What a person reports. `request_key` makes the same submission twice one report."""

    title: str
    reporter: str
    source: Source
    via: Via
    request_key: str | None = None
    what: str = ""
    expected: str = ""
    url: str = ""
    severity: Severity | None = None
    component_key: str | None = None
    private: bool = False
    source_channel: str = ""
    source_ts: str = ""
    source_thread_ts: str = ""
    attachments: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Intake:
    """What became of a report: its key, and whether this request made it (or somebody's before)."""

    report_id: int
    key: str
    is_new: bool
    joined: bool = False


async def report_bug(services: Services, new: NewReport) -> Intake:
    """Keep a report, and have its card posted and its issue filed.

    The same request, or a second person filing the same message, gives the report there is; the second
    person follows it.

    Raises:
        UserError: the title is blank.
    """
    if text.is_blank(new.title):
        raise UserError("Give it a title: one line that says what is wrong.")
    return await services.database.write(services.workspace, lambda session: _keep(session, services, new))


async def join(services: Services, order: Order) -> Intake:
    """Let a person follow a report instead of filing it again; counts one more person."""

    def unit(session: WorkspaceSession) -> Intake:
        report = reports.get(session, order.report_id)
        person = people.meet(session, order.by)
        if report is None or not permissions.may_see(session, services.settings, person, report):
            raise UserError("That report is not here any more. File yours as new.")
        if record.find_request(session, order.request_key) is not None:
            return Intake(_id(report), report.key, is_new=False)
        return _join(session, services, report, person, order)

    return await services.database.write(services.workspace, unit)


async def find_known(services: Services, title: str, what: str = "", url: str = "") -> list[Candidate]:
    """Find reports that what is typed so far likely repeats."""
    return await _find(services, Question(title, services.now(), what, url), least=LIKELY, limit=IN_FORM)


async def find_nearly_sure(services: Services, title: str, what: str = "", url: str = "") -> list[Candidate]:
    """Find reports that what is to be filed repeats so surely that it is worth a question."""
    return await _find(services, Question(title, services.now(), what, url), least=NEARLY_SURE, limit=IN_STEP)


async def withdraw_message(services: Services, order: Order) -> None:
    """Withdraw a report because its 🎫 was taken away: within ten minutes, by its reporter, while undecided."""

    def unit(session: WorkspaceSession) -> bool:
        report = reports.get(session, order.report_id)
        person = people.meet(session, order.by)
        return (
            report is not None
            and report.reporter_id == person.id
            and report.state is ReportState.NEW
            and services.now() - report.created_at <= WITHDRAW_WITHIN
        )

    if await services.database.write(services.workspace, unit):
        await withdraw(services, order)


async def _find(services: Services, question: Question, *, least: float, limit: int) -> list[Candidate]:
    services.known.warm_soon(services.database, services.workspace)

    def unit(session: WorkspaceSession) -> list[Candidate]:
        return find_candidates(session, services.known, question, least=least, limit=limit)

    return await services.database.read(services.workspace, unit)


def _keep(session: WorkspaceSession, services: Services, new: NewReport) -> Intake:
    person = people.meet(session, new.reporter)
    earlier = _earlier(session, new)
    if earlier is not None and not permissions.may_see(session, services.settings, person, earlier):
        # The same message, filed before and private: whoever files it again hears nothing of that one.
        new, earlier = replace(new, private=True), None
    if earlier is not None:
        if earlier.reporter_id == person.id or not new.source_ts:
            return Intake(_id(earlier), earlier.key, is_new=False)
        order = Order(_id(earlier), new.reporter, new.via, new.request_key)
        return _join(session, services, earlier, person, order)
    ownership = _route(session, services, new, person)
    report = _make(session, new, ownership, services.now())
    promises.begin(session, services, report)
    search.index(session, report)
    reports.follow(session, report, _id(person), FollowReason.REPORTER)
    session.add(_audit(services, new.via, new.request_key, report, person, "file"))
    jobs.post_card(session, report, () if report.private else ownership.routing.notify)
    jobs.publish_home(session, person.slack_user_id, f"file:{report.id}")
    return Intake(_id(report), report.key, is_new=True)


def _earlier(session: WorkspaceSession, new: NewReport) -> Report | None:
    request = record.find_request(session, new.request_key)
    if request is not None:
        return reports.get(session, request.subject_id)
    if new.source_ts:
        return reports.by_message(session, new.source_channel, new.source_ts)
    return None


def _make(session: WorkspaceSession, new: NewReport, ownership: Ownership, now: datetime) -> Report:
    title = text.clean_title(new.title)
    what = "\n\n".join(part for part in (text.clean(new.what, limit=BODY_LIMIT).text, _unsafe_address(new.url)) if part)
    full_title = text.clean(new.title, limit=BODY_LIMIT).text
    routing = ownership.routing
    report = Report(
        number=reports.next_number(session),
        title=title,
        # A title cut to one line keeps its whole text where it can be read.
        what=what if full_title == title or what.startswith(full_title) else f"{full_title}\n\n{what}".strip(),
        expected=text.clean(new.expected, limit=BODY_LIMIT).text,
        url=text.safe_url(new.url) or "",
        source=new.source,
        source_channel=new.source_channel,
        source_ts=new.source_ts,
        source_thread_ts=new.source_thread_ts,
        attachments=list(new.attachments),
        reporter_id=_id(people.meet(session, new.reporter)),
        team_key=routing.team,
        component_key=routing.component,
        route_reason=ownership.reason,
        route_rule=routing.fit.name,
        labels=list(routing.labels),
        found_in=routing.found_in or FoundIn.UNKNOWN,
        owner_id=ownership.owner_id,
        severity=new.severity,
        proposed_severity=None if new.severity else routing.severity,
        private=new.private or routing.private,
        created_at=now,
        top_at=now,
    )
    session.add(report)
    session.flush()
    return report


def _unsafe_address(url: str) -> str:
    """Give what was typed as an address but is none to send people to; it is kept as words."""
    if text.is_blank(url) or text.safe_url(url) is not None:
        return ""
    return f"Where: {text.clean(url.strip(), limit=BODY_LIMIT).text}"


def _route(session: WorkspaceSession, services: Services, new: NewReport, person: Person) -> Ownership:
    """Let the rules say whose it is, from all that is known of it."""
    channels = services.settings.component_for_channel(new.source_channel)
    facts = Facts(
        title=new.title,
        text="\n".join(part for part in (new.what, new.expected) if part),
        url=new.url,
        channel=new.source_channel,
        reporter=new.reporter,
        reporter_role=role_of(person),
        component=new.component_key or channels,
        component_is_channels=channels is not None and new.component_key in {None, channels},
        severity=new.severity,
    )
    return decide(session, services, facts)


def _join(session: WorkspaceSession, services: Services, report: Report, person: Person, order: Order) -> Intake:
    is_new_follower = reports.follow(session, report, _id(person), FollowReason.ME_TOO)
    if is_new_follower:
        report.hits += 1
        report.version += 1
        session.add(report)
        session.add(_audit(services, order.via, order.request_key, report, person, "join"))
        wake_if_due(Change(session, services, report, person), report)
        jobs.redraw(session, report)
        payload = {"report_id": report.id, "slack_user_id": person.slack_user_id}
        lane = f"dm:{person.slack_user_id}"
        unique_key = f"joined:{report.id}:{person.slack_user_id}"
        defer(session, NewJob(JobKind.CONFIRM_FOLLOWER, payload, lane, unique_key))
    return Intake(_id(report), report.key, is_new=False, joined=True)


def _audit(
    services: Services, via: Via, request_key: str | None, report: Report, person: Person, action: str
) -> AuditEvent:
    return AuditEvent(
        at=services.now(),
        actor_id=person.id,
        via=via,
        subject_type=record.REPORT,
        subject_id=_id(report),
        action=action,
        after={"state": report.state, "hits": report.hits},
        request_key=request_key,
    )


def _id(row: Report | Person) -> int:
    assert row.id is not None
    return row.id
