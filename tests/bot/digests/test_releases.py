"""What a release contains, and to whom it is news."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from bot.digests import audiences, releases
from bot.digests.audiences import Reader
from bot.digests.slots import Occurrence
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import ChangeKind, ChangeState, ReleaseChange, Slot
from tests.bot.digests.shipping import NOW, ago, changes, contained, deployment, pull, release, states, told
from tests.conftest import SETTINGS, read

AUDIENCES = """
audiences:
  marketing: {channel: C0MARKETING, on: release}
"""


async def reader(services: Services, known_since: datetime) -> Reader:
    settings = load_settings(SETTINGS + AUDIENCES, "liaison.yaml")

    def unit(session: WorkspaceSession) -> Reader:
        audiences.meet(session, settings, known_since)
        session.flush()
        found = audiences.reader(session, settings, "marketing", known_since)
        assert found is not None
        return found

    return await services.database.write(services.workspace, unit)


async def to_post(
    services: Services, now: datetime, known_since: datetime = NOW - timedelta(days=30)
) -> list[Occurrence]:
    found = await reader(services, known_since)
    return await read(services, lambda session: releases.to_post(session, services, found, now))


async def test_release_contains_what_was_merged_since_the_one_before(services: Services) -> None:
    await told(
        services,
        release("2.13.0", 8),
        release("2.14.0", 1),
        pull(1, 8.1),
        pull(2, 7.9),
        pull(3, 1),
        pull(4, 0.9),
        pull(5, 3, project="acme/other"),
        pull(6, 3, state="closed"),
        pull(7, 3, state="open"),
    )

    assert await contained(services) == {"2.13.0": ["Change 1"], "2.14.0": ["Change 2", "Change 3"]}


async def test_prerelease_contains_its_own_and_the_final_one_all(services: Services) -> None:
    await told(
        services,
        release("2.13.0", 8),
        pull(1, 7),
        release("2.14.0-rc1", 6, prerelease=True),
        pull(2, 5),
        release("2.14.0-rc2", 4, prerelease=True),
        pull(3, 3),
        release("2.14.0", 2),
    )

    assert await contained(services) == {
        "2.13.0": [],
        "2.14.0-rc1": ["Change 1"],
        "2.14.0-rc2": ["Change 2"],
        "2.14.0": ["Change 1", "Change 2", "Change 3"],
    }


async def test_change_is_in_one_final_release_when_its_merge_is_told_anew(services: Services) -> None:
    await told(services, release("2.14.0", 5), pull(1, 6))

    # GitLab's deliveries move the merge to the newest change of the merge request.
    await told(services, pull(1, 4), pull(2, 3), release("2.14.1", 1))

    assert await contained(services) == {"2.14.0": ["Change 1"], "2.14.1": ["Change 2"]}


async def test_pull_request_is_found_when_it_is_heard_of_after_its_release(services: Services) -> None:
    await told(services, release("2.14.0", 1))
    before = await contained(services)

    await told(services, pull(1, 2))
    await told(services)

    assert before == {"2.14.0": []}
    assert await contained(services) == {"2.14.0": ["Change 1"]}


async def test_nothing_changes_when_the_alarm_rings_again(services: Services) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2, "Faster."), pull(2, 2))
    before = [change.model_dump() for change in await changes(services)]

    for _ in range(3):
        await told(services)

    assert [change.model_dump() for change in await changes(services)] == before


async def test_release_whose_time_has_not_come_contains_nothing_yet(services: Services) -> None:
    await told(services, release("2.15.0", -1), pull(1, 2))
    before = await contained(services)

    await told(services, now=ago(-1.1))

    assert before == {"2.15.0": []}
    assert await contained(services) == {"2.15.0": ["Change 1"]}


@pytest.mark.parametrize(
    ("announce", "labels", "state", "kind"),
    [
        ("", (), ChangeState.INTERNAL, ChangeKind.INTERNAL),
        ("", ("bug", "enhancement"), ChangeState.INTERNAL, ChangeKind.INTERNAL),
        ("Save a filter once.", (), ChangeState.DRAFTED, ChangeKind.FEATURE),
        ("Save a filter once.", ("enhancement",), ChangeState.DRAFTED, ChangeKind.FEATURE),
        ("It works again.", ("type::bug",), ChangeState.DRAFTED, ChangeKind.FIX),
        ("It works again.", ("Kind/Bug",), ChangeState.DRAFTED, ChangeKind.FIX),
        ("It works again.", ("type: fix",), ChangeState.DRAFTED, ChangeKind.FIX),
        ("Three times faster.", ("Performance", "feature"), ChangeState.DRAFTED, ChangeKind.SPEED),
        ("", ("customer-visible",), ChangeState.DETECTED, ChangeKind.FEATURE),
        ("", ("Release-Note", "bug"), ChangeState.DETECTED, ChangeKind.FIX),
    ],
)
async def test_change_is_what_its_line_and_labels_say(
    services: Services, announce: str, labels: tuple[str, ...], state: ChangeState, kind: ChangeKind
) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2, announce, labels))

    (change,) = await changes(services)
    assert (change.state, change.kind, change.announce_text) == (state, kind, announce)


async def test_notes_of_the_release_give_the_text_when_they_say_more_than_the_title(services: Services) -> None:
    notes = {"1": "Save a filter once.", "2": "feat: keep logs.", "3": "Theirs.", "9": "Of another."}

    await told(
        services,
        release("2.14.0", 1, notes),
        pull(1, 2, title="feat(reports)!: Saved filters"),
        pull(2, 2, title="Keep logs"),
        pull(3, 2, "Ours."),
    )

    found = {change.title: (change.state, change.announce_text) for change in await changes(services)}
    assert found == {
        "Saved filters": (ChangeState.DRAFTED, "Save a filter once."),
        "Keep logs": (ChangeState.INTERNAL, ""),
        "Change 3": (ChangeState.DRAFTED, "Ours."),
    }


async def test_text_that_comes_after_the_release_is_taken_when_there_was_none(services: Services) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2), pull(2, 2, "", ["announce"]), pull(3, 2, "First."))

    await told(services, pull(1, 2, "One.", ["bug"]), pull(2, 2, "Two."), pull(3, 2, "Second."))

    found = [(change.state, change.kind, change.announce_text) for change in await changes(services)]
    assert found == [
        (ChangeState.DRAFTED, ChangeKind.FIX, "One."),
        (ChangeState.DRAFTED, ChangeKind.FEATURE, "Two."),
        (ChangeState.DRAFTED, ChangeKind.FEATURE, "First."),
    ]


async def test_what_somebody_decided_stays_when_a_text_comes(services: Services) -> None:
    await told(services, release("2.14.0", 1), pull(1, 2, "", ["announce"]))

    def keep_internal(session: WorkspaceSession) -> None:
        for change in session.exec(select(ReleaseChange)):
            change.state, change.decided_at = ChangeState.INTERNAL, NOW
            session.add(change)

    await services.database.write(services.workspace, keep_internal)
    await told(services, pull(1, 2, "One."))

    assert await states(services) == {"Change 1": ChangeState.INTERNAL}


async def test_deployments_to_production_are_releases_where_nobody_publishes_any(services: Services) -> None:
    await told(
        services,
        pull(1, 5),
        deployment(10, 4),
        pull(2, 3),
        deployment(11, 2, "staging"),
        deployment(12, 2, state="failure"),
        deployment(13, 1),
    )
    await told(services)

    assert await contained(services) == {"10": ["Change 1"], "13": ["Change 2"]}


async def test_deployments_are_no_releases_where_somebody_publishes_them(services: Services) -> None:
    await told(services, pull(1, 5), deployment(10, 4), release("2.14.0", 3))

    assert await contained(services) == {"2.14.0": ["Change 1"]}


async def test_release_is_news_ten_minutes_after_it_came_out(services: Services) -> None:
    await told(services, release("2.14.0", 0), release("2.15.0-rc1", 0, prerelease=True))
    wait = timedelta(minutes=10)

    early = await to_post(services, NOW + wait - timedelta(seconds=1))
    due = await to_post(services, NOW + wait)

    assert early == []
    assert due == [Occurrence(Slot.RELEASE, "release:1", NOW + wait)]


async def test_release_is_no_news_when_it_is_older_than_three_days(services: Services) -> None:
    await told(services, release("2.13.0", 3.1), release("2.13.1", 2), release("2.14.0", 1))

    assert [one.period for one in await to_post(services, NOW)] == ["release:2", "release:3"]


async def test_release_is_no_news_to_an_audience_that_was_not_known_then(services: Services) -> None:
    await told(services, release("2.13.1", 2), release("2.14.0", 1))

    assert [one.period for one in await to_post(services, NOW, ago(1.5))] == ["release:2"]


async def test_nothing_of_another_workspace_is_in_a_release(services: Services) -> None:
    elsewhere = Services(
        services.database,
        "T0OTHER",
        InForce(load_settings(SETTINGS, "liaison.yaml")),
        services.trackers,
        services.now,
        sources=services.sources,
    )
    await told(elsewhere, pull(1, 2), release("2.13.0", 1.5), deployment(1, 1.2))

    await told(services, release("2.14.0", 1), pull(2, 2))

    assert await contained(services) == {"2.14.0": ["Change 2"]}
