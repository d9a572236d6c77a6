"""What the command line shows: tables for people, plain aligned lines for pipes, refusals on standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from bot.logs import Redactor

EXIT_PROBLEMS = 1
EXIT_REFUSED = 2
STYLES = {"ok": "green", "note": "yellow", "wrong": "red"}
_REDACT = Redactor()


@contextmanager
def refusing(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds, and those of the database, into a message and exit code 2, without traceback."""
    try:
        yield
    except DBAPIError as failure:
        refuse(f"The database cannot be used: {failure.orig}. Check DATABASE_URL; `liaison check` says more.")
    except kinds as refusal:
        refuse(str(refusal))
    except ModuleNotFoundError as missing:
        if missing.name != "psycopg":
            raise
        refuse("PostgreSQL needs one more package: pip install 'liaison-bot[postgres]'")


def refuse(message: str) -> NoReturn:
    """Say on standard error why not, and exit."""
    for line in message.splitlines():
        typer.echo(_REDACT.clean(line), err=True)
    raise typer.Exit(EXIT_REFUSED)


def say(text: str) -> None:
    """Print one line or more."""
    typer.echo(text)


def show_rows(rows: Sequence[tuple[str, ...]], headings: tuple[str, ...] = ()) -> None:
    """Print rows as a table, or as aligned text when nobody looks; a first cell ok, note or wrong is coloured."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(_table(rows, headings))
        return
    for line in _aligned([headings, *rows] if headings else rows):
        typer.echo(line)


def _table(rows: Sequence[tuple[str, ...]], headings: tuple[str, ...]) -> Table:
    table = Table(box=None, show_header=bool(headings), pad_edge=False, header_style="")
    for index in range(len(rows[0]) if rows else len(headings)):
        table.add_column(headings[index] if headings else "", overflow="fold")
    for row in rows:
        # Text, not markup: brackets in what is shown are brackets.
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    return table


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
