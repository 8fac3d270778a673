"""The alerts that came in by a webhook, and the entries that they became."""

from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE entries (
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        state TEXT NOT NULL,
        open INTEGER NOT NULL,
        ts_wanted_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (id)
    ) STRICT
    """,
    "CREATE INDEX entries_open ON entries (open) WHERE open = 1",
    "CREATE INDEX entries_ts_wanted_ns ON entries (ts_wanted_ns)",
    """
    CREATE TABLE signals (
        id TEXT NOT NULL,
        route TEXT NOT NULL,
        client_order_id TEXT NOT NULL,
        state TEXT NOT NULL,
        ts_received_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (id)
    ) STRICT
    """,
    "CREATE INDEX signals_ts_received_ns ON signals (ts_received_ns)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
