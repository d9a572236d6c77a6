"""What testers and engineers read: the words of each section, what is left out of it, and when it says nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests import silence
from bot.digests.base import Scope
from bot.digests.facts import Act, ActKind, Digest, Facts, Line, SourceHealth
from bot.digests.measures import Compared, changed, median_of
from bot.digests.sections import sections
from bot.routing.settings import Audience
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import (
    Decision,
    FoundIn,
    ItemKind,
    Person,
    Report,
    ReportState,
    Resolution,
    Severity,
    Slot,
    Source,
    SourceItem,
)
from tests.conftest import read

# Tuesday 24 November, 08:30 in Berlin.
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = Audience.model_validate({"channel": "C0QA", "daily": "08:30"})
QUIET = ("verify_now", "came_back", "new_bugs", "needs_decision", "since_last_post", "reviews")


def ago(hours: float) -> datetime:
    return NOW - hours * HOUR


def bug(number: int, **more: Any) -> Report:
    usual: dict[str, Any] = {
        "title": "Card form clears",
        "source": Source.COMMAND,
        "reporter_id": 1,
        "owner_id": 2,
        "team_key": "web",
        "severity": Severity.S2,
        "created_at": ago(100),
        "top_at": ago(100),
        "card_permalink": f"https://acme.slack.example/{number}",
    }
    return Report(id=number, number=number, **{**usual, **more})


def decision(report: int, kind: str, at: datetime, **more: Any) -> Decision:
    return Decision(subject_type="report", subject_id=report, kind=kind, by_id=3, at=at, **more)


def item(kind: ItemKind, external_id: str, **more: Any) -> SourceItem:
    usual: dict[str, Any] = {"source": "github", "state": "open", "opened_at": ago(50), "updated_at": ago(50)}
    return SourceItem(kind=kind, external_id=external_id, **{**usual, **more})


async def keep(services: Services, *rows: Any) -> None:
    def unit(session: WorkspaceSession) -> None:
        people = (("U0EVE", "Eve", ""), ("U0BO", "Bo", "bo@acme.example"), ("U0LENA", "Lena", ""))
        for number, (key, name, email) in enumerate(people, 1):
            session.add(Person(id=number, slack_user_id=key, name=name, email=email, tracker_accounts={"github": key}))
        session.flush()
        for row in rows:
            session.add(row)
            session.flush()

    await services.database.write(services.workspace, unit)


async def collect(services: Services, name: str, *failing: SourceHealth, slot: Slot = Slot.DAILY) -> Facts | None:
    scope = Scope(NOW, ago(24), slot, ZoneInfo("Europe/Berlin"), "qa", DAILY, services.settings, failing)
    return await read(services, lambda session: sections()[name].collect(session, scope))


async def told(services: Services, name: str, *failing: SourceHealth, slot: Slot = Slot.DAILY) -> Facts:
    found = await collect(services, name, *failing, slot=slot)
    assert found is not None
    return found


def text(line: Line) -> str:
    return "".join(piece.text for piece in line)


def texts(lines: Iterable[Line]) -> list[str]:
    return [text(line) for line in lines]


@pytest.mark.parametrize("name", QUIET)
async def test_section_says_nothing_when_there_is_nothing(services: Services, name: str) -> None:
    await keep(services)

    assert await collect(services, name) is None


@pytest.mark.parametrize("name", QUIET[:-1])
async def test_section_says_nothing_when_all_is_private(services: Services, name: str) -> None:
    await keep(
        services,
        bug(1, private=True, state=ReportState.FIXED, fixed_at=ago(5)),
        bug(2, private=True, created_at=ago(10), due_at=ago(2)),
        bug(3, private=True, state=ReportState.ACCEPTED, owner_id=None),
        bug(4, private=True, state=ReportState.IN_PROGRESS),
        decision(4, "fix", ago(20)),
        decision(4, "fail", ago(5)),
        bug(5, private=True, regression_of_id=1, created_at=ago(3)),
    )

    assert await collect(services, name) is None


async def test_nobody_is_to_be_asked_when_nobody_owns_a_fix(services: Services) -> None:
    await keep(services, bug(128, state=ReportState.FIXED, fixed_at=ago(3), owner_id=None))

    facts = await told(services, "verify_now")

    assert texts(facts.items[0].details) == ["Check: nobody wrote how. Reported by Eve"]


async def test_fixes_are_told_with_build_and_how_to_check(services: Services) -> None:
    fixed: dict[str, Any] = {"state": ReportState.FIXED}
    await keep(
        services,
        bug(131, **fixed, fixed_at=ago(76), fixed_in="rc2", how_to_check="Fill the form,\ngo back."),
        bug(128, **fixed, fixed_at=ago(3), severity=Severity.S1),
        item(
            ItemKind.DEPLOYMENT,
            "1",
            state="success",
            closed_at=ago(0.5),
            data={"environment": "Staging", "ref": "2.14.0-rc2"},
        ),
        item(ItemKind.DEPLOYMENT, "2", state="success", opened_at=ago(1), data={"environment": "production"}),
    )

    facts = await told(services, "verify_now")

    assert f"{facts.heading} · {facts.summary}" == "Verify now · 2 fixes waiting, oldest 3 d"
    assert texts(facts.lead) == ["Build 2.14.0-rc2 on Staging since 08:00"]
    assert [text(one.line) for one in facts.items] == [
        "BUG-128 S1 · Card form clears",
        "BUG-131 S2 · Card form clears · fixed in rc2",
    ]
    assert texts(facts.items[1].details) == ["Check: Fill the form, go back. Reported by Eve"]
    assert texts(facts.items[0].details) == ["Check: nobody wrote how; ask Bo. Reported by Eve"]
    assert facts.items[1].acts == (Act(ActKind.VERIFY, "131"),)


async def test_build_is_withheld_when_its_source_could_not_be_read(services: Services) -> None:
    deployed = item(ItemKind.DEPLOYMENT, "1", state="success", data={"environment": "staging", "ref": "rc2"})
    await keep(services, bug(1, state=ReportState.FIXED, fixed_at=ago(3)), deployed)

    facts = await told(services, "verify_now", SourceHealth("github", "GitHub", failing_since=ago(2)))

    assert facts.lead == ()


async def test_what_came_back_is_told_with_who_sent_it_and_to_whom(services: Services) -> None:
    await keep(
        services,
        bug(117, state=ReportState.IN_PROGRESS),
        decision(117, "fix", ago(40)),
        decision(117, "fail", ago(15.5)),
        # Opened again, but it was never fixed.
        bug(118, state=ReportState.ACCEPTED),
        decision(118, "decline", ago(40)),
        decision(118, "reopen", ago(15)),
        # Before the last post.
        bug(119, state=ReportState.IN_PROGRESS),
        decision(119, "fix", ago(50)),
        decision(119, "fail", ago(30)),
    )

    facts = await told(services, "came_back")

    assert [text(one.line) for one in facts.items] == [
        "BUG-117 S2 · Card form clears — failed verification by Lena, back with Bo since Mon 23 Nov 17:00"
    ]
    assert not any(piece.mention for one in facts.items for piece in one.line)


async def test_new_bugs_are_counted_and_the_worst_are_named(services: Services) -> None:
    await keep(
        services,
        bug(1, created_at=ago(3), state=ReportState.ACCEPTED),
        bug(2, created_at=ago(2), severity=Severity.S3),
        bug(3, created_at=ago(1), severity=None),
        bug(4, created_at=ago(1), state=ReportState.CLOSED, resolution=Resolution.DUPLICATE, duplicate_of_id=1),
        bug(5, created_at=ago(25)),
    )

    facts = await told(services, "new_bugs")

    assert facts.heading == "New since Mon 23 Nov 08:30"
    assert facts.summary == "3 bugs: 0 S1, 1 S2, 1 S3, 1 not yet rated"
    assert [text(one.line) for one in facts.items] == ["BUG-1 S2 · Card form clears — accepted, Bo"]
    assert texts(facts.notes) == ["1 × S3, 1 unrated: /liaison bugs new"]


@pytest.mark.parametrize("name", ["new_bugs", "since_last_post"])
async def test_one_minor_bug_more_is_worth_a_digest(services: Services, name: str) -> None:
    await keep(services, bug(1, created_at=ago(2), severity=Severity.S4))

    facts = await told(services, name)

    digest = Digest("qa", "daily", "QA", "Europe/Berlin", NOW, ago(24), facts=(facts,))
    assert silence.judge(digest, "", None, is_heartbeat_wanted=True) == silence.Verdict()


async def test_what_needs_a_decision_is_told_with_why_and_what_can_be_done(services: Services) -> None:
    await keep(
        services,
        bug(141, severity=None, created_at=ago(26), due_at=ago(2), hits=3, component_key="search", route_reason="rule"),
        bug(142, state=ReportState.ACCEPTED, owner_id=None, triaged_at=ago(19)),
        bug(117, state=ReportState.IN_PROGRESS),
        decision(117, "fail", ago(9)),
        bug(104, due_at=ago(-4)),
        decision(104, "wake", ago(1), reason="wait for the provider"),
        bug(105, state=ReportState.IN_PROGRESS),
        decision(105, "fail", ago(9)),
        decision(105, "start", ago(8)),
    )

    facts = await told(services, "needs_decision")

    assert facts.summary == "4"
    assert [text(one.line) for one in facts.items] == [
        "BUG-141 · Card form clears — not rated, 26 h, target 8 working h · 3 people hit it",
        "BUG-142 S2 · Card form clears — accepted 19 h ago, nobody owns it",
        "BUG-117 S2 · Card form clears — failed verification, Bo",
        "BUG-104 S2 · Card form clears — its snooze ended: “wait for the provider”",
    ]
    assert texts(facts.items[0].details) == ["Looks like Search (rule)"]
    assert [one.is_overdue for one in facts.items] == [True, False, False, False]
    assert [one.acts for one in facts.items] == [
        (Act(ActKind.TRIAGE, "141"),),
        (Act(ActKind.TAKE, "142"),),
        (),
        (Act(ActKind.TRIAGE, "104"),),
    ]
    assert [piece.mention for one in facts.items for piece in one.line if piece.mention] == ["U0BO"]


async def test_total_is_told_when_more_wait_than_are_listed(services: Services) -> None:
    await keep(services, *(bug(number, state=ReportState.ACCEPTED, owner_id=None) for number in range(1, 61)))

    facts = await told(services, "needs_decision")

    assert facts.summary == "60"
    assert len(facts.items) == 50


async def test_total_is_told_when_more_failed_than_are_listed(services: Services) -> None:
    failed = [(bug(at, state=ReportState.IN_PROGRESS), decision(at, "fail", ago(9))) for at in range(1, 56)]
    await keep(services, *(row for rows in failed for row in rows))

    facts = await told(services, "needs_decision")

    assert facts.summary == "55"
    assert len(facts.items) == 50


async def test_since_the_last_post_is_told_in_four_numbers(services: Services) -> None:
    await keep(
        services,
        bug(1, created_at=ago(3), regression_of_id=None),
        bug(2, created_at=ago(3), regression_of_id=1),
        bug(3, state=ReportState.FIXED, fixed_at=ago(2)),
        bug(4, state=ReportState.IN_PROGRESS),
        decision(4, "fix", ago(40)),
        decision(4, "fail", ago(2)),
    )

    facts = await told(services, "since_last_post")

    assert facts.heading == "Since Mon 23 Nov 08:30"
    assert facts.summary == "2 new · 1 fixed · 1 came back · 1 regressions"


async def test_reviews_are_told_when_they_wait_for_more_than_a_day(services: Services) -> None:
    await keep(
        services,
        item(ItemKind.PULL_REQUEST, "815", title="Empty state", data={"number": 815, "requested_reviewers": ["U0BO"]}),
        item(ItemKind.PULL_REQUEST, "816", title="Too young", opened_at=ago(23)),
        item(ItemKind.PULL_REQUEST, "817", title="Reviewed"),
        item(ItemKind.REVIEW, "1", parent_external_id="817"),
        item(ItemKind.PULL_REQUEST, "818", title="Draft", state="draft"),
        item(ItemKind.PULL_REQUEST, "819", title="Nobody's", opened_at=ago(100), data={"number": 819}),
    )

    facts = await told(services, "reviews")

    assert [text(one.line) for one in facts.items] == [
        "#819 Nobody's — 4 d, nobody was asked",
        "#815 Empty state — 2 d, Bo",
    ]
    assert [piece.mention for one in facts.items for piece in one.line if piece.mention] == ["U0BO"]


async def test_figures_of_few_are_not_shown(services: Services) -> None:
    accepted: dict[str, Any] = {"state": ReportState.ACCEPTED, "triaged_at": ago(50)}
    await keep(services, *(bug(number, **accepted) for number in range(1, 5)))

    facts = await told(services, "engineering_figures", slot=Slot.WEEKLY)

    values = {one.name: one.value for one in facts.figures}
    assert values["Time to triage"] == "4 in 28 d, too few to say"
    assert values["Cycle time"] == "0 in 28 d, too few to say"
    assert values["Backlog age"] == "4 bugs, too few to say"
    assert values["Triage promise kept"] == "nothing promised"
    assert values["Untriaged"] == "0"
    assert not facts.is_news


async def test_escaped_bugs_are_told_by_component_with_the_rest_together(services: Services) -> None:
    parts = ["checkout"] * 3 + ["search"] * 2 + ["a", "b", None]
    await keep(
        services, *(bug(at, component_key=key, found_in=FoundIn.PRODUCTION) for at, key in enumerate(parts, 1)), bug(50)
    )

    facts = await told(services, "qa_figures", slot=Slot.WEEKLY)

    assert {one.name: one.value for one in facts.figures}["Escaped"] == "8 of 9 = 89 %"
    assert texts(facts.notes)[0].startswith("Where escaped bugs came from (8): ")
    assert texts(facts.notes)[0].endswith(" · others 2")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (
            [2.1] * 23,
            [0.9] * 26,
            "longer: median 2.1 days (n = 23), it was 0.9 days (n = 26) in the 28 days before.",
        ),
        (
            [0.4] * 10,
            [0.9] * 10,
            "less long: median 0.4 days (n = 10), it was 0.9 days (n = 10) in the 28 days before.",
        ),
        ([1.3] * 23, [0.9] * 26, None),
        ([2.1] * 9, [0.9] * 26, None),
        ([2.1] * 23, [0.9] * 9, None),
        ([2.1] * 23, [0.0] * 26, None),
    ],
)
def test_median_is_worth_a_look_when_it_changed_by_half(
    now: list[float], before: list[float], said: str | None
) -> None:
    found = texts(changed(Compared("fixes wait {how}", "days", now, before)))

    assert found == ([f"Worth a look: fixes wait {said}"] if said else [])


def test_median_is_shown_with_its_size_from_five_on() -> None:
    assert median_of("Wait", Compared("", "days", [1.0, 2.0, 3.0, 4.0], [])).raw is None
    assert median_of("Wait", Compared("", "days", [1.0, 2.0, 3.0, 4.0, 10.0], [])).value == "median 3.0 days (n = 5)"
