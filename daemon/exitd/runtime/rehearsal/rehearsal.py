"""A rehearsal: the engine that runs live, on a clock that only prices move.

It is driven by its inputs alone, as the runtime drives it: prices, time at its own
deadlines, and the answers of a venue to what it asks for. No rule of it is written here
a second time.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from heapq import heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from exitd.core import guard
from exitd.core.attempt import Capabilities, CloseOrder, Dedupe
from exitd.core.engine import Engine
from exitd.core.inputs import (
    ApplyFiles,
    InstrumentReport,
    SessionsKnown,
    TimePassed,
)
from exitd.core.market import Instrument, PriceSource, Tick
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.state import QUIET, Refused
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import ZERO
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.answering import Answering
from exitd.runtime.rehearsal.candle_ends import RunningCandle
from exitd.runtime.rehearsal.diary import Diary
from exitd.runtime.rehearsal.markets import instruments_of
from exitd.runtime.rehearsal.prices import Candle, Price, Step, path
from exitd.runtime.rehearsal.report import Report
from exitd.runtime.rehearsal.routes import Routes, watches_of
from exitd.runtime.rehearsal.track import Track
from exitd.runtime.rehearsal.venue import Costs, Quotes, RehearsedVenue

#: The prices are all that is known, so none of them is too old to judge by.
_AGELESS_NS = 1 << 62
_TAG = 1

Sessions = Mapping[str, tuple[tuple[int, int], ...]]
Due = Step | RunningCandle | CloseOrder


class Opening(Struct, frozen=True, kw_only=True):
    """A position that comes to be; `quantity` in base units, zero to close it."""

    key: PositionKey
    quantity: Decimal
    entry_price: Decimal | None = None
    liquidation_price: Decimal | None = None


class Rehearsal:
    """What triggers would do while prices go by.

    Args:
        definitions: The triggers, as a file makes them.
        start_ns: UTC; no price may be older.
        policies: As in exitd.yaml, but that no price is too old.
        instruments: Markets that are known; the others take every price and quantity.
        costs: What makes fills worse.
        sessions: Opens and closes by calendar, in order, for exits that go by them.
        symbol: The market of prices that do not name one.
        track: Keeps what a chart needs.

    Raises:
        ConfigurationError: The engine refuses a trigger; one sentence says why.
    """

    def __init__(
        self,
        definitions: Iterable[TriggerDefinition],
        *,
        start_ns: int,
        policies: Policies | None = None,
        instruments: Mapping[tuple[str, str], Instrument] | None = None,
        costs: Costs | None = None,
        sessions: Sessions | None = None,
        symbol: str = "",
        track: Track | None = None,
    ) -> None:
        self.now_ns = start_ns
        self.prices = 0
        self.definitions = tuple(definitions)
        self._start_ns = self._until_ns = start_ns
        self._costs = costs or Costs()
        self.track = track
        ageless = replace(policies or Policies(), price_max_age_ns=_AGELESS_NS)
        self.engine = Engine(ageless)
        markets = instruments_of(self.definitions, instruments or {})
        self._venue = RehearsedVenue(self._costs, (Quotes(*place) for place in markets))
        self._watches = watches_of(self.definitions)
        witnesses = (
            [witness for w in self._watches for witness in guard.witnesses(w.source)]
            if ageless.guard_percent is not None
            else []
        )
        self._routes = Routes(
            self._watches, self._venue.quotes.values(), witnesses, symbol
        )
        self._diary = Diary(self.engine.state, self.definitions)
        self._answering = Answering(
            self.engine,
            self._venue,
            self._diary,
            self._send_later if self._costs.delay_ns else None,
        )
        self._answering.now_ns = start_ns
        self._agenda: list[tuple[int, int, Due]] = []
        self._agenda_set = 0
        self._openings: dict[tuple[str, str], list[Opening]] = {}
        self._seq = 0
        self._begin(markets, sessions or {})

    def _begin(
        self, markets: Mapping[tuple[str, str], Instrument], sessions: Sessions
    ) -> None:
        for account in sorted({account for account, _ in markets}):
            # In rehearsal no answer is ever lost, and there is no lag.
            capabilities = Capabilities(dedupe=Dedupe.ALWAYS, lag_slack_ns=0)
            self.engine.add_account(account, _TAG, capabilities)
        for instrument in markets.values():
            self._answering.give(InstrumentReport(instrument, self.now_ns))
        for calendar, spans in sessions.items():
            self._answering.give(SessionsKnown(calendar, spans, self.now_ns))
        decision = self.engine.handle(
            ApplyFiles(definitions=self.definitions, now_ns=self.now_ns)
        )
        if isinstance(decision.reply, Refused):
            raise ConfigurationError(decision.reply.sentence)
        self._answering.follow(decision)
        self._take_witnesses()

    def open(self, opening: Opening) -> None:
        """Let a position be there now; its triggers arm at the next price."""
        self._hold(opening, opening.entry_price)

    def open_at_first_price(self, opening: Opening) -> None:
        """Let a position be there from the first price of its market on.

        Without an entry price that price is its entry.
        """
        place = opening.key.account, opening.key.symbol
        self._openings.setdefault(place, []).append(opening)

    def _hold(self, opening: Opening, entry_price: Decimal | None) -> None:
        self._diary.note_position(opening.key, opening.quantity)
        reports = self._venue.hold(
            opening.key,
            opening.quantity,
            entry_price,
            opening.liquidation_price,
            self.now_ns,
        )
        self._answering.give(*reports)
        self._take_witnesses()

    def _take_witnesses(self) -> None:
        """Let the engine name whatever it needs prices of; it takes them from then on.

        The runtime does so again and again; here nothing changes but by a position.
        """
        self.engine.watched()

    def candle(self, candle: Candle) -> None:
        """Let prices go the way inside a candle that is the worst for what is held.

        Candles of several markets may run at the same time; none may begin before one
        that was given earlier.
        """
        self.pass_time(candle.ts_ns)
        self.prices += 1
        for step in path(candle, self._worst_for(candle)):
            self._put_down(step.price.ts_ns, step)
        self._until_ns = max(self._until_ns, candle.ts_ns + candle.duration_ns)

    def _worst_for(self, candle: Candle) -> Side:
        """Whom the path inside a candle must hurt: the long, unless only shorts are."""
        route = self._routes.of(candle)
        sources = {*route.sources, *(candle.source for candle in route.candles)}
        held = {
            key.side
            for key, holding in self._venue.holdings.items()
            if holding.quantity > ZERO
            and any(quotes.symbol == key.symbol for quotes in route.quotes)
        }
        watching = {watch.side for watch in self._watches if watch.source in sources}
        sides = held or watching - {None}
        return Side.SHORT if sides == {Side.SHORT} else Side.LONG

    def price(self, price: Price) -> None:
        """Take one price; what it sets off is over when this returns."""
        self.pass_time(price.ts_ns)
        self.prices += 1
        self._observe(price, None)

    def _observe(self, price: Price, came_from: Decimal | None) -> None:
        route = self._routes.of(price)
        now_ns, value, seq = self.now_ns, price.price, price.seq
        if seq is None:
            seq = self._seq = self._seq + 1
        venue_ns = now_ns if price.ts_venue_ns is None else price.ts_venue_ns
        answering = self._answering
        answering.is_at_price = True
        for quotes in route.quotes:
            quotes.take(route.kind, value, came_from)
            if self._openings:
                self._open_here(quotes, value)
            if self.track is not None:
                self.track.take(quotes, now_ns, self.engine.state)
        if answering.waits_for_prices:
            answering.grant_slots()
        if self._venue.resting:
            # An order that rests is met before we have seen the price.
            self._answering.give(*self._venue.meet(now_ns))
        for candle in route.candles:
            end_ns = candle.take(value, now_ns)
            if end_ns is not None:
                self._put_down(end_ns, candle)
        for source in route.sources:
            self._tick(source, value, venue_ns, seq)
        answering.is_at_price = False

    def _tick(
        self, source: PriceSource, price: Decimal, venue_ns: int, seq: int
    ) -> None:
        self._diary.nearness(source).take(price, self.now_ns)
        decision = self.engine.handle(Tick(source, price, venue_ns, self.now_ns, seq))
        for combined in self.engine.state.book(source).joined:
            together = self.engine.state.last_price(combined)
            if together is not None and not combined.is_spread:
                self._diary.nearness(combined).take(together, self.now_ns)
        if decision is not QUIET:
            self._answering.follow(decision)

    def _open_here(self, quotes: Quotes, price: Decimal) -> None:
        for opening in self._openings.pop((quotes.account, quotes.symbol), ()):
            entry = opening.entry_price
            self._hold(opening, price if entry is None else entry)

    def pass_time(self, until_ns: int) -> None:
        """Let everything happen that is due until then, each at its own instant."""
        assert until_ns >= self.now_ns, "time does not go back"
        while True:
            due_ns = self.engine.next_deadline_ns()
            own_ns = self._agenda[0][0] if self._agenda else None
            if due_ns is None and own_ns is None:
                break
            is_own = due_ns is None or (own_ns is not None and own_ns < due_ns)
            next_ns = own_ns if is_own else due_ns
            assert next_ns is not None
            if next_ns > until_ns:
                break
            self.now_ns = self._answering.now_ns = max(next_ns, self.now_ns)
            if is_own:
                self._do_due(heappop(self._agenda)[2])
            else:
                self._answering.give(TimePassed(self.now_ns))
        self.now_ns = self._answering.now_ns = until_ns

    def _do_due(self, due: Due) -> None:
        match due:
            case Step(price=price, came_from=came_from):
                self._observe(price, came_from)
            case CloseOrder():
                self._answering.give(*self._venue.execute(due, None, self.now_ns))
            case RunningCandle(source=source, close=close):
                assert close is not None
                self._seq += 1
                self._tick(source, close, self.now_ns, self._seq)

    def _send_later(self, order: CloseOrder) -> None:
        self._put_down(self.now_ns + self._costs.delay_ns, order)

    def _put_down(self, due_ns: int, due: Due) -> None:
        self._agenda_set += 1
        heappush(self._agenda, (due_ns, self._agenda_set, due))

    def finish(self, until_ns: int = 0) -> Report:
        """Let time pass until then, and say what it all came to."""
        self.pass_time(max(until_ns, self._until_ns, self.now_ns))
        if self.track is not None:
            self.track.end(self.engine.state)
        return self._diary.report(
            start_ns=self._start_ns,
            end_ns=self.now_ns,
            prices=self.prices,
            holdings=self._venue.holdings,
            unseen=self._routes.unseen(),
        )
