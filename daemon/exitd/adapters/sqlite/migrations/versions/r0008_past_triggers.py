"""Triggers that are done, and that no start restores any more."""

from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE past_triggers (
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        state TEXT NOT NULL,
        owner TEXT NOT NULL,
        level TEXT,
        arming INTEGER NOT NULL,
        ts_changed_ns INTEGER NOT NULL,
        fired INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (id)
    ) STRICT
    """,
    "CREATE INDEX past_triggers_fired_ts_changed_ns"
    " ON past_triggers (fired, ts_changed_ns)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
