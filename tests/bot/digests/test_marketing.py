"""What marketing reads: what must not be promoted, and what shipped and waits for a word."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.base import Scope, Section
from bot.digests.facts import Act, ActKind, Facts, Line, Rank
from bot.digests.sections.announcements import SECTION as ANNOUNCEMENTS
from bot.digests.sections.hold import SECTION as HOLD
from bot.routing.load import load_settings
from bot.routing.settings import Audience
from bot.services import Services
from storage import releases
from storage.database import WorkspaceSession
from storage.models import ChangeState, Person, Report, ReportState, Severity, Slot, Source
from tests.bot.digests.shipping import AUTHOR, NOW, ago, pull, release, told
from tests.conftest import SETTINGS, read

READERS = Audience.model_validate({"channel": "C0MARKETING", "on": "release"})
PROMOTED = SETTINGS.replace(
    "checkout: {owner: checkout, name: Checkout}",
    "checkout: {owner: checkout, name: Checkout, promoted: true, public_name: Apple Pay}",
)


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


async def collect(services: Services, section: Section, now: datetime = NOW) -> Facts | None:
    settings = load_settings(PROMOTED, "liaison.yaml")
    zone = ZoneInfo("Europe/Berlin")
    scope = Scope(now, ago(7), Slot.RELEASE, zone, "marketing", READERS, settings)
    return await read(services, lambda session: section.collect(session, scope))


async def keep(services: Services, *rows: Report) -> None:
    def unit(session: WorkspaceSession) -> None:
        session.add(Person(slack_user_id="U0EVE"))
        session.flush()
        session.add_all(rows)

    await services.database.write(services.workspace, unit)


def bug(number: int, severity: Severity, **more: Any) -> Report:
    usual = {
        "source": Source.COMMAND,
        "reporter_id": 1,
        "team_key": "checkout",
        "component_key": "checkout",
        "state": ReportState.ACCEPTED,
        "created_at": ago(2),
        "top_at": ago(2),
    }
    return Report(number=number, title=f"Bug {number}", severity=severity, **{**usual, **more})


async def test_what_is_promoted_is_held_while_it_is_badly_broken(services: Services) -> None:
    await keep(
        services,
        bug(1, Severity.S2),
        bug(2, Severity.S1, state=ReportState.IN_PROGRESS, card_permalink="https://a.b/c"),
    )

    facts = await collect(services, HOLD)

    assert facts is not None
    assert (facts.rank, facts.heading, facts.is_news) == (Rank.NEEDS_YOU, "🚫 Hold", True)
    assert [said(item.line) for item in facts.items] == [
        "Do not promote Apple Pay: BUG-2 (S1) Bug 2 — being fixed",
        "Do not promote Apple Pay: BUG-1 (S2) Bug 1 — to be fixed",
    ]
    assert [item.identity for item in facts.items] == [
        ("report:2", "in_progress", "", "S1", ""),
        ("report:1", "accepted", "", "S2", ""),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"component_key": "search"},
        {"component_key": None},
        {"private": True},
        {"state": ReportState.FIXED},
        {"state": ReportState.CLOSED},
        {"severity": Severity.S3},
    ],
)
async def test_nothing_is_held_for_other_bugs(services: Services, other: dict[str, Any]) -> None:
    await keep(services, bug(1, **{"severity": Severity.S1, **other}))

    assert await collect(services, HOLD) is None


async def test_changes_wait_with_their_texts_and_internal_ones_are_counted(services: Services) -> None:
    await told(
        services,
        release("2.14.0", 1),
        pull(801, 2, "Save a filter once.", title="feat: Saved filters"),
        pull(802, 2, "", ["customer-visible"], title="Larger buttons"),
        pull(803, 2),
        pull(804, 2),
    )

    facts = await collect(services, ANNOUNCEMENTS)

    assert facts is not None
    assert (facts.heading, facts.summary) == ("Shipped, waiting for your word", "2 of 4 changes in 2.14.0 (Wed 25 Nov)")
    assert [said(item.line) for item in facts.items] == [
        "Saved filters — “Save a filter once.”",
        "Larger buttons — no text yet: press Edit and write what customers are told",
    ]
    assert [item.acts for item in facts.items] == [(Act(ActKind.ANNOUNCE, "1"),), (Act(ActKind.ANNOUNCE, "2"),)]
    assert [said(line) for line in facts.notes] == ["2 internal changes left out"]


async def test_nobody_who_made_a_change_is_named(services: Services) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2, "Save a filter once."), pull(2, 2))

    assert AUTHOR not in str(await collect(services, ANNOUNCEMENTS))


async def test_each_change_says_its_release_when_there_are_more(services: Services) -> None:
    await told(services, release("2.13.0", 6), pull(1, 7, "One."), release("2.14.0", 1), pull(2, 2, "Two."))

    facts = await collect(services, ANNOUNCEMENTS)

    assert facts is not None
    assert facts.summary == "2 changes in 2 releases"
    assert [(said(item.line), said(item.details[0])) for item in facts.items] == [
        ("Change 2 — “Two.”", "in 2.14.0"),
        ("Change 1 — “One.”", "in 2.13.0"),
    ]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((release("2.14.0", 1), pull(1, 2)), id="internal only"),
        pytest.param((release("2.14.0-rc1", 1, prerelease=True), pull(1, 2, "One.")), id="to try only"),
        pytest.param((release("2.14.0", 29), pull(1, 30, "One.")), id="long ago"),
        pytest.param((release("2.14.0", -1), pull(1, 2, "One.")), id="not out yet"),
        pytest.param((pull(1, 2, "One."),), id="merged only"),
    ],
)
async def test_nothing_waits_when_nothing_shipped_that_customers_see(
    services: Services, items: tuple[Any, ...]
) -> None:
    await told(services, *items)

    assert await collect(services, ANNOUNCEMENTS) is None


@pytest.mark.parametrize("state", [ChangeState.APPROVED, ChangeState.ANNOUNCED, ChangeState.INTERNAL])
async def test_what_was_decided_does_not_wait(services: Services, state: ChangeState) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2, "One."))

    def decide(session: WorkspaceSession) -> None:
        change = releases.get_change(session, 1)
        assert change is not None
        change.state = state
        session.add(change)

    await services.database.write(services.workspace, decide)

    assert await collect(services, ANNOUNCEMENTS) is None
