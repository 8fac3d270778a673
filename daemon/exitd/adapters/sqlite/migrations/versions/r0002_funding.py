"""Funding payments, and fills by their time and by the order that they filled."""

from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE funding (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        ts_venue_ns INTEGER NOT NULL,
        amount TEXT NOT NULL,
        asset TEXT NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, ts_venue_ns)
    ) STRICT
    """,
    "CREATE INDEX funding_ts_venue_ns ON funding (ts_venue_ns)",
    "CREATE INDEX fills_ts_venue_ns ON fills (ts_venue_ns)",
    """
    CREATE INDEX fills_unclaimed ON fills (account, client_order_id)
    WHERE fire_id = ''
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
