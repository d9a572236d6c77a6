"""A stream of real reports with their known duplicates: what is asked when, and what counts as found.

A file is one JSON line a report, gzipped or not: id, created, title, body, and where known duplicate_of, related,
closed, type. Reports come in order of time; each later member of a group of duplicates asks for the earlier ones, just
before it is added. What names its target in its own text asks nothing. As many reports of no group ask too: what is
shown to them is a false alarm.
"""

import gzip
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SLACK_LETTERS = 280
VIEWS = ("full", "slack", "title")
_SEED = 11
_CODE = re.compile(r"```.*?(```|\Z)|\{(?:code|noformat)[^}]*\}.*?(\{(?:code|noformat)\}|\Z)", re.DOTALL)
_MARKUP = re.compile(r"[*_`#>|{}\[\]]+")


@dataclass(frozen=True)
class Past:
    """A report of the file; `targets` are the places in the stream of what it was closed as a duplicate of."""

    name: str
    created: datetime
    closed: datetime | None
    title: str
    body: str
    targets: tuple[int, ...]


@dataclass(frozen=True)
class Stream:
    """Reports in order of time; `wanted` gives the earlier ones each query should find, `others` should find none."""

    reports: list[Past]
    wanted: dict[int, frozenset[int]]
    others: frozenset[int]
    left_out: int


def read_stream(path: Path) -> Stream:
    """Read a file and plan what is asked."""
    written = path.read_bytes()
    lines = (gzip.decompress(written) if path.suffix == ".gz" else written).decode().split("\n")
    rows = [json.loads(line) for line in lines if line.strip()]
    rows.sort(key=lambda row: (row["created"], row["id"]))
    places = {row["id"]: place for place, row in enumerate(rows)}
    reports = [_past(row, places) for row in rows]
    groups = _groups(reports)
    wanted, left_out = _plan(reports, groups)
    free = [
        place
        for place, row in enumerate(rows)
        if place not in groups and not row.get("related") and row.get("type") not in ("Epic", "Sub-task")
    ]
    others = random.Random(_SEED).sample(free, min(len(free), len(wanted)))
    return Stream(reports, wanted, frozenset(others), left_out)


def view(report: Past, how: str) -> tuple[str, str]:
    """Give title and body as they are asked: all of it, what a chat message holds, or the title while typing."""
    if how == "title":
        return report.title, ""
    if how == "slack":
        plain = _MARKUP.sub(" ", _CODE.sub(" ", report.body))
        return report.title, " ".join(plain.split())[:SLACK_LETTERS]
    return report.title, report.body


def _past(row: dict[str, Any], places: dict[str, int]) -> Past:
    targets = [places[one] for one in row.get("duplicate_of") or () if one in places and one != row["id"]]
    return Past(
        name=row["id"],
        created=_time(row["created"]),
        closed=_time(row["closed"]) if row.get("closed") else None,
        title=row["title"],
        body=row.get("body") or "",
        targets=tuple(targets),
    )


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def _groups(reports: list[Past]) -> dict[int, int]:
    """Name the group of every report that is in one."""
    parent: dict[int, int] = {}

    def find(place: int) -> int:
        while parent.setdefault(place, place) != place:
            place = parent[place]
        return place

    for place, report in enumerate(reports):
        for target in report.targets:
            parent[find(place)] = find(target)
    return {place: find(place) for place in parent}


def _plan(reports: list[Past], groups: dict[int, int]) -> tuple[dict[int, frozenset[int]], int]:
    earlier: defaultdict[int, list[int]] = defaultdict(list)
    wanted: dict[int, frozenset[int]] = {}
    left_out = 0
    for place in sorted(groups):
        members = earlier[groups[place]]
        if members and _names(reports[place], [reports[one].name for one in members]):
            left_out += 1
        elif members:
            wanted[place] = frozenset(members)
        members.append(place)
    return wanted, left_out


def _names(report: Past, targets: list[str]) -> bool:
    """Say whether a report names one of its targets itself, so that finding it shows nothing."""
    text = f"{report.title} {report.body}"
    for target in targets:
        number = re.sub(r"^[A-Za-z]+-?", "", target)
        whole = rf"(?<![\w-]){re.escape(target)}\b"
        if re.search(whole, text) or re.search(rf"(?i)(?:#|bug\s|issues/|id=){re.escape(number)}\b", text):
            return True
    return False
