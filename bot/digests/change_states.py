"""The state machine of a change in a release on its way to customers, as a table.

*Approved* is somebody's word, which can be taken back for a few minutes; *announced* follows by itself. What is
internal comes back only if its pull request gets a text and nobody decided. See docs/decisions/0013-releases.md; a test
holds docs/states.md to the table.
"""

from enum import StrEnum

from bot.states import Machine, Transition
from storage.models import ChangeState


class ChangeStep(StrEnum):
    """What is done with a change; also the kind of the decision it leaves."""

    DRAFT = "draft"
    APPROVE = "approve_text"
    ANNOUNCE = "announce"
    REVISE = "revise"
    NOT_ANNOUNCE = "not_announce"
    RECONSIDER = "reconsider"


DETECTED = ChangeState.DETECTED
DRAFTED = ChangeState.DRAFTED

TRANSITIONS: tuple[Transition[ChangeState, ChangeStep], ...] = (
    Transition((DETECTED, DRAFTED), ChangeStep.DRAFT, DRAFTED),
    Transition((DRAFTED,), ChangeStep.APPROVE, ChangeState.APPROVED),
    Transition((ChangeState.APPROVED,), ChangeStep.ANNOUNCE, ChangeState.ANNOUNCED),
    Transition((ChangeState.APPROVED,), ChangeStep.REVISE, DRAFTED),
    Transition((DETECTED, DRAFTED), ChangeStep.NOT_ANNOUNCE, ChangeState.INTERNAL),
    Transition((ChangeState.INTERNAL,), ChangeStep.RECONSIDER, DRAFTED),
)
MACHINE = Machine(TRANSITIONS, DETECTED, "it is in a release", (ChangeState.ANNOUNCED, ChangeState.INTERNAL))


def follow(state: ChangeState, step: ChangeStep) -> ChangeState | None:
    """Give the state that a step leads to; None if it is not possible there."""
    line = MACHINE.find(step, state)
    return line.target if line is not None else None
