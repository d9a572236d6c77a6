"""What GitLab shows to some people of a project only: its internal notes and confidential issues stay there."""

import json
from typing import Any

import pytest

from integrations.trackers.base import Delivery
from integrations.trackers.gitlab.tracker import GitLabTracker
from integrations.trackers.gitlab.webhook import GitLabWebhook
from tests.integrations.trackers.test_gitlab import GitLab, delivery, gitlab, issue, tracker

__all__ = ["gitlab", "tracker"]

OTHER_LISTS = ("merge_requests", "events", "releases", "deployments")


def note(note_id: int, **more: Any) -> dict[str, Any]:
    """Give a note as GitLab lists it."""
    at = "2026-03-02T10:10:00.000Z"
    author = {"id": 3, "username": "bob", "name": "Bob"}
    return {"id": note_id, "body": f"Note {note_id}", "created_at": at, "updated_at": at, "author": author, **more}


# Servers of today say `internal`, those before 15 `confidential`.
NOTES = [note(1), note(2, internal=True), note(3, confidential=True), note(4, system=True), note(5, confidential=None)]


async def test_internal_notes_are_left_out_when_listed(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers["GET issues/7/notes"] = NOTES

    assert [one.external_id for one in await tracker.list_comments("7")] == ["1", "5"]


async def test_internal_notes_are_left_out_when_asked_what_changed(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers |= {"GET projects/acme%2Fweb": {}, "GET issues": [issue()]}
    gitlab.answers |= {"GET issues/7/notes": NOTES} | {f"GET {name}": [] for name in OTHER_LISTS}
    begun = (await tracker.changes_since("")).cursor.replace("2026-03-02T10:15:31", "2026-03-02T09:00:00")

    changes = await tracker.changes_since(begun)

    assert [one.external_id for one in changes.issues] == ["7"]
    assert sorted(one.external_id for one in changes.comments) == ["1", "5"]


@pytest.mark.parametrize(("given", "restricted"), [(True, True), (False, False), (None, False)])
async def test_issue_is_restricted_when_it_is_confidential(
    tracker: GitLabTracker, gitlab: GitLab, given: bool | None, restricted: bool
):
    raw = issue(confidential=given)
    gitlab.answers |= {"GET issues/7": raw, "GET issues": [raw]}

    found = await tracker.get_issue("7")
    page = await tracker.list_issues("")

    assert found is not None
    assert [one.restricted for one in (found, *page.issues)] == [restricted] * 2


@pytest.mark.parametrize("word", ["internal", "confidential"])
def test_internal_note_and_confidential_issue_are_known_when_delivered(word: str):
    about_note, about_issue = (json.loads(delivery(name).body) for name in ("note_on_issue", "issue"))
    about_note["object_attributes"][word] = True
    about_issue["object_attributes"]["confidential"] = True

    told = GitLabWebhook().parse(Delivery({}, json.dumps(about_note).encode()), "root")
    (found,) = GitLabWebhook().parse(Delivery({}, json.dumps(about_issue).encode()), "root").issues

    assert (told.comments, found.restricted) == ((), True)
    assert not GitLabWebhook().parse(delivery("issue"), "root").issues[0].restricted
