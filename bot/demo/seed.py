"""A living example team: four weeks of reports in every state, made by the rules themselves on a moved clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from bot.demo.workspace import PEOPLE
from bot.services import Services
from bot.triage import filing, intake, workflow
from bot.triage.cards import Card
from bot.triage.decisions import Order
from bot.triage.intake import NewReport
from bot.triage.jobs import JobKind, card_lane
from storage import people
from storage.database import WorkspaceSession
from storage.models import Job, JobState, Person, Report, Resolution, Role, Severity, Source, Via
from storage.queue import NewJob, defer

SETTINGS = """
version: 1
teams:
  checkout: {channel: C0CHECKOUT, name: Checkout team, people: [U0BO, U0FINN, U0ANA]}
  web: {channel: C0WEB, name: Web team, people: [U0BO, U0CLEO, U0ANA]}
components:
  checkout: {owner: checkout, name: Checkout}
  invoices: {owner: checkout, name: Invoices}
  search: {owner: web, name: Search}
  sign-in: {owner: web, name: Sign-in}
channels:
  C0QA: checkout
roles:
  admin: [U0FINN]
"""
# What the seed's decisions would still send; the history happened, nobody needs to be told again.
_PAST = (JobKind.TELL_DECISION, JobKind.REDRAW_CARD, JobKind.PUBLISH_HOME, JobKind.NOTE_DECISION, JobKind.SYNC_ISSUE)

Step = Callable[[Services, Order], Awaitable[Card]]


@dataclass(frozen=True)
class Story:
    """One seeded report: what was filed, how many days ago, and what people then decided, in order."""

    days_ago: float
    reporter: str
    channel: str
    title: str
    what: str
    component: str
    severity: Severity | None = None
    expected: str = ""
    also: tuple[str, ...] = ()
    private: bool = False
    steps: tuple[tuple[str, Step], ...] = field(default_factory=tuple)


async def seed(services: Services) -> None:
    """Fill an empty workspace with the demo's people and their reports."""
    await services.database.write(services.workspace, _keep_people)
    for story in stories():
        await _tell(services, story)
    await services.database.write(services.workspace, _forget_past_jobs)


async def is_seeded(services: Services) -> bool:
    """Say whether the workspace holds any report."""
    first = await services.database.read(services.workspace, lambda session: session.exec(select(Report.id)).first())
    return first is not None


async def post_all_again(services: Services) -> None:
    """Have every card posted into a Slack server that starts empty each time."""
    run = f"{datetime.now(UTC):%Y%m%d%H%M%S}"

    def unit(session: WorkspaceSession) -> None:
        for report in session.exec(select(Report).order_by(col(Report.id))):
            report.card_channel = report.card_ts = report.card_permalink = ""
            session.add(report)
            team = people.team(session, report.team_key)
            lane = card_lane(team.channel_id if team else "")
            defer(session, NewJob(JobKind.POST_CARD, {"report_id": report.id}, lane, f"card:{report.id}:{run}"))

    await services.database.write(services.workspace, unit)


async def _tell(services: Services, story: Story) -> None:
    moment = services.now() - timedelta(days=story.days_ago)
    then = replace(services, now=lambda: moment)
    filed = await intake.report_bug(
        then,
        NewReport(
            title=story.title,
            reporter=story.reporter,
            source=Source.COMMAND,
            via=Via.MODAL,
            what=story.what,
            expected=story.expected,
            severity=story.severity,
            component_key=story.component,
            private=story.private,
            source_channel=story.channel,
        ),
    )
    await filing.file_issue(then, filed.report_id)
    for person in story.also:
        await intake.join(then, Order(filed.report_id, person, Via.MODAL))
    for number, (person, step) in enumerate(story.steps, start=1):
        later = moment + (services.now() - moment) * min(0.15 * number, 0.95)
        await step(replace(services, now=lambda later=later: later), Order(filed.report_id, person, Via.BUTTON))  # type: ignore[misc]


def _keep_people(session: WorkspaceSession) -> None:
    for one in PEOPLE:
        person: Person = people.meet(session, one.id)
        person.name, person.role, person.tz = one.real_name, Role(one.role), one.zone
        session.add(person)


def _forget_past_jobs(session: WorkspaceSession) -> None:
    session.connection().execute(delete(Job).where(col(Job.kind).in_([kind.value for kind in _PAST])))
    now = datetime.now(UTC)
    for report_id in session.exec(select(Report.id)):
        key = f"filed:{report_id}"
        job = Job(kind=JobKind.CONFIRM_REPORT, unique_key=key, state=JobState.DONE, run_at=now, created_at=now)
        # Kept for ten years, so that no later start confirms what was filed weeks ago.
        job.finished_at = now + timedelta(days=3650)
        session.add(job)
    joined = session.exec(select(Job).where(Job.kind == JobKind.CONFIRM_FOLLOWER))
    for job in joined:
        job.state, job.finished_at = JobState.DONE, now
        session.add(job)


def _accept(severity: Severity) -> Step:
    return lambda services, order: workflow.accept(services, order, severity=severity, component_key=None)


