"""Examples: an alert of each order type that has no error and no warning."""

from exitd.core.ticket import TicketType
from exitd.signals.model import Json


def generate_example(order_type: TicketType) -> Json:
    """Give a payload to try things with; its `auth_key` is `your_key`."""
    raise NotImplementedError
