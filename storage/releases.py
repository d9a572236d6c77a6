"""Queries over releases and what they changed."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import ChangeState, Decision, ItemKind, Release, ReleaseChange, SourceItem

WAITING = (ChangeState.DETECTED, ChangeState.DRAFTED)


def get_change(session: WorkspaceSession, change_id: int) -> ReleaseChange | None:
    """Find a change by its id and hold it against other writers."""
    return session.exec(select(ReleaseChange).where(ReleaseChange.id == change_id).with_for_update()).first()


def unread(session: WorkspaceSession, since: datetime, settled: datetime, until: datetime) -> list[Release]:
    """List the releases of a time whose changes are not known, or may still become more; the oldest first."""
    is_known = exists().where(col(ReleaseChange.release_id) == Release.id)
    found = select(Release).where(
        Release.published_at > since,
        Release.published_at <= until,
        ~is_known | (col(Release.published_at) > settled),
    )
    return list(session.exec(found.order_by(col(Release.published_at), col(Release.id))))


def deployed(session: WorkspaceSession, environments: Collection[str], since: datetime) -> list[SourceItem]:
    """List what was brought to one of these environments since a moment where nobody ever published a release."""
    published, kept = aliased(SourceItem), aliased(Release)
    has_releases = exists().where(
        col(published.kind) == ItemKind.RELEASE,
        col(published.source) == SourceItem.source,
        col(published.project) == SourceItem.project,
    )
    is_kept = exists().where(
        col(kept.source) == SourceItem.source,
        col(kept.repo) == SourceItem.project,
        col(kept.tag) == SourceItem.external_id,
    )
    found = select(SourceItem).where(
        SourceItem.kind == ItemKind.DEPLOYMENT,
        SourceItem.state == "success",
        col(SourceItem.opened_at) > since,
        col(SourceItem.closed_at).is_not(None),
        ~has_releases,
        ~is_kept,
    )
    items = session.exec(found.order_by(col(SourceItem.closed_at), col(SourceItem.id)))
    return [item for item in items if str(item.data.get("environment", "")).casefold() in environments]


def notes(session: WorkspaceSession, release: Release) -> dict[str, str]:
    """Read what the notes of a release say of its changes, by the number of each."""
    told = select(SourceItem).where(
        SourceItem.kind == ItemKind.RELEASE,
        SourceItem.source == release.source,
        SourceItem.project == release.repo,
        SourceItem.closed_at == release.published_at,
    )
    found = next((one for one in session.exec(told) if one.data.get("tag") == release.tag), None)
    return {str(number): str(words) for number, words in found.data.get("notes", {}).items()} if found else {}


def before(session: WorkspaceSession, release: Release) -> Release | None:
    """Find the release that one follows: of the same repository, and a final one if it is final itself."""
    earlier = select(Release).where(
        Release.source == release.source,
        Release.repo == release.repo,
        Release.published_at < release.published_at,
    )
    if not release.prerelease:
        earlier = earlier.where(col(Release.prerelease).is_(False))
    return session.exec(earlier.order_by(col(Release.published_at).desc()).limit(1)).first()


def merged(session: WorkspaceSession, release: Release, since: datetime) -> list[SourceItem]:
    """List the pull requests of a release's repository that were merged since a moment, up to the release.

    One that is in another final release is not in this one, if this is final too: customers are told once.
    """
    earlier, other = aliased(ReleaseChange), aliased(Release)
    is_told = exists().where(
        col(earlier.item_id) == SourceItem.id,
        col(earlier.release_id) == other.id,
        col(other.id) != release.id,
        col(other.prerelease).is_(False),
    )
    found = select(SourceItem).where(
        SourceItem.kind == ItemKind.PULL_REQUEST,
        SourceItem.source == release.source,
        SourceItem.project == release.repo,
        SourceItem.state == "merged",
        # What was merged since then was changed since then, which is indexed.
        SourceItem.updated_at > since,
        col(SourceItem.closed_at) > since,
        col(SourceItem.closed_at) <= release.published_at,
    )
    if not release.prerelease:
        found = found.where(~is_told)
    return list(session.exec(found.order_by(col(SourceItem.closed_at), col(SourceItem.id))))


def changes(session: WorkspaceSession, release: Release) -> dict[int, ReleaseChange]:
    """Map the pull requests that are known to be in a release, by their ids, to what they change, and hold them."""
    known = select(ReleaseChange).where(ReleaseChange.release_id == release.id).with_for_update()
    return {change.item_id: change for change in session.exec(known)}


def last_decision(session: WorkspaceSession, subject: str, change_id: int, before: int) -> Decision | None:
    """Find the newest decision on a change, made before another, that nobody took back."""
    found = select(Decision).where(
        Decision.subject_type == subject,
        Decision.subject_id == change_id,
        col(Decision.id) < before,
        col(Decision.undone_by_id).is_(None),
    )
    return session.exec(found.order_by(col(Decision.id).desc()).limit(1)).first()


def approved(session: WorkspaceSession, before: datetime) -> list[ReleaseChange]:
    """List the changes whose text somebody approved before a moment, and nobody took back, and hold them."""
    found = select(ReleaseChange).where(
        ReleaseChange.state == ChangeState.APPROVED, col(ReleaseChange.decided_at) <= before
    )
    return list(session.exec(found.order_by(col(ReleaseChange.id)).with_for_update()))


def waiting(
    session: WorkspaceSession, since: datetime, until: datetime, limit: int
) -> list[tuple[ReleaseChange, Release]]:
    """List the changes of final releases of a time that wait for a word, the newest release first."""
    found = (
        select(ReleaseChange, Release)
        .join(Release, col(Release.id) == ReleaseChange.release_id)
        .where(col(ReleaseChange.state).in_(WAITING), col(Release.prerelease).is_(False))
        .where(Release.published_at > since, Release.published_at <= until)
        .order_by(col(Release.published_at).desc(), col(ReleaseChange.id))
        .limit(limit)
    )
    return list(session.exec(found))


def count_changes(session: WorkspaceSession, release_ids: Collection[int]) -> tuple[int, int]:
    """Count the changes of releases: all of them, and those that are internal."""
    internal = func.sum(case((col(ReleaseChange.state) == ChangeState.INTERNAL, 1), else_=0))
    counted = select(func.count(), internal).where(col(ReleaseChange.release_id).in_(release_ids))
    whole, left_out = session.exec(counted).one()
    return int(whole), int(left_out or 0)


def published(session: WorkspaceSession, since: datetime, until: datetime) -> list[Release]:
    """List the final releases that were published in a time, the oldest first."""
    found = select(Release).where(
        Release.published_at > since, Release.published_at <= until, col(Release.prerelease).is_(False)
    )
    return list(session.exec(found.order_by(col(Release.published_at), col(Release.id))))
