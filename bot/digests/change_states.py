"""The state machine of a change in a release on its way to customers, as a table.

*Approved* is somebody's word, which can be taken back for a few minutes; *announced* follows by itself. What is
internal comes back only if its pull request gets a text and nobody decided. See docs/decisions/0013-releases.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage.models import ChangeState


class ChangeStep(StrEnum):
    """What is done with a change; also the kind of the decision it leaves."""

    DRAFT = "draft"
    APPROVE = "approve_text"
    ANNOUNCE = "announce"
    REVISE = "revise"
    NOT_ANNOUNCE = "not_announce"
    RECONSIDER = "reconsider"


@dataclass(frozen=True)
class ChangeTransition:
    """One line of the table."""

    sources: tuple[ChangeState, ...]
    step: ChangeStep
    target: ChangeState


DETECTED = ChangeState.DETECTED
DRAFTED = ChangeState.DRAFTED

TRANSITIONS: tuple[ChangeTransition, ...] = (
    ChangeTransition((DETECTED, DRAFTED), ChangeStep.DRAFT, DRAFTED),
    ChangeTransition((DRAFTED,), ChangeStep.APPROVE, ChangeState.APPROVED),
    ChangeTransition((ChangeState.APPROVED,), ChangeStep.ANNOUNCE, ChangeState.ANNOUNCED),
    ChangeTransition((ChangeState.APPROVED,), ChangeStep.REVISE, DRAFTED),
    ChangeTransition((DETECTED, DRAFTED), ChangeStep.NOT_ANNOUNCE, ChangeState.INTERNAL),
    ChangeTransition((ChangeState.INTERNAL,), ChangeStep.RECONSIDER, DRAFTED),
)


def follow(state: ChangeState, step: ChangeStep) -> ChangeState | None:
    """Give the state that a step leads to; None if it is not possible there."""
    return next((line.target for line in TRANSITIONS if line.step is step and state in line.sources), None)
