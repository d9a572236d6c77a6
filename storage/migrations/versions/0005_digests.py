"""Digests: audiences as changed in Slack, runs, sentences of leads, changes in releases, facts of the workspace."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _widen_items()
    _add_audiences()
    _add_runs()
    _add_words()
    _add_changes()
    _add_facts()


def _widen_items() -> None:
    kinds = ("pr", "review", "deploy", "release", "figma_comment", "figma_frame")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("item_kind", "sourceitem", type_="check")
        op.create_check_constraint("item_kind", "sourceitem", sa.column("kind").in_(kinds))
        return
    # SQLite makes the table anew; checks are not read from the old one, so only this one is there to be written.
    with op.batch_alter_table("sourceitem", recreate="always") as table:
        table.create_check_constraint("item_kind", sa.column("kind").in_(kinds))


def _add_audiences() -> None:
    op.create_table(
        "audience",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("paused_until", UTCDateTime(), nullable=True),
        sa.Column("known_since", UTCDateTime(), nullable=False),
        sa.Column("watch_channel", AutoString(length=32), nullable=False),
        sa.Column("watch_id", AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "key"),
    )
    with op.batch_alter_table("audience") as table:
        table.create_index("ix_audience_workspace", ["workspace"])


def _add_runs() -> None:
    op.create_table(
        "digestrun",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audience_key", AutoString(length=64), nullable=False),
        sa.Column("slot", _choice("slot", "daily", "weekly", "release", "asked"), nullable=False),
        sa.Column("period", AutoString(length=255), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=True),
        sa.Column("state", _run_state(), nullable=False),
        sa.Column("skip_reason", AutoString(length=64), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("fingerprint", AutoString(length=64), nullable=False),
        sa.Column("source_health", sa.JSON(), nullable=False),
        sa.Column("channel_id", AutoString(length=32), nullable=False),
        sa.Column("ts", AutoString(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=False),
        sa.Column("posted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "audience_key", "slot", "period"),
    )
    with op.batch_alter_table("digestrun") as table:
        table.create_index("ix_digestrun_posted", ["workspace", "audience_key", "state", "due_at"])
        table.create_index("ix_digestrun_workspace", ["workspace"])


def _add_words() -> None:
    op.create_table(
        "healthword",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audience_key", AutoString(length=64), nullable=False),
        sa.Column("period", AutoString(length=255), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("health", _choice("health", "on_track", "at_risk", "off_track"), nullable=True),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "audience_key", "period"),
    )
    with op.batch_alter_table("healthword") as table:
        table.create_index("ix_healthword_workspace", ["workspace"])


def _add_changes() -> None:
    op.create_table(
        "releasechange",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("kind", _choice("change_kind", "feature", "fix", "speed", "internal"), nullable=False),
        sa.Column("component_key", AutoString(length=64), nullable=True),
        sa.Column("announce_text", AutoString(), nullable=False),
        sa.Column("state", _change_state(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["item_id"], ["sourceitem.id"]),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "release_id", "item_id"),
    )
    with op.batch_alter_table("releasechange") as table:
        table.create_index("ix_releasechange_item_id", ["item_id"])
        table.create_index("ix_releasechange_release_id", ["release_id"])
        table.create_index("ix_releasechange_workspace", ["workspace"])


def _add_facts() -> None:
    op.create_table(
        "workspacefact",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(length=64), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "name"),
    )
    with op.batch_alter_table("workspacefact") as table:
        table.create_index("ix_workspacefact_workspace", ["workspace"])


def _run_state() -> sa.Enum:
    waiting = ("due", "collecting", "rendered", "posting", "checking")
    return _choice("run_state", *waiting, "posted", "skipped", "failed", "abandoned")


def _change_state() -> sa.Enum:
    return _choice("change_state", "detected", "drafted", "approved", "announced", "internal")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
