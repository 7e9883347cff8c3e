"""What Alembic runs: the migrations on the connection that it is given."""

from __future__ import annotations

from alembic import context

from scoring.workbench.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
