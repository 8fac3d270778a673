"""Examples: an alert of each order type that has no error and no warning."""

from exitd.core.ticket import TicketType
from exitd.signals.model import Json

_EXAMPLES: dict[TicketType, Json] = {
    TicketType.MARKET: {"direction": "long"},
    TicketType.LIMIT: {"direction": "long", "limitPrice": 149},
    TicketType.STOP: {"direction": "short", "stopPrice": 148},
    TicketType.STOP_LIMIT: {
        "direction": "long",
        "stopPrice": 151,
        "limitPrice": 152,
        "profitTarget": 155,
        "stopLossTarget": 145,
    },
    TicketType.TRAILING_STOP: {"direction": "short", "trailPercent": 2},
}


def generate_example(order_type: TicketType | str) -> Json:
    """
    Give a payload to try things with, ready for `json.dumps` too.

    Its `auth_key` is `your_key`.

    Raises:
        ValueError: There is no such order type.
    """
    try:
        kind = TicketType(order_type)
    except ValueError as error:
        known = ", ".join(TicketType)
        raise ValueError(
            f"there is no order type {order_type!r}; give one of {known}"
        ) from error
    return {
        "ticker": "AAPL",
        "auth_key": "your_key",
        "orderType": kind.value,
        "qty": 10,
        "marketPrice": 150,
        "timeInForce": "gtc" if kind is not TicketType.MARKET else "day",
        "metadata": {"strategy": f"Example of a {kind.value} order"},
        **_EXAMPLES[kind],
    }
