"""What the contract tests do with a tracker, and how they wait for what it tells."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from integrations.markup.base import Document, Link, Mention, Paragraph, Text
from integrations.trackers import TRACKERS
from integrations.trackers.base import Changes, Comment, Issue, IssueDraft, Tracker, with_marker
from tests.integrations.trackers.stages import Outside, Stage

# Jira is one tracker to whoever sets it up, and two to whoever asks it.
STAGES = (*TRACKERS, *(["jira_dc"] if "jira" in TRACKERS else []))
EVERY = [pytest.param(name, marks=[] if name == "local" else [pytest.mark.scenario]) for name in STAGES]
# Those with a server of their own, where other people have a way in.
SERVED = [one for one in EVERY if one.values != ("local",)]
PERMALINK = "https://acme.slack.com/archives/C0QA/p1763888400000100"
PATIENCE_S = 10.0
MARKER = "m4rker-no-one-could-guess-{:04}"


def every(test: Callable[..., Any]) -> Any:
    """Run a test on every tracker."""
    return pytest.mark.parametrize("stage", EVERY, indirect=True)(test)


def served(test: Callable[..., Any]) -> Any:
    """Run a test on every tracker that has a server, where other people have a way in."""
    return pytest.mark.parametrize("stage", SERVED, indirect=True)(test)


def draft(number: int = 1, text: str = "Pay button does nothing", **more: Any) -> IssueDraft:
    marker = MARKER.format(number)
    return IssueDraft(marker, f"BUG-{number} Pay button does nothing", document(text, marker), **more)


def document(text: str, marker: str) -> Document:
    link = Link(with_marker(PERMALINK, marker), "Report in Slack")
    return Document((Paragraph((Text(text),)), Paragraph((link,))))


async def make(stage: Stage, number: int = 1, **more: Any) -> Issue:
    wanted = draft(number, **more)
    await stage.intend(wanted)
    return await stage.tracker.create_issue(wanted)


def someone_in(stage: Stage) -> Outside:
    assert stage.outside is not None
    return stage.outside


async def all_issues(tracker: Tracker) -> list[Issue]:
    page = await tracker.list_issues("")
    found = list(page.issues)
    while page.cursor:
        page = await tracker.list_issues(page.cursor)
        found += page.issues
    return found


class Poll:
    """Asks again and again what changed, and keeps it."""

    def __init__(self, tracker: Tracker, cursor: str) -> None:
        self._tracker = tracker
        self.cursor = cursor
        self.seen: list[Changes] = []

    @classmethod
    async def begin(cls, tracker: Tracker) -> "Poll":
        now = await tracker.changes_since("")
        assert (now.issues, now.comments, now.gone, now.items, now.more) == ((), (), (), (), False)
        assert now.cursor
        return cls(tracker, now.cursor)

    async def once(self) -> None:
        more = True
        while more:
            changes = await self._tracker.changes_since(self.cursor)
            self.seen.append(changes)
            self.cursor, more = changes.cursor, changes.more

    async def until(self, is_there: Callable[["Poll"], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.once()
                while not is_there(self):
                    await asyncio.sleep(0.3)
                    await self.once()
        except TimeoutError:
            raise AssertionError(f"not seen; what was: {self.seen}") from None

    def issue(self, external_id: str) -> Issue | None:
        """Give an issue as it was last seen."""
        found = [issue for changes in self.seen for issue in changes.issues if issue.external_id == external_id]
        return found[-1] if found else None

    def issue_ids(self) -> set[str]:
        return {issue.external_id for changes in self.seen for issue in changes.issues}

    def comments(self) -> dict[str, Comment]:
        return {comment.external_id: comment for changes in self.seen for comment in changes.comments}


async def again(stage: Stage, issue: Issue) -> Issue:
    found = await stage.tracker.get_issue(issue.external_id)
    assert found is not None
    return found


def mentioned(body: Document) -> set[str]:
    """List the accounts that a text's paragraphs would tell."""
    paragraphs = [block for block in body.blocks if isinstance(block, Paragraph)]
    return {
        one.account for paragraph in paragraphs for one in paragraph.content if isinstance(one, Mention) and one.account
    }


def letters(text: str) -> str:
    """Leave out blanks, and invisible characters that keep a service from seeing what is not meant for it."""
    return re.sub(r"[^\x21-\x7e]", "", text)
