"""Indexes for the figures of digests, so that they cost the same however many reports there are."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("ix_report_created", "report", ["workspace", "created_at"])
    for moment in ("triaged_at", "fixed_at", "verified_at", "closed_at"):
        _add_partial(f"ix_report_{moment.removesuffix('_at')}", f"{moment} IS NOT NULL", moment)
    _add_partial("ix_report_open", "state != 'closed'", "state", "created_at")
    _add_partial("ix_report_backlog", "state IN ('accepted', 'in_progress')", "created_at")
    op.create_index("ix_decision_at", "decision", ["workspace", "kind", "at"])
    op.create_index("ix_sourceitem_state", "sourceitem", ["workspace", "kind", "state", "opened_at"])
    op.create_index("ix_release_workspace_published", "release", ["workspace", "published_at"])
    op.create_index("ix_releasechange_decided", "releasechange", ["workspace", "decided_at"])
    op.create_index("ix_sourceitem_parent", "sourceitem", ["workspace", "kind", "parent_external_id"])


def _add_partial(name: str, condition: str, *columns: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "report", ["workspace", *columns], sqlite_where=where, postgresql_where=where)
