"""Exactly one issue for a frame in Figma, however often it is asked for and whatever the tracker answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.routing.load import load_settings
from bot.triage import frame_issues
from bot.triage.filing import SETTLE
from integrations.connections import Connections
from integrations.markup import markdown
from integrations.trackers import local
from integrations.trackers.base import Changes, IssueAddress
from storage import frames, people
from storage.database import WorkspaceSession
from storage.models import IssueLink, IssueState, ItemKind, Report, SourceItem
from tests.bot.triage.acting import jobs_of
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import LOST, PROJECT, REFUSED
from tests.conftest import SETTINGS, read

FILE = "aBcD1234efGH5678"
FIGMA = f"figma: {{files: {{{FILE}: checkout}}}}\n"


@pytest.fixture(autouse=True)
def figma(desk: Desk) -> None:
    """Have the file's frames belong to a component whose issues are filed on paper."""
    text = f"{SETTINGS}tracker: {{github: {PROJECT}}}\n{FIGMA}"
    desk.services.in_force.replace(load_settings(text, "liaison.yaml"), text)


async def frame(desk: Desk, name: str = "Checkout / Address step", *, links: tuple[str, ...] = ()) -> int:
    def unit(session: WorkspaceSession) -> int:
        row = SourceItem(
            source="figma",
            project=FILE,
            kind=ItemKind.FIGMA_FRAME,
            external_id=f"{FILE}:{name}",
            title=name,
            url=f"https://www.figma.com/design/{FILE}?node-id=1-2",
            state="ready",
            component_key="checkout",
            data={"links": list(links)},
            opened_at=desk.clock(),
            updated_at=desk.clock(),
        )
        session.add(row)
        session.flush()
        return row.id or 0

    return await desk.services.database.write(desk.services.workspace, unit)


async def link_of(desk: Desk, item_id: int) -> IssueLink:
    return (await read(desk.services, lambda session: frames.issues(session, (item_id,))))[item_id]


async def ask(desk: Desk, *item_ids: int, key: str = "press-1") -> None:
    await frame_issues.ask(desk.services, list(item_ids), "U0BO", key)


async def test_issue_is_made_of_each_frame_when_asked(desk: Desk) -> None:
    team, roles = await frame(desk, "Settings / Team"), await frame(desk, "Settings / Roles")

    await ask(desk, team, roles)
    await desk.work()

    link = await link_of(desk, team)
    issue = desk.paper.issues[link.external_id]
    assert sorted(one.title for one in desk.paper.issues.values()) == ["Settings / Roles", "Settings / Team"]
    assert (issue.title, link.settled, issue.markers) == ("Settings / Team", True, (link.marker,))
    assert markdown.write(issue.body).startswith("This frame is marked ready for development.")
    assert f"https://www.figma.com/design/{FILE}" in markdown.write(issue.body)


async def test_nothing_is_made_twice_when_pressed_twice(desk: Desk) -> None:
    item_id = await frame(desk)
    await ask(desk, item_id)

    await ask(desk, item_id)
    with pytest.raises(UserError, match="These frames have an issue by now"):
        await ask(desk, item_id, key="press-2")
    await desk.work(for_s=5)

    assert desk.paper.calls.count("create") == 1


async def test_who_asked_is_kept_when_issues_are_made(desk: Desk) -> None:
    item_id = await frame(desk)

    await ask(desk, item_id)

    asked_by = await read(desk.services, lambda session: frames.asked_by(session, item_id))
    person = await read(desk.services, lambda session: people.known(session, "U0BO"))
    assert person is not None
    assert asked_by == person.id


async def test_issue_is_found_again_when_its_answer_was_lost(desk: Desk) -> None:
    desk.paper.failures = [LOST]
    item_id = await frame(desk)

    await ask(desk, item_id)
    await desk.work(for_s=10)

    assert (desk.paper.calls.count("create"), len(desk.paper.issues)) == (1, 1)
    assert (await link_of(desk, item_id)).external_id == "1"


async def test_extra_is_closed_as_duplicate_when_the_first_try_lands_late(desk: Desk) -> None:
    desk.paper.failures = [LOST]
    desk.paper.loses = True
    item_id = await frame(desk)
    await ask(desk, item_id)
    await desk.work(for_s=int(SETTLE.total_seconds()) + 15)

    extra = desk.paper.write(desk.paper.lost[0])
    await desk.work(for_s=400)

    assert (await link_of(desk, item_id)).external_id != extra.external_id
    assert desk.paper.issues[extra.external_id].state is IssueState.DROPPED


