"""What both forges keep of pull requests and releases for those who announce them, polled and delivered."""

import json
from typing import Any

from integrations.trackers.base import Item
from integrations.trackers.github.activity import RawPull, RawRelease, pull_item, release_item
from integrations.trackers.gitlab.activity import RawMergeRequest
from integrations.trackers.gitlab.activity import RawRelease as RawGitLabRelease
from integrations.trackers.gitlab.hooks import HookMergeRequest, HookRelease
from tests.integrations.trackers.github.recorded import payload

DESCRIPTION = "Filters are kept.\n\nAnnounce: Save a filter once.\n\nCloses #4"
NOTES = "## New\n- Save a filter once. (#2, !2)\n- Logs by @bo in #3"
AT = "2026-11-25T10:00:00Z"


def told(item: Item | None, *names: str) -> tuple[Any, ...]:
    assert item is not None
    # It is kept as JSON.
    kept = json.loads(json.dumps(dict(item.data)))
    return tuple(kept[name] for name in names)


def test_pull_request_keeps_line_labels_branches_and_merge_commit() -> None:
    raw = payload("pull_request.closed")["pull_request"]
    given = RawPull.model_validate(
        {**raw, "body": DESCRIPTION, "labels": [{"name": "Bug"}], "merged_at": AT, "merge_commit_sha": "abc"}
    )

    found = pull_item(given, "acme/web")

    wanted = ("announce", "labels", "branch", "target", "merge_sha")
    assert told(found, *wanted) == ("Save a filter once.", ["Bug"], "changes", "master", "abc")


def test_pull_request_without_a_description_announces_nothing() -> None:
    raw = payload("pull_request.closed")["pull_request"]

    assert told(pull_item(RawPull.model_validate({**raw, "body": None}), "acme/web"), "announce") == ("",)


def test_release_keeps_what_its_notes_say_of_each_change() -> None:
    raw = payload("release.published")["release"]

    found = [release_item(RawRelease.model_validate({**raw, "body": body}), "acme/web") for body in (NOTES, None)]

    assert [told(item, "notes") for item in found] == [({"2": "Save a filter once."},), ({},)]


MERGE_REQUEST = {
    "iid": 2,
    "title": "Filters",
    "state": "merged",
    "web_url": "https://gitlab.com/acme/web/-/merge_requests/2",
    "created_at": AT,
    "updated_at": AT,
    "merged_at": AT,
    "merge_commit_sha": "abc",
    "source_branch": "filters",
    "target_branch": "main",
    "labels": ["type::bug"],
    "description": DESCRIPTION,
}


def test_merge_request_keeps_the_same() -> None:
    found = RawMergeRequest.model_validate(MERGE_REQUEST).item("acme/web")

    wanted = ("announce", "labels", "branch", "target", "merge_sha")
    assert told(found, *wanted) == ("Save a filter once.", ["type::bug"], "filters", "main", "abc")


def test_merge_request_keeps_the_same_when_it_is_delivered() -> None:
    parts = {name: value for name, value in MERGE_REQUEST.items() if name not in {"labels", "web_url", "merged_at"}}
    hook = {
        "project": {"path_with_namespace": "acme/web"},
        "object_attributes": {**parts, "author_id": 7, "action": "merge"},
        "labels": [{"title": "type::bug"}],
    }

    (found,) = HookMergeRequest.model_validate(hook).items()

    wanted = ("announce", "labels", "branch", "target", "merge_sha")
    assert told(found, *wanted) == ("Save a filter once.", ["type::bug"], "filters", "main", "abc")


def release(tag: str, released_at: str = AT) -> dict[str, Any]:
    return {"tag_name": tag, "tag": tag, "created_at": AT, "released_at": released_at, "description": NOTES}


def test_release_of_gitlab_is_one_to_try_by_its_tag() -> None:
    found = [RawGitLabRelease.model_validate(release(tag)).item("acme/web") for tag in ("2.14.0", "2.14.0-rc1")]

    assert [told(item, "prerelease", "notes") for item in found] == [
        (False, {"2": "Save a filter once."}),
        (True, {"2": "Save a filter once."}),
    ]


def test_release_of_gitlab_keeps_the_same_when_it_is_delivered() -> None:
    project = {"project": {"path_with_namespace": "acme/web"}}
    later = "2026-12-01T10:00:00Z"

    found = HookRelease.model_validate({**project, **release("2.14.0", later)}).item()

    assert told(found, "prerelease", "notes", "published_at") == (
        False,
        {"2": "Save a filter once."},
        "2026-12-01T10:00:00+00:00",
    )
