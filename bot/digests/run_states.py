"""The state machine of a run of a digest, as a table."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True)
class Transition:
    """One line of the table."""

    sources: tuple[RunState, ...]
    step: Step
    target: RunState


DUE = RunState.DUE
COLLECTING = RunState.COLLECTING
RENDERED = RunState.RENDERED
POSTING = RunState.POSTING
CHECKING = RunState.CHECKING
FAILED = RunState.FAILED

TRANSITIONS: tuple[Transition, ...] = (
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


def follow(state: RunState, step: Step) -> RunState:
    """Give the state that a step leads to.

    Raises:
        ValueError: the step is not possible there.
    """
    for line in TRANSITIONS:
        if line.step is step and state in line.sources:
            return line.target
    raise ValueError(f"a run that is {state} cannot {step}")
