"""A history of any length for digests: a team that gets a bug every 20 minutes, and does as much.

However long it goes on, as many bugs come in a week and as many are open: what grows is what is over.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, Table, create_engine, make_url

from storage import schema
from storage.models import METADATA
from tests.conftest import WORKSPACE

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
BETWEEN = timedelta(minutes=20)
# Open for reasons of their own, besides those that are on their way.
BACKLOG = 1_000
OPEN_PULLS = 30
_HOUR = timedelta(hours=1)
_TRIAGED = frozenset({"take", "accept", "duplicate"})
_LISTS = frozenset({"attachments", "transcript", "labels", "our_labels"})
_WORDS = ("the", "checkout", "page", "spins", "for", "ever", "after", "a", "second", "voucher", "on", "phones")
_SEVERITIES = ("S1", "S2", "S2", "S3", "S3", "S3", "S4", None)
Row = dict[str, Any]


def fill(url: str, size: int) -> None:
    """Write a history of `size` reports, with their decisions, issues, pull requests and releases."""
    schema.upgrade(url)
    write = _write_sqlite if make_url(url).get_backend_name() == "sqlite" else _write_postgres
    people = [{"id": number, "slack_user_id": f"U{number}", "role": "engineer"} for number in (1, 2)]
    write(url, "person", iter(people))
    chance = random.Random(size)
    waiting = set(chance.sample(range(1, size + 1), BACKLOG))
    write(url, "report", (_report(number, size, number in waiting) for number in range(1, size + 1)))
    write(url, "issuelink", (_link(number) for number in range(1, size + 1)))
    write(url, "decision", _numbered(_decisions(size, waiting)))
    write(url, "auditevent", _numbered(_events(size, waiting)))
    write(url, "release", (_release(number, size) for number in range(1, size // 100 + 1)))
    write(url, "sourceitem", _numbered(_items(size)))
    write(url, "releasechange", _numbered(_changes(size)))
    # As at the next start.
    schema.upgrade(url)


def _created(number: int, size: int) -> datetime:
    return NOW - (size - number + 0.5) * BETWEEN


def _steps(number: int, size: int, is_waiting: bool) -> list[tuple[str, datetime]]:
    """Give what was decided on a report until now, and when."""
    at = _created(number, size)
    if number % 20 == 0:
        steps = [("duplicate", at + 3 * _HOUR)]
    else:
        again = [("fail", at + 110 * _HOUR), ("fix", at + 118 * _HOUR)] if number % 17 == 0 else []
        steps = [("take" if number % 3 else "accept", at + 5 * _HOUR), ("start", at + 48 * _HOUR)]
        steps += [("fix", at + 100 * _HOUR), *again, ("verify", at + 130 * _HOUR)]
    most = number % 4 if is_waiting else len(steps)
    return [(kind, when) for kind, when in steps[:most] if when <= NOW]


def _report(number: int, size: int, is_waiting: bool) -> Row:
    steps = dict(_steps(number, size, is_waiting))
    last = next(reversed(steps), "")
    states = {"take": "accepted", "start": "in_progress", "fix": "fixed", "verify": "closed", "duplicate": "closed"}
    state = states.get(last, "new" if not last else "in_progress" if last == "fail" else "accepted")
    created = _created(number, size)
    return {
        "id": number,
        "number": number,
        "title": f"Checkout spins for ever {number}",
        "what": " ".join(_WORDS[(number + at) % len(_WORDS)] for at in range(60)),
        "source": "command",
        "reporter_id": 1,
        "owner_id": 2 if number % 3 else None,
        "team_key": "web",
        "component_key": ("checkout", "search", None)[number % 3],
        "labels": '["ux"]' if number % 100 == 0 else "[]",
        "found_in": ("production", "staging", "dev")[number % 3],
        "severity": _SEVERITIES[number % len(_SEVERITIES)],
        "private": number % 50 == 0,
        "state": state,
        "resolution": {"verify": "fixed", "duplicate": "duplicate"}.get(last),
        "due_at": created + 8 * _HOUR if state == "new" else None,
        "hits": 1,
        "created_at": created,
        "top_at": created,
        "triaged_at": steps.get("take") or steps.get("accept"),
        "started_at": steps.get("start"),
        "fixed_at": steps.get("fix") if state in {"fixed", "closed"} else None,
        "verified_at": steps.get("verify"),
        "closed_at": steps.get("verify") or steps.get("duplicate"),
        "version": 1,
    }


def _link(number: int) -> Row:
    return {
        "id": number,
        "subject_type": "report",
        "subject_id": number,
        "tracker": "github",
        "project": "acme/web",
        "marker": f"m{number}",
        "external_id": f"{number}",
        "state": "open",
        "settled": True,
    }


def _decisions(size: int, waiting: set[int]) -> Iterator[Row]:
    for number in range(1, size + 1):
        for kind, at in _steps(number, size, number in waiting):
            facts = {"facts": '{"was_new": true, "in_time": true}'} if kind in _TRIAGED else {}
            yield {"subject_type": "report", "subject_id": number, "kind": kind, "by_id": 2, "at": at, **facts}


def _events(size: int, waiting: set[int]) -> Iterator[Row]:
    for number in range(1, size + 1):
        for kind, at in _steps(number, size, number in waiting)[:2]:
            row = {"subject_type": "report", "subject_id": number, "action": kind, "actor_id": 2, "at": at}
            yield {**row, "via": "button", "before": '{"state": "new", "private": false}'}


def _release(number: int, size: int) -> Row:
    known = {"id": number, "source": "github", "repo": "acme/web", "tag": f"v{number}", "name": f"{number}"}
    return {**known, "published_at": _created(100 * number, size)}


def _items(size: int) -> Iterator[Row]:
    """Give a merged pull request and its review for each two reports, then those that wait, and deployments."""
    for number in range(1, size // 2 + 1):
        at = _created(2 * number, size)
        usual = {"source": "github", "project": "acme/web", "opened_at": at - 9 * _HOUR, "updated_at": at}
        pull = {**usual, "external_id": f"p{number}", "title": f"Change {number}", "data": '{"labels": []}'}
        if number > size // 2 - OPEN_PULLS:
            opened = NOW - 30 * _HOUR
            yield {**pull, "kind": "pr", "state": "open", "opened_at": opened, "updated_at": opened}
            continue
        yield {**pull, "kind": "pr", "state": "merged", "closed_at": at}
        review = {**usual, "external_id": f"r{number}", "parent_external_id": f"p{number}"}
        yield {**review, "kind": "review", "state": "approved", "closed_at": at}
        if number % 5 == 0:
            data = '{"environment": "staging", "ref": "v1"}'
            yield {**usual, "external_id": f"d{number}", "kind": "deploy", "state": "success", "data": data}


def _changes(size: int) -> Iterator[Row]:
    """Put each merged pull request into the first release after it."""
    place = 0
    for number in range(1, size // 2 - OPEN_PULLS + 1):
        release = (2 * number + 99) // 100
        place += 1
        if release <= size // 100:
            known = {"release_id": release, "item_id": place, "title": f"Change {number}", "version": 1}
            yield {**known, "kind": "fix" if number % 5 else "internal", "state": "announced"}
        place += 1 + (number % 5 == 0)


def _numbered(rows: Iterator[Row]) -> Iterator[Row]:
    return ({"id": number, **row} for number, row in enumerate(rows, 1))


def _blank(table: Table) -> Row:
    """Give what the columns hold of which a row says nothing."""
    return {**{column.name: _nothing(column) for column in table.columns}, "workspace": WORKSPACE}


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return "[]" if column.name in _LISTS else "{}"
    if isinstance(column.type, Boolean):
        return False
    return 0 if isinstance(column.type, Integer) else ""


def _tuples(table: Table, rows: Iterator[Row], *, zone: str) -> Iterator[tuple[Any, ...]]:
    blank = _blank(table)
    for row in rows:
        yield tuple((blank | {name: _shown(one, zone) for name, one in row.items()}).values())


def _shown(one: Any, zone: str) -> Any:
    return f"{one.isoformat(' ', 'microseconds')[:-6]}{zone}" if isinstance(one, datetime) else one


def _write_sqlite(url: str, name: str, rows: Iterator[Row]) -> None:
    """Write rows first and their indexes then, which takes a fraction of the time."""
    table = METADATA.tables[name]
    columns, marks = ", ".join(table.columns.keys()), ", ".join("?" for _ in table.columns)
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    with closing(sqlite3.connect(Path(make_url(url).database or ""))) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        indexes = connection.execute(made, (name,)).fetchall()
        for index, _ in indexes:
            connection.execute(f"DROP INDEX {index}")
        connection.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", _tuples(table, rows, zone=""))
        for _, statement in indexes:
            connection.execute(statement)


def _write_postgres(url: str, name: str, rows: Iterator[Row]) -> None:
    table = METADATA.tables[name]
    engine = create_engine(url)
    raw = engine.raw_connection()
    with raw.cursor() as cursor, cursor.copy(f"COPY {name} ({', '.join(table.columns.keys())}) FROM STDIN") as copy:
        for row in _tuples(table, rows, zone="+00"):
            copy.write_row(row)
    raw.commit()
    raw.close()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As autovacuum does within minutes.
        connection.exec_driver_sql(f"VACUUM ANALYZE {name}")
    engine.dispose()
