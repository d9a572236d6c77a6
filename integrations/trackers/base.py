"""The tracker protocol: what every issue tracker can be asked."""

from dataclasses import dataclass
from typing import Protocol

from storage.models import IssueState


@dataclass(frozen=True)
class IssueDraft:
    """An issue to be made. `marker` is unguessable and goes into the issue, so that it can be found again."""

    marker: str
    title: str
    body: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Issue:
    """An issue as the tracker has it."""

    external_id: str
    key: str
    url: str
    state: IssueState


class TrackerError(Exception):
    """A tracker did not do what it was asked; `retryable` says whether asking again may help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class Tracker(Protocol):
    """An issue tracker. Every method may raise TrackerError."""

    @property
    def name(self) -> str:
        """Give the key the settings file knows it by."""

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; after an unknown outcome ask `find_by_marker` before calling again."""

    async def find_by_marker(self, marker: str) -> Issue | None:
        """Find the issue that carries `marker`, if it was made."""

    async def set_state(self, external_id: str, state: IssueState) -> Issue:
        """Move an issue to a state."""

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue."""
