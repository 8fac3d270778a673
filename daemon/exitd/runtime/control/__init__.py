"""Everything a person or a program can ask of the daemon, one method each.

    control = Control(daemon)
    await control.triggers.arm(requests, by)
    await control.reading.search(Filter(symbol="SOL_USDC_PERP"))

The HTTP API, and whatever other door there is, calls these and nothing below.
Methods return views and raise `ControlError`.
"""

import secrets
from collections.abc import Callable
from functools import partial

from exitd.runtime.callers import Caller
from exitd.runtime.control.answers import Answers
from exitd.runtime.control.books import Books
from exitd.runtime.control.by_hand import ByHand
from exitd.runtime.control.census import Census, count
from exitd.runtime.control.costs import Costs
from exitd.runtime.control.drafting import Drafting
from exitd.runtime.control.dry_run import order_if_fired
from exitd.runtime.control.entries import Entries
from exitd.runtime.control.files import FileCommands
from exitd.runtime.control.history import History
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.control.moving import Moving
from exitd.runtime.control.previewing import Previews
from exitd.runtime.control.reading import Filter, Reading
from exitd.runtime.control.replacing import Replacing
from exitd.runtime.control.requests import TriggerChange, TriggerRequest
from exitd.runtime.control.signals import Signals
from exitd.runtime.control.standing import Standing
from exitd.runtime.control.takeover import Takeovers
from exitd.runtime.control.tokens import Tokens
from exitd.runtime.control.triggers import Triggers
from exitd.runtime.daemon import Daemon
from exitd.runtime.delivery_views import DeliveriesView, DeliveryView
from exitd.runtime.problems import ControlError
from exitd.runtime.views import OrderView

__all__ = [
    "Caller",
    "Control",
    "ControlError",
    "Filter",
    "TriggerChange",
    "TriggerRequest",
]


class Control:
    """The commands of one daemon."""

    def __init__(
        self,
        daemon: Daemon,
        *,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.daemon = daemon
        drafting = Drafting(daemon, Identifiers(daemon.clock, random_bytes))
        self.triggers = Triggers(daemon, drafting)
        self.previews = Previews(daemon, drafting)
        self.replacing = Replacing(daemon, self.triggers, drafting)
        self.census = Census(partial(count, daemon), daemon.clock.monotonic_ns)
        self.reading = Reading(daemon, self.census)
        self.entries = Entries(daemon, self.triggers)
        self.signals = Signals(daemon)
        self.standing = Standing(daemon, self.reading, self.entries, self.census)
        self.files = FileCommands(daemon)
        self.history = History(daemon)
        self.books = Books(daemon)
        self.costs = Costs(daemon)
        self.takeover = Takeovers(daemon)
        self.answers = Answers(daemon)
        self.tokens = Tokens(daemon, random_bytes)
        self.by_hand = ByHand(daemon, self.triggers)
        self.moving = Moving(daemon, self.triggers, random_bytes)

    async def order_if_fired(self, trigger_id: str, *, account: str = "") -> OrderView:
        """Show the exact order that firing a trigger would send; sends nothing."""
        return await order_if_fired(self.daemon, trigger_id, account)

    async def notify_test(self) -> DeliveriesView:
        """Send one message to everybody who is told, and say who got it."""
        found = await self.daemon.telling.test()
        return DeliveriesView(
            tuple(DeliveryView(target=d.target, reason=d.reason) for d in found)
        )
