"""Where entries are sent: what a venue must be able to do beyond closing.

Kept apart from `Venue`: an account without this port cannot open anything.
"""

from typing import Protocol, runtime_checkable

from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.ports.venue import Prepared, Refusal


@runtime_checkable
class Entries(Protocol):
    """Adapters translate; they decide nothing and retry nothing."""

    def prepare_entry(self, order: EntryOrder) -> Prepared:
        """Make the request of an entry; synchronous, no I/O."""
        ...

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        """Send exactly the prepared bytes, once.

        Where the broker says that it has an order of this client id already, that
        order is fetched and reported if it is this one (symbol, side, quantity and
        time), and a refusal if it is not.

        Raises:
            OutcomeUnknown: The venue may or may not have the order.
        """
        ...

    async def find_entry(
        self, order: EntryOrder, venue_order_id: str = ""
    ) -> OrderReport | None:
        """Ask what became of an entry; None: the venue says it has no such order.

        Of one that it had taken that is said too where it lists the orders of its day
        only: the caller asks executions then, and believes no single answer.

        Raises:
            VenueUnavailable: It did not answer, which is never the same as none.
        """
        ...

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        """Take back what still works of an entry; None: accepted, not yet done."""
        ...
