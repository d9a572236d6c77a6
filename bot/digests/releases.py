"""Releases and what they contain: the pull requests merged since the release before.

Which commits a tag holds is known to the forge alone; asking for it costs a request per release and misses squashed
branches. The time of the merge says the same wherever releases are made of one branch. See docs/decisions/0013.
"""

import re
from datetime import datetime, timedelta

from bot.digests.audiences import Reader
from bot.digests.change_states import ChangeStep, follow
from bot.digests.slots import Occurrence
from bot.digests.titles import is_more_than, plain_title
from bot.services import Services
from storage import releases
from storage.database import WorkspaceSession
from storage.models import ChangeKind, ChangeState, Release, ReleaseChange, Slot, SourceItem

# A release before the first one we know of is supposed to be so long ago.
FIRST_LOOK_BACK = timedelta(days=14)
# Pull requests are heard of a little after the release, and by polling.
SETTLED_AFTER = timedelta(days=2)
LOOK_BACK = timedelta(days=14)
# So long after it came out, what a release contains is known.
WAIT = timedelta(minutes=10)
# Older ones are no news.
OLDEST = timedelta(days=3)
# Where nobody publishes releases, what is brought here is one.
PRODUCTION = frozenset({"production", "prod", "live"})
VISIBLE = frozenset({"customer-visible", "announce", "release-note"})
_KINDS: tuple[tuple[frozenset[str], ChangeKind], ...] = (
    (frozenset({"bug", "fix", "bugfix"}), ChangeKind.FIX),
    (frozenset({"performance", "speed", "perf"}), ChangeKind.SPEED),
    (frozenset({"feature", "enhancement"}), ChangeKind.FEATURE),
)
# "type::bug", "kind/bug" and "type: bug" are all "bug".
_SCOPE = re.compile(r"^.*(?:::?|/)\s*")


def detect(session: WorkspaceSession, services: Services, now: datetime) -> None:
    """Find what new releases contain; what somebody decided stays as it is."""
    for deployment in releases.deployed(session, PRODUCTION, now - LOOK_BACK):
        session.add(_release(deployment))
    session.flush()
    for release in releases.unread(session, now - LOOK_BACK, now - SETTLED_AFTER, now):
        last = releases.before(session, release)
        since = last.published_at if last is not None else release.published_at - FIRST_LOOK_BACK
        known, notes = releases.changes(session, release), releases.notes(session, release)
        for pull in releases.merged(session, release, since):
            change = known.get(pull.id or 0)
            if change is None:
                session.add(_change(release, pull, notes))
            elif change.decided_at is None and not change.announce_text:
                _look_again(session, change, pull, notes)
        session.flush()


def to_post(session: WorkspaceSession, services: Services, reader: Reader, now: datetime) -> list[Occurrence]:
    """List the releases that an audience may be told of now, the oldest first; the schedule knows which it was."""
    since = max(now - OLDEST, reader.known_since)
    found = releases.published(session, since, now - WAIT)
    return [Occurrence(Slot.RELEASE, f"release:{one.id}", one.published_at + WAIT) for one in found]


def kind_of(labels: frozenset[str], *, is_visible: bool) -> ChangeKind:
    """Say what a change is to customers by its labels; what nobody says anything of is internal."""
    if not is_visible:
        return ChangeKind.INTERNAL
    return next((kind for names, kind in _KINDS if names & labels), ChangeKind.FEATURE)


def _release(deployment: SourceItem) -> Release:
    assert deployment.closed_at is not None
    commit = str(deployment.data.get("sha", ""))[:7]
    return Release(
        source=deployment.source,
        repo=deployment.project,
        tag=deployment.external_id,
        name=f"{deployment.data['environment']} {commit}".strip(),
        url=deployment.url,
        published_at=deployment.closed_at,
    )


def _change(release: Release, pull: SourceItem, notes: dict[str, str]) -> ReleaseChange:
    words, labels = _words(pull, notes), _labels(pull)
    is_visible = bool(words) or bool(labels & VISIBLE)
    return ReleaseChange(
        release_id=release.id or 0,
        item_id=pull.id or 0,
        title=plain_title(pull.title),
        kind=kind_of(labels, is_visible=is_visible),
        component_key=pull.component_key,
        announce_text=words,
        state=ChangeState.DRAFTED if words else ChangeState.DETECTED if is_visible else ChangeState.INTERNAL,
    )


def _look_again(session: WorkspaceSession, change: ReleaseChange, pull: SourceItem, notes: dict[str, str]) -> None:
    """Take the text that a change got after its release was seen; a text that people may have read stays."""
    words = _words(pull, notes)
    if not words:
        return
    step = ChangeStep.RECONSIDER if change.state is ChangeState.INTERNAL else ChangeStep.DRAFT
    target = follow(change.state, step)
    assert target is not None
    change.state, change.announce_text = target, words
    change.kind = kind_of(_labels(pull), is_visible=True)
    session.add(change)


def _words(pull: SourceItem, notes: dict[str, str]) -> str:
    """Find what customers are told: the pull request's own line, or what the release's notes add to its title."""
    announced = str(pull.data.get("announce", ""))
    noted = notes.get(str(pull.data.get("number", "")), "")
    return announced or (noted if is_more_than(noted, pull.title) else "")


def _labels(pull: SourceItem) -> frozenset[str]:
    labels = (str(one).strip().casefold() for one in pull.data.get("labels", ()))
    return frozenset(name for label in labels for name in (label, _SCOPE.sub("", label)))
