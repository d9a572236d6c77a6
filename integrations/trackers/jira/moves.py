"""Moves an issue to another state, by whatever way its workflow has."""

from collections.abc import Sequence
from typing import Any

from integrations.trackers.base import TrackerError
from integrations.trackers.jira.payloads import RawIssue, RawTransitions
from integrations.trackers.jira.site import JiraSite, parsed
from integrations.trackers.jira.states import CATEGORIES, DROPPED_LABEL, Way, choose, state_of
from storage.models import IssueState

_WORDS = {
    IssueState.OPEN: "not begun",
    IssueState.DOING: "in progress",
    IssueState.DONE: "done",
    IssueState.DROPPED: "closed",
}


async def move(site: JiraSite, raw: RawIssue, state: IssueState, *, is_duplicate: bool = False) -> None:
    """Take the transition that leads to a state; where the workflow cannot say "dropped", a label does.

    Raises:
        TrackerError: no transition leads there.
        HttpError: Jira did not do it.
    """
    if current(raw) is state:
        return
    is_over = CATEGORIES[state] == "done" and raw.fields.status.category.key == "done"
    if is_over and (state is IssueState.DROPPED or _is_only_labelled(raw)):
        await _label(site, raw, is_on=state is IssueState.DROPPED)
        return
    ways = await _ways(site, raw)
    if is_over:
        # It was closed for a reason, and only on the way from an open status can another one be given.
        ways = await _reopened(site, raw, ways)
    step = choose(ways, state, is_duplicate=is_duplicate)
    if step is None:
        raise _no_way(raw, state, ways)
    await _take(site, raw, step.id, step.resolution)
    now = await site.read_issue(raw.id)
    is_labelled = DROPPED_LABEL in now.fields.labels
    if state is IssueState.DROPPED and current(now) is not IssueState.DROPPED:
        await _label(site, raw, is_on=True)
    elif state is not IssueState.DROPPED and is_labelled:
        await _label(site, raw, is_on=False)


def current(raw: RawIssue) -> IssueState:
    """Give the state of an issue."""
    fields = raw.fields
    resolution = fields.resolution.name if fields.resolution else ""
    return state_of(fields.status.category.key, fields.status.name, resolution, fields.labels)


def _is_only_labelled(raw: RawIssue) -> bool:
    without = tuple(label for label in raw.fields.labels if label != DROPPED_LABEL)
    plain = raw.fields.model_copy(update={"labels": without})
    return current(raw.model_copy(update={"fields": plain})) is IssueState.DONE


async def _ways(site: JiraSite, raw: RawIssue) -> Sequence[Way]:
    answer = await site.get(f"issue/{raw.id}/transitions", expand="transitions.fields")
    found = parsed(RawTransitions, answer).transitions
    return [Way(one.id, one.to.category.key, one.to.name, one.resolutions) for one in found]


async def _reopened(site: JiraSite, raw: RawIssue, ways: Sequence[Way]) -> Sequence[Way]:
    """Reopen an issue; give the ways from there."""
    step = choose(ways, IssueState.OPEN) or choose(ways, IssueState.DOING)
    if step is None:
        return ways
    await _take(site, raw, step.id, "")
    return await _ways(site, raw)


async def _take(site: JiraSite, raw: RawIssue, way: str, resolution: str) -> None:
    wanted: dict[str, Any] = {"transition": {"id": way}}
    if resolution:
        wanted["fields"] = {"resolution": {"name": resolution}}
    await site.change("POST", f"issue/{raw.id}/transitions", wanted)


async def _label(site: JiraSite, raw: RawIssue, *, is_on: bool) -> None:
    change = {"add" if is_on else "remove": DROPPED_LABEL}
    await site.change("PUT", f"issue/{raw.id}", {"update": {"labels": [change]}})


def _no_way(raw: RawIssue, state: IssueState, ways: Sequence[Way]) -> TrackerError:
    there = ", ".join(dict.fromkeys(way.status for way in ways)) or "nowhere"
    words = (
        f"Jira's workflow lets Liaison move {raw.key} from {raw.fields.status.name} to {there}, "
        f"but to no status that means {_WORDS[state]}. Add a transition to its workflow, or move it there by hand."
    )
    return TrackerError(words, retryable=False)
