"""The first schema."""

from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE triggers (
        id TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        state TEXT NOT NULL,
        owner TEXT NOT NULL,
        level TEXT,
        arming INTEGER NOT NULL,
        ts_changed_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE fires (
        trigger_id TEXT NOT NULL,
        arming INTEGER NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        open INTEGER NOT NULL,
        reason TEXT NOT NULL,
        ts_hit_ns INTEGER NOT NULL,
        ts_done_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (trigger_id, arming)
    ) STRICT
    """,
    "CREATE INDEX fires_open ON fires (open) WHERE open = 1",
    "CREATE INDEX fires_ts_hit_ns ON fires (ts_hit_ns)",
    """
    CREATE TABLE attempts (
        trigger_id TEXT NOT NULL,
        arming INTEGER NOT NULL,
        n INTEGER NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        client_order_id INTEGER NOT NULL,
        venue_order_id TEXT NOT NULL,
        state TEXT NOT NULL,
        ts_changed_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        signed BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (trigger_id, arming, n),
        UNIQUE (account, client_order_id)
    ) STRICT
    """,
    """
    CREATE TABLE positions (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        lifetime INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, side)
    ) STRICT
    """,
    """
    CREATE TABLE counters (
        account TEXT NOT NULL PRIMARY KEY,
        tag INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE idempotency (
        key TEXT NOT NULL PRIMARY KEY,
        ts_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idempotency_ts_ns ON idempotency (ts_ns)",
    """
    CREATE TABLE fills (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        trade_id TEXT NOT NULL,
        fire_id TEXT NOT NULL,
        venue_order_id TEXT NOT NULL,
        client_order_id INTEGER,
        side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        price TEXT NOT NULL,
        fee TEXT NOT NULL,
        fee_asset TEXT NOT NULL,
        ts_venue_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, trade_id)
    ) STRICT
    """,
    "CREATE INDEX fills_fire_id ON fills (fire_id)",
    """
    CREATE TABLE instruments (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol)
    ) STRICT
    """,
    """
    CREATE TABLE facts (
        seq INTEGER NOT NULL PRIMARY KEY,
        ts_ns INTEGER NOT NULL,
        kind TEXT NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        trigger_id TEXT NOT NULL,
        fire_id TEXT NOT NULL,
        fields TEXT NOT NULL,
        decimals TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX facts_ts_ns ON facts (ts_ns)",
    "CREATE INDEX facts_kind ON facts (kind)",
    "CREATE INDEX facts_trigger_id ON facts (trigger_id) WHERE trigger_id <> ''",
    "CREATE INDEX facts_fire_id_ts_ns ON facts (fire_id, ts_ns)",
    """
    CREATE TABLE tokens (
        name TEXT NOT NULL PRIMARY KEY,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE notes (
        key TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE meta (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE progress (
        id INTEGER NOT NULL PRIMARY KEY,
        batch INTEGER NOT NULL,
        fact_seq INTEGER NOT NULL,
        arming_seq INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    # The checksum of three zeros.
    "INSERT INTO progress VALUES (1, 0, 0, 0, 2693911536)",
    """
    CREATE TABLE set_aside (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        ts_ns INTEGER NOT NULL,
        origin TEXT NOT NULL,
        row_key TEXT NOT NULL,
        reason TEXT NOT NULL,
        content BLOB NOT NULL
    ) STRICT
    """,
)


def upgrade() -> None:
    """Make every table; the caller's transaction makes it all or nothing."""
    for statement in STATEMENTS:
        op.execute(statement)
