"""Where to read on in a list by time of change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.positions import OVERLAP, Position, to_end, to_page, unseen

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    external_id: str
    updated_at: datetime


def at(seconds: float, external_id: str = "a") -> Thing:
    return Thing(external_id, START + timedelta(seconds=seconds))


def test_thing_is_not_seen_twice_when_the_look_goes_back_a_little():
    position = to_end(Position(since=START), [at(30)])

    assert position.since == START + timedelta(seconds=30) - OVERLAP
    assert unseen([at(30)], position) == ()


def test_thing_is_seen_again_when_it_changed_once_more():
    position = to_end(Position(since=START), [at(30)])

    assert unseen([at(30.001), at(29, "late")], position) == (at(30.001), at(29, "late"))


def test_look_never_goes_back_behind_the_beginning():
    position = to_end(Position(since=START), [at(1)])

    assert position.since == START


def test_what_was_seen_is_forgotten_when_it_can_not_come_again():
    position = to_end(Position(since=START), [at(0, "old"), at(60, "new")])

    assert set(position.seen) == {"new"}


def test_end_is_a_little_before_the_newest_when_the_list_was_read_in_parts():
    first = to_page(Position(since=START), [at(100)], "", since=START + timedelta(seconds=100))

    end = to_end(first, [at(102, "b")])

    assert first.floor == START
    assert end.since == START + timedelta(seconds=102) - OVERLAP
    assert unseen([at(100), at(102, "b")], end) == ()
