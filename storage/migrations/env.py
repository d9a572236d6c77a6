"""Alembic's entry: runs migrations on the connection that `storage.schema` hands over."""

from alembic import context

from storage.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter most things in place: Alembic copies the table instead.
    render_as_batch=True,
    compare_type=False,
    include_name=lambda name, kind, _parents: kind != "table" or not str(name).startswith("report_search"),
)
with context.begin_transaction():
    context.run_migrations()
