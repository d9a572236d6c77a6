"""Redmine's statuses folded to the four states: every installation has its own, in its own language."""

import re
from collections.abc import Iterable

from integrations.trackers.redmine.payloads import RawStatus
from storage.models import IssueState

# Closed, but not done. Beside English the words that Redmine itself begins with in some languages
# (config/locales, default_issue_status_rejected).
_DROPPED = re.compile(
    r"reject|declin|drop|won.?t|invalid|duplicat|cancel|not a bug|reproduc|obsolete|abandon|"
    r"abgewiesen|abgelehnt|verworfen|rejet|rechaz|rifiut|rejeit|afgewezen|odrzuc|отклон|відхил|"
    r"avvis|avslag|hylät|zamítn|却下|拒绝|거절|reddedil",
    re.IGNORECASE,
)
# Open, but nobody works at it yet, although it is not the first status.
_WAITING = re.compile(r"\bnew\b|\bopen|reopen|backlog|to.?do|planned|confirm|accept|triag|approv|ready", re.IGNORECASE)
_BEST = {
    IssueState.OPEN: re.compile(r"\bnew\b|reopen|\bopen", re.IGNORECASE),
    IssueState.DOING: re.compile(r"progress|doing|started|in bearbeitung|en cours|en curso", re.IGNORECASE),
    IssueState.DONE: re.compile(r"^(closed|done|fixed|resolved|completed)$", re.IGNORECASE),
    IssueState.DROPPED: re.compile(r"reject|won.?t|declin|abgewiesen|rejet|rechaz", re.IGNORECASE),
}


class Statuses:
    """The statuses of a server; `initial` are those that new issues have."""

    def __init__(self, statuses: Iterable[RawStatus], initial: frozenset[int]) -> None:
        self.known = tuple(statuses)
        self._closed = {status.id for status in self.known if status.is_closed}
        self._initial = initial

    def state_of(self, status: RawStatus) -> IssueState:
        """Fold a status: closed ones by their name, open ones by whether work has begun."""
        is_closed = status.id in self._closed if status.is_closed is None else status.is_closed
        if is_closed:
            return IssueState.DROPPED if _DROPPED.search(status.name) else IssueState.DONE
        is_waiting = status.id in self._initial or _WAITING.search(status.name)
        return IssueState.OPEN if is_waiting else IssueState.DOING

    def best(self, state: IssueState, allowed: Iterable[RawStatus]) -> RawStatus | None:
        """Choose the status for a state from those allowed; None if none has it.

        Where nothing means "not done", an issue is closed all the same: that is better than to leave it open.
        """
        known = list(allowed)
        fitting = [status for status in known if self.state_of(status) is state]
        if not fitting and state is IssueState.DROPPED:
            return self.best(IssueState.DONE, known)
        named = [status for status in fitting if _BEST[state].search(status.name)]
        initial = [status for status in fitting if status.id in self._initial]
        return next(iter([*initial, *named, *fitting]), None)
