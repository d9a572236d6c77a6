"""Working time that is looked up: the same as what is counted."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.routing.working_sums import sums_over
from bot.routing.working_time import Calendar, working_between

# Around the change of Berlin's clocks in March.
START = datetime(2026, 3, 20, tzinfo=UTC)
hours = st.sampled_from([time(0), time(2, 30), time(9), time(17), time(22)])
calendars = st.builds(
    Calendar,
    zone=st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")]),
    days=st.sets(st.integers(0, 6), max_size=7).map(frozenset),
    start=hours,
    end=hours,
    days_off=st.sampled_from([frozenset(), frozenset({date(2026, 3, 27)})]),
)
moments = st.integers(0, 20 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
pairs = st.lists(st.tuples(moments, moments).map(lambda two: (min(two), max(two))), min_size=1, max_size=8)


@given(calendars, pairs)
def test_sums_are_what_is_counted_for_each_pair(calendar: Calendar, wanted: list[tuple[datetime, datetime]]) -> None:
    sums = sums_over(calendar, wanted)

    assert [sums.between(*pair) for pair in wanted] == [working_between(calendar, *pair) for pair in wanted]


def test_nothing_is_worked_when_the_end_comes_first() -> None:
    sums = sums_over(Calendar(), [(START, START + timedelta(days=7))])

    assert sums.between(START + timedelta(days=5), START) == timedelta()
