"""Up to when the prices of each source were seen."""

from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE seen (
        source TEXT NOT NULL,
        ts_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (source)
    ) STRICT
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
