"""What trails have seen of each source."""

from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE watermarks (
        source TEXT NOT NULL,
        way TEXT NOT NULL,
        ts_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (source, way)
    ) STRICT
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
