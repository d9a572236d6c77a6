"""Every project has a workflow of its own."""

import pytest

from integrations.trackers.jira.states import Step, Way, choose, state_of
from storage.models import IssueState

RESOLUTIONS = ("Done", "Won't Do", "Duplicate")
SIMPLE = [Way("11", "new", "To Do"), Way("21", "indeterminate", "In Progress"), Way("31", "done", "Done")]
ASKING = [Way("11", "new", "To Do"), Way("31", "done", "Done", RESOLUTIONS), Way("41", "done", "Rejected")]


@pytest.mark.parametrize(
    ("category", "status", "resolution", "labels", "state"),
    [
        ("new", "To Do", "", (), IssueState.OPEN),
        ("undefined", "Anything", "", (), IssueState.OPEN),
        ("new", "Reopened", "", ("wontfix",), IssueState.OPEN),
        ("indeterminate", "In Review", "", (), IssueState.DOING),
        ("done", "Done", "Done", (), IssueState.DONE),
        ("done", "Resolved", "Fixed", (), IssueState.DONE),
        ("done", "Done", "Won't Do", (), IssueState.DROPPED),
        ("done", "Closed", "Cannot Reproduce", (), IssueState.DROPPED),
        ("done", "Declined", "", (), IssueState.DROPPED),
        ("done", "Done", "Done", ("wontfix",), IssueState.DROPPED),
    ],
)
def test_state_is_told_by_category_and_reason_when_read(category, status, resolution, labels, state):
    assert state_of(category, status, resolution, labels) is state


@pytest.mark.parametrize(
    ("ways", "state", "step"),
    [
        (SIMPLE, IssueState.OPEN, Step("11")),
        (SIMPLE, IssueState.DOING, Step("21")),
        (SIMPLE, IssueState.DONE, Step("31")),
        (SIMPLE, IssueState.DROPPED, Step("31")),
        (ASKING, IssueState.DONE, Step("31", "Done")),
        (ASKING, IssueState.DROPPED, Step("41")),
        (ASKING[:2], IssueState.DROPPED, Step("31", "Won't Do")),
        (ASKING, IssueState.DOING, None),
        ([Way("41", "done", "Rejected")], IssueState.DONE, None),
        ([Way("1", "new", "Selected"), Way("2", "new", "Reopened")], IssueState.OPEN, Step("2")),
    ],
)
def test_best_transition_is_chosen_when_there_are_several(ways, state, step):
    assert choose(ways, state) == step


def test_resolution_says_duplicate_when_it_is_one():
    assert choose(ASKING[:2], IssueState.DROPPED, is_duplicate=True) == Step("31", "Duplicate")
