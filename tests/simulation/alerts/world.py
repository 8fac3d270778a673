"""One seed of alerts: entries with exits at a venue that takes an id once.

Senders send each alert until it is answered, and some of them again. First everything
goes wrong that the seed draws; then it heals, and within a minute every alert must have
had its effect: once, and not never.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from exitd.core.attempt import AttemptKey
from exitd.core.entry import EntryState
from exitd.core.policy import Policies
from exitd.core.position import Side
from exitd.runtime.problems import NotReady
from exitd.runtime.signals.inbox import Draft, Taken
from exitd.signals.json_form import signal_json
from exitd.signals.normalising import normalise
from fakes.alpaca.ids import repeat_from
from fakes.alpaca.serving import Alpaca
from simulation.alerts.choices import PATIENCE_S, SYMBOL, Sent, draw
from simulation.alerts.machine import KEYS, ROUTE, AlertMachine
from simulation.alerts.verdict import check
from simulation.alerts.wire import AlpacaNetwork
from simulation.failures import draw_failures
from simulation.ground import Ground, policies_of
from simulation.mishaps import MISHAPS, Mishaps
from simulation.prices import ENTRY
from simulation.violation import Violation
from simulation.virtual_time import VirtualClock, VirtualLoop
from simulation.wire import CALM, Rates

HEALED_S = 60.0
SETTLES_S = 12.0
_PRICE_EVERY_S = 4.0
BURST = 20
#: How long a sender waits for an answer, as TradingView does.
_ANSWER_S = 3.0


class Abroad(Ground):
    """What others do at the broker."""

    def _price(self, price: Decimal) -> None:
        raise NotImplementedError

    def _set_room(self, room: Decimal | None) -> None:
        raise NotImplementedError

    def _close_by_hand(self) -> None:
        raise NotImplementedError

    def burst(self) -> None:
        _, last = self.watch.trails.shown[-1] if self.watch.trails.shown else (0, ENTRY)
        for _ in range(BURST):
            self._price(last + Decimal(self.rng.randint(-150, 150)) / 100)
        self._price(last)

    def liquidate(self) -> None:
        """Let the broker close what is held."""
        self._close_by_hand()

    def order_abroad(self) -> None:
        """Ids of this venue carry no tag that another program could use."""

    def halt(self, *, is_halted: bool) -> None:
        self._set_room(Decimal(0) if is_halted else None)


class AlertWorld(Abroad):
    """Everything of one seed of alerts."""

    def __init__(
        self,
        seed: int,
        virtual: VirtualLoop,
        folder: Path,
        history: list[str] | None = None,
    ) -> None:
        rng = Random(seed)
        self.choices = draw(rng)
        super().__init__(seed, virtual, rng, self.choices.skew_ms)
        self.history = history
        self.has_real_store = self.choices.has_real_store
        self.stalls = self.choices.stalls
        self.failures = draw_failures(seed, self.choices.end_s)
        self.slots = self.failures.slots
        self.machine_clock.rate = 1 + self.failures.drift_ppm / 1_000_000
        is_slow = any(name == "locked" for _, name, _ in self.failures.deeds)
        is_slow = is_slow or bool(self.choices.stalls or self.choices.disk)
        self.watch.trails.is_prompt = not is_slow
        self.policies = Policies(**policies_of(seed))
        self.sign = 1 if self.choices.side is Side.LONG else -1
        #: The ids under which each alert was taken in: one, however often it came.
        self.taken: dict[int, set[str]] = {a.number: set() for a in self.choices.alerts}
        self.by_hand: set[str] = set()
        self._folder = folder
        self._senders: list[asyncio.Task[None]] = []
        self.there: Alpaca
        self.network: AlpacaNetwork
        self.machine: AlertMachine
        self.mishaps: Mishaps

    async def run(self) -> None:
        self.virtual.set_exception_handler(self.note_bug)
        repeat_from(self.seed)
        read_ns = VirtualClock(self.virtual).now_ns
        self.there = Alpaca(is_prompt=self.choices.is_prompt, read_ns=read_ns)
        key, secret = KEYS
        self.there.exchange.keys = key.reveal(), secret.reveal()
        self.network = AlpacaNetwork(self.there, self.rng, CALM)
        self.network.on_order = self._check_order
        self.mishaps = Mishaps(self, self)
        self.there.market.price(SYMBOL, ENTRY)
        self.machine = AlertMachine(self, self._folder / "exitd.db")
        await self.machine.start()
        await self._live()
        check(self)
        await self.machine.crash()

    async def _live(self) -> None:
        """Walk the path, break things, then let everything heal and settle."""
        choices = self.choices
        self.network.on_point = self.on_point = self.mishaps.passed
        happenings: list[tuple[float, str, Any]] = [
            (1.0, "faults", self._rates()),
            (choices.end_s, "faults", CALM),
            *((at_s, "price", shown.price) for at_s, shown in choices.path),
            *((at_s, "room", room) for at_s, room in choices.rooms),
            *((at_s, "crash", None) for at_s in choices.crashes_s),
            *((at_s, "close", None) for at_s in choices.by_hand_s),
            *((at_s, "drop", None) for at_s in choices.drops_s),
            *((alert.at_s, "alert", alert) for alert in choices.alerts),
            *choices.disk,
            *self.mishaps.happenings(),
        ]
        started_s = self.virtual.now_s
        for at_s, what, value in sorted(happenings, key=lambda h: h[:2]):
            await asyncio.sleep(max(0.0, started_s + at_s - self.virtual.now_s))
            self.say(what, "" if value is None else value)
            if what == "crash":
                self.crash()
            else:
                self._happen(what, value)
        await self._show_prices_until(started_s + choices.end_s + HEALED_S)

    def crash(self) -> None:
        self.machine.die()
        self.spawn(self.machine.fall(self.rng.uniform(0.05, 3.0)))

    async def _show_prices_until(self, end_s: float) -> None:
        _, last = self.choices.path[-1]
        ways = itertools.cycle((Decimal("0.01"), Decimal(0)))
        soonest_s = end_s - HEALED_S + SETTLES_S
        while (left_s := end_s - self.virtual.now_s) > 0:
            if self.virtual.now_s > soonest_s and self._is_settled():
                break
            await asyncio.sleep(min(_PRICE_EVERY_S, left_s))
            self._price(last.price + next(ways))
        await asyncio.gather(*self._senders)

    def _rates(self) -> Rates:
        drawn = self.failures
        return replace(self.choices.rates, calls=drawn.calls, frames=drawn.frames)

    def _is_settled(self) -> bool:
        is_sent = all(sender.done() for sender in self._senders)
        if not is_sent or not self.machine.is_up:
            return False
        try:
            check(self)
        except Violation:
            return False
        return True

    def _happen(self, what: str, value: Any) -> None:
        if what in MISHAPS:
            self.mishaps.happen(what, value)
            return
        happens: dict[str, Callable[[Any], None]] = {
            "price": self._price,
            "faults": self._set_faults,
            "room": self._set_room,
            "close": lambda _: self._close_by_hand(),
            "drop": lambda _: self.network.drop_sockets(),
            "disk": lambda kind: self.machine.set_disk(kind),
            "alert": self._begin_to_send,
        }
        happens[what](value)

    def _set_faults(self, rates: Rates) -> None:
        self.network.rates = rates
        self.there.updates.mutes = rates.is_stream_silent

    def _set_room(self, room: Decimal | None) -> None:
        rooms = self.there.exchange.matching.room
        if room is None:
            rooms.pop(SYMBOL, None)
        else:
            rooms[SYMBOL] = room
        self.there.exchange.matching.run(SYMBOL)

    def _price(self, price: Decimal) -> None:
        if self.sign * self.net() < 0:
            self.wrong.append(f"a close has turned the position into {self.net()}")
        self.watch.trails.shown.append((self.virtual.now_s, price))
        self.there.market.price(SYMBOL, price)

    def _close_by_hand(self) -> None:
        """What its owner does at the venue itself: cancel all orders, then close."""
        exchange = self.there.exchange
        for order in list(exchange.orders):
            if order.is_open:
                exchange.cancel(order)
        before = len(exchange.orders)
        exchange.trade_by_hand(SYMBOL, Decimal(0))
        self.by_hand |= {order.client_order_id for order in exchange.orders[before:]}

    def net(self) -> Decimal:
        return self.there.exchange.book.held(SYMBOL)

    def _begin_to_send(self, alert: Sent) -> None:
        self._senders.append(asyncio.ensure_future(self._send(alert)))

    async def _send(self, alert: Sent) -> None:
        """Send an alert until it is answered, and then as often as it comes again."""
        draft = draft_of(alert)
        began_s = self.virtual.now_s
        while not await self._deliver(alert, draft):
            await asyncio.sleep(self.rng.uniform(0.5, 3.0))
            has_id = bool(alert.client_order_id)
            if not has_id and self.virtual.now_s - began_s > PATIENCE_S:
                return
        for at_s in alert.repeats_s:
            due_s = began_s + at_s - alert.at_s
            await asyncio.sleep(max(0.0, due_s - self.virtual.now_s))
            if self.virtual.now_s - began_s > PATIENCE_S:
                return
            await self._deliver(alert, draft)

    async def _deliver(self, alert: Sent, draft: Draft) -> bool:
        """Bring an alert to the machine; False when no success came back."""
        if not self.machine.is_up:
            return False
        answer: asyncio.Future[Taken | None] = self.virtual.create_future()
        work = _receive(self.machine, draft, answer)
        self.machine.spawn(work, f"alert {alert.number}")
        try:
            async with asyncio.timeout(_ANSWER_S):
                taken = await answer
        except TimeoutError:
            return False
        if taken is not None:
            self.taken[alert.number].add(taken.record.id)
            self.say("answer", f"alert {alert.number} is {taken.record.id}")
        return taken is not None

    def _check_order(self, body: dict[str, Any]) -> None:
        """What leaves was durable before, and under this id."""
        client_id = body["client_order_id"]
        self.say("order", f"{client_id} {body['side']} {body.get('qty')}")
        if self._close_of(client_id) is not None:
            return
        signed = [
            entry
            for entry in self.mirror.entries.values()
            if entry.order.ticket.client_order_id == client_id
            and entry.state is not EntryState.WANTED
        ]
        if len(signed) != 1:
            self.wrong.append(f"{client_id} was sent, and {len(signed)} are on disk")

    def _close_of(self, client_id: str) -> AttemptKey | None:
        _, is_ours, number = client_id.partition("exitd-")
        return self.attempt_of(int(number)) if is_ours else None


async def _receive(
    machine: AlertMachine, draft: Draft, answer: asyncio.Future[Taken | None]
) -> None:
    """Let the daemon take an alert in; a crash ends this without an answer."""
    try:
        taken: Taken | None = await machine.inbox.receive(draft)
    except NotReady:
        taken = None
    if not answer.done():
        answer.set_result(taken)


def draft_of(alert: Sent) -> Draft:
    signal = normalise(alert.body).signal
    return Draft(
        route=ROUTE,
        ticker=SYMBOL,
        body=signal_json(signal),
        digest=f"digest of {alert.number}",
        client_order_id=alert.client_order_id,
    )
