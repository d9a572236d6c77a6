"""Releases and pull requests as a tracker tells of them, for tests of what is made of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from bot.digests import releases
from bot.services import Services
from bot.triage import sync
from integrations.trackers.base import Changes, Item
from storage.database import WorkspaceSession
from storage.models import ChangeState, ItemKind, Release, ReleaseChange
from tests.conftest import read

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
REPOSITORY = "acme/web"
AUTHOR = "bo-builds"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def pull(
    number: int,
    days_ago: float,
    announce: str = "",
    labels: Sequence[str] = (),
    *,
    title: str = "",
    project: str = REPOSITORY,
    state: str = "merged",
) -> Item:
    at = ago(days_ago)
    return Item(
        kind=ItemKind.PULL_REQUEST,
        external_id=f"{project}#{number}",
        project=project,
        title=title or f"Change {number}",
        url=f"https://github.com/{project}/pull/{number}",
        author=AUTHOR,
        state=state,
        opened_at=at - timedelta(days=1),
        updated_at=at,
        closed_at=at if state in {"merged", "closed"} else None,
        data={"number": number, "announce": announce, "labels": list(labels)},
    )


def release(
    tag: str, days_ago: float, notes: Mapping[str, str] | None = None, *, prerelease: bool = False, **more: Any
) -> Item:
    at = ago(days_ago)
    project = str(more.get("project", REPOSITORY))
    return Item(
        kind=ItemKind.RELEASE,
        external_id=f"{project}@{tag}",
        project=project,
        title=tag,
        url=f"https://github.com/{project}/releases/tag/{tag}",
        author=AUTHOR,
        state="prerelease" if prerelease else "published",
        opened_at=at,
        updated_at=at,
        closed_at=at,
        data={"tag": tag, "prerelease": prerelease, "published_at": at.isoformat(), "notes": dict(notes or {})},
    )


def deployment(number: int, days_ago: float, environment: str = "production", state: str = "success") -> Item:
    at = ago(days_ago)
    return Item(
        kind=ItemKind.DEPLOYMENT,
        external_id=str(number),
        project=REPOSITORY,
        title=f"main to {environment}",
        url="https://shop.example",
        author=AUTHOR,
        state=state,
        opened_at=at - timedelta(minutes=3),
        updated_at=at,
        closed_at=at,
        data={"environment": environment, "sha": f"{number:040x}", "ref": "main"},
    )


async def told(services: Services, *items: Item, now: datetime = NOW) -> None:
    """Let a tracker tell of these, and the alarm ring."""

    def unit(session: WorkspaceSession) -> None:
        sync.take_in(session, services, "github", Changes(items=items))
        releases.detect(session, services, now)

    await services.database.write(services.workspace, unit)


async def changes(services: Services) -> list[ReleaseChange]:
    return await read(
        services, lambda session: list(session.exec(select(ReleaseChange).order_by(col(ReleaseChange.id))))
    )


async def contained(services: Services) -> dict[str, list[str]]:
    """Map the tag of each release to the titles of what it contains."""

    def unit(session: WorkspaceSession) -> dict[str, list[str]]:
        tags = {one.id: one.tag for one in session.exec(select(Release))}
        found: dict[str, list[str]] = {tag: [] for tag in tags.values()}
        for change in session.exec(select(ReleaseChange)):
            found[tags[change.release_id]].append(change.title)
        return {tag: sorted(titles) for tag, titles in found.items()}

    return await read(services, unit)


async def states(services: Services) -> dict[str, ChangeState]:
    return {change.title: change.state for change in await changes(services)}
