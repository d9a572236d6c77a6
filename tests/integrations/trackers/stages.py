"""What the contract tests need of a tracker: itself on a real server, and another person who works there too.

For each tracker there is a module `stage_<name>.py` with

    @asynccontextmanager
    async def stage(database: Database, now: Callable[[], datetime]) -> AsyncIterator[Stage]: ...

which gives a Stage in a project with no issues in it. Where the server takes long to start, the module also has

    @contextmanager
    def server() -> Iterator[Anything]: ...

which is entered once for all tests, and whose value `stage` then gets as its third argument.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from integrations.trackers.base import IssueDraft, Tracker


class Outside(Protocol):
    """Another person in the same project, who does things without Liaison: by the server's API, as someone else."""

    async def make_issue(self, title: str, body: str = "") -> str:
        """Make an issue whose body is this raw text, in the tracker's own form; return its external id."""

    async def set_title(self, external_id: str, title: str) -> None:
        """Rename an issue."""

    async def close(self, external_id: str) -> None:
        """Close an issue as done."""

    async def reopen(self, external_id: str) -> None:
        """Open it again."""

    async def add_label(self, external_id: str, label: str) -> None:
        """Put one more label on an issue. Only called with Ability.LABELS."""

    async def comment(self, external_id: str, text: str) -> str:
        """Comment in raw text; return the comment's id."""

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        """Replace the text of their comment."""

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete their comment."""

    async def raw_body(self, external_id: str) -> str:
        """Give an issue's body as the server keeps it (JSON where it is a tree)."""


async def nothing(draft: IssueDraft) -> None:
    """Do nothing before an issue is made."""


@dataclass(frozen=True)
class Stage:
    """A tracker in an empty project of a running server.

    `url` is the server's address, `project` as the settings name it, `values` what the tracker was made from. `person`
    is the Account.key of someone who can be given an issue, and `email` what they are found by. `refused` is the
    same tracker with a wrong token, `lost` with a project that is not there; both None for a tracker without a
    server. `labels` can be put on issues. `outside` is None where nobody but Liaison has a way in.
    `intend` does what must be done before an issue is made.
    """

    tracker: Tracker
    outside: Outside | None
    url: str
    project: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    person: str = ""
    email: str = ""
    labels: tuple[str, str] = ("severity: high", "area: checkout")
    refused: Tracker | None = None
    lost: Tracker | None = None
    intend: Callable[[IssueDraft], Awaitable[None]] = nothing
