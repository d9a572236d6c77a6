"""What rules decided and added, what was promised, what people said of likely duplicates."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("route_rule", AutoString(length=75), nullable=False, server_default=""))
        report.add_column(sa.Column("route_corrected", sa.Boolean(), nullable=False, server_default=sa.false()))
        report.add_column(sa.Column("labels", sa.JSON(), nullable=False, server_default="[]"))
        report.add_column(sa.Column("promise_left_s", sa.Integer()))
        report.add_column(sa.Column("nudges", sa.Integer(), nullable=False, server_default="0"))
        report.create_index("ix_report_route", ["workspace", "route_rule", "id"])
    _add_choice("found_in", "NOT NULL DEFAULT 'unknown'", "production", "staging", "dev", "unknown")
    _add_choice("proposed_severity", "", "S1", "S2", "S3", "S4")
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("role_known", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "duplicateverdict",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["report.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "other_id"),
    )
    with op.batch_alter_table("duplicateverdict") as verdict:
        for name in ("workspace", "report_id", "other_id"):
            verdict.create_index(f"ix_duplicateverdict_{name}", [name])


def _add_choice(name: str, more: str, *values: str) -> None:
    """Add a column with its CHECK in one statement: Alembic would copy the whole table for it on SQLite."""
    listed = ", ".join(f"'{value}'" for value in values)
    op.execute(
        f"ALTER TABLE report ADD COLUMN {name} VARCHAR(32) {more} CONSTRAINT {name} CHECK ({name} IN ({listed}))"
    )
