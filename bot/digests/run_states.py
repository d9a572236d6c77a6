"""The state machine of a run of a digest, as a table; a test holds docs/states.md to it."""

from enum import StrEnum

from bot.states import Machine, Transition
from storage.models import RunState


class Step(StrEnum):
    """What happens to a run."""

    COLLECT = "collect"
    RENDER = "render"
    SKIP = "skip"
    POST = "post"
    LOSE_ANSWER = "lose_answer"
    WAIT = "wait"
    STAND = "stand"
    FAIL = "fail"
    GIVE_UP = "give_up"
    RECHANNEL = "rechannel"


DUE = RunState.DUE
COLLECTING = RunState.COLLECTING
RENDERED = RunState.RENDERED
POSTING = RunState.POSTING
CHECKING = RunState.CHECKING
FAILED = RunState.FAILED

TRANSITIONS: tuple[Transition[RunState, Step], ...] = (
    # A process that was killed while it collected begins anew.
    Transition((DUE, COLLECTING, FAILED), Step.COLLECT, COLLECTING),
    Transition((COLLECTING,), Step.RENDER, RENDERED),
    Transition((COLLECTING,), Step.SKIP, RunState.SKIPPED),
    Transition((COLLECTING,), Step.FAIL, FAILED),
    Transition((RENDERED,), Step.POST, POSTING),
    # Slack said that it did not take it, and when to come again.
    Transition((POSTING,), Step.WAIT, RENDERED),
    # Slack did not answer, or nobody heard it: the channel is searched before anything is sent again.
    Transition((POSTING,), Step.LOSE_ANSWER, CHECKING),
    Transition((POSTING, CHECKING), Step.STAND, RunState.POSTED),
    Transition((DUE, COLLECTING, RENDERED, POSTING, CHECKING, FAILED), Step.GIVE_UP, RunState.ABANDONED),
    Transition((RunState.ABANDONED,), Step.RECHANNEL, RENDERED),
)
MACHINE = Machine(TRANSITIONS, DUE, "it is time", (RunState.POSTED, RunState.SKIPPED, RunState.ABANDONED))


def follow(state: RunState, step: Step) -> RunState:
    """Give the state that a step leads to.

    Raises:
        ValueError: the step is not possible there.
    """
    line = MACHINE.find(step, state)
    if line is None:
        raise ValueError(f"a run that is {state} cannot {step}")
    return line.target