async def test_press_tries_again_when_the_tracker_refused(desk: Desk) -> None:
    desk.paper.failures = [REFUSED]
    item_id = await frame(desk)
    await ask(desk, item_id)
    await desk.work()
    refused = (await link_of(desk, item_id)).error

    await ask(desk, item_id, key="press-2")
    await desk.work()

    assert refused == str(REFUSED)
    assert ((await link_of(desk, item_id)).error, len(desk.paper.issues)) == ("", 1)


async def test_person_is_told_when_there_is_no_tracker_to_make_issues_in(desk: Desk) -> None:
    desk.services.in_force.replace(load_settings(SETTINGS + FIGMA, "liaison.yaml"), "")
    item_id = await frame(desk)

    with pytest.raises(UserError, match="There is no tracker to make these issues in"):
        await ask(desk, item_id)

    assert await read(desk.services, lambda session: frames.issues(session, (item_id,))) == {}


async def test_nothing_is_made_when_the_frame_is_not_ready_any_more(desk: Desk) -> None:
    item_id = await frame(desk)

    def close(session: WorkspaceSession) -> None:
        session.get_one(SourceItem, item_id).closed_at = desk.clock()

    await desk.services.database.write(desk.services.workspace, close)
    with pytest.raises(UserError, match="no longer marked ready"):
        await ask(desk, item_id)


async def test_state_of_the_issue_is_followed_when_people_work_on_it(desk: Desk) -> None:
    item_id = await frame(desk)
    await ask(desk, item_id)
    await desk.work()
    desk.clock.leap(timedelta(minutes=1))

    changed = desk.paper.change("1", state=IssueState.DOING)
    await desk.hear(Changes(issues=(changed,)))
    await desk.hear(Changes(issues=(replace(changed, state=IssueState.OPEN, updated_at=changed.created_at),)))

    assert (await link_of(desk, item_id)).state is IssueState.DOING


async def test_report_is_left_alone_when_a_frame_has_its_number_and_its_issue_changes(desk: Desk) -> None:
    report_id, item_id = await desk.filed(), await frame(desk)
    await ask(desk, item_id)
    await desk.work()
    before = await read(desk.services, lambda session: session.get_one(Report, report_id).version)
    desk.clock.leap(timedelta(minutes=1))

    changed = desk.paper.change((await link_of(desk, item_id)).external_id, state=IssueState.DONE)
    touched = await desk.hear(Changes(issues=(changed,)))
    await desk.work()

    assert (report_id, item_id, touched) == (1, 1, 0)
    assert await read(desk.services, lambda session: session.get_one(Report, report_id).version) == before
    assert (await link_of(desk, item_id)).state is IssueState.DONE


def _with_links(desk: Desk) -> Desk:
    """Have the paper's issues have addresses."""
    kind = replace(
        desk.paper.kind(),
        read_url=lambda url, values: (
            IssueAddress(PROJECT, url.rpartition("/")[2]) if url.startswith("https://paper.example/") else None
        ),
    )
    kinds = {"local": local.KIND, "github": kind}
    services = desk.services
    trackers = Connections(kinds, {}, workspace=services.workspace, database=services.database, now=services.now)
    return replace(desk, services=replace(services, trackers=trackers))


async def test_issue_that_people_linked_is_the_frames_when_its_file_is_read(desk: Desk) -> None:
    linked = _with_links(desk)
    desk.paper.make("Build the address step")
    links = ("https://storybook.acme.dev/address", "https://paper.example/web/1")
    item_id = await frame(desk, links=links)

    await frame_issues.adopt(linked.services, FILE)
    await frame_issues.adopt(linked.services, FILE)

    link = await link_of(desk, item_id)
    assert (link.key, link.state, link.project) == (f"{PROJECT}#1", IssueState.OPEN, PROJECT)
    assert desk.paper.calls.count("get") == 1
    with pytest.raises(UserError, match="have an issue by now"):
        await ask(linked, item_id)


async def test_nothing_of_an_issue_is_kept_when_only_some_may_see_it(desk: Desk) -> None:
    linked = _with_links(desk)
    desk.paper.make("The secret one")
    desk.paper.change("1", restricted=True)
    item_id = await frame(desk, links=("https://paper.example/web/1",))

    await frame_issues.adopt(linked.services, FILE)

    link = await link_of(desk, item_id)
    assert (link.external_id, link.key, link.url, link.title) == ("1", "", "", "")


async def test_nothing_is_drawn_anew_when_no_digest_was_posted(desk: Desk) -> None:
    item_id = await frame(desk)

    await ask(desk, item_id)

    assert await jobs_of(desk.services, "redraw_digests") == []
