"""What leads read: figures with their size, small ones hidden, sources that are down withheld, decisions counted."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.digests.base import Scope, Section
from bot.digests.facts import Facts, Figure, SourceHealth
from bot.digests.sections.decided import SECTION as DECIDED
from bot.digests.sections.delivery_figures import SECTION as DELIVERY
from bot.routing.settings import Audience
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import (
    ChangeKind,
    ChangeState,
    Decision,
    FoundIn,
    ItemKind,
    Person,
    Release,
    ReleaseChange,
    Report,
    ReportState,
    Resolution,
    Severity,
    Slot,
    Source,
    SourceItem,
)
from tests.conftest import read

NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
FRIDAYS = Audience.model_validate({"channel": "C0LEADS", "weekly": "fri 15:00"})


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def collect(services: Services, section: Section, *sources: SourceHealth) -> Facts | None:
    zone = ZoneInfo("Europe/Berlin")
    scope = Scope(NOW, ago(7), Slot.WEEKLY, zone, "leadership", FRIDAYS, services.settings, sources)
    return await read(services, lambda session: section.collect(session, scope))


async def figures(services: Services, *sources: SourceHealth) -> dict[str, Figure]:
    facts = await collect(services, DELIVERY, *sources)
    assert facts is not None
    return {one.name: one for one in facts.figures}


async def keep(services: Services, rows: Iterable[Any]) -> None:
    def unit(session: WorkspaceSession) -> None:
        session.add(Person(slack_user_id="U0EVE"))
        session.flush()
        for row in rows:
            session.add(row)
            session.flush()

    await services.database.write(services.workspace, unit)


def bug(number: int, **more: Any) -> Report:
    usual = {"source": Source.COMMAND, "reporter_id": 1, "team_key": "web", "created_at": ago(40), "top_at": ago(40)}
    return Report(number=number, title=f"Bug {number}", **{**usual, **more})


def fixed(number: int, days_ago: float, took: timedelta, severity: Severity = Severity.S2, **more: Any) -> Report:
    at = ago(days_ago)
    times = {"created_at": at - took, "fixed_at": at, "closed_at": at, "state": ReportState.CLOSED}
    return bug(number, severity=severity, resolution=Resolution.FIXED, **{**times, **more})


def release(tag: str, days_ago: float, *, prerelease: bool = False) -> Release:
    return Release(source="github", repo="acme/shop", tag=tag, published_at=ago(days_ago), prerelease=prerelease)


def pull(number: int, days_ago: float) -> SourceItem:
    at = ago(days_ago)
    return SourceItem(
        source="github",
        kind=ItemKind.PULL_REQUEST,
        external_id=f"acme/shop#{number}",
        state="merged",
        opened_at=at,
        updated_at=at,
        closed_at=at,
    )


def change(release_id: int, item_id: int, **more: Any) -> ReleaseChange:
    return ReleaseChange(release_id=release_id, item_id=item_id, title=f"Change {item_id}", **more)


def decision(kind: str, report_id: int, days_ago: float) -> Decision:
    return Decision(subject_type="report", subject_id=report_id, kind=kind, at=ago(days_ago))


async def test_figures_say_that_there_is_nothing_when_nothing_happened(services: Services) -> None:
    found = await figures(services)

    assert {name: one.value for name, one in found.items()} == {
        "Releases": "0 this week",
        "Lead time": "nothing released in 28 d",
        "Time to fix S1": "no S1 in 28 d",
        "Time to fix S2": "no S2 in 28 d",
        "Backlog age": "no bug to be fixed",
        "Came back": "no fix in 28 d",
        "Escaped": "no new bug in 28 d",
    }
    assert [one.name for one in found.values() if one.chart] == ["Releases", "Lead time"]


async def test_releases_are_counted_by_week_without_prereleases(services: Services) -> None:
    rows = [release("2.4.1", 0), release("2.4.0", 6), release("2.3.0", 7), release("2.2.0", 30), release("1.0.0", 80)]
    await keep(services, [*rows, release("2.5.0-rc1", 1, prerelease=True)])

    found = (await figures(services))["Releases"]

    assert (found.value, found.against) == ("2 this week", "28 d: 3")
    assert found.series == (0, 0, 0, 1, 0, 0, 1, 2)


async def test_lead_time_counts_each_change_once_from_its_merge_to_its_first_release(services: Services) -> None:
    pulls = [pull(number, 2 + number / 24) for number in range(6)]
    rows = [release("2.4.0-rc1", 1.9, prerelease=True), release("2.4.0", 1), release("2.4.1", 0.5), *pulls]
    held = [change(release_id, item_id) for release_id in (1, 2, 3) for item_id in range(1, 7)]
    await keep(services, [*rows, *held])

    found = (await figures(services))["Lead time"]

    assert (found.value, found.n, found.raw) == ("median 26 h (n = 6)", 6, 26.5)
    assert found.series == (None,) * 7 + (26.5,)


async def test_median_is_compared_only_when_both_sides_have_ten(services: Services) -> None:
    now = [fixed(number, 3, timedelta(days=5)) for number in range(1, 11)]
    before = [fixed(number, 33, timedelta(days=3)) for number in range(11, 21)]
    await keep(services, [*now, *before[:9]])
    few = (await figures(services))["Time to fix S2"]
    await services.database.write(services.workspace, lambda session: session.add(before[9]))

    enough = (await figures(services))["Time to fix S2"]

    assert (few.value, few.against) == ("median 5 d (n = 10)", "")
    assert (enough.value, enough.against) == ("median 5 d (n = 10)", "was 3 d (n = 10)")


async def test_both_sides_of_a_comparison_are_told_in_one_unit(services: Services) -> None:
    now = [fixed(number, 3, timedelta(hours=46)) for number in range(1, 11)]
    before = [fixed(number, 33, timedelta(hours=50)) for number in range(11, 21)]
    await keep(services, [*now, *before])

    found = (await figures(services))["Time to fix S2"]

    assert (found.value, found.against) == ("median 46 h (n = 10)", "was 50 h (n = 10)")


async def test_few_are_told_one_by_one_and_open_ones_not_forgotten(services: Services) -> None:
    hours = [fixed(1, 3, timedelta(hours=5), Severity.S1), fixed(2, 2, timedelta(hours=9), Severity.S1)]
    still_open = bug(3, severity=Severity.S2, state=ReportState.ACCEPTED)
    await keep(services, [*hours, still_open])

    found = await figures(services)

    assert found["Time to fix S1"].value == "2 in 28 d: 5 h, 9 h"
    assert found["Time to fix S2"].value == "none fixed in 28 d, 1 open"


async def test_private_reports_are_in_no_figure(services: Services) -> None:
    hidden = fixed(1, 3, timedelta(hours=5), Severity.S1, private=True, found_in=FoundIn.PRODUCTION)
    hidden.triaged_at = ago(3)
    await keep(services, [hidden, decision("fix", 1, 3), decision("fail", 1, 2)])

    found = await figures(services)

    assert found["Time to fix S1"].value == "no S1 in 28 d"
    assert found["Came back"].value == "no fix in 28 d"
    assert found["Escaped"].value == "no new bug in 28 d"
    assert await collect(services, DECIDED) is None


async def test_fixes_that_came_back_are_counted_once_each(services: Services) -> None:
    bugs = [bug(number) for number in range(1, 6)]
    fixes = [decision("fix", number, 10) for number in range(1, 5)]
    back = [decision("fail", 1, 9), decision("fix", 1, 8), decision("fail", 1, 7), decision("reopen", 2, 1)]
    never_fixed, long_ago = decision("reopen", 5, 2), decision("fail", 3, 29)
    await keep(services, [*bugs, *fixes, *back, never_fixed, long_ago])

    assert (await figures(services))["Came back"].value == "2 of 4 = 50 %"


async def test_escaped_bugs_are_those_of_production_that_are_bugs(services: Services) -> None:
    live = {"found_in": FoundIn.PRODUCTION, "created_at": ago(5)}
    closed = {**live, "state": ReportState.CLOSED, "closed_at": ago(4)}
    rows = [
        bug(1, **live),
        bug(2, created_at=ago(5), found_in=FoundIn.STAGING),
        bug(3, **closed, resolution=Resolution.DUPLICATE),
        bug(4, **closed, resolution=Resolution.NOT_A_BUG),
        bug(5, found_in=FoundIn.PRODUCTION),
    ]
    await keep(services, rows)

    assert (await figures(services))["Escaped"].value == "1 of 2 = 50 %"


async def test_what_comes_of_a_source_that_is_down_is_withheld(services: Services) -> None:
    down = SourceHealth("github", "GitHub", failing_since=ago(2), error="401")

    facts = await collect(services, DELIVERY, down)

    assert facts is not None
    assert [one.name for one in facts.figures] == [
        "Time to fix S1",
        "Time to fix S2",
        "Backlog age",
        "Came back",
        "Escaped",
    ]
    said = "Releases and lead time are not known: GitHub could not be read since Wed 25 Nov 15:00."
    assert ["".join(piece.text for piece in line) for line in facts.notes] == [said]


async def test_decisions_of_the_week_are_counted_and_announcements_named(services: Services) -> None:
    closed = {"state": ReportState.CLOSED, "closed_at": ago(1)}
    rows = [
        bug(1, triaged_at=ago(2)),
        bug(2, triaged_at=ago(3)),
        bug(3, triaged_at=ago(8)),
        bug(4, **closed, resolution=Resolution.DUPLICATE, triaged_at=ago(2)),
        bug(5, **closed, resolution=Resolution.WILL_NOT_FIX),
        release("2.4.0", 1),
        pull(1, 2),
        pull(2, 2),
        change(1, 1, kind=ChangeKind.FEATURE, state=ChangeState.APPROVED, decided_at=ago(1), by_id=1),
        change(1, 2, kind=ChangeKind.INTERNAL, state=ChangeState.INTERNAL),
    ]
    await keep(services, rows)

    facts = await collect(services, DECIDED)

    assert facts is not None
    assert ["".join(piece.text for piece in line) for line in facts.lead] == [
        "4 reports triaged: 2 accepted, 1 duplicate, 1 declined",
        "Change 1: to be announced",
    ]


async def test_announcements_are_a_whole_list_when_more_than_three_were_decided(services: Services) -> None:
    changes = [
        change(1, one, kind=ChangeKind.FEATURE, state=ChangeState.APPROVED, decided_at=ago(one / 2), by_id=1)
        for one in range(1, 7)
    ]
    await keep(services, [release("2.4.0", 1), *(pull(one, 2) for one in range(1, 7)), *changes])

    facts = await collect(services, DECIDED)

    assert facts is not None
    said = ["".join(piece.text for piece in item.line) for item in facts.items]
    assert said == [f"Change {one}: to be announced" for one in range(1, 7)]
    assert (facts.lead, facts.total) == ((), 6)


async def test_nothing_of_another_workspace_is_told(services: Services) -> None:
    rows = [fixed(1, 3, timedelta(hours=5), Severity.S1), release("2.4.0", 1), pull(1, 2), change(1, 1)]
    rows[0].triaged_at = ago(3)

    def unit(session: WorkspaceSession) -> None:
        session.add(Person(slack_user_id="U0EVE"))
        session.flush()
        for row in rows:
            session.add(row)
            session.flush()

    await services.database.write("T0OTHER", unit)

    found = await figures(services)

    assert (found["Releases"].value, found["Lead time"].value) == ("0 this week", "nothing released in 28 d")
    assert (found["Time to fix S1"].value, found["Escaped"].value) == ("no S1 in 28 d", "no new bug in 28 d")
    assert await collect(services, DECIDED) is None
