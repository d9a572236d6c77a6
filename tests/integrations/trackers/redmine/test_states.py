"""Every installation has its own statuses, in its own language."""

import pytest

from integrations.trackers.redmine.payloads import RawStatus
from integrations.trackers.redmine.states import Statuses
from storage.models import IssueState

USUAL = {
    "New": (False, IssueState.OPEN),
    "In Progress": (False, IssueState.DOING),
    "Resolved": (False, IssueState.DOING),
    "Feedback": (False, IssueState.DOING),
    "Closed": (True, IssueState.DONE),
    "Rejected": (True, IssueState.DROPPED),
}
GERMAN = {
    "Neu": (False, IssueState.OPEN),
    "In Bearbeitung": (False, IssueState.DOING),
    "Erledigt": (True, IssueState.DONE),
    "Abgewiesen": (True, IssueState.DROPPED),
}


def statuses(names: dict[str, tuple[bool, IssueState]]) -> Statuses:
    known = [RawStatus(id=place, name=name, is_closed=names[name][0]) for place, name in enumerate(names, start=1)]
    return Statuses(known, frozenset({1}))


@pytest.mark.parametrize("names", [USUAL, GERMAN])
def test_state_is_told_by_the_status_when_read(names):
    found = statuses(names)

    assert {status.name: found.state_of(status) for status in found.known} == {
        name: state for name, (_, state) in names.items()
    }


def test_state_is_known_when_an_old_server_does_not_say_what_is_closed():
    assert statuses(USUAL).state_of(RawStatus(id=6, name="Rejected")) is IssueState.DROPPED


@pytest.mark.parametrize(
    ("names", "state", "wanted"),
    [
        (USUAL, IssueState.OPEN, "New"),
        (USUAL, IssueState.DOING, "In Progress"),
        (USUAL, IssueState.DONE, "Closed"),
        (USUAL, IssueState.DROPPED, "Rejected"),
        (GERMAN, IssueState.DROPPED, "Abgewiesen"),
    ],
)
def test_best_status_is_chosen_when_there_are_several(names, state, wanted):
    found = statuses(names)

    best = found.best(state, found.known)

    assert best is not None
    assert best.name == wanted


def test_issue_is_closed_all_the_same_when_no_status_means_dropped():
    found = statuses(USUAL)

    best = found.best(IssueState.DROPPED, [status for status in found.known if status.name != "Rejected"])

    assert best is not None
    assert best.name == "Closed"


def test_there_is_no_status_when_the_workflow_allows_none():
    found = statuses(USUAL)

    assert found.best(IssueState.DONE, found.known[:2]) is None
