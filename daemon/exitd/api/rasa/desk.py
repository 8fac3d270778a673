"""Taking orders in, showing them and taking them away, whatever dialect asked."""

from collections.abc import Sequence

from msgspec import Struct

from exitd.api.rasa.callers import Subject
from exitd.api.rasa.faults import in_these_words, unauthenticated, unknown_quote
from exitd.api.rasa.holdings import Holding, Holdings, Remembered
from exitd.api.rasa.orders import (
    Distances,
    Order,
    check_orders,
    requests_of,
    unfillable,
)
from exitd.api.rasa.owners import Owners
from exitd.api.rasa.rows import (
    LIVE,
    OVER,
    PREFIX,
    by_age,
    is_live,
    kind_of,
    prefix_of,
    quote_of,
    triggers_of,
    wire_state,
)
from exitd.configuration.rasa import Rasa
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.logs import Event, log
from exitd.ports.store import PastQuery
from exitd.runtime.control import Control
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.control.running import each_trigger
from exitd.runtime.problems import Conflict, ControlError, NotFound, Unusable
from exitd.runtime.views import ArmedView


class Placement(Struct, frozen=True, kw_only=True):
    """What a request says of the orders that it sends; None is what it did not say."""

    quote_id: int
    orders: list[Order]
    sides: Sequence[Side | None] = ()
    account: str | None = None
    symbol_id: int | None = None
    multi_account: str | None = None
    solvers: Sequence[str] | None = None


class Filter(Struct, frozen=True, kw_only=True):
    """Which rows a search is for; what is empty does not narrow it."""

    party_a: str = ""
    states: Sequence[str] = ()
    kind: str = ""
    symbol_id: int | None = None
    price_kind: PriceKind | None = None

    @property
    def is_history(self) -> bool:
        """Whether it is for more than orders that live, or were done lately."""
        states = set(self.states)
        return not states or (states != set(LIVE) and not states.isdisjoint(OVER))


Found = tuple[TriggerRecord, Holding]


