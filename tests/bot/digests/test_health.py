"""The sentence of a lead: asked once, only of them, never invented, and put in when it comes late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.digests import health, runs, snapshot
from bot.digests.audiences import reader
from bot.digests.base import Scope
from bot.digests.facts import Digest, Facts
from bot.digests.health import Answer
from bot.digests.sections.health import SECTION
from bot.errors import PermissionRefused, UserError
from bot.routing.load import load_settings
from bot.services import Services
from storage import digests, health_words, people
from storage.database import WorkspaceSession
from storage.models import Audience, AuditEvent, DigestRun, Health, HealthWord, Job, RunState, Slot
from tests.conftest import SETTINGS, Clock, read

LEADERSHIP = """
audiences:
  leadership: {channel: C0LEADS, weekly: "fri 15:00", tz: Europe/Berlin, health_from: U0ANA}
"""
# A Friday; Berlin is an hour ahead.
ASKED = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
PERIOD = "2026-11-27"


@pytest.fixture
async def leads(services: Services, clock: Clock) -> Services:
    """The rules' tools, at 13:00 on a Friday in Berlin, with Ana to be asked."""
    services.in_force.replace(load_settings(SETTINGS + LEADERSHIP, "liaison.yaml"), "")
    clock.now = ASKED

    def unit(session: WorkspaceSession) -> None:
        people.meet(session, "U0ANA", "Ana Lima")

    await services.database.write(services.workspace, unit)
    return services


async def tick(services: Services) -> None:
    now = services.now()
    await services.database.write(services.workspace, lambda session: health.ask_due(session, services, now))


async def words(services: Services) -> list[HealthWord]:
    return await read(services, lambda session: list(session.exec(select(HealthWord))))


async def jobs(services: Services, kind: str) -> list[Job]:
    return await read(services, lambda session: list(session.exec(select(Job).where(Job.kind == kind))))


async def said(services: Services, sentence: str = "All well.", **more: object) -> None:
    values = {"word_id": 1, "slack_user_id": "U0ANA", "health": Health.ON_TRACK, **more}
    await health.answer(services, Answer(sentence=sentence, **values))  # type: ignore[arg-type]  # a dict of fields


async def told(services: Services, slot: Slot = Slot.WEEKLY, now: datetime = DUE) -> Facts | None:
    def unit(session: WorkspaceSession) -> Facts | None:
        found = reader(session, services.settings, "leadership", services.now())
        assert found is not None
        scope = Scope(now, now - timedelta(7), slot, found.zone, found.key, found.audience, services.settings)
        return SECTION.collect(session, scope)

    return await read(services, unit)


async def keep_run(services: Services, state: RunState) -> None:
    facts = await told(services)
    assert facts is not None
    digest = Digest("leadership", "weekly", "Leadership", "Europe/Berlin", DUE, DUE - timedelta(7), facts=(facts,))

    def unit(session: WorkspaceSession) -> None:
        run = DigestRun(audience_key="leadership", slot=Slot.WEEKLY, period=PERIOD, due_at=DUE, state=state)
        run.snapshot, run.posted_at = snapshot.write(digest), DUE
        session.add(run)

    await services.database.write(services.workspace, unit)


async def test_lead_is_asked_once_when_the_clock_rings_often(leads: Services, clock: Clock) -> None:
    for _ in range(3):
        await tick(leads)
        clock.leap(timedelta(minutes=30))

    [word] = await words(leads)
    assert (word.audience_key, word.period, word.asked_at, word.health) == ("leadership", PERIOD, ASKED, None)
    [job] = await jobs(leads, "ask_health")
    assert (job.payload, job.lane) == ({"word_id": 1, "slack_user_id": "U0ANA"}, "dm:U0ANA")


async def test_nobody_is_asked_when_the_digest_is_further_away(leads: Services, clock: Clock) -> None:
    clock.leap(-timedelta(minutes=1))

    await tick(leads)

    assert await words(leads) == []