def _take(severity: Severity) -> Step:
    return lambda services, order: workflow.take(services, order, severity=severity)


def _fix(build: str, how_to_check: str) -> Step:
    return lambda services, order: workflow.fix(services, order, build=build, how_to_check=how_to_check)


def _decline(resolution: Resolution, reason: str) -> Step:
    return lambda services, order: workflow.decline(services, order, resolution=resolution, reason=reason)


def stories() -> tuple[Story, ...]:
    """Give the reports of the example team, oldest first."""
    return (
        Story(
            26,
            "U0EVE",
            "C0QA",
            "Invoice PDF shows the old company address",
            "A customer sent us the PDF of March: the footer still has the street we left in January.",
            "invoices",
            expected="The new address on every invoice made after January.",
            steps=(
                ("U0FINN", _accept(Severity.S3)),
                ("U0BO", _take(Severity.S3)),
                ("U0BO", workflow.start),
                ("U0BO", _fix("2.3.0", "Make an invoice for any customer and look at the footer.")),
                ("U0DEV", workflow.verify),
            ),
        ),
        Story(
            21,
            "U0DEV",
            "C0QA",
            "Card payment fails when the name holds an umlaut",
            "Paying as “Jürgen Müller” ends with “invalid holder”. Without the umlauts it goes through.",
            "checkout",
            severity=Severity.S2,
            also=("U0EVE", "U0ANA"),
            steps=(
                ("U0BO", _take(Severity.S2)),
                ("U0BO", workflow.start),
                ("U0BO", _fix("2.3.1", "Pay with the test card as Jürgen Müller.")),
                ("U0DEV", lambda s, o: workflow.fail(s, o, note="ü works now, ß still ends with “invalid holder”.")),
                ("U0BO", _fix("2.3.2", "Pay with the test card as Jürgen Groß.")),
                ("U0DEV", workflow.verify),
            ),
        ),
        Story(
            17,
            "U0ANA",
            "C0WEB",
            "Search should learn what I look for",
            "Everybody at the fair asked for it.",
            "search",
            steps=(
                ("U0CLEO", _decline(Resolution.NOT_A_BUG, "A fine idea, and not a bug: Ana starts a spec for it.")),
            ),
        ),
        Story(
            14,
            "U0CLEO",
            "C0WEB",
            "Filter icon has too little contrast in dark mode",
            "The icon is #555 on #333; it takes 4.5:1 to be read.",
            "search",
            steps=(
                (
                    "U0ANA",
                    lambda s, o: workflow.snooze(s, o, until=datetime.now(UTC) + timedelta(days=9), more_hits=3),
                ),
            ),
        ),
        Story(
            9,
            "U0EVE",
            "C0QA",
            "Customer is signed out in the middle of a purchase",
            "Two customers this week. Both had the basket open for about an hour.",
            "sign-in",
            steps=(
                (
                    "U0BO",
                    lambda s, o: workflow.ask(s, o, question="Which browser, and did they come from the newsletter?"),
                ),
            ),
        ),
        Story(
            6,
            "U0DEV",
            "C0QA",
            "Export of orders to CSV is empty on Safari",
            "Press *Export*, open the file: only the first line is there. Chrome and Firefox are fine.",
            "invoices",
            expected="All orders of the month.",
            also=("U0EVE",),
            steps=(("U0FINN", _accept(Severity.S2)), ("U0BO", _take(Severity.S2)), ("U0BO", workflow.start)),
        ),
        Story(
            4,
            "U0EVE",
            "C0QA",
            "Discount code is forgotten after going back one page",
            "Enter SPRING, continue, press back: the code is gone and the full price is shown.",
            "checkout",
            steps=(
                ("U0BO", _take(Severity.S3)),
                ("U0BO", workflow.start),
                ("U0BO", _fix("2.4.0-rc1", "Enter SPRING, continue to payment, go back: the price is still reduced.")),
            ),
        ),
        Story(
            3,
            "U0FINN",
            "C0LEADS",
            "Total in the order mail differs from the invoice by one cent",
            "Order 10482: 59.98 in the mail, 59.97 on the invoice.",
            "invoices",
            severity=Severity.S3,
            steps=(("U0BO", _accept(Severity.S3)),),
        ),
        Story(
            1.4,
            "U0ANA",
            "C0WEB",
            "Search finds nothing when the word ends with a space",
            "Type “lamp ” with a space behind it: no results. Without the space: 214.",
            "search",
        ),
        Story(
            0.6,
            "U0DEV",
            "C0QA",
            "Address book of one customer is shown to another",
            "Sign in as test-7 right after test-6 in the same browser.",
            "sign-in",
            severity=Severity.S1,
            private=True,
        ),
        Story(
            0.08,
            "U0EVE",
            "C0QA",
            "Checkout button does nothing on an iPhone",
            "iOS 19, Safari. The button blinks, nothing follows. A customer sent a screen recording.",
            "checkout",
            expected="The payment page opens.",
        ),
    )
