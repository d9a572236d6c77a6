"""What the GitLab rig gives of a list: filtered, in order, by pages; and one thing of it, or GitLab's refusal."""

from datetime import datetime
from typing import Any


class Refused(Exception):
    """An error of the real GitLab."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def filtered(things: list[dict[str, Any]], query: dict[str, Any]) -> list[dict[str, Any]]:
    """Leave what the query wants, in its order."""
    found = things
    for name, is_after in (("after", True), ("before", False)):
        for what in ("updated", "created"):
            limit = query.get(f"{what}_{name}")
            if limit:
                at = datetime.fromisoformat(limit)
                found = [one for one in found if _is_within(one[f"{what}_at"], at, is_after=is_after)]
    if "author_id" in query:
        found = [one for one in found if one["author"]["id"] == query["author_id"]]
    if query.get("state", "all") != "all":
        found = [one for one in found if one["state"] == query["state"]]
    order = query.get("order_by", "created_at")
    return sorted(found, key=lambda one: (one[order], one.get("id", 0)), reverse=query.get("sort", "desc") == "desc")


def _is_within(value: str, limit: datetime, *, is_after: bool) -> bool:
    at = datetime.fromisoformat(value)
    return at >= limit if is_after else at <= limit


def found(things: list[dict[str, Any]], name: str, wanted: str) -> dict[str, Any]:
    for thing in things:
        if str(thing[name]) == wanted:
            return thing
    raise Refused(404, "404 Not found")


def page(things: list[Any], query: dict[str, Any]) -> tuple[list[Any], dict[str, str]]:
    size, page = min(query.get("per_page", 20), 100), query.get("page", 1)
    is_last = page * size >= len(things)
    headers = {"x-total": str(len(things)), "x-page": str(page), "x-next-page": "" if is_last else str(page + 1)}
    return things[(page - 1) * size : page * size], headers
