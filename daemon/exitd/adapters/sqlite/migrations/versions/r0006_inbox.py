"""What a start finds alerts by: those still to be done, and those of one name."""

from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE INDEX signals_accepted ON signals (state) WHERE state = 'accepted'",
    "CREATE INDEX signals_client_order_id ON signals (route, client_order_id)"
    " WHERE client_order_id <> ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
