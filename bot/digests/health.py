"""The sentence of a lead, asked for two hours before a weekly digest, later if we were down, and never invented."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import text
from bot.digests import audiences, jobs, runs, silence, snapshot, words
from bot.digests.audiences import Reader
from bot.digests.facts import Facts, Item, Rank
from bot.digests.slots import due_at, occurrences, timetable_of, weekly_of
from bot.errors import PermissionRefused, UserError
from bot.services import Services
from storage import digests, health_words, people, record
from storage.database import WorkspaceSession
from storage.models import AuditEvent, DigestRun, Health, HealthWord, Person, RunState, Slot, Via

SECTION_NAME = "health"
ASK_AHEAD = timedelta(hours=2)
# After downtime a sentence still completes the digest that was posted without it; the day after, nobody waits for it.
ASK_BEHIND = timedelta(hours=12)
SENTENCE_LIMIT = 300
SUBJECT = "health"
STATES: Mapping[Health, str] = {
    Health.ON_TRACK: "🟢 On track",
    Health.AT_RISK: "🟡 At risk",
    Health.OFF_TRACK: "🔴 Off track",
}
# It is in Slack, or on its way there: what it says is not changed any more, only completed.
_OUT = frozenset({RunState.POSTING, RunState.CHECKING, RunState.POSTED})
# Slack's answer to a post is there by then.
_POST_TAKES = timedelta(minutes=1)


@dataclass(frozen=True)
class Word:
    """What somebody is asked, and what they said; `is_out`: the digest it is for was posted."""

    word_id: int
    audience: str
    channel: str
    zone: ZoneInfo
    due_at: datetime
    slack_user_id: str
    health: Health | None
    sentence: str
    is_out: bool


@dataclass(frozen=True)
class Answer:
    """What a person says, and where the question stands that they were asked."""

    word_id: int
    slack_user_id: str
    health: Health
    sentence: str
    channel: str = ""
    ts: str = ""
    request_key: str | None = None


def ask_due(session: WorkspaceSession, services: Services, now: datetime) -> None:
    """Have those asked whose digest comes within two hours, or came while nobody could ask, once each."""
    for reader in audiences.readers(session, services.settings, now):
        asked = reader.audience.health_from
        if not asked:
            continue
        for one in occurrences(timetable_of(services.settings, reader), now - ASK_BEHIND, now + ASK_AHEAD):
            is_ours = one.slot is Slot.WEEKLY and one.due_at > reader.known_since and not reader.is_paused(one.due_at)
            if is_ours and health_words.find(session, reader.key, one.period) is None:
                _ask(session, people.meet(session, asked), reader.key, one.period, now)


async def read(services: Services, word_id: int, slack_user_id: str = "") -> Word | None:
    """Read what somebody is asked; None if it is no longer asked.

    Raises:
        PermissionRefused: `slack_user_id` is given, and somebody else was asked.
    """

    def unit(session: WorkspaceSession) -> Word | None:
        word = health_words.get(session, word_id)
        if word is not None and slack_user_id:
            _require(session, word, slack_user_id)
        return _word(session, services, word) if word is not None else None

    return await services.database.read(services.workspace, unit)


async def answer(services: Services, said: Answer) -> None:
    """Keep what a lead says, and have it shown; a digest that was posted without it is completed.

    Raises:
        UserError: there is no sentence, or it is too long; the digest stands with what was said before; a newer one
            is asked for.
        PermissionRefused: somebody else was asked.
    """
    sentence = _one_sentence(said.sentence)

    def unit(session: WorkspaceSession) -> None:
        word = health_words.get(session, said.word_id)
        if word is None:
            raise UserError("This is no longer asked.")
        person = _require(session, word, said.slack_user_id)
        if record.find_request(session, said.request_key) is not None:
            return
        run = digests.find(session, word.audience_key, Slot.WEEKLY, word.period)
        _require_open(session, word, run)
        before = {"health": word.health, "text": word.text if word.health else ""}
        word.health, word.text, word.answered_at = said.health, sentence, services.now()
        session.add(word)
        session.flush()
        session.add(_event(services, said, person, before, {"health": word.health, "text": word.text}))
        if said.ts:
            jobs.show_health(session, word, said.channel, said.ts)
        _complete(session, services, word, run)

    await services.database.write(services.workspace, unit)


async def give_up(services: Services, word_id: int, error: str) -> None:
    """Keep that a person could not be asked, and why in words; the digest says so."""

    def unit(session: WorkspaceSession) -> None:
        word = health_words.get(session, word_id)
        if word is not None and word.health is None:
            word.text = f"could not be asked ({error})"
            session.add(word)

    await services.database.write(services.workspace, unit)


def facts(session: WorkspaceSession, reader_key: str, word: HealthWord | None, asked: str, zone: ZoneInfo) -> Facts:
    """Say how things stand in the words of who was asked, or that there are none."""
    person = people.by_id(session, (word.person_id,)).get(word.person_id) if word else people.known(session, asked)
    name = (person.name or person.slack_user_id) if person else asked
    if word is not None and word.health is not None and word.answered_at is not None:
        heading, summary = STATES[word.health], f"{name}, {words.moment(word.answered_at, zone)}"
        line, state = words.words(f"“{word.text}”"), word.health.value
    else:
        heading, summary, state = "Health", f"no word from {name}", ""
        line = words.words(_why_none(word, zone))
    item = Item(f"{SUBJECT}:{reader_key}", line, state=state)
    return Facts(SECTION_NAME, Rank.NEEDS_YOU, heading, summary, items=(item,), is_news=False)


def _why_none(word: HealthWord | None, zone: ZoneInfo) -> str:
    if word is None:
        return "Nobody was asked: the question is sent two hours before the weekly digest."
    if word.text:
        return f"They {word.text}."
    return f"Asked on {words.moment(word.asked_at, zone)}."


def _ask(session: WorkspaceSession, person: Person, key: str, period: str, now: datetime) -> None:
    assert person.id is not None
    word = HealthWord(audience_key=key, period=period, person_id=person.id, asked_at=now)
    if person.is_bot:
        word.text = "could not be asked (it is a program)"
    session.add(word)
    session.flush()
    if not person.is_bot:
        jobs.ask_health(session, word, person.slack_user_id)


def _word(session: WorkspaceSession, services: Services, word: HealthWord) -> Word | None:
    reader = audiences.reader(session, services.settings, word.audience_key, services.now())
    person = people.by_id(session, (word.person_id,)).get(word.person_id)
    if reader is None or person is None:
        return None
    run = digests.find(session, word.audience_key, Slot.WEEKLY, word.period)
    return Word(
        word_id=word.id or 0,
        audience=audiences.title(reader.key),
        channel=reader.audience.channel,
        zone=reader.zone,
        due_at=run.due_at if run else _due_at(reader, word),
        slack_user_id=person.slack_user_id,
        health=word.health,
        sentence=word.text if word.health else "",
        is_out=run is not None and run.state in _OUT,
    )


def _due_at(reader: Reader, word: HealthWord) -> datetime:
    day = datetime.fromisoformat(word.period).date()
    if reader.audience.weekly is None:
        return word.asked_at + ASK_AHEAD
    return due_at(reader.zone, day, weekly_of(reader.audience.weekly)[1])


def _require(session: WorkspaceSession, word: HealthWord, slack_user_id: str) -> Person:
    asked = people.by_id(session, (word.person_id,)).get(word.person_id)
    if asked is None or asked.slack_user_id != slack_user_id:
        name = (asked.name or asked.slack_user_id) if asked else "somebody else"
        raise PermissionRefused(f"Only {name} was asked for this sentence, so only they can write it.")
    return asked


def _require_open(session: WorkspaceSession, word: HealthWord, run: DigestRun | None) -> None:
    newest = health_words.newest(session, word.audience_key)
    if newest is not None and newest.id != word.id:
        raise UserError("This question is over: a newer one was asked. Answer that one instead.")
    if word.health is not None and run is not None and run.state in _OUT:
        raise UserError("The digest was posted with what you said before, so that stands. Add to it in its thread.")


def _one_sentence(typed: str) -> str:
    if text.is_blank(typed):
        raise UserError("Write one sentence, so that readers know what is behind it.")
    sentence = " ".join(text.clean(typed).text.split())
    if len(sentence) > SENTENCE_LIMIT:
        raise UserError(f"Write it in {SENTENCE_LIMIT} characters; these are {len(sentence)}.")
    return sentence


def _complete(session: WorkspaceSession, services: Services, word: HealthWord, run: DigestRun | None) -> None:
    """Put a sentence that came late into the digest that was collected without it, and have it drawn anew."""
    if run is None or not run.snapshot or run.snapshot.get("heartbeat"):
        return
    digest = runs.read(run)
    told = facts(session, word.audience_key, word, "", ZoneInfo(digest.zone))
    if all(one.section != SECTION_NAME for one in digest.facts):
        return
    digest = replace(digest, facts=tuple(told if one.section == SECTION_NAME else one for one in digest.facts))
    run.snapshot, run.fingerprint = snapshot.write(digest), silence.fingerprint(digest)
    session.add(run)
    session.flush()
    subject = f"{SUBJECT}:{word.audience_key}"
    jobs.redraw(session, subject)
    if run.state in _OUT - {RunState.POSTED}:
        jobs.redraw_later(session, subject, services.now() + _POST_TAKES)


def _event(
    services: Services, said: Answer, person: Person, before: dict[str, Any], after: dict[str, Any]
) -> AuditEvent:
    return AuditEvent(
        at=services.now(),
        actor_id=person.id,
        via=Via.MODAL,
        subject_type=SUBJECT,
        subject_id=said.word_id,
        action="health_word",
        before=before,
        after=after,
        request_key=said.request_key,
    )