class Desk:
    """The orders of one account."""

    def __init__(
        self,
        control: Control,
        holdings: Holdings,
        settings: Rasa,
        owners: Owners | None = None,
    ) -> None:
        self._control = control
        self._holdings = holdings
        self._owners = owners
        self.settings = settings
        self._remembered = Remembered(control.daemon.store, settings.account)
        self.distances = Distances(settings.min_price_distance, settings.min_spread)

    @property
    def state(self) -> State:
        return self._control.daemon.loop.engine.state

    async def holding(self, quote_id: int, subject: Subject) -> Holding:
        """Find what *subject* has under this number, now.

        Raises:
            NotFound: Nothing; another's is not told from what is not there.
            VenueFailed: Nobody could say.
        """
        found = await self._holdings.find(quote_id) if quote_id > 0 else None
        if found is None or not subject.sees(found.party_a):
            raise unknown_quote(quote_id)
        return found

    async def place(self, placed: Placement, subject: Subject) -> tuple[str, ...]:
        """Arm orders in the place of those of their kinds; all or none.

        Gives what a person should know of them.

        Raises:
            ControlError: Nothing was changed, and why.
        """
        if placed.quote_id <= 0:
            raise Unusable(
                "temporary_quote",
                f"{placed.quote_id} is not the permanent number of a quote",
                "wait until it is open, then use that number",
            )
        if placed.account is not None and not subject.sees(placed.account):
            raise unauthenticated()
        holding = await self.holding(placed.quote_id, subject)
        _check_place(placed, holding)
        multi_account = await self._multi_account(placed, holding)
        instrument = await self._holdings.prepare(holding, multi_account)
        source = PriceSource(holding.key.account, holding.key.symbol, PriceKind.MARK)
        price = await self._control.replacing.price_of(source)
        check_orders(placed.orders, holding, instrument, self.distances, price)
        warnings = tuple(unfillable(placed.orders, holding.key.side))
        if warnings and self.settings.refuse_unfillable:
            raise Unusable("unfillable", warnings[0], "change its price")
        await self._remembered.put(holding)
        kinds = {order.kind for order in placed.orders}
        armed = await self._replace(
            [r.id for r in self._live(holding) if kind_of(r) in kinds],
            requests_of(
                placed.orders, holding, closed_candles=self.settings.closed_candles
            ),
            subject,
            holding,
        )
        for warning in warnings:
            log(Event.ORDER_UNFILLABLE, quote_id=holding.quote_id, reason=warning)
        return (*warnings, *armed.notes)

    async def remove(self, quote_id: int, kind: str, subject: Subject) -> None:
        """Take all orders of a kind away; done when this returns.

        Raises:
            NotFound: There is none of *subject*'s.
            Conflict: The close of one is at the venue already.
        """
        holding, records = await self.of_quote(quote_id, subject)
        live = [r.id for r in records if is_live(r) and kind_of(r) == kind]
        if not live:
            raise NotFound(
                "no_order", f"quote {holding.quote_id} has no {kind.replace('_', '-')}"
            )
        await self._replace(live, [], subject, holding)

    async def _replace(
        self,
        old: list[str],
        requests: list[TriggerRequest],
        subject: Subject,
        holding: Holding,
    ) -> ArmedView:
        try:
            return await self._control.replacing.replace(
                old,
                requests,
                subject.caller,
                if_no_position="wait",
                prefix=prefix_of(holding.quote_id),
            )
        except ControlError as error:
            raise in_these_words(error) from error

    async def of_quote(
        self, quote_id: int, subject: Subject
    ) -> tuple[Holding, list[TriggerRecord]]:
        """Give the orders of a quote, those done lately too, oldest first.

        Raises:
            NotFound: *subject* has no such quote.
        """
        holding = await self._remembered.get(quote_id)
        if holding is None:
            return await self.holding(quote_id, subject), []
        if not subject.sees(holding.party_a):
            raise unknown_quote(quote_id)
        return holding, triggers_of(self.state, holding)

    async def history_of(
        self, quote_id: int, subject: Subject
    ) -> tuple[Holding, list[TriggerRecord]]:
        """Give every order that a quote has had and that is still known, oldest first.

        Raises:
            NotFound: *subject* has no such quote.
        """
        holding, records = await self.of_quote(quote_id, subject)
        past = await self._past(f"{prefix_of(quote_id)}_")
        return holding, by_age({**past, **{record.id: record for record in records}})

    async def _past(self, prefix: str) -> dict[str, TriggerRecord]:
        """Read the orders of the account that memory need not have any more."""
        query = PastQuery(account=self.settings.account, prefix=prefix)
        past = self._control.daemon.loop.past
        return {record.id: record async for record in past.each(query)}

    async def remembered(self, quote_id: int) -> Holding | None:
        """Give what orders were taken in for; None where there were none."""
        return await self._remembered.get(quote_id)

    async def search(self, wanted: Filter, subject: Subject) -> list[Found]:
        """Find orders of *subject*, oldest first."""
        found: list[Found] = []
        if wanted.party_a and not subject.sees(wanted.party_a):
            return found
        known = {r.id: r async for r in each_trigger(self._control.daemon)}
        if wanted.is_history:
            known = {**await self._past(f"{PREFIX}_"), **known}
        for record in by_age(known):
            quote_id = quote_of(record.id)
            if quote_id is None or record.definition.account != self.settings.account:
                continue
            holding = await self._remembered.get(quote_id)
            if holding is None or not subject.sees(holding.party_a):
                continue
            if self._is_wanted(wanted, record, holding):
                found.append((record, holding))
        return found

    def _is_wanted(
        self, wanted: Filter, record: TriggerRecord, holding: Holding
    ) -> bool:
        source = record.definition.source
        return (
            wanted.party_a.lower() in ("", holding.party_a.lower())
            and wanted.symbol_id in (None, holding.symbol_id)
            and wanted.kind in ("", kind_of(record))
            and wanted.price_kind in (None, source.kind)
            and (not wanted.states or wire_state(self.state, record) in wanted.states)
        )

    def _live(self, holding: Holding) -> list[TriggerRecord]:
        return [r for r in triggers_of(self.state, holding) if is_live(r)]

    async def _multi_account(self, placed: Placement, holding: Holding) -> str:
        """Give the MultiAccount of a quote's party A; empty where there is no chain.

        Raises:
            Unusable: The one that was sent is not one that the operator names, or no
                delegation would let us close for the quote's party A.
        """
        if self._owners is None:
            return ""
        sent = placed.multi_account
        known = {m.lower(): m for m in self.settings.multi_accounts}
        if sent is not None and sent.lower() not in known:
            raise Unusable(
                "unknown_multi_account",
                f"{sent} is not a MultiAccount that is served here",
                field="multi_account_address",
            )
        if sent is not None:
            return known[sent.lower()]
        owned = await self._owners.find(holding.party_a)
        if owned is None:
            await self._owners.check_reach(holding.party_a)
            raise unknown_quote(holding.quote_id)
        return owned.sub.multi_account


def _check_place(placed: Placement, holding: Holding) -> None:
    """Check what a request says of its quote against what the quote is."""
    account, party_a = placed.account, holding.party_a.lower()
    if account is not None and holding.solver and account.lower() != party_a:
        # A quote of another account is not told from one that is not there.
        raise unknown_quote(placed.quote_id)
    if not holding.is_open:
        raise Conflict(
            "quote_not_open",
            f"quote {holding.quote_id} is {holding.status.replace('_', ' ')}, not open",
        )
    if placed.symbol_id not in (None, holding.symbol_id):
        raise Unusable(
            "wrong_symbol",
            f"quote {holding.quote_id} is of symbol {holding.symbol_id}",
            field="symbol_id",
        )
    for index, side in enumerate(placed.sides):
        if side not in (None, holding.key.side):
            raise Unusable(
                "wrong_side",
                f"quote {holding.quote_id} is {holding.key.side}",
                field=f"conditional_orders.{index}.position_type",
            )
    solver = holding.solver.lower()
    if placed.solvers is not None and solver not in {
        "",
        *(one.lower() for one in placed.solvers),
    }:
        raise Unusable(
            "solver_not_allowed",
            f"does not hold the solver of quote {holding.quote_id}, {holding.solver}",
            field="hedger_whitelist",
        )
