"""The versions of the example shop as a tracker would have told of them: releases, pull requests, what is in which."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from bot.demo.shipping import (
    COMING,
    FEATURES,
    OPEN_PULLS,
    REPOSITORY,
    VERSIONS,
    Feature,
    OpenPull,
    Version,
    at_work,
    published_at,
    version_for,
)
from storage import people
from storage.database import WorkspaceSession
from storage.models import (
    ChangeKind,
    ChangeState,
    ItemKind,
    Person,
    Release,
    ReleaseChange,
    Report,
    Resolution,
    SourceItem,
)

SOURCE = "github"
# Who is who there.
ACCOUNTS = {"U0ANA": "ana", "U0BO": "bo", "U0CLEO": "cleo", "U0DEV": "dev", "U0FINN": "finn"}
ADDRESS = f"https://github.com/{REPOSITORY}"
_FIRST_NUMBER = 601
# A fix is merged before the report says so, and looked at for a day before.
_MERGED_BEFORE = timedelta(minutes=40)
_LOOKED_AT = timedelta(hours=20)
_DEPLOYED_AFTER = timedelta(minutes=25)
_DECIDED = frozenset({ChangeState.APPROVED, ChangeState.ANNOUNCED})


@dataclass(frozen=True)
class _Merged:
    """A pull request that was merged, and what it is to customers."""

    feature: Feature
    at: datetime
    author: str


def write(session: WorkspaceSession, now: datetime) -> None:
    """Write down every version, and every change with the first version that holds it."""
    releases = {version.tag: _release(version, now) for version in VERSIONS}
    merged = sorted([*_fixes(session), *_features(now)], key=lambda one: one.at)
    pulls = [_pull(number, one) for number, one in enumerate(merged, start=_FIRST_NUMBER)]
    first_open = _FIRST_NUMBER + len(merged)
    session.add_all(releases.values())
    session.add_all(_release_item(number, one) for number, one in enumerate(releases.values(), start=1))
    session.add(_deployment(releases[COMING]))
    session.add_all(pulls)
    session.add_all(_waiting(number, one, now) for number, one in enumerate(OPEN_PULLS, start=first_open))
    session.flush()
    decided_by = people.meet(session, "U0ANA").id
    for one, pull in zip(merged, pulls, strict=True):
        version = version_for(one.at, now)
        if version is not None:
            session.add(_change(one.feature, pull, releases[version.tag], decided_by, now))
    session.flush()


def _fixes(session: WorkspaceSession) -> list[_Merged]:
    found = select(Report).where(col(Report.fixed_at).is_not(None), col(Report.private).is_(False))
    people_here = session.exec(select(Person))
    accounts = {person.id: person.tracker_accounts.get(SOURCE, "") for person in people_here}
    return [
        _Merged(
            Feature(f"Fix: {report.title}", 0.0, ChangeKind.FIX, report.component_key or ""),
            report.fixed_at - _MERGED_BEFORE,
            accounts.get(report.owner_id, ""),
        )
        for report in session.exec(found)
        if report.fixed_at is not None and report.resolution in {None, Resolution.FIXED, Resolution.FIXED_NOT_VERIFIED}
    ]


def _features(now: datetime) -> list[_Merged]:
    authors = ("bo", "finn", "cleo")
    return [
        _Merged(one, at_work(now, one.days_ago), authors[number % len(authors)]) for number, one in enumerate(FEATURES)
    ]


def _release(version: Version, now: datetime) -> Release:
    return Release(
        source=SOURCE,
        repo=REPOSITORY,
        tag=version.tag,
        name=version.tag,
        url=f"{ADDRESS}/releases/tag/{version.tag}",
        published_at=published_at(version, now),
        prerelease=version.is_prerelease,
    )


def _release_item(number: int, release: Release) -> SourceItem:
    at = release.published_at
    data = {"tag": release.tag, "prerelease": release.prerelease, "published_at": at.isoformat()}
    return SourceItem(
        source=SOURCE,
        project=REPOSITORY,
        kind=ItemKind.RELEASE,
        external_id=str(number),
        title=release.name,
        url=release.url,
        state="prerelease" if release.prerelease else "published",
        opened_at=at,
        updated_at=at,
        closed_at=at,
        data=data,
    )


def _deployment(release: Release) -> SourceItem:
    """Give the deployment of a version to where testers look at it."""
    at = release.published_at + _DEPLOYED_AFTER
    return SourceItem(
        source=SOURCE,
        project=REPOSITORY,
        kind=ItemKind.DEPLOYMENT,
        external_id=f"{REPOSITORY}@{release.tag}",
        title=release.tag,
        url=f"{ADDRESS}/deployments",
        state="success",
        opened_at=at,
        updated_at=at,
        closed_at=at,
        data={"environment": "staging", "ref": release.tag},
    )


def _pull(number: int, merged: _Merged) -> SourceItem:
    announce = merged.feature.announce
    data = {
        "merged_at": merged.at.isoformat(),
        "merge_sha": f"{number:040x}",
        "body": f"Announce: {announce}" if announce else "",
        "announce": announce,
        "requested_reviewers": [],
        "labels": [],
    }
    item = _pull_item(number, merged.feature.title, merged.author, merged.at - _LOOKED_AT, data)
    item.state, item.updated_at, item.closed_at = "merged", merged.at, merged.at
    item.component_key = merged.feature.component or None
    return item


def _waiting(number: int, pull: OpenPull, now: datetime) -> SourceItem:
    data = {"requested_reviewers": list(pull.reviewers), "labels": list(pull.labels), "body": "", "announce": ""}
    return _pull_item(number, pull.title, pull.author, now - timedelta(days=pull.days_ago), data)


def _pull_item(number: int, title: str, author: str, opened_at: datetime, data: dict[str, Any]) -> SourceItem:
    return SourceItem(
        source=SOURCE,
        project=REPOSITORY,
        kind=ItemKind.PULL_REQUEST,
        external_id=f"{REPOSITORY}#{number}",
        title=title,
        url=f"{ADDRESS}/pull/{number}",
        author=author,
        state="open",
        opened_at=opened_at,
        updated_at=opened_at,
        data={"number": number, "branch": f"change-{number}", "target": "main", **data},
    )


def _change(
    feature: Feature, pull: SourceItem, release: Release, decided_by: int | None, now: datetime
) -> ReleaseChange:
    is_decided = feature.state in _DECIDED
    return ReleaseChange(
        release_id=release.id or 0,
        item_id=pull.id or 0,
        title=feature.title,
        kind=feature.kind,
        component_key=feature.component or None,
        announce_text=feature.announce,
        state=feature.state,
        by_id=decided_by if is_decided else None,
        decided_at=now - timedelta(days=feature.decided_days_ago) if is_decided else None,
        version=2 if is_decided else 1,
    )
