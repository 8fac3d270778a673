"""Examples: an alert of each order type that has no error and no warning."""

from decimal import Decimal

from exitd.core.ticket import TicketType
from exitd.signals.model import Json

_EXAMPLES: dict[TicketType, Json] = {
    TicketType.MARKET: {"direction": "long"},
    TicketType.LIMIT: {"direction": "long", "limitPrice": Decimal("149.50")},
    TicketType.STOP: {"direction": "short", "stopPrice": Decimal("148.00")},
    TicketType.STOP_LIMIT: {
        "direction": "long",
        "stopPrice": Decimal("150.50"),
        "limitPrice": Decimal("151.00"),
        "profitTarget": Decimal("155.00"),
        "stopLossTarget": Decimal("145.00"),
    },
    TicketType.TRAILING_STOP: {"direction": "short", "trailPercent": Decimal("2.5")},
}


def generate_example(order_type: TicketType | str) -> Json:
    """
    Give a payload to try things with; its `auth_key` is `your_key`.

    Raises:
        ValueError: There is no such order type.
    """
    kind = TicketType(order_type)
    return {
        "ticker": "AAPL",
        "auth_key": "your_key",
        "orderType": kind.value,
        "qty": Decimal(10),
        "marketPrice": Decimal("150.25"),
        "timeInForce": "gtc" if kind is not TicketType.MARKET else "day",
        "metadata": {"strategy": f"Example of a {kind.value} order"},
        **_EXAMPLES[kind],
    }