async def test_lead_is_asked_late_when_nobody_could_ask_in_time(leads: Services, clock: Clock) -> None:
    clock.leap(-timedelta(hours=2))
    await leads.database.write(
        leads.workspace, lambda session: session.add(Audience(key="leadership", known_since=clock()))
    )
    clock.leap(timedelta(hours=4, minutes=20))

    await tick(leads)
    await tick(leads)

    assert _lines(await told(leads)) == ("Health", "no word from Ana Lima", "Asked on Fri 27 Nov 15:20.")
    assert [(word.period, len(await jobs(leads, "ask_health"))) for word in await words(leads)] == [(PERIOD, 1)]


async def test_nobody_is_asked_when_the_digest_was_of_yesterday(leads: Services, clock: Clock) -> None:
    await leads.database.write(
        leads.workspace, lambda session: session.add(Audience(key="leadership", known_since=clock()))
    )
    clock.leap(timedelta(hours=15))

    await tick(leads)

    assert await words(leads) == []


async def test_nobody_is_asked_when_the_digest_is_paused(leads: Services) -> None:
    def pause(session: WorkspaceSession) -> None:
        session.add(Audience(key="leadership", paused=True, known_since=ASKED))

    await leads.database.write(leads.workspace, pause)

    await tick(leads)

    assert await words(leads) == []


async def test_program_is_not_asked_and_the_digest_says_so(leads: Services) -> None:
    await leads.database.write(leads.workspace, lambda session: people.meet_bot(session, "U0ANA", "Ana Lima"))

    await tick(leads)

    assert await jobs(leads, "ask_health") == []
    assert _lines(await told(leads)) == (
        "Health",
        "no word from Ana Lima",
        "They could not be asked (it is a program).",
    )


async def test_digest_says_that_there_is_no_word_when_nobody_answers(leads: Services) -> None:
    await tick(leads)

    assert _lines(await told(leads)) == ("Health", "no word from Ana Lima", "Asked on Fri 27 Nov 13:00.")


async def test_digest_says_why_when_the_person_has_left(leads: Services) -> None:
    await tick(leads)

    await health.give_up(leads, 1, "Slack does not know them")

    assert _lines(await told(leads)) == (
        "Health",
        "no word from Ana Lima",
        "They could not be asked (Slack does not know them).",
    )


async def test_answer_is_told_in_their_words_and_written_down(leads: Services, clock: Clock) -> None:
    await tick(leads)
    clock.leap(timedelta(minutes=70))

    await said(leads, " Safari is the\nonly risk. ", health=Health.AT_RISK, channel="D1", ts="7.1", request_key="v1")

    assert _lines(await told(leads)) == ("🟡 At risk", "Ana Lima, Fri 27 Nov 14:10", "“Safari is the only risk.”")
    [event] = await read(leads, lambda session: list(session.exec(select(AuditEvent))))
    assert (event.action, event.before, event.after) == (
        "health_word",
        {"health": None, "text": ""},
        {"health": "at_risk", "text": "Safari is the only risk."},
    )
    [job] = await jobs(leads, "show_health")
    assert job.payload == {"word_id": 1, "channel": "D1", "ts": "7.1"}


async def test_answer_can_be_changed_until_it_is_posted(leads: Services) -> None:
    await tick(leads)
    await said(leads)
    await said(leads, "Not so well.", health=Health.OFF_TRACK)
    await keep_run(leads, RunState.POSTED)

    with pytest.raises(UserError, match="was posted with what you said before"):
        await said(leads, "Well again.")

    [word] = await words(leads)
    assert (word.health, word.text) == (Health.OFF_TRACK, "Not so well.")


async def test_answer_reaches_a_digest_that_is_collected_but_not_posted(leads: Services) -> None:
    await tick(leads)
    await keep_run(leads, RunState.RENDERED)

    await said(leads)

    run = await read(leads, lambda session: session.exec(select(DigestRun)).one())
    assert runs.read(run).facts == (await told(leads),)


