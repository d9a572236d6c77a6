"""What a team calls its states and labels, kept while the process lives."""

from collections.abc import Sequence

from integrations.exchange import HttpError
from integrations.trackers.linear import documents
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.payloads import Raw, RawLabel, RawLabels
from storage.models import IssueState

# Where a state can be one of several kinds, the one that people expect comes first.
_TYPES = {
    IssueState.OPEN: ("unstarted", "backlog", "triage"),
    IssueState.DOING: ("started",),
    IssueState.DONE: ("completed",),
    IssueState.DROPPED: ("canceled", "duplicate"),
}
DUPLICATE_FIRST = ("duplicate", "canceled")


class TeamState(Raw):
    """A state of the team's workflow; `position` orders those of one type."""

    id: str
    name: str
    type: str
    position: float = 0


class TeamStates(Raw):
    """All of them."""

    nodes: tuple[TeamState, ...]


class RawTeamWords(Raw):
    """The team with its states."""

    id: str
    states: TeamStates


class RawTeams(Raw):
    """The team that has the key, if there is one."""

    nodes: tuple[RawTeamWords, ...]


class Team:
    """One team, by its key. What it is asked for is asked of Linear once."""

    def __init__(self, api: LinearApi, key: str) -> None:
        self._api = api
        self._key = key
        self._words: RawTeamWords | None = None
        self._labels: dict[str, str] = {}

    def forget(self) -> None:
        """Ask again: the team may have changed its states or labels."""
        self._words = None
        self._labels.clear()

    async def id(self) -> str:
        """Give the team's id."""
        return (await self._known()).id

    async def state_id(self, state: IssueState, types: Sequence[str] = ()) -> str:
        """Give the team's first state of that meaning.

        Raises:
            HttpError: the team has none.
        """
        states = sorted((await self._known()).states.nodes, key=lambda one: one.position)
        for wanted in types or _TYPES[state]:
            found = next((one.id for one in states if one.type == wanted), None)
            if found:
                return found
        raise HttpError(f"the team has no state that means {state.value}", status=200)

    async def label_ids(self, names: Sequence[str]) -> list[str]:
        """Give the ids of labels; those that are missing are made."""
        return [await self._label_id(name) for name in dict.fromkeys(names)]

    async def _label_id(self, name: str) -> str:
        if name.casefold() not in self._labels:
            found = await self._api.ask(documents.LABEL, {"key": self._key, "name": name})
            labels = found.read(RawLabels, "issueLabels").nodes
            self._labels[name.casefold()] = labels[0].id if labels else await self._made_label(name)
        return self._labels[name.casefold()]

    async def _made_label(self, name: str) -> str:
        wanted = {"teamId": await self.id(), "name": name}
        made = await self._api.change(documents.CREATE_LABEL, {"input": wanted})
        return made.read(RawLabel, "issueLabelCreate", "issueLabel").id

    async def _known(self) -> RawTeamWords:
        if self._words is None:
            found = await self._api.ask(documents.TEAM, {"key": self._key})
            teams = found.read(RawTeams, "teams").nodes
            if not teams:
                raise HttpError(f"there is no team {self._key}", status=404)
            self._words = teams[0]
        return self._words
