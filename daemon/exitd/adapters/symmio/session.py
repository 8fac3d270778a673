"""What the parts of one account on a chain share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.followed import Book
from exitd.adapters.symmio.history import History
from exitd.adapters.symmio.key import Key
from exitd.adapters.symmio.markets import Markets
from exitd.adapters.symmio.multi_accounts import MultiAccounts
from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.nodes import Nodes
from exitd.adapters.symmio.notices import Notices
from exitd.adapters.symmio.outbox import Flight, Outbox
from exitd.adapters.symmio.settings import ChainSettings
from exitd.core.attempt import CloseOrder
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.runtime.newest import Newest

#: The last price of a watched contract, such as XRPUSDT; None where nobody has one.
PriceOf = Callable[[str], Decimal | None]
#: Far more closes than a chain takes in the days that are read back.
ORDERS_MAX = 20_000


class Session:
    """`orders` are our closes of this run, by their ids, so that a report can say of
    which kind they are; `cancelling` and `freeing` what is under way to end a quote's
    close request, by quote; `unexplained` since which block the events of a quote do
    not say what it says itself. `head` is the newest block, `depth` the one that is
    read: as many blocks deep as the settings want.

    The chain's clock is the time of the block that is read, and it never runs on by
    itself: a chain that stands still executes nothing and expires nothing either, and
    what is asked once it moves again is still valid then.
    """

    def __init__(
        self,
        account: str,
        *,
        settings: ChainSettings,
        nodes: Nodes,
        contracts: Contracts,
        markets: Markets,
        key: Key,
        clock: Clock,
        price_of: PriceOf,
        notices: Notices,
    ) -> None:
        self.account = account
        self.settings = settings
        self.nodes = nodes
        self.contracts = contracts
        self.markets = markets
        self.key = key
        self.clock = clock
        self.price_of = price_of
        self.notices = notices
        self.multi_accounts = MultiAccounts(contracts, settings.multi_accounts)
        self.book = Book(contracts, self.multi_accounts, markets, notices)
        self.history = History(contracts, settings, key.wallet.address)
        self.outbox = Outbox(key, contracts, settings)
        self.orders: Newest[int, CloseOrder] = Newest(ORDERS_MAX)
        self.cancelling: dict[int, Flight] = {}
        self.freeing: dict[int, Flight] = {}
        self.unexplained: dict[int, int] = {}
        self.head: Head | None = None
        self.depth: Head | None = None

    def venue_now_ns(self) -> int:
        if self.depth is None:
            return self.clock.now_ns()
        return self.depth.ts_s * NS_PER_S

    async def look(self) -> Head:
        """Learn of the newest block, and give the one that is read.

        Raises:
            VenueUnavailable: No node can be believed.
        """
        head = await self.nodes.survey()
        deep = head.number - self.settings.confirmations + 1
        depth = head
        if 0 <= deep < head.number:
            depth = replace(await self.contracts.block(deep), base_fee=head.base_fee)
        self.head, self.depth = head, depth
        return depth

    def known_head(self) -> Head:
        """Give the newest block without asking for it.

        Raises:
            VenueUnavailable: None is known yet.
        """
        if self.head is None:
            raise VenueUnavailable("no block of the chain is known yet")
        return self.head
