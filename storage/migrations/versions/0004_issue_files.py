"""Files that are copied into issues, each once."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "issuefile",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("slack_file_id", AutoString(length=32), nullable=False),
        sa.Column("name", AutoString(length=255), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("intended_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["issuecomment.id"]),
        sa.ForeignKeyConstraint(["link_id"], ["issuelink.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "link_id", "slack_file_id"),
    )
    with op.batch_alter_table("issuefile") as table:
        table.create_index("ix_issuefile_link_id", ["link_id"])
        table.create_index("ix_issuefile_workspace", ["workspace"])
