"""Which promises of a decision were kept, by what was known when it was taken."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.digests import promises_kept
from bot.services import Services
from storage.figures_times import Course, Rating, Step
from storage.models import Severity

HOUR = timedelta(hours=1)
# A Monday. Teams work from 9 to 17, in UTC.
MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)


def _steps(*steps: tuple[str, datetime], severity: Severity | None = None) -> tuple[Step, ...]:
    return tuple(Step(kind, at, Rating(severity, None, "web")) for kind, at in steps)


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        # Unrated is S2: 8 working hours, which end at 17:00.
        (_steps(("accept", MORNING + 8 * HOUR)), [True]),
        (_steps(("accept", MORNING + 9 * HOUR)), [False]),
        (_steps(("accept", MORNING + 2 * HOUR), severity=Severity.S1), [False]),
        (_steps(("decline", MORNING + 24 * 9 * HOUR), severity=Severity.S4), []),
        # The clock stands still while somebody is asked.
        (_steps(("ask", MORNING + HOUR), ("answer", MORNING + 26 * HOUR), ("take", MORNING + 28 * HOUR)), [True]),
        (_steps(("ask", MORNING + 24 * HOUR), ("accept", MORNING + 25 * HOUR)), [False]),
        # What was closed and taken back is promised anew.
        (_steps(("undo", MORNING + 72 * HOUR), ("accept", MORNING + 74 * HOUR)), [True]),
        # Only what ends triage ends a promise.
        (_steps(("accept", MORNING + HOUR), ("take", MORNING + 100 * HOUR)), [True]),
        (_steps(("withdraw", MORNING + HOUR)), []),
        (_steps(("start", MORNING + HOUR), ("take", MORNING + 2 * HOUR)), []),
        ((Step("decline", MORNING + HOUR, None),), []),
    ],
)
def test_promise_is_kept_by_what_was_known_when_it_was_decided(
    services: Services, steps: tuple[Step, ...], kept: list[bool]
) -> None:
    course = Course(MORNING, steps)

    assert promises_kept.kept(services.settings, [course], MORNING - HOUR) == kept


def test_promise_that_was_kept_before_the_time_asked_for_is_left_out(services: Services) -> None:
    course = Course(MORNING, _steps(("accept", MORNING + HOUR)))

    assert promises_kept.kept(services.settings, [course], MORNING + 2 * HOUR) == []
