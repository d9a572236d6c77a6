"""A living example team: twelve weeks of reports, releases and designs; the last four made by the rules themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from bot.demo import frames, history, releases, told
from bot.demo.lives import lives
from bot.demo.past_bugs import past_bugs
from bot.demo.stories import STORIES, Story
from bot.demo.workspace import PEOPLE, email_of
from bot.services import Services
from bot.triage import filing, intake
from bot.triage.decisions import Order
from bot.triage.intake import NewReport
from bot.triage.jobs import JobKind, card_lane
from storage import people
from storage.database import WorkspaceSession
from storage.models import Job, JobState, Person, Report, Role, Source, Via
from storage.queue import NewJob, defer

SETTINGS = """
version: 1
teams:
  checkout: {channel: C0CHECKOUT, name: Checkout team, people: [U0BO, U0FINN, U0ANA]}
  web: {channel: C0WEB, name: Web team, people: [U0BO, U0CLEO, U0ANA], pick: fewest-open, lead: U0ANA, capacity: 5}
components:
  checkout: {owner: checkout, name: Checkout, promoted: true, paths: ["src/checkout/**"]}
  invoices: {owner: checkout, name: Invoices, labels: [money]}
  search: {owner: web, name: Search, paths: ["src/search/**"]}
  sign-in: {owner: web, name: Sign-in}
  web: {owner: web, name: Web shop}
channels:
  C0QA: checkout
# Read from the top: the first rule that fits decides component and team.
routes:
  - name: security goes to few people
    when: {any_word: [xss, csrf, "sql injection", "leaked token", vulnerability]}
    set: {private: true, team: web, severity: S1}
  - name: what the reporter chose
    when: {component: given}
    set: {component: as-given}
  - name: search pages
    when: {url: "https://shop.acme.example/(search|filter)/**"}
    set: {component: search}
  - name: money words
    when: {any_word: [invoice, refund, "order mail", vat]}
    set: {component: invoices}
  - name: payment words
    when: {any_word: [checkout, basket, "apple pay", "discount code"]}
    set: {component: checkout}
  - name: search words
    when: {any_word: [search, filter]}
    set: {component: search}
  - name: stack trace
    when: {path: owned}
    set: {component: by-path}
  - name: everything else
    when: always
    set: {team: web}
# These decide nothing, they only add.
also:
  - name: customers met it
    when: {reporter_role: [support]}
    set: {labels: [customer-reported], found_in: production}
  - name: leads hear of the worst
    when: {severity: [S1]}
    set: {notify: [C0LEADS]}
  - name: design looks too
    when: {any_word: [contrast, "dark mode", icon, spacing]}
    set: {labels: [ux]}
roles:
  admin: [U0FINN]
working_hours: {tz: Europe/Berlin}
figma: {files: {ACMEshopDesign: checkout}}
audiences:
  qa: {channel: C0QA, daily: "08:30", weekly: "mon 08:30"}
  design: {channel: C0DESIGN, weekly: "tue 10:00"}
  marketing: {channel: C0MARKETING, on: release, weekly: "thu 10:00"}
  engineering: {channel: C0ENG, daily: "09:30", weekly: "mon 09:30"}
  leadership: {channel: C0LEADS, weekly: "fri 15:00", health_from: U0ANA}
"""
# What the seed's decisions would still send; the history happened, nobody needs to be told again.
_PAST = (JobKind.TELL_DECISION, JobKind.REDRAW_CARD, JobKind.PUBLISH_HOME, JobKind.NOTE_DECISION, JobKind.SYNC_ISSUE)


async def seed(services: Services) -> None:
    """Fill an empty workspace with the demo's people and their reports."""
    now = services.now()
    await services.database.write(services.workspace, _keep_people)
    past = lives(past_bugs(), now)
    await services.database.write(services.workspace, lambda session: history.write(session, services.settings, past))
    for story in STORIES:
        await _tell(services, story)

    def unit(session: WorkspaceSession) -> None:
        releases.write(session, now)
        frames.write(session, now)
        told.write(session, services, now)
        told.read_sources(session, now)
        _forget_past_jobs(session)

    await services.database.write(services.workspace, unit)


async def is_seeded(services: Services) -> bool:
    """Say whether the workspace holds any report."""
    first = await services.database.read(services.workspace, lambda session: session.exec(select(Report.id)).first())
    return first is not None


async def post_all_again(services: Services) -> None:
    """Have every card posted into a Slack server that starts empty each time."""
    run = f"{datetime.now(UTC):%Y%m%d%H%M%S}"

    def unit(session: WorkspaceSession) -> None:
        # The history before that has no cards: nobody scrolls back so far, and posting them takes a minute.
        posted = select(Report).where(Report.card_channel != "").order_by(col(Report.id))
        for report in session.exec(posted):
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
            component_key=story.component or None,
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
        person.role_known, person.email = True, email_of(one)
        if one.id in releases.ACCOUNTS:
            person.tracker_accounts = {releases.SOURCE: releases.ACCOUNTS[one.id]}
        session.add(person)


def _forget_past_jobs(session: WorkspaceSession) -> None:
    for card in session.exec(select(Job).where(Job.kind == JobKind.POST_CARD)):
        # Posted now, but not new: neither owner nor channel is told of it.
        card.payload = {"report_id": card.payload["report_id"]}
        session.add(card)
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
