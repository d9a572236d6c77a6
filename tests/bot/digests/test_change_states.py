"""The table of a change's states: none a dead end but where it ends, and nothing announced without a word."""

import pytest

from bot.digests.change_states import TRANSITIONS, ChangeStep, follow
from storage.models import ChangeState


def reached_from(*states: ChangeState) -> set[ChangeState]:
    reached = set(states)
    for _ in ChangeState:
        reached |= {line.target for line in TRANSITIONS if reached & set(line.sources)}
    return reached


@pytest.mark.parametrize("state", [state for state in ChangeState if state is not ChangeState.ANNOUNCED])
def test_change_can_still_be_announced_from_every_state(state: ChangeState) -> None:
    assert ChangeState.ANNOUNCED in reached_from(state)


def test_nothing_follows_once_it_is_announced() -> None:
    assert not [line for line in TRANSITIONS if ChangeState.ANNOUNCED in line.sources]


def test_nothing_is_announced_without_being_approved() -> None:
    (line,) = [line for line in TRANSITIONS if line.target is ChangeState.ANNOUNCED]

    assert line.sources == (ChangeState.APPROVED,)


@pytest.mark.parametrize("step", ChangeStep)
def test_step_is_possible_only_where_the_table_has_it(step: ChangeStep) -> None:
    lines = [line for line in TRANSITIONS if line.action is step]

    found = {state: follow(state, step) for state in ChangeState}

    assert lines
    assert {state for state, target in found.items() if target} == {one for line in lines for one in line.sources}
    assert all(target in {None, lines[0].target} for target in found.values())
