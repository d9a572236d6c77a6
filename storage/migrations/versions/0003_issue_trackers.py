"""What trackers hold: comments, how far each was read, activity, imports."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _widen()
    _add_comments()
    _add_cursors()
    _add_activity()
    _add_imports()


def _widen() -> None:
    with op.batch_alter_table("issuelink") as link:
        link.add_column(sa.Column("project", AutoString(length=255), nullable=False, server_default=""))
        link.add_column(sa.Column("state_raw", AutoString(), nullable=False, server_default=""))
        link.add_column(sa.Column("labels", sa.JSON(), nullable=False, server_default="[]"))
        link.add_column(sa.Column("our_labels", sa.JSON(), nullable=False, server_default="[]"))
        link.add_column(sa.Column("assignee_raw", AutoString(), nullable=False, server_default=""))
        link.add_column(sa.Column("remote_updated_at", UTCDateTime()))
        link.add_column(sa.Column("intended_at", UTCDateTime()))
        link.add_column(sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.true()))
        link.create_index("ix_issuelink_external", ["workspace", "tracker", "project", "external_id"])
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("tracker_accounts", sa.JSON(), nullable=False, server_default="{}"))


def _add_comments() -> None:
    op.create_table(
        "issuecomment",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum("slack", "tracker", name="comment_origin", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("channel", AutoString(length=32), nullable=False),
        sa.Column("ts", AutoString(length=32), nullable=False),
        sa.Column("external_id", AutoString(length=128), nullable=False),
        sa.Column("marker", AutoString(length=64), nullable=False),
        sa.Column("author", AutoString(length=200), nullable=False),
        sa.Column("author_key", AutoString(length=255), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("fingerprint", AutoString(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("edited_ts", AutoString(length=32), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("remote_updated_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["issuelink.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("issuecomment") as table:
        table.create_index("ix_issuecomment_external", ["workspace", "link_id", "external_id"])
        table.create_index("ix_issuecomment_link_id", ["link_id"])
        table.create_index("ix_issuecomment_message", ["workspace", "channel", "ts"])
        table.create_index("ix_issuecomment_workspace", ["workspace"])


def _add_cursors() -> None:
    op.create_table(
        "synccursor",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tracker", AutoString(length=32), nullable=False),
        sa.Column("project", AutoString(length=255), nullable=False),
        sa.Column("cursor", AutoString(), nullable=False),
        sa.Column("polled_at", UTCDateTime(), nullable=True),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "tracker", "project"),
    )
    with op.batch_alter_table("synccursor") as table:
        table.create_index("ix_synccursor_workspace", ["workspace"])

    op.create_table(
        "shown",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", AutoString(length=32), nullable=False),
        sa.Column("tracker", AutoString(length=32), nullable=False),
        sa.Column("external_id", AutoString(length=300), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "channel", "tracker", "external_id"),
    )
    with op.batch_alter_table("shown") as table:
        table.create_index("ix_shown_workspace", ["workspace"])


def _add_activity() -> None:
    op.create_table(
        "sourceitem",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", AutoString(length=32), nullable=False),
        sa.Column("project", AutoString(length=255), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pr",
                "review",
                "deploy",
                "release",
                name="item_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("external_id", AutoString(length=255), nullable=False),
        sa.Column("parent_external_id", AutoString(length=255), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("author", AutoString(), nullable=False),
        sa.Column("state", AutoString(length=64), nullable=False),
        sa.Column("component_key", AutoString(length=64), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "source", "kind", "external_id"),
    )
    with op.batch_alter_table("sourceitem") as table:
        table.create_index("ix_sourceitem_updated_at", ["updated_at"])
        table.create_index("ix_sourceitem_workspace", ["workspace"])

    op.create_table(
        "release",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", AutoString(length=32), nullable=False),
        sa.Column("repo", AutoString(length=255), nullable=False),
        sa.Column("tag", AutoString(length=255), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("prerelease", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "source", "repo", "tag"),
    )
    with op.batch_alter_table("release") as table:
        table.create_index("ix_release_published_at", ["published_at"])
        table.create_index("ix_release_workspace", ["workspace"])


def _add_imports() -> None:
    op.create_table(
        "importrun",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tracker", AutoString(length=32), nullable=False),
        sa.Column("project", AutoString(length=255), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "stopped",
                "done",
                "failed",
                name="import_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("cursor", AutoString(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("channel", AutoString(length=32), nullable=False),
        sa.Column("ts", AutoString(length=32), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("importrun") as table:
        table.create_index("ix_importrun_workspace", ["workspace"])
