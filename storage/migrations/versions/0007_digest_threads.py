"""The messages in the thread of a digest, so that they can be drawn anew."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("digestrun") as run:
        run.add_column(sa.Column("thread", sa.JSON(), nullable=False, server_default="[]"))
