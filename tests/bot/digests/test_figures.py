"""Every figure of a seeded year equals what plain Python makes of the raw rows, by the words of the dictionary."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean, median, stdev

import pytest

from bot.digests.base import Scope
from bot.digests.facts import Facts, Figure
from bot.digests.sections import sections
from bot.routing.load import load_settings
from storage import schema
from storage.database import Database
from storage.models import Report, Slot
from tests.bot.digests.raw import BERLIN, DAY, DAY_OFF, HOUR, Raw, back, lies, place, working
from tests.bot.digests.year import NOW, Year
from tests.conftest import SETTINGS, WORKSPACE
from tests.rigs import postgres

DECLINED = {"not_a_bug", "by_design", "cannot_reproduce", "will_not_fix"}
DECIDED = {"accept", "take", "duplicate", "decline"}
# Clocks went back on 25 October, within the nine weeks.
MORE = f"""
working_hours: {{tz: Europe/Berlin}}
days_off: [{DAY_OFF}]
audiences:
  qa: {{channel: C0QA, tz: Europe/Berlin, daily: "08:30", weekly: "mon 08:30"}}
"""
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH, scope="module")
def raw(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    """The year, once on each database: no test changes it."""
    url = _sqlite(request, tmp_path_factory.mktemp("year")) if request.param == "sqlite" else _postgres(request)
    database = Database(url)
    asyncio.run(database.write(WORKSPACE, Year().write))
    # What is in another workspace is in no figure.
    asyncio.run(database.write("T0OTHER", Year(seed=8, after=100_000, count=300).write))
    yield asyncio.run(database.read(WORKSPACE, lambda session: Raw(database, session)))
    asyncio.run(database.close())


def _sqlite(request: pytest.FixtureRequest, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(request.getfixturevalue('empty_database'), folder / 'year.db')}"


def _postgres(request: pytest.FixtureRequest) -> str:
    url = postgres.new_database(request.getfixturevalue("postgres_url"))
    schema.upgrade(url)
    return url


async def told(raw: Raw, name: str, slot: Slot = Slot.WEEKLY, since: datetime | None = None) -> Facts:
    settings = load_settings(SETTINGS + MORE, "liaison.yaml")
    scope = Scope(
        now=NOW,
        since=since or back(7),
        slot=slot,
        zone=BERLIN,
        key="qa",
        audience=settings.audiences["qa"],
        settings=settings,
    )
    found = await raw.database.read(WORKSPACE, lambda session: sections()[name].collect(session, scope))
    assert found is not None
    return found


def by_name(facts: Facts) -> dict[str, Figure]:
    return {one.name: one for one in facts.figures}


async def test_weekly_counts_are_those_of_nine_weeks(raw: Raw) -> None:
    figures = by_name(await told(raw, "qa_figures"))

    new = raw.weeks(lambda one: one.created_at, raw.bugs)
    verified = raw.weeks(lambda one: one.verified_at, raw.reports)
    assert min(new) > 10
    assert figures["New bugs"].raw == new[-1]
    assert list(figures["New bugs"].series) == new[1:]
    assert figures["New bugs"].against == f"8-week mean {sum(new[:-1]) / 8:.0f}"
    assert figures["Fixed and verified"].raw == verified[-1]
    assert list(figures["Fixed and verified"].series) == verified[1:]


async def test_what_waits_and_is_open_is_counted_as_it_is_now(raw: Raw) -> None:
    facts = await told(raw, "qa_figures")
    figures = by_name(facts)

    waiting = [one for one in raw.reports if one.state == "fixed"]
    oldest = NOW - min(one.fixed_at for one in waiting if one.fixed_at)
    assert len(waiting) > 3
    assert oldest.days > 2
    assert figures["Waiting for verification"].raw == len(waiting)
    assert figures["Waiting for verification"].value == f"{len(waiting)}, oldest {oldest.days} d"
    worst = Counter(one.severity for one in raw.reports if one.state not in {"fixed", "closed"})
    assert figures["Open S1 / S2"].value == f"{worst['S1']} / {worst['S2']}"
    verify = await told(raw, "verify_now")
    assert verify.summary.startswith(f"{len(waiting)} fixes waiting")
    assert {item.subject for item in verify.items} <= {f"report:{one.id}" for one in waiting}


async def test_what_came_back_and_escaped_is_a_share_of_28_days(raw: Raw) -> None:
    figures = by_name(await told(raw, "qa_figures"))

    since = back(28)
    fixes = raw.of({"fix"}, since)
    again = raw.came_back(since)
    assert len(again) > 3
    whole = len(fixes | again)
    assert figures["Came back"].value == f"{len(again)} of {whole} = {100 * len(again) / whole:.0f} %"
    new = [one for one in raw.bugs if lies(one.created_at, since)]
    escaped = [one for one in new if one.found_in == "production"]
    assert len(escaped) > 3
    assert figures["Escaped"].value == f"{len(escaped)} of {len(new)} = {100 * len(escaped) / len(new):.0f} %"


async def test_escaped_bugs_are_told_by_component(raw: Raw) -> None:
    facts = await told(raw, "qa_figures")

    escaped = [one for one in raw.bugs if lies(one.created_at, back(28)) and one.found_in == "production"]
    names = Counter(
        {"checkout": "Checkout", "search": "Search", None: "no component"}[one.component_key] for one in escaped
    )
    said = "".join(piece.text for piece in facts.notes[0])
    assert said.startswith(f"Where escaped bugs came from ({len(escaped)}): ")
    for name, count in names.items():
        assert f"{name} {count}" in said


async def test_time_to_triage_is_counted_in_working_hours(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Time to triage"]

    taken = [
        working(one.created_at, one.triaged_at) / HOUR
        for one in raw.reports
        if one.triaged_at is not None and lies(one.triaged_at, back(28))
    ]
    assert len(taken) > 20
    assert figure.n == len(taken)
    assert figure.raw == pytest.approx(median(taken))
    assert figure.value == f"median {median(taken):.1f}, p90 {place(taken, 0.9):.1f} working h (n = {len(taken)})"


async def test_promise_kept_is_a_share_of_those_it_was_made_for(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Triage promise kept"]

    decided = [
        one for of_one in raw.decisions.values() for one in of_one if one.kind in DECIDED and lies(one.at, back(28))
    ]
    outcomes = [one.facts["in_time"] for one in decided if "in_time" in one.facts]
    late = [one for one in raw.reports if one.state == "new" and one.due_at is not None and one.due_at <= NOW]
    kept, whole = sum(outcomes), len(outcomes) + len(late)
    assert whole - 10 > kept > 20
    assert late
    assert (figure.raw, figure.n) == (kept, whole)
    assert figure.value == f"{kept} of {whole} = {100 * kept / whole:.0f} %"


async def test_what_waits_for_triage_is_told_with_the_oldest(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Untriaged"]

    waiting = [one.created_at for one in raw.reports if one.state == "new"]
    assert len(waiting) > 3
    assert figure.raw == len(waiting)
    assert figure.value == f"{len(waiting)}, oldest {(NOW - min(waiting)).days} d"


async def test_net_flow_is_what_came_less_what_went(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Net flow"]

    new = raw.weeks(lambda one: one.created_at, raw.bugs)
    closed = raw.weeks(lambda one: one.closed_at, raw.bugs)
    assert list(figure.series) == [came - went for came, went in zip(new, closed, strict=True)][1:]
    assert figure.value == f"{new[-1] - closed[-1]:+d}"


async def test_backlog_age_is_that_of_what_is_accepted_and_not_done(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Backlog age"]

    ages = [(NOW - one.created_at) / DAY for one in raw.reports if one.state in {"accepted", "in_progress"}]
    assert figure.n == len(ages) > 20
    assert figure.raw == pytest.approx(median(ages))
    assert figure.value == f"p50 {median(ages):.0f} d, p90 {place(ages, 0.9):.0f} d (n = {len(ages)})"


async def test_cycle_time_is_from_the_first_work_to_the_fix(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Cycle time"]

    taken = [
        (one.fixed_at - one.started_at) / DAY
        for one in raw.reports
        if one.fixed_at is not None and one.started_at is not None and lies(one.fixed_at, back(28))
    ]
    assert figure.n == len(taken) > 20
    assert figure.raw == pytest.approx(median(taken))


async def test_duplicates_are_a_share_of_what_left_triage(raw: Raw) -> None:
    figure = by_name(await told(raw, "engineering_figures"))["Duplicate rate"]

    since = back(28)
    closed = [one for one in raw.reports if lies(one.closed_at, since)]
    duplicates = [one for one in closed if one.resolution == "duplicate"]
    declined = [one for one in closed if one.resolution in DECLINED]
    settled = {one.id for one in (*duplicates, *declined)}
    accepted = [one for one in raw.reports if lies(one.triaged_at, since) and one.id not in settled]
    assert duplicates
    assert (figure.raw, figure.n) == (len(duplicates), len(duplicates) + len(declined) + len(accepted))


async def test_time_to_fix_is_told_for_the_worst_apart(raw: Raw) -> None:
    figures = by_name(await told(raw, "delivery_figures"))

    for severity in ("S1", "S2"):
        taken = [
            (one.fixed_at - one.created_at) / timedelta(hours=1)
            for one in raw.reports
            if one.severity == severity
            and one.resolution == "fixed"
            and one.fixed_at is not None
            and lies(one.fixed_at, back(28))
        ]
        figure = figures[f"Time to fix {severity}"]
        assert figure.n == len(taken)
        assert figure.raw == (pytest.approx(median(taken)) if len(taken) >= 5 else None)


async def test_since_the_last_post_counts_each_thing_once(raw: Raw) -> None:
    since = back(3)
    facts = await told(raw, "since_last_post", Slot.DAILY, since)

    new = [one for one in raw.bugs if lies(one.created_at, since)]
    fixed = [one for one in raw.reports if lies(one.fixed_at, since)]
    again = raw.came_back(since)
    old = [one for one in new if one.regression_of_id is not None]
    assert facts.summary == f"{len(new)} new · {len(fixed)} fixed · {len(again)} came back · {len(old)} regressions"


async def test_new_bugs_are_counted_by_how_bad_they_are(raw: Raw) -> None:
    since = back(3)
    facts = await told(raw, "new_bugs", Slot.DAILY, since)

    new = Counter(one.severity for one in raw.bugs if lies(one.created_at, since))
    said = f"{sum(new.values())} bugs: {new['S1']} S1, {new['S2']} S2, {new['S3']} S3"
    assert facts.summary.startswith(said)
    named = {f"report:{one.id}" for one in raw.bugs if lies(one.created_at, since) and one.severity in {"S1", "S2"}}
    assert {item.subject for item in facts.items} == named


async def test_what_came_back_is_listed_once_each(raw: Raw) -> None:
    since = back(14)
    facts = await told(raw, "came_back", Slot.DAILY, since)

    assert len(raw.came_back(since)) > 3
    assert {item.subject for item in facts.items} == {f"report:{one}" for one in raw.came_back(since)}
    assert facts.summary == f"{len(raw.came_back(since))}"


async def test_verification_wait_is_a_median_of_28_days_beside_those_before(raw: Raw) -> None:
    facts = await told(raw, "qa_figures")

    taken, before = (
        [
            (one.verified_at - one.fixed_at) / DAY
            for one in raw.reports
            if one.verified_at is not None and one.fixed_at is not None and lies(one.verified_at, start, end)
        ]
        for start, end in ((back(28), NOW), (back(56), back(28)))
    )
    assert min(len(taken), len(before)) > 20
    figure = by_name(facts)["Verification wait"]
    assert (figure.raw, figure.n) == (pytest.approx(median(taken)), len(taken))
    is_told = any("for verification" in piece.text for line in facts.lead for piece in line)
    assert is_told == (abs(median(taken) - median(before)) >= median(before) / 2)


async def test_a_week_is_unusual_beyond_two_standard_deviations(raw: Raw) -> None:
    figures = by_name(await told(raw, "qa_figures"))

    for name, moment, among in (
        ("New bugs", lambda one: one.created_at, raw.bugs),
        ("Fixed and verified", lambda one: one.verified_at, raw.reports),
    ):
        *before, now = raw.weeks(moment, among)
        assert figures[name].is_unusual == (abs(now - mean(before)) > 2 * stdev(before))


async def test_what_needs_a_decision_is_late_unowned_failed_or_back(raw: Raw) -> None:
    facts = await told(raw, "needs_decision", Slot.DAILY)

    def last(report: Report, kinds: set[str]) -> bool:
        decisions = raw.decisions.get(report.id or 0, [])
        return bool(decisions) and decisions[-1].kind in kinds and lies(decisions[-1].at, NOW - 7 * DAY)

    wanted = [
        one
        for one in raw.reports
        if (one.state == "new" and one.due_at is not None and one.due_at <= NOW)
        or (one.state == "accepted" and one.owner_id is None)
        or (one.state == "in_progress" and last(one, {"fail"}))
        or (one.state == "new" and last(one, {"wake", "answer"}))
    ]
    assert facts.summary == f"{len(wanted)}"
    assert len(facts.items) == min(len(wanted), 50)
    assert {item.subject for item in facts.items} <= {f"report:{one.id}" for one in wanted}
