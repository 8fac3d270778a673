"""Run by Alembic: migrate the connection that the caller put into the config."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=False)
context.run_migrations()
