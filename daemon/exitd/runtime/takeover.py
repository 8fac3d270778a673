"""Taking an account over: what was done with our tag meanwhile, then acting again."""

from msgspec import Struct

from exitd.core.inputs import FillReport, OrderReport
from exitd.core.position import PositionKey, Side
from exitd.core.siblings import is_of_older, sibling_of
from exitd.core.standby import may_have_fired
from exitd.core.state import State
from exitd.core.takeover import TakeOver
from exitd.core.units import NS_PER_HOUR, NS_PER_S, ZERO
from exitd.errors import StoreError
from exitd.runtime.accounts import Account
from exitd.runtime.loop import EngineLoop
from exitd.runtime.standby import Standby, Standing

#: So long an order with our tag shows that whoever sent it is alive.
QUIET_NS = 120 * NS_PER_S
_LOOK_BACK_MAX_NS = 7 * 24 * NS_PER_HOUR
_CLOCKS_DIFFER_NS = 60 * NS_PER_S


class Found(Struct, frozen=True, kw_only=True):
    """What the history of an account shows since the state last knew of it.

    `siblings` are the orders with our tag that this state has never signed, `orders`
    all with our tag. `is_whole` is false where the history was not read all the way.
    """

    account: str
    standing: Standing
    since_ns: int
    is_whole: bool
    siblings: tuple[OrderReport, ...]
    orders: tuple[OrderReport, ...]
    fills: tuple[FillReport, ...]
    alive: str

    @property
    def closed(self) -> tuple[PositionKey, ...]:
        """Positions that such orders have closed in part or whole."""
        keys = (
            PositionKey(self.account, order.symbol, side)
            for order in self.siblings
            for side in Side
            if order.filled > ZERO and order.side is side.close_side
        )
        return tuple(dict.fromkeys(keys))


class Takeover:
    """Looks at what an account that stands by has missed, and makes it act again."""

    def __init__(self, loop: EngineLoop, standby: Standby) -> None:
        self._loop = loop
        self._standby = standby

    async def look(self, account: Account) -> Found:
        """Read what was done with our tag meanwhile; changes nothing.

        Raises:
            VenueError: The venue did not say.
        """
        name, state = account.name, self._loop.engine.state
        standing = self._standby.accounts[name]
        now_ns = account.venue.venue_now_ns()
        wanted_ns = standing.since_ns - _CLOCKS_DIFFER_NS
        since_ns = max(wanted_ns, now_ns - _LOOK_BACK_MAX_NS)
        tag = state.counters[name].tag
        orders = tuple(
            order
            for order in await account.asking.orders_since(since_ns)
            if order.client_order_id is not None and order.client_order_id >> 24 == tag
        )
        fills = await account.asking.fills_since(since_ns)
        siblings = tuple(o for o in orders if _is_of_another(state, o, standing))
        return Found(
            account=name,
            standing=standing,
            since_ns=since_ns,
            is_whole=since_ns == wanted_ns,
            siblings=siblings,
            orders=orders,
            fills=fills,
            alive=_alive(siblings, now_ns),
        )

    def held_back(self, found: Found) -> tuple[str, ...]:
        """Name the take-profits of a part that may have fired elsewhere."""
        records = may_have_fired(self._loop.engine.state, found.closed)
        return tuple(record.id for record in records)

    async def carry_out(self, account: Account, found: Found, by: str) -> None:
        """Take in what was found, go on with ids of our own, and open the gate.

        Raises:
            VenueError: The venue did not say how things are now; it stands by still.
            StoreError: It could not be written down; it stands by still.
        """
        assert not found.alive, "another exitd is alive"
        await account.catch_up()
        for order in found.orders:
            self._loop.handle(order)
        for fill in found.fills:
            self._loop.handle(fill)
        await self._loop.command(
            TakeOver(
                account=found.account,
                closed=found.closed,
                orders=len(found.siblings),
                by=by,
                now_ns=self._loop.clock.now_ns(),
            )
        )
        try:
            await self._standby.end(found.account)
        except StoreError:
            self._standby.accounts[found.account] = found.standing
            self._loop.engine.state.standing_by.add(found.account)
            raise
        account.dispatcher.open()
        account.search_barrier()


def _is_of_another(state: State, order: OrderReport, standing: Standing) -> bool:
    sibling = sibling_of(state, order)
    if sibling is None:
        return False
    if sibling.number > standing.counter:
        return True
    return is_of_older(sibling, standing.began, standing.since_ns)


def _alive(siblings: tuple[OrderReport, ...], now_ns: int) -> str:
    """Say who else is alive; empty where nobody has sent for two minutes."""
    sent = [(order.ts_sent_venue_ns, order) for order in siblings]
    if not sent:
        return ""
    newest_ns, order = max(sent, key=lambda pair: pair[0])
    age_ns = now_ns - newest_ns
    if age_ns >= QUIET_NS:
        return ""
    return (
        f"another exitd is alive: it sent order {order.venue_order_id} on "
        f"{order.account}/{order.symbol} {max(age_ns, 0) // NS_PER_S} s ago"
    )
