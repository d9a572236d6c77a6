"""The state machine of a report, as a table. A test holds docs/states.md to it."""

from dataclasses import dataclass
from enum import StrEnum

from bot import states
from storage.models import IssueState, ReportState


class Action(StrEnum):
    """What can be done to a report; also the kind of the decision it leaves."""

    ACCEPT = "accept"
    TAKE = "take"
    ASK = "ask"
    ANSWER = "answer"
    TIMEOUT = "timeout"
    DUPLICATE = "duplicate"
    DECLINE = "decline"
    SNOOZE = "snooze"
    WAKE = "wake"
    START = "start"
    STOP = "stop"
    FIX = "fix"
    VERIFY = "verify"
    SKIP = "skip"
    FAIL = "fail"
    REOPEN = "reopen"
    UNDO = "undo"
    WITHDRAW = "withdraw"


class Right(StrEnum):
    """Who may do an action."""

    TRIAGER = "triager"
    REPORTER = "reporter"
    TESTER = "tester"
    ANYONE = "anyone"
    SYSTEM = "system"


@dataclass(frozen=True)
class Transition(states.Transition[ReportState, Action]):
    """One line of the table; `right` is the least a person needs."""

    right: Right

    @property
    def cells(self) -> tuple[str, ...]:
        """Give what the docs say of it."""
        return (", ".join(self.sources), self.action, self.right, self.target)


NEW = ReportState.NEW
NEEDS_INFO = ReportState.NEEDS_INFO
SNOOZED = ReportState.SNOOZED
ACCEPTED = ReportState.ACCEPTED
IN_PROGRESS = ReportState.IN_PROGRESS
FIXED = ReportState.FIXED
CLOSED = ReportState.CLOSED

TRANSITIONS: tuple[Transition, ...] = (
    Transition((NEW, NEEDS_INFO, SNOOZED), Action.ACCEPT, ACCEPTED, Right.TRIAGER),
    Transition((NEW, NEEDS_INFO, SNOOZED, ACCEPTED), Action.TAKE, ACCEPTED, Right.TRIAGER),
    Transition((NEW, ACCEPTED), Action.ASK, NEEDS_INFO, Right.TRIAGER),
    Transition((NEEDS_INFO,), Action.ANSWER, NEW, Right.REPORTER),
    Transition((NEEDS_INFO,), Action.TIMEOUT, CLOSED, Right.SYSTEM),
    Transition((NEW, NEEDS_INFO, SNOOZED, ACCEPTED, IN_PROGRESS), Action.DUPLICATE, CLOSED, Right.TRIAGER),
    Transition((NEW, NEEDS_INFO, SNOOZED, ACCEPTED, IN_PROGRESS), Action.DECLINE, CLOSED, Right.TRIAGER),
    Transition((NEW, ACCEPTED), Action.SNOOZE, SNOOZED, Right.TRIAGER),
    Transition((SNOOZED,), Action.WAKE, NEW, Right.TRIAGER),
    Transition((ACCEPTED,), Action.START, IN_PROGRESS, Right.TRIAGER),
    Transition((IN_PROGRESS,), Action.STOP, ACCEPTED, Right.TRIAGER),
    Transition((ACCEPTED, IN_PROGRESS), Action.FIX, FIXED, Right.TRIAGER),
    Transition((FIXED,), Action.VERIFY, CLOSED, Right.TESTER),
    Transition((FIXED,), Action.SKIP, CLOSED, Right.TESTER),
    Transition((FIXED,), Action.FAIL, IN_PROGRESS, Right.TESTER),
    Transition((CLOSED,), Action.REOPEN, ACCEPTED, Right.ANYONE),
    Transition((CLOSED,), Action.UNDO, NEW, Right.TESTER),
    Transition((NEW,), Action.WITHDRAW, CLOSED, Right.REPORTER),
)
MACHINE = states.Machine(TRANSITIONS, NEW, "file", (CLOSED,), ("from", "action", "who", "to"))

# What becomes of a report when its issue changes in the tracker; the tracker may jump where people go step by step.
_OPEN_HERE = (NEW, NEEDS_INFO, SNOOZED, ACCEPTED)
SYNCED: tuple[tuple[tuple[ReportState, ...], IssueState, Action, ReportState], ...] = (
    (_OPEN_HERE, IssueState.DOING, Action.START, IN_PROGRESS),
    ((*_OPEN_HERE, IN_PROGRESS), IssueState.DONE, Action.FIX, FIXED),
    ((*_OPEN_HERE, IN_PROGRESS, FIXED), IssueState.DROPPED, Action.DECLINE, CLOSED),
    ((IN_PROGRESS,), IssueState.OPEN, Action.STOP, ACCEPTED),
    ((FIXED, CLOSED), IssueState.OPEN, Action.REOPEN, ACCEPTED),
    ((FIXED, CLOSED), IssueState.DOING, Action.REOPEN, IN_PROGRESS),
)


def follow_tracker(state: ReportState, issue: IssueState) -> Transition | None:
    """Find what a change in the tracker does to a report; None if nothing."""
    for sources, seen, action, target in SYNCED:
        if state in sources and seen is issue:
            return Transition(sources, action, target, Right.SYSTEM)
    return None


def find(action: Action, state: ReportState) -> Transition | None:
    """Find the line for an action in a state; None means it is not allowed there."""
    return MACHINE.find(action, state)


def actions_from(state: ReportState) -> tuple[Action, ...]:
    """List what can be done in a state, in the order of the table."""
    return tuple(line.action for line in TRANSITIONS if state in line.sources)
