"""A file in Figma, read from a server like Figma's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from integrations.connections import Sources
from integrations.sources import SOURCES
from integrations.sources.base import Source, SourceChanges
from integrations.trackers.base import Item, TrackerError
from storage.models import ItemKind
from tests.rigs.figma_server import COMPLETED, NONE, READY, TOKEN, Figma, File, days_ago, running_figma

KEY = "aBcD1234efGH5678"


class Clock:
    def __init__(self) -> None:
        self.leapt = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.leapt


@dataclass(frozen=True)
class Desk:
    """A file in Figma with who reads it."""

    figma: Figma
    file: File
    source: Source
    clock: Clock


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock = Clock()
    async with running_figma() as figma:
        file = figma.make_file(KEY, "Shop")
        sources = Sources(SOURCES, {"FIGMA_TOKEN": TOKEN, "FIGMA_API_URL": figma.url}, now=clock)
        yield Desk(figma, file, sources.get("figma", KEY), clock)
        await sources.close()


def titles(changes: SourceChanges, kind: ItemKind) -> list[str]:
    return [item.title for item in changes.items if item.kind is kind]


def only(changes: SourceChanges, kind: ItemKind) -> Item:
    (item,) = (one for one in changes.items if one.kind is kind)
    return item


async def test_frames_are_told_when_ready_wherever_they_stand(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    desk.figma.draw(desk.file, "Checkout", "Draft")
    desk.figma.draw(desk.file, "Settings", "Team", section="Members", status=READY)
    desk.figma.draw(desk.file, "Settings", "Old", status=COMPLETED)

    changes = await desk.source.changes_since("")

    assert titles(changes, ItemKind.FIGMA_FRAME) == ["Checkout / Address step", "Members / Team"]
    assert changes.whole == {ItemKind.FIGMA_COMMENT, ItemKind.FIGMA_FRAME}


async def test_frame_is_ready_since_the_file_was_touched_when_read_first(desk: Desk) -> None:
    frame = desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    desk.file.touched_at = days_ago(3).replace(microsecond=0)

    item = only(await desk.source.changes_since(""), ItemKind.FIGMA_FRAME)

    assert (item.opened_at, item.closed_at) == (desk.file.touched_at, None)
    assert item.external_id == f"{KEY}:{frame}"
    assert item.url == f"https://www.figma.com/design/{KEY}/Shop?node-id={frame.replace(':', '-')}"


async def test_frame_keeps_since_when_it_is_ready_when_the_file_changes(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    desk.file.touched_at = days_ago(3).replace(microsecond=0)
    first = await desk.source.changes_since("")

    desk.figma.draw(desk.file, "Checkout", "Error states", status=READY)
    later = await desk.source.changes_since(first.cursor)

    old, new = (item for item in later.items if item.kind is ItemKind.FIGMA_FRAME)
    assert old.opened_at == only(first, ItemKind.FIGMA_FRAME).opened_at
    assert new.opened_at > days_ago(0.01)


async def test_frame_is_told_no_more_when_unmarked(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    first = await desk.source.changes_since("")

    desk.figma.mark(desk.file, "Address step", NONE)
    later = await desk.source.changes_since(first.cursor)

    assert titles(later, ItemKind.FIGMA_FRAME) == []


async def test_tree_is_not_read_again_when_the_version_is_the_same(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    first = await desk.source.changes_since("")
    desk.figma.asked.clear()

    later = await desk.source.changes_since(first.cursor)

    assert desk.figma.asked == [f"/v1/files/{KEY}/{what}" for what in ("meta", "comments", "dev_resources")]
    assert later.items == first.items


async def test_mark_is_seen_within_the_hour_when_it_left_the_version_as_it_was(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step")
    first = await desk.source.changes_since("")
    desk.figma.mark(desk.file, "Address step", READY, is_touched=False)

    soon = await desk.source.changes_since(first.cursor)
    desk.clock.leapt = timedelta(minutes=61)
    later = await desk.source.changes_since(soon.cursor)

    assert titles(soon, ItemKind.FIGMA_FRAME) == []
    assert titles(later, ItemKind.FIGMA_FRAME) == ["Checkout / Address step"]


async def test_link_to_an_issue_is_seen_when_the_file_did_not_change(desk: Desk) -> None:
    frame = desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    first = await desk.source.changes_since("")

    desk.figma.link(desk.file, frame, "https://github.com/acme/web/issues/7")
    later = await desk.source.changes_since(first.cursor)

    assert only(first, ItemKind.FIGMA_FRAME).data == {"links": []}
    assert only(later, ItemKind.FIGMA_FRAME).data == {"links": ["https://github.com/acme/web/issues/7"]}


async def test_open_comments_are_told_with_their_talk_when_read(desk: Desk) -> None:
    frame = desk.figma.draw(desk.file, "Checkout", "Address step")
    asked, answered = days_ago(6).replace(microsecond=0), days_ago(5).replace(microsecond=0)
    question = desk.figma.say(desk.file, "Bo", "Is this the real max length?", at=asked, node_id=frame)
    desk.figma.say(desk.file, "Ana", "I shall look.", at=answered, parent=question)
    done = desk.figma.say(desk.file, "Bo", "Which blue?", at=asked)
    desk.figma.resolve(desk.file, done)

    item = only(await desk.source.changes_since(""), ItemKind.FIGMA_COMMENT)

    assert (item.title, item.author, item.opened_at) == ("Is this the real max length?", "Bo", asked)
    assert item.updated_at == answered
    assert item.data == {
        "frame": "Checkout / Address step",
        "talk": [
            {"at": asked.isoformat(), "by": "Bo", "id": "u-bo"},
            {"at": answered.isoformat(), "by": "Ana", "id": "u-ana"},
        ],
    }
    assert item.url.endswith(f"?node-id={frame.replace(':', '-')}#{question}")


async def test_place_of_a_comment_is_empty_when_it_stands_deep_in_a_frame(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step")
    inner = desk.file.root.find("A text")
    assert inner is not None
    desk.figma.say(desk.file, "Bo", "Why?", at=days_ago(1), node_id=inner.id)
    first = await desk.source.changes_since("")
    desk.figma.asked.clear()

    item = only(await desk.source.changes_since(first.cursor), ItemKind.FIGMA_COMMENT)

    assert item.data["frame"] == ""
    assert f"/v1/files/{KEY}" not in desk.figma.asked


async def test_reading_begins_anew_when_the_cursor_is_of_another_version(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)

    changes = await desk.source.changes_since('{"frames": 7}')

    assert titles(changes, ItemKind.FIGMA_FRAME) == ["Checkout / Address step"]


async def test_check_names_the_file_when_all_can_be_read(desk: Desk) -> None:
    standing = await desk.source.check()

    assert (standing.project, standing.problems) == ("Shop", ())


@pytest.mark.parametrize(
    ("status", "words", "retryable"),
    [
        (403, "Figma did not allow it while reading the file (Something went wrong)", False),
        (404, "Figma does not have it", False),
        (429, "Figma has had too many requests", True),
        (500, "Figma is not well (500 while reading the file)", True),
    ],
)
async def test_refusal_says_what_to_do_when_figma_does_not_answer(
    desk: Desk, status: int, words: str, retryable: bool
) -> None:
    desk.figma.broken = status

    with pytest.raises(TrackerError, match="Figma") as raised:
        await desk.source.changes_since("")

    assert str(raised.value).startswith(words)
    assert raised.value.retryable is retryable


async def test_token_is_named_when_it_is_the_wrong_one(desk: Desk) -> None:
    sources = Sources(SOURCES, {"FIGMA_TOKEN": "figd_old", "FIGMA_API_URL": desk.figma.url}, now=desk.clock)

    with pytest.raises(TrackerError, match="Figma refused the token while reading the file"):
        await sources.get("figma", KEY).check()
    await sources.close()


async def test_source_says_what_to_set_when_it_is_not_set_up() -> None:
    sources = Sources(SOURCES, {}, now=Clock())

    with pytest.raises(TrackerError, match="Figma is not set up: set FIGMA_TOKEN, then start"):
        sources.get("figma", KEY)
