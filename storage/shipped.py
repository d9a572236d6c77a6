"""Queries over what customers can see of releases."""

from datetime import datetime

from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import ChangeKind, ChangeState, Release, ReleaseChange, SourceItem

# More is in no two weeks of releases that anybody reads.
MOST = 100


def visible_between(
    session: WorkspaceSession, since: datetime, until: datetime
) -> list[tuple[ReleaseChange, SourceItem]]:
    """List the changes that are not internal, with their pull requests, of releases published in between."""
    found = (
        select(ReleaseChange, SourceItem)
        .join(Release, col(Release.id) == ReleaseChange.release_id)
        .join(SourceItem, col(SourceItem.id) == ReleaseChange.item_id)
        .where(
            Release.published_at > since,
            Release.published_at <= until,
            ~col(Release.prerelease),
            ReleaseChange.kind != ChangeKind.INTERNAL,
            ReleaseChange.state != ChangeState.INTERNAL,
        )
        .order_by(col(Release.published_at).desc(), col(ReleaseChange.id))
        .limit(MOST)
    )
    return list(session.exec(found))
