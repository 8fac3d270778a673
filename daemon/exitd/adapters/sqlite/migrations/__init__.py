"""Alembic's scripts: how a file of any earlier exitd becomes one of this."""
