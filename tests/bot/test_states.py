"""The tables of states: every state reached, no two ways for one action, and found only where the table has it."""

from enum import StrEnum
from itertools import chain
from typing import Any

import pytest

from bot.digests import change_states, run_states
from bot.states import Machine, Transition
from bot.triage import states as report_states

MACHINES = (report_states.MACHINE, run_states.MACHINE, change_states.MACHINE)


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Press(StrEnum):
    GO = "go"
    STOP = "stop"
    BREAK = "break"


GO = Transition((Light.RED,), Press.GO, Light.GREEN)
STOP = Transition((Light.RED, Light.GREEN), Press.STOP, Light.RED)
LIGHTS = Machine((GO, STOP), Light.RED, "build", (Light.GREEN,))


@pytest.fixture(params=MACHINES, ids=lambda one: type(one.start).__name__)
def machine(request: pytest.FixtureRequest) -> Machine[Any]:
    found: Machine[Any] = request.param
    return found


def test_every_state_is_reached_from_the_first(machine: Machine[Any]) -> None:
    reached = {machine.start}
    for _ in type(machine.start):
        reached |= {line.target for line in machine.transitions if reached & set(line.sources)}

    assert reached == set(type(machine.start))


def test_every_action_has_one_line_and_is_found_only_from_its_states(machine: Machine[Any]) -> None:
    actions = type(machine.transitions[0].action)

    for action in actions:
        (line,) = [one for one in machine.transitions if one.action is action]
        assert {state for state in type(machine.start) if machine.find(action, state) is line} == set(line.sources)


def test_a_way_may_end_only_where_it_is_said_to(machine: Machine[Any]) -> None:
    sources = set(chain.from_iterable(line.sources for line in machine.transitions))

    assert set(type(machine.start)) - sources <= set(machine.ends)


def test_a_line_is_found_by_what_is_done_in_a_state() -> None:
    assert LIGHTS.find(Press.STOP, Light.GREEN) is STOP
    assert LIGHTS.find(Press.GO, Light.GREEN) is None
    assert LIGHTS.find(Press.BREAK, Light.RED) is None


def test_machine_is_drawn_with_all_its_ways() -> None:
    assert LIGHTS.diagram().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> red: build",
        "    red --> green: go",
        "    red --> red: stop",
        "    green --> red: stop",
        "    green --> [*]",
    ]
    assert LIGHTS.table().splitlines() == [
        "| from | step | to |",
        "|---|---|---|",
        "| red | go | green |",
        "| red, green | stop | red |",
    ]
