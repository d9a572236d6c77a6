"""Column types that every table family shares."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Enum
from sqlmodel import Field, SQLModel


class WorkspaceRow(SQLModel):
    """A row that belongs to one workspace (the Slack team id); a session sees only its own."""

    workspace: str = Field(default="", index=True, max_length=32)


def choice(options: type[StrEnum], *, nullable: bool = False, index: bool = False, name: str = "") -> Any:
    """Make a text column which the database itself holds to the values of `options`.

    A second column of the same options in a table needs a `name` for its constraint.
    """
    values = Enum(
        options,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=32,
        name=name or _constraint_name(options),
    )
    return Column(values, nullable=nullable, index=index)


def document() -> Any:
    """Make a JSON column."""
    return Column(JSON, nullable=False)


def _constraint_name(options: type[StrEnum]) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in options.__name__).strip("_")
