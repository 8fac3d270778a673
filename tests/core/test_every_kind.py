"""The books against a model that goes through every trigger on every price."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from msgspec.structs import replace

from core.builders import offset
from core.every_kind import Model
from core.worlds import MARK, D, S, World, rule
from exitd.core.condition import (
    ConditionKind,
    Confirmation,
    FixedLevel,
    Move,
    Tighten,
    Trailing,
)
from exitd.core.hole_inputs import HoleFilled, HoleFound, SeenCandle
from exitd.core.inputs import (
    Amend,
    CancelTrigger,
    IfCrossed,
)
from exitd.core.position import Side
from exitd.core.resting import watermark_now
from exitd.core.state import Accepted
from exitd.core.trigger import Notify, TriggerDefinition

#: Together a hundred thousand operations and more.
SEEDS, STEPS = 64, 1_700
MOST = 30


class Compared:
    """The engine and the model, side by side, with one side of the market."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.side = self.chance.choice(list(Side))
        self.world = World("10", side=self.side, mark="100")
        self.model = Model(price=D(100))
        self.named = 0
        self.told = 0

    def price(self, spread: int = 3_000) -> Decimal:
        cents = 10_000 + self.chance.randint(-spread, spread)
        return D(cents) / 100

    def definition(self, id: str) -> TriggerDefinition:
        base = rule(id, ConditionKind.STOP_LOSS, "1", Notify(), side=self.side)
        falls, pick = self.side is Side.LONG, self.chance.choice
        kind = pick(["stop", "target", "trail", "after", "tighten", "step", "prices"])
        now = self.model.price or D(100)
        ahead = (now * D(pick(["1.01", "1.05"]))) if falls else now * D("0.97")
        behind = offset(pick(["1", "2.5", "4", "1%", "3%"]))
        match kind:
            case "trail":
                return replace(base, condition=Trailing(behind))
            case "after":
                return replace(base, condition=Trailing(behind, after=ahead))
            case "tighten":
                tighten = Tighten(ahead, offset("0.5"))
                return replace(base, condition=Trailing(behind, tighten=tighten))
            case "step":
                step = D(pick(["0.5", "2"]))
                return replace(base, condition=Trailing(behind, step=step))
            case "target":
                at = ahead.quantize(D("0.01"))
                return replace(
                    base, condition=FixedLevel(ConditionKind.TAKE_PROFIT, at)
                )
        away = D(self.chance.randint(1, 900)) / 100
        stop = (now - away if falls else now + away).quantize(D("0.01"))
        made = replace(base, condition=FixedLevel(ConditionKind.STOP_LOSS, stop))
        if kind == "prices":
            beyond = stop - 2 if falls else stop + 2
            emergency = pick([None, beyond])
            confirmation = Confirmation(prices=pick([2, 3]), emergency=emergency)
            return replace(made, confirmation=confirmation)
        if self.chance.random() < 0.3:
            halfway = ((stop + now) / 2).quantize(D("0.01"))
            made = replace(made, moves=(Move(at=ahead, to=halfway),))
        return made

    def step(self) -> None:
        live = sorted(self.model.live)
        roll = self.chance.random()
        if roll < 0.12 and len(live) < MOST:
            self.named += 1
            self._arm(self.definition(f"t{self.named}"))
        elif roll < 0.15 and live:
            self._cancel(self.chance.choice(live))
        elif roll < 0.19 and live:
            self._amend(self.chance.choice(live))
        elif roll < 0.20:
            # What trails have seen is a second old at most.
            self.world.wait(2 * S)
            self.world.restart()
            self.model.restart()
            self.tick(self.model.price or D(100))
        elif roll < 0.22:
            self._fill_hole()
        elif roll < 0.23:
            self._change_position()
        else:
            wide = 3_000 if self.chance.random() < 0.02 else 150
            now = self.model.price or D(100)
            moved = now + D(self.chance.randint(-wide, wide)) / 100
            self.tick(max(moved, D("0.01")))

    def _arm(self, definition: TriggerDefinition) -> None:
        reply = self.world.arm(definition)
        if isinstance(reply, Accepted):
            self.model.arm(definition)

    def _cancel(self, id: str) -> None:
        now_ns = self.world.later()
        self.world.do(CancelTrigger(trigger_id=id, by="test", now_ns=now_ns))
        del self.model.live[id]

    def _amend(self, id: str) -> None:
        known = self.model.live[id].definition
        condition = known.condition
        if isinstance(condition, Trailing):
            wider = replace(condition.offset, value=condition.offset.value + 1)
            changed = replace(known, condition=replace(condition, offset=wider))
        else:
            changed = replace(known, note=f"{known.note}+")
        reply = self.world.do(
            Amend(
                definition=changed,
                if_crossed=IfCrossed.REFUSE,
                now_ns=self.world.later(),
            )
        ).reply
        if isinstance(reply, Accepted):
            self.model.amend(changed)

    def _fill_hole(self) -> None:
        """A candle of a time when nobody watched."""
        now = self.model.price or D(100)
        high, low = now * D("1.013"), now * D("0.985")
        opens = self.world.later()
        candle = SeenCandle(opens, opens + 60 * S, high=high, low=low)
        self.world.do(HoleFound(MARK, opens, self.world.later()))
        self.world.do(HoleFilled(MARK, (candle,), self.world.later()))
        self.model.fill_hole(high, low)
        self.check()

    def _change_position(self) -> None:
        """It grows or shrinks; or it ends, and with it all its triggers."""
        if self.chance.random() < 0.9:
            self.world.position(str(self.chance.randint(1, 50)))
            return
        self.world.position("0")
        assert all(self.world.state(id) == "done: retired" for id in self.model.live)
        self.model.live.clear()
        self.world.position("10")

    def tick(self, price: Decimal) -> None:
        self.world.mark(format(price, "f"))
        hit = self.model.tick(price)
        facts = self.world.facts[self.told :]
        self.told = len(self.world.facts)
        fired = {f.trigger_id for f in facts if f.kind.value == "trigger.hit"}
        odd = {id: self.world.trigger(id) for id in fired ^ hit}
        assert fired == hit, f"at {price}: {odd}"
        self.check()

    def check(self) -> None:
        for id, modelled in self.model.live.items():
            record = self.world.trigger(id)
            assert watermark_now(self.world.engine.state, record) == modelled.watermark
            assert record.is_tightened == modelled.is_tightened, id


@pytest.mark.parametrize("seed", range(SEEDS))
def test_b060_given_any_history_then_the_books_do_what_a_loop_over_all_would(seed):
    compared = Compared(seed)

    for _ in range(STEPS):
        compared.step()

    assert compared.named > 100
