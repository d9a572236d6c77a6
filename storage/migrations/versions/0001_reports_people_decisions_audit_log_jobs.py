"""Reports, people, decisions, audit log, jobs."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "component",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("name", AutoString(length=200), nullable=False),
        sa.Column("team_key", AutoString(length=64), nullable=False),
        sa.Column("tracker", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "key"),
    )
    with op.batch_alter_table("component", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_component_workspace"), ["workspace"], unique=False)

    op.create_table(
        "counter",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(length=32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "name"),
    )
    with op.batch_alter_table("counter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_counter_workspace"), ["workspace"], unique=False)

    op.create_table(
        "heldreport",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", AutoString(length=64), nullable=False),
        sa.Column("reporter", AutoString(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "form_id"),
    )
    with op.batch_alter_table("heldreport", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_heldreport_workspace"), ["workspace"], unique=False)

    op.create_table(
        "issuelink",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_type", AutoString(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("tracker", AutoString(length=32), nullable=False),
        sa.Column("marker", AutoString(length=64), nullable=False),
        sa.Column("external_id", AutoString(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "doing",
                "done",
                "dropped",
                name="issue_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("synced_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "subject_type", "subject_id", "tracker"),
    )
    with op.batch_alter_table("issuelink", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuelink_workspace"), ["workspace"], unique=False)

    op.create_table(
        "job",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("lane", AutoString(length=128), nullable=True),
        sa.Column("unique_key", AutoString(length=255), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "running",
                "done",
                "dead",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "unique_key"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_lane", ["lane", "state", "id"], unique=False)
        batch_op.create_index("ix_job_ready", ["state", "run_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_workspace"), ["workspace"], unique=False)

    op.create_table(
        "person",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slack_user_id", AutoString(length=32), nullable=False),
        sa.Column("name", AutoString(length=200), nullable=False),
        sa.Column("email", AutoString(length=320), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "pm",
                "engineer",
                "designer",
                "qa",
                "marketing",
                "support",
                "lead",
                "other",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tz", AutoString(length=64), nullable=False),
        sa.Column("away_until", UTCDateTime(), nullable=True),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "slack_user_id"),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_workspace"), ["workspace"], unique=False)

    op.create_table(
        "team",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("name", AutoString(length=200), nullable=False),
        sa.Column("channel_id", AutoString(length=32), nullable=False),
        sa.Column("open_to_channel", sa.Boolean(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "key"),
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_workspace"), ["workspace"], unique=False)

    op.create_table(
        "auditevent",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column(
            "via",
            sa.Enum(
                "button",
                "command",
                "modal",
                "reaction",
                "message",
                "sync",
                "schedule",
                "api",
                name="via",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_type", AutoString(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("action", AutoString(length=64), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("request_key", AutoString(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "request_key"),
    )
    with op.batch_alter_table("auditevent", schema=None) as batch_op:
        batch_op.create_index("ix_audit_subject", ["subject_type", "subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_auditevent_workspace"), ["workspace"], unique=False)

    op.create_table(
        "decision",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_type", AutoString(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(length=32), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"],
            ["decision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_subject", ["subject_type", "subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_workspace"), ["workspace"], unique=False)

    op.create_table(
        "report",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", AutoString(length=200), nullable=False),
        sa.Column("what", AutoString(), nullable=False),
        sa.Column("expected", AutoString(), nullable=False),
        sa.Column("steps", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("transcript", sa.JSON(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "command",
                "shortcut",
                "forward",
                "adapter",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source_channel", AutoString(), nullable=False),
        sa.Column("source_ts", AutoString(), nullable=False),
        sa.Column("source_thread_ts", AutoString(), nullable=False),
        sa.Column("permalink", AutoString(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("team_key", AutoString(length=64), nullable=False),
        sa.Column("component_key", AutoString(length=64), nullable=True),
        sa.Column("route_reason", AutoString(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column(
            "severity",
            sa.Enum("S1", "S2", "S3", "S4", name="severity", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column(
            "reach",
            sa.Enum("most", "many", "few", name="reach", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "needs_info",
                "snoozed",
                "accepted",
                "in_progress",
                "fixed",
                "closed",
                name="report_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "resolution",
            sa.Enum(
                "fixed",
                "fixed_not_verified",
                "duplicate",
                "not_a_bug",
                "by_design",
                "cannot_reproduce",
                "will_not_fix",
                "no_answer",
                "withdrawn",
                name="resolution",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("duplicate_of_id", sa.Integer(), nullable=True),
        sa.Column("regression_of_id", sa.Integer(), nullable=True),
        sa.Column("fixed_in", AutoString(), nullable=False),
        sa.Column("how_to_check", AutoString(), nullable=False),
        sa.Column("question", AutoString(), nullable=False),
        sa.Column("snooze_until", UTCDateTime(), nullable=True),
        sa.Column("wake_at_hits", sa.Integer(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("came_back", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("top_at", UTCDateTime(), nullable=False),
        sa.Column("first_answer_at", UTCDateTime(), nullable=True),
        sa.Column("triaged_at", UTCDateTime(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("fixed_at", UTCDateTime(), nullable=True),
        sa.Column("verified_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("card_channel", AutoString(), nullable=False),
        sa.Column("card_ts", AutoString(), nullable=False),
        sa.Column("card_permalink", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"],
            ["report.id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["regression_of_id"],
            ["report.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace", "number"),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_duplicate_of_id"), ["duplicate_of_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_regression_of_id"), ["regression_of_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index("ix_report_source", ["workspace", "source_channel", "source_ts"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_workspace"), ["workspace"], unique=False)
        batch_op.create_index("ix_report_workspace_state", ["workspace", "state"], unique=False)

    op.create_table(
        "follower",
        sa.Column("workspace", AutoString(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "reporter",
                "me_too",
                "watcher",
                name="follow_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("customer", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "person_id"),
    )
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follower_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follower_report_id"), ["report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follower_workspace"), ["workspace"], unique=False)
    _create_search()


def _create_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE report_search USING fts5"
            "(title, body, workspace UNINDEXED, tokenize='porter unicode61')"
        )
        return
    op.execute(
        "CREATE TABLE report_search (rowid INTEGER PRIMARY KEY REFERENCES report(id),"
        " workspace TEXT NOT NULL, document TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ix_report_search ON report_search USING gin(document)")
