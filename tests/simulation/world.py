"""One seed: a position, its triggers, a price path, faults, crashes, and people.

First everything goes wrong that the seed draws; then the faults heal, and within a
minute every hit must have had its effect: once, and not never.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace
from nacl.signing import SigningKey

from exitd.core.attempt import AttemptKey
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.inputs import Amend, Arm, CancelTrigger
from exitd.core.policy import Policies
from exitd.core.position import Side
from exitd.core.state import Accepted, Reply
from exitd.core.trigger import (
    Close,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerState,
)
from exitd.errors import StoreFull
from exitd.simulator.clock import VenueClock
from simulation.abroad import Abroad
from simulation.choices import ByHand, amend, draw
from simulation.dates import dated, start_of
from simulation.exchange_machine import ExchangeMachine
from simulation.exchange_wire import ExchangeNetwork
from simulation.failures import draw_failures, draw_lie_ms
from simulation.ground import policies_of
from simulation.kinds import ACCOUNT, SYMBOL, rule
from simulation.mishaps import MISHAPS, Mishaps
from simulation.prices import ENTRY, Shown
from simulation.quiet_exchange import QuietExchange
from simulation.real_disk import RealDisk
from simulation.verdict import check
from simulation.violation import Violation
from simulation.virtual_time import VirtualClock, VirtualLoop
from simulation.wire import CALM, Rates

HEALED_S = 60.0
#: What was on its way when the faults healed has arrived this much later; without
#: requests that are held back on the way, much sooner.
SETTLES_S, SETTLES_SOON_S = 11.0, 4.5
#: One world of so many goes on for all of `HEALED_S`, though nothing is left to do.
LIVED_TO_THE_END = 32
_PRICE_EVERY_S = 4.0
TRADES = ("close", "grow", "reopen")


class World(Abroad):
    """Everything of one seed."""

    def __init__(
        self,
        seed: int,
        virtual: VirtualLoop,
        folder: Path,
        history: list[str] | None = None,
        *,
        is_overlapped: bool = False,
    ) -> None:
        rng = Random(seed)
        virtual.start_ns = start_of(seed)
        self.choices = dated(draw(rng), virtual.start_ns)
        skew_ms, steps = self.choices.skew_ms, self.choices.step_ms
        super().__init__(seed, virtual, rng, skew_ms, is_set=bool(steps))
        self.history = history
        self.is_overlapped = is_overlapped
        self.policies = Policies(
            confirm_after_ns=2_000_000_000,
            guard_percent=self.choices.guard_percent,
            **policies_of(seed),
        )
        self.has_real_store = self.choices.has_real_store
        self.stalls = self.choices.stalls
        self.failures = draw_failures(seed, self.choices.end_s)
        self.slots = self.failures.slots
        self.machine_clock.rate = 1 + self.failures.drift_ppm / 1_000_000
        is_slow = any(name == "locked" for _, name, _ in self.failures.deeds)
        is_slow = is_slow or bool(self.choices.stalls or self.choices.disk)
        self.watch.trails.is_prompt = not is_slow
        self.window_ms = rng.choice((1_000, 3_000, 5_000))
        key = SigningKey(bytes([seed % 251 + 1]) * 32)
        self.api_key = base64.b64encode(bytes(key.verify_key)).decode()
        self.api_secret = base64.b64encode(bytes(key)).decode()
        self.armed: set[str] = set()
        self.is_traded_by_hand = False
        self.sign = 1 if self.choices.side is Side.LONG else -1
        self._path = folder / "exitd.db"
        self._file = RealDisk(self, self, self._path, self.choices.end_s)
        self.exchange: QuietExchange
        self.network: ExchangeNetwork
        self.machine: ExchangeMachine
        self.mishaps: Mishaps
        #: Orders of another program that uses our ids.
        self.foreign: set[str] = set()

    async def run(self) -> None:
        self.virtual.set_exception_handler(self.note_bug)
        clock = VenueClock(read_ns=VirtualClock(self.virtual).now_ns)
        self.exchange = QuietExchange(self.seed, SYMBOL, self.choices.quirks, clock)
        self.network = ExchangeNetwork(self.exchange, self.rng, CALM)
        self.network.on_order = self._check_order
        self.network.lie_ms = draw_lie_ms(self.seed)
        self.mishaps = Mishaps(self, self)
        running = asyncio.ensure_future(self.exchange.run())
        self._price(Shown(ENTRY))
        sign = self.sign
        self.exchange.engine.set_position(
            self.api_key,
            SYMBOL,
            sign * self.choices.size,
            ENTRY,
            clock.stamp_us(),
        )
        self.machine = ExchangeMachine(self, self._path)
        await self.machine.start()
        await self._arm()
        await self._live()
        check(self)
        await self.machine.crash()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _arm(self) -> None:
        reply = await self.machine.within(self._command(arm=self.choices.triggers))
        assert isinstance(reply, Accepted), reply
        self.machine.account.prices.watch_sources()

    async def _command(
        self, arm: tuple[TriggerDefinition, ...] = (), **named: Any
    ) -> Reply:
        loop = self.machine.loop
        now_ns = loop.clock.now_ns()
        if arm:
            return await loop.command(Arm(definitions=arm, now_ns=now_ns))
        if "cancel" in named:
            trigger_id = named["cancel"]
            return await loop.command(
                CancelTrigger(trigger_id=trigger_id, by="a person", now_ns=now_ns)
            )
        return await loop.command(Amend(definition=named["amend"], now_ns=now_ns))

    async def _live(self) -> None:
        """Walk the path, break things, then let everything heal and settle."""
        choices = self.choices
        self.network.on_point = self.on_point = self.mishaps.passed
        happenings: list[tuple[float, str, Any]] = [
            *((at_s, "price", price) for at_s, price in choices.path),
            *((at_s, "crash", None) for at_s in choices.crashes_s),
            *((deed.at_s, "by hand", deed) for deed in choices.by_hand),
            *choices.disk,
            *self.mishaps.happenings(),
            *self._file.happenings(),
            (1.0, "faults", self._rates()),
            (choices.end_s, "faults", CALM),
        ]
        if choices.step_ms:
            happenings.append((choices.end_s / 2, "step", choices.step_ms))
        if choices.rates.stream_drop:
            for _ in range(self.rng.randint(0, 3)):
                happenings.append((self.rng.uniform(2, choices.end_s), "drop", None))
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
        """A healed feed goes on: what waits for a fresh price gets one."""
        _, last = self.choices.path[-1]
        # A price that does not change makes no frame.
        ways = itertools.cycle((Decimal("0.01"), Decimal(0)))
        settles_s = SETTLES_S if self.choices.rates.delayed else SETTLES_SOON_S
        soonest_s = end_s - HEALED_S + settles_s
        while (left_s := end_s - self.virtual.now_s) > 0:
            if self.virtual.now_s > soonest_s and self._is_settled():
                return
            await asyncio.sleep(min(_PRICE_EVERY_S, left_s))
            self._price(replace(last, price=last.price + next(ways)))

    def _rates(self) -> Rates:
        drawn = self.failures
        return replace(self.choices.rates, calls=drawn.calls, frames=drawn.frames)

    def _is_settled(self) -> bool:
        """Whether all is well already; some worlds go on, whatever comes of it."""
        if self.seed % LIVED_TO_THE_END == 0 or not self.machine.is_up:
            return False
        try:
            check(self)
        except Violation:
            return False
        return True

    def _happen(self, what: str, value: Any) -> None:
        if what == "price":
            self._price(value)
        elif what == "faults":
            self._set_faults(value)
        elif what == "drop":
            self.network.drop_sockets()
        elif what == "disk":
            self.machine.set_disk(value)
        elif what == "file":
            self._file.happen(value)
        elif what in MISHAPS:
            self.mishaps.happen(what, value)
        elif what == "step":
            self.machine_clock.step(value * 1_000_000)
            self.watch.confirmations.may_be_short = value > 0
            self.watch.confirmations.may_be_long = value < 0
        elif value.what in TRADES:
            self._trade(value.what)
        elif self.machine.is_up:
            self.machine.spawn(self._ask(value), f"{value.what} {value.name}")

    def _trade(self, what: str) -> None:
        """What a person does at the venue itself."""
        net = self.net()
        sign = self.sign
        change = {"close": -net, "grow": sign * Decimal(2), "reopen": -net}[what]
        if what == "reopen" and net == 0:
            change = sign * self.choices.size
        if what == "grow" and net == 0:
            return
        if change:
            order = {
                "symbol": SYMBOL,
                "side": "Bid" if change > 0 else "Ask",
                "orderType": "Market",
                "quantity": format(abs(change), "f"),
            }
            self._submit(order)

    async def _ask_to(self, **named: Any) -> Reply | None:
        """Give the answer; None where the disk has no room for what is asked."""
        try:
            return await self._command(**named)
        except StoreFull:
            return None

    async def _ask(self, deed: ByHand) -> None:
        """What a person asks of the daemon; an answer is a promise."""
        record = self.machine.loop.engine.state.triggers.get(deed.name)
        if deed.what == "arm":
            size = Quantity(QuantityKind.ABSOLUTE, Decimal("0.7"))
            reply = await self._ask_to(
                arm=(
                    rule(
                        deed.name,
                        self.choices.side,
                        FixedLevel(ConditionKind.STOP_LOSS, deed.level),
                        Close(quantity=size),
                    ),
                )
            )
            if isinstance(reply, Accepted):
                self.armed.add(deed.name)
        elif deed.what == "cancel":
            reply = await self._ask_to(cancel=deed.name)
            if isinstance(reply, Accepted) and not reply.notes:
                self.watch.cancelled.add(deed.name)
        elif record is not None:
            amended = amend(record.definition, deed)
            reply = await self._ask_to(amend=amended)
        else:
            return
        self.say("answer", f"{deed.what} {deed.name}: {reply}")

    def _set_faults(self, rates: Rates) -> None:
        self.network.rates = rates
        self.exchange.faults.clear()
        later_ms = self.failures.accepted_later_ms
        if later_ms and rates is not CALM:
            accepted = {"kind": "accepted_202", "delay_ms": later_ms, "count": 3}
            self.exchange.faults.add(accepted)
        if rates.history_lag_s:
            self.exchange.faults.add(
                {"kind": "history_lag", "delay_ms": int(rates.history_lag_s * 1_000)}
            )

        if rates.is_stream_silent:
            silence = {"kind": "silence", "stream": "account."}
            self.exchange.faults.add(silence)

    def _price(self, shown: Shown) -> None:
        price = shown.price
        if self.sign * self.net() < 0:
            self.wrong.append(f"a close has turned the position into {self.net()}")
        self.watch.trails.shown.append((self.virtual.now_s, price))
        if shown.is_spike:
            self.exchange.set_prices(SYMBOL, mark=price)
        else:
            self.exchange.set_prices(SYMBOL, mark=price, index=price, last=price)

    def _check_order(self, body: dict[str, Any]) -> None:
        client_id = body["clientId"]
        self.say("order", f"{client_id} {body['side']} {body.get('quantity')}")
        key = self.attempt_of(client_id)
        if key is None:
            if not (self.is_overlapped and self._is_reserved(client_id)):
                self.wrong.append(f"{client_id} was sent before it was durable")
        elif not self._has_rows(key):
            self.wrong.append(f"{key} was sent before its firing was durable")
        if body.get("reduceOnly") is not True:
            self.wrong.append(f"{client_id} is not reduce-only")

    def _is_reserved(self, client_id: int) -> bool:
        """Whether an id that nobody has signed yet is on disk, to be found by."""
        counter = self.mirror.counters[ACCOUNT]
        return counter.ahead_window_ns > 0 and any(
            record.first_id == client_id for record in self.mirror.triggers.values()
        )

    def _has_rows(self, key: AttemptKey) -> bool:
        """Whether what an order is for was durable, and its counter, as it left."""
        record = self.mirror.triggers.get(key.trigger_id)
        fired = self.mirror.fires.get((key.trigger_id, key.arming))
        if record is None or fired is None or fired.attempts < key.n:
            return False
        is_over = record.arming > key.arming or record.state is TriggerState.DONE
        return is_over or record.state is TriggerState.FIRING

    def net(self) -> Decimal:
        account = self.exchange.state.open_account(self.api_key)
        position = account.positions.get(SYMBOL)
        return Decimal(0) if position is None else position.net_quantity
