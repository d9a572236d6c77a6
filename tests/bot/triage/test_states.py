"""The table of a report's states: as the domain has it, no way out missing, a word for each action."""

import pytest

from bot.triage import decisions
from bot.triage.states import TRANSITIONS, Action, Right, actions_from, find
from storage.models import ReportState

# As written in the domain's table; two lines are ours: `take` is "accept and own it", `withdraw` takes back one's own.
DOMAIN = """
new, needs_info, snoozed | accept | accepted
new, needs_info, snoozed, accepted | take | accepted
new, accepted | ask | needs_info
needs_info | answer | new
needs_info | timeout | closed
new, needs_info, snoozed, accepted, in_progress | duplicate | closed
new, needs_info, snoozed, accepted, in_progress | decline | closed
new, accepted | snooze | snoozed
snoozed | wake | new
accepted | start | in_progress
in_progress | stop | accepted
accepted, in_progress | fix | fixed
fixed | verify | closed
fixed | skip | closed
fixed | fail | in_progress
closed | reopen | accepted
closed | undo | new
new | withdraw | closed
"""


def test_table_says_what_the_domain_says() -> None:
    written = [f"{', '.join(line.sources)} | {line.action} | {line.target}" for line in TRANSITIONS]

    assert written == DOMAIN.strip().splitlines()


@pytest.mark.parametrize("state", [state for state in ReportState if state is not ReportState.CLOSED])
def test_a_person_can_close_a_report_from_every_state(state: ReportState) -> None:
    reached = {state}
    for _ in ReportState:
        reached |= {line.target for line in TRANSITIONS if reached & set(line.sources) and line.right != Right.SYSTEM}

    assert ReportState.CLOSED in reached


@pytest.mark.parametrize("state", ReportState)
def test_no_state_is_a_dead_end(state: ReportState) -> None:
    assert any(line.target is not state for line in TRANSITIONS if state in line.sources)


@pytest.mark.parametrize("action", Action)
def test_action_is_found_only_where_the_table_has_it(action: Action) -> None:
    found = {state for state in ReportState if find(action, state)}

    assert found == {source for line in TRANSITIONS if line.action is action for source in line.sources}
    assert found == {state for state in ReportState if action in actions_from(state)}
    assert found != set()


def test_every_action_has_a_word_for_who_was_faster() -> None:
    assert set(decisions.PAST) == set(Action)
