"""Whose turn it is: by the week, by what is open, or by the order of the list; never who is away, a bot or full."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.routing.load import load_settings
from bot.routing.rotation import Crew, Picked, pick
from bot.routing.settings import Settings

PEOPLE = ("U0ANA", "U0BO", "U0CHI")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
people = st.sets(st.sampled_from(PEOPLE))
times = st.integers(0, 140_000).map(lambda hours: TUESDAY + timedelta(hours=hours))


def settings(kind: str, more: str = "", zone: str = "UTC", members: str = "people: {}") -> Settings:
    return load_settings(
        f"""\
version: 1
teams:
  pay: {{channel: C0PAY, name: Payments, people: [U0ANA, U0BO, U0CHI], pick: {kind}{more}}}
components:
  checkout: {{owner: pay}}
working_hours: {{tz: {zone}}}
{members}
""",
        "liaison.yaml",
    )


WEEKLY = settings("rotate-weekly")
FEWEST = settings("fewest-open", ", capacity: 5")


def away(*names: str) -> Crew:
    return Crew(away_until=dict.fromkeys(names, NEXT_MONDAY))


def test_nobody_is_picked_when_the_team_does_not_want_it():
    assert pick(settings("none"), "pay", Crew(), TUESDAY) == Picked(None, "")


def test_first_who_is_free_is_picked():
    first = settings("first")

    assert pick(first, "pay", Crew(), TUESDAY) == Picked("U0ANA", "<@U0ANA> comes first")
    crew = Crew(away_until={"U0ANA": NEXT_MONDAY}, bots=frozenset({"U0BO"}))
    why = "<@U0CHI> comes first (<@U0ANA> is away until Mon 30 Nov, <@U0BO> is a bot)"
    assert pick(first, "pay", crew, TUESDAY) == Picked("U0CHI", why)


def test_turn_goes_round_by_the_week_over_new_year():
    weeks = [TUESDAY + number * WEEK for number in range(9)]
    turns = [pick(WEEKLY, "pay", Crew(), week).person for week in weeks]

    assert turns == turns[:3] * 3
    assert set(turns[:3]) == set(PEOPLE)


def test_turn_of_the_others_does_not_move_when_somebody_is_away():
    weeks = [TUESDAY + number * WEEK for number in range(6)]
    usual = [pick(WEEKLY, "pay", Crew(), week).person for week in weeks]
    crew = Crew(away_until={"U0BO": TUESDAY + 99 * WEEK})
    taken = [pick(WEEKLY, "pay", crew, week).person for week in weeks]

    assert taken == ["U0CHI" if person == "U0BO" else person for person in usual]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", "2026-11-29T23:00+00:00"),
        ("America/New_York", "2026-11-30T05:00+00:00"),
        ("Australia/Lord_Howe", "2026-11-29T13:00+00:00"),
        ("America/New_York", "2026-03-09T04:00+00:00"),  # A day after the clocks were changed.
        ("Australia/Lord_Howe", "2026-04-05T13:30+00:00"),  # Half an hour more, that very night.
        ("America/Santiago", "2026-09-07T03:00+00:00"),
    ],
)
def test_week_begins_on_monday_in_the_zone_of_the_team(zone, begins):
    weekly, monday = settings("rotate-weekly", zone=zone), datetime.fromisoformat(begins)
    before, after = pick(weekly, "pay", Crew(), monday - timedelta(minutes=1)), pick(weekly, "pay", Crew(), monday)

    assert before.person != after.person
    assert after.person == pick(weekly, "pay", Crew(), monday + WEEK - timedelta(hours=2)).person


def test_who_has_fewest_open_reports_is_picked_and_the_order_decides_between_two():
    crew = Crew(open_reports={"U0ANA": 2, "U0BO": 1, "U0CHI": 1})

    assert pick(FEWEST, "pay", crew, TUESDAY) == Picked("U0BO", "<@U0BO> has the fewest open reports")


def test_nobody_is_picked_when_all_are_away_or_full_and_it_is_said_why():
    crew = Crew(away_until={"U0ANA": NEXT_MONDAY}, open_reports={"U0BO": 5, "U0CHI": 5}, bots=frozenset({"U0CHI"}))

    assert pick(FEWEST, "pay", crew, TUESDAY) == Picked(
        None,
        "nobody of Payments is free: <@U0ANA> is away until Mon 30 Nov, <@U0BO> has 5 open reports already, "
        "<@U0CHI> is a bot",
    )


def test_capacity_of_a_person_goes_before_the_teams():
    own = settings("first", ", capacity: 5", members="people: {U0ANA: {capacity: 0}, U0BO: {capacity: 9}}")
    crew = Crew(open_reports={"U0BO": 8})

    assert pick(own, "pay", crew, TUESDAY) == Picked("U0BO", "<@U0BO> comes first (<@U0ANA> takes no reports)")


def test_who_is_back_is_picked_again():
    crew = away("U0ANA")

    assert pick(settings("first"), "pay", crew, NEXT_MONDAY - timedelta(seconds=1)).person == "U0BO"
    assert pick(settings("first"), "pay", crew, NEXT_MONDAY).person == "U0ANA"


@given(
    gone=people, bots=people, full=people, now=times, kind=st.sampled_from(["first", "rotate-weekly", "fewest-open"])
)
def test_whoever_is_picked_is_free_and_somebody_is_whenever_anybody_is(gone, bots, full, now, kind):
    crew = Crew(dict.fromkeys(gone, now + WEEK), dict.fromkeys(full, 5), frozenset(bots))
    picked = pick(settings(kind, ", capacity: 5"), "pay", crew, now)

    free = set(PEOPLE) - gone - bots - full
    assert (picked.person in free) if free else picked.person is None
    assert picked.why


@given(start=times)
def test_turns_are_even_over_the_weeks(start):
    turns = Counter(pick(WEEKLY, "pay", Crew(), start + number * WEEK).person for number in range(30))

    assert turns == dict.fromkeys(PEOPLE, 10)


@given(start=times, gone=st.sampled_from(PEOPLE))
def test_only_the_weeks_of_who_is_away_change_hands(start, gone):
    crew = Crew(away_until={gone: start + 99 * WEEK})
    for number in range(12):
        usual = pick(WEEKLY, "pay", Crew(), start + number * WEEK).person
        taken = pick(WEEKLY, "pay", crew, start + number * WEEK).person

        assert taken == usual or usual == gone