@pytest.mark.parametrize("state", [RunState.POSTED, RunState.POSTING])
async def test_late_answer_completes_the_posted_digest(leads: Services, state: RunState) -> None:
    await tick(leads)
    await keep_run(leads, RunState.POSTED)
    await leads.database.write(leads.workspace, lambda session: _put(session, state))

    await said(leads)

    run = await read(leads, lambda session: digests.find(session, "leadership", Slot.WEEKLY, PERIOD))
    assert run is not None
    [facts] = runs.read(run).facts
    assert _lines(facts) == ("🟢 On track", "Ana Lima, Fri 27 Nov 13:00", "“All well.”")
    subjects = {str(job.payload["subject"]) for job in await jobs(leads, "redraw_digests")}
    assert subjects == {"health:leadership"}


async def test_same_submission_twice_is_one_answer(leads: Services) -> None:
    await tick(leads)

    await said(leads, request_key="view:1")
    await said(leads, "Else.", request_key="view:1")

    assert [word.text for word in await words(leads)] == ["All well."]


async def test_only_who_was_asked_may_answer(leads: Services) -> None:
    await tick(leads)

    with pytest.raises(PermissionRefused, match="Only Ana Lima was asked"):
        await said(leads, slack_user_id="U0BO")
    with pytest.raises(PermissionRefused, match="Only Ana Lima was asked"):
        await health.read(leads, 1, "U0BO")

    assert [word.health for word in await words(leads)] == [None]


@pytest.mark.parametrize(("sentence", "why"), [(" \n", "Write one sentence"), ("x" * 301, "in 300 characters")])
async def test_sentence_is_refused_when_blank_or_long(leads: Services, sentence: str, why: str) -> None:
    await tick(leads)

    with pytest.raises(UserError, match=why):
        await said(leads, sentence)

    assert [word.health for word in await words(leads)] == [None]


async def test_question_is_over_when_a_newer_one_is_asked(leads: Services, clock: Clock) -> None:
    await tick(leads)
    clock.leap(timedelta(days=7))
    await tick(leads)

    with pytest.raises(UserError, match="a newer one was asked"):
        await said(leads)


async def test_last_word_is_told_when_the_digest_is_asked_for_in_between(leads: Services, clock: Clock) -> None:
    clock.leap(-timedelta(days=7))
    await tick(leads)
    await said(leads, "Last week.")
    clock.leap(timedelta(days=7))
    await tick(leads)

    asked, weekly = await told(leads, Slot.ASKED), await told(leads)

    assert _lines(asked) == ("🟢 On track", "Ana Lima, Fri 20 Nov 13:00", "“Last week.”")
    assert _lines(weekly)[1] == "no word from Ana Lima"


async def test_last_word_is_told_when_the_next_digest_is_looked_at_on_another_day(leads: Services) -> None:
    await tick(leads)
    await said(leads)

    tuesday, friday = await told(leads, now=DUE + timedelta(days=4)), await told(leads, now=DUE + timedelta(days=7))

    assert _lines(tuesday) == ("🟢 On track", "Ana Lima, Fri 27 Nov 13:00", "“All well.”")
    # On its own day nothing old stands for what nobody was asked.
    assert _lines(friday)[1:] == (
        "no word from Ana Lima",
        "Nobody was asked: the question is sent two hours before the weekly digest.",
    )


async def test_newest_answer_is_found_when_a_later_question_has_none(leads: Services, clock: Clock) -> None:
    await tick(leads)
    await said(leads)
    clock.leap(timedelta(days=7))
    await tick(leads)

    newest = await read(leads, lambda session: health_words.newest(session, "leadership"))
    answered = await read(leads, lambda session: health_words.newest(session, "leadership", answered=True))

    assert (newest and newest.id, answered and answered.id) == (2, 1)


def _put(session: WorkspaceSession, state: RunState) -> None:
    run = session.exec(select(DigestRun)).one()
    run.state = state
    session.add(run)
    # Some other digest stands somewhere, or nothing would be drawn anew at all.
    session.add(
        DigestRun(audience_key="qa", slot=Slot.DAILY, period=PERIOD, due_at=DUE, state=RunState.POSTED, posted_at=DUE)
    )


def _lines(facts: Facts | None) -> tuple[str, str, str]:
    assert facts is not None
    [item] = facts.items
    return facts.heading, facts.summary, "".join(piece.text for piece in item.line)
