"""Alembic's environment: it is given a connection, and runs the revisions on it."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
if connection is None:
    raise RuntimeError(
        "alembic is started by `goodstanding db migrate`, which gives it a connection; it has none here"
    )
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
