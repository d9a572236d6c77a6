"""The table of a run's states: none a dead end but where it ends, and no step where the table has none."""

import pytest

from bot.digests.run_states import TRANSITIONS, Step, follow
from storage.models import RunState

ENDED = (RunState.POSTED, RunState.SKIPPED)


@pytest.mark.parametrize("state", [state for state in RunState if state not in ENDED])
def test_run_can_still_be_posted_from_every_state_but_those_that_end_it(state: RunState) -> None:
    reached = {state}
    for _ in RunState:
        reached |= {line.target for line in TRANSITIONS if reached & set(line.sources)}

    assert RunState.POSTED in reached


@pytest.mark.parametrize("state", ENDED)
def test_nothing_follows_once_it_is_posted_or_skipped(state: RunState) -> None:
    assert not [line for line in TRANSITIONS if state in line.sources]


@pytest.mark.parametrize("step", Step)
def test_step_is_possible_only_where_the_table_has_it(step: Step) -> None:
    lines = [line for line in TRANSITIONS if line.action is step]

    assert lines
    for state in RunState:
        target = next((line.target for line in lines if state in line.sources), None)
        if target is not None:
            assert follow(state, step) is target
        else:
            with pytest.raises(ValueError, match=f"is {state} cannot {step}"):
                follow(state, step)
