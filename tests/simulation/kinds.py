"""One trigger of every kind, as a seed draws it: what it waits for, how it closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

from msgspec import Struct

from exitd.core.condition import (
    AtInstant,
    Basis,
    Condition,
    ConditionKind,
    Confirmation,
    FixedLevel,
    Level,
    MaxHold,
    Move,
    Offset,
    Relative,
    Tighten,
    Trailing,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    Twap,
)
from simulation.prices import ENTRY
from simulation.virtual_time import START_NS

SYMBOL = "SOL_USDC_PERP"
ACCOUNT = "sim"
SECOND_NS = 1_000_000_000
STOP, TARGET = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT
#: Trails whose offset a person may widen while they trail.
TRAILS = ("trail", "trail-after", "trail-tighten", "trail-step")


def rule(
    name: str,
    side: Side,
    condition: Condition,
    close: Close,
    *,
    confirmation: Confirmation | None = None,
    moves: tuple[Move, ...] = (),
    kind: PriceKind = PriceKind.MARK,
    is_template: bool = False,
) -> TriggerDefinition:
    return TriggerDefinition(
        id=name,
        owner="file:simulation.yaml:1" if is_template else "api:simulation",
        account=ACCOUNT,
        symbol=SYMBOL,
        side=side,
        source=PriceSource(ACCOUNT, SYMBOL, kind),
        condition=condition,
        action=close,
        confirmation=confirmation,
        moves=moves,
        template=is_template,
    )


class Drawn(Struct, frozen=True, kw_only=True):
    """What makes a kind: everything of a trigger but its name and its place."""

    condition: Condition
    close: Close
    confirmation: Confirmation | None = None
    moves: tuple[Move, ...] = ()


class Hand:
    """Draws for one side; losing prices are `behind` the entry, winning `ahead`."""

    def __init__(self, rng: Random, side: Side, skew_ms: int) -> None:
        self.rng = rng
        self.sign = 1 if side is Side.LONG else -1
        self.skew_ms = skew_ms
        self._used: set[Decimal] = set()

    def behind(self, low: int, high: int) -> Decimal:
        """A new price so many cents on the losing side; no two triggers are alike."""
        return self._place(ENTRY, -self.sign, low, high)

    def ahead(self, low: int, high: int) -> Decimal:
        return self._place(ENTRY, self.sign, low, high)

    def beyond(self, level: Decimal, low: int, high: int) -> Decimal:
        """A new price so many cents farther on the losing side than a level."""
        return self._place(level, -self.sign, low, high)

    def _place(self, base: Decimal, sign: int, low: int, high: int) -> Decimal:
        while True:
            price = base + sign * Decimal(self.rng.randint(low, high)) / 100
            if price not in self._used:
                self._used.add(price)
                return price

    def quantity(self) -> Quantity:
        """A small part of the position, in any of the ways to say so."""
        kind = self.rng.choice(
            (
                QuantityKind.ABSOLUTE,
                QuantityKind.ABSOLUTE,
                QuantityKind.SHARE,
                QuantityKind.INITIAL,
                QuantityKind.QUOTE,
            )
        )
        cents = Decimal(self.rng.randint(20, 90))
        if kind is QuantityKind.ABSOLUTE:
            return Quantity(kind, cents / 100)
        if kind is QuantityKind.QUOTE:
            return Quantity(kind, cents, "USDC")
        return Quantity(kind, cents / 10)

    def close(self) -> Close:
        return Close(quantity=self.quantity())

    def seconds_ns(self, low: float, high: float) -> int:
        return round(self.rng.uniform(low, high) * SECOND_NS)

    def offset(self, cents: int) -> Offset:
        """About so many cents behind the watermark, as a price or as a percentage."""
        value = Decimal(cents) / 100
        if self.rng.random() < 0.5:
            return Offset(value)
        percent = (value / ENTRY * 100).quantize(Decimal("0.01"))
        return Offset(percent, is_percent=True)

    def patience(self) -> tuple[int, int]:
        return self.seconds_ns(0.3, 3), self.seconds_ns(0.3, 3)

    def limit(self) -> Decimal:
        return self.rng.choice((Decimal("0.1"), Decimal("0.5"), Decimal(3)))

    def emergency(self) -> Level | None:
        beyond = self.behind(290, 420)
        percent = Decimal(-self.sign) * Decimal("2.2")
        return self.rng.choice((None, beyond, Relative(Basis.ENTRY, percent)))


def _trail(hand: Hand) -> Drawn:
    offset = hand.offset(hand.rng.randint(60, 350))
    return Drawn(condition=Trailing(offset), close=hand.close())


def _trail_after(hand: Hand) -> Drawn:
    offset = hand.offset(hand.rng.randint(40, 250))
    percent = Decimal(hand.sign) * Decimal(hand.rng.randint(50, 250)) / 100
    after = hand.rng.choice((hand.ahead(50, 350), Relative(Basis.ENTRY, percent)))
    return Drawn(condition=Trailing(offset, after=after), close=hand.close())


def _trail_tighten(hand: Hand) -> Drawn:
    tighten = Tighten(hand.ahead(100, 350), hand.offset(hand.rng.randint(20, 90)))
    offset = hand.offset(hand.rng.randint(150, 350))
    return Drawn(condition=Trailing(offset, tighten=tighten), close=hand.close())


def _trail_step(hand: Hand) -> Drawn:
    step = Decimal(hand.rng.randint(10, 100)) / 100
    offset = hand.offset(hand.rng.randint(60, 250))
    return Drawn(condition=Trailing(offset, step=step), close=hand.close())


def _relative(hand: Hand) -> Drawn:
    rng, follows = hand.rng, hand.rng.random() < 0.5
    far = Decimal(rng.randint(80, 260)) / 100
    level = rng.choice(
        (
            Relative(Basis.ENTRY, -hand.sign * far, follows=follows),
            Relative(Basis.ROI, -10 * far, Decimal(10), follows=follows),
            Relative(Basis.PNL, -14 * far, follows=follows),
        )
    )
    return Drawn(condition=FixedLevel(STOP, level), close=hand.close())


def _confirmed(hand: Hand) -> Drawn:
    return Drawn(
        condition=FixedLevel(STOP, hand.behind(40, 280)),
        close=hand.close(),
        confirmation=Confirmation(
            for_ns=hand.seconds_ns(0.3, 6), emergency=hand.emergency()
        ),
    )


def _confirmed_prices(hand: Hand) -> Drawn:
    return Drawn(
        condition=FixedLevel(STOP, hand.behind(40, 280)),
        close=hand.close(),
        confirmation=Confirmation(
            prices=hand.rng.randint(2, 5), emergency=hand.emergency()
        ),
    )


def _confirmed_target(hand: Hand) -> Drawn:
    return Drawn(
        condition=FixedLevel(TARGET, hand.ahead(150, 400)),
        close=hand.close(),
        confirmation=Confirmation(for_ns=hand.seconds_ns(0.3, 3)),
    )


def _moving(hand: Hand) -> Drawn:
    """The second move would loosen what the first has done."""
    rng = hand.rng
    first = rng.choice(
        (
            Move(at=hand.ahead(50, 200), covers_fees=True),
            Move(at=hand.ahead(50, 200), to=hand.behind(10, 60)),
            Move(at=hand.ahead(50, 200), to=Relative(Basis.ROI, Decimal(2))),
        )
    )
    second = Move(at=hand.ahead(210, 400), to=hand.behind(100, 200))
    return Drawn(
        condition=FixedLevel(STOP, hand.behind(210, 340)),
        close=hand.close(),
        moves=(first, second),
    )


def _moving_after(hand: Hand) -> Drawn:
    """After the target, to the entry; later to the level of a stop that lies below."""
    return Drawn(
        condition=FixedLevel(STOP, hand.behind(250, 340)),
        close=hand.close(),
        moves=(
            Move(after="target", covers_fees=hand.rng.random() < 0.5),
            Move(at=hand.ahead(100, 400), to_level_of="part-0"),
        ),
    )


def _hold(hand: Hand) -> Drawn:
    duration = MaxHold(hand.seconds_ns(4, 30))
    return Drawn(condition=duration, close=hand.close())


def _instant(hand: Hand) -> Drawn:
    ts_ns = START_NS + hand.skew_ms * 1_000_000 + hand.seconds_ns(3, 30)
    return Drawn(condition=AtInstant(ts_ns), close=hand.close())


def _patient(hand: Hand) -> Drawn:
    close = Close(
        quantity=hand.quantity(),
        order=OrderType.LIMIT,
        slippage_limit=hand.rng.choice((None, hand.limit())),
        patience_ns=hand.patience(),
    )
    return Drawn(condition=FixedLevel(STOP, hand.behind(40, 340)), close=close)


def _patient_target(hand: Hand) -> Drawn:
    close = Close(
        quantity=hand.quantity(),
        order=OrderType.LIMIT,
        slippage_limit=hand.limit(),
        patience_ns=hand.patience(),
    )
    return Drawn(condition=FixedLevel(TARGET, hand.ahead(150, 450)), close=close)


def _hard(hand: Hand) -> Drawn:
    close = Close(
        quantity=hand.quantity(),
        order=OrderType.LIMIT,
        slippage_limit=hand.limit(),
        is_hard=True,
        patience_ns=hand.rng.choice(((0, 0), hand.patience())),
    )
    return Drawn(condition=FixedLevel(STOP, hand.behind(40, 340)), close=close)


def _twap_close(hand: Hand) -> Close:
    is_limit = hand.rng.random() < 0.8
    return Close(
        quantity=Quantity(
            hand.rng.choice((QuantityKind.SHARE, QuantityKind.INITIAL)),
            Decimal(hand.rng.choice((10, 20, 30))),
        ),
        order=OrderType.LIMIT if is_limit else OrderType.MARKET,
        slippage_limit=Decimal("0.1") if is_limit else None,
        patience_ns=hand.patience() if is_limit else (0, 0),
        twap=Twap(hand.rng.randint(2, 6), hand.seconds_ns(0.5, 4)),
    )


def _twap(hand: Hand) -> Drawn:
    level = FixedLevel(STOP, hand.behind(20, 250))
    return Drawn(condition=level, close=_twap_close(hand))


def _twap_target(hand: Hand) -> Drawn:
    level = FixedLevel(TARGET, hand.ahead(100, 400))
    return Drawn(condition=level, close=_twap_close(hand))


def _plain(hand: Hand) -> Drawn:
    return Drawn(condition=FixedLevel(STOP, hand.behind(30, 340)), close=hand.close())


def _beyond(hand: Hand, level: Decimal) -> Drawn:
    """A stop a little beyond a level: it is hit while that one's slices rest."""
    price = hand.beyond(level, 15, 90)
    return Drawn(condition=FixedLevel(STOP, price), close=hand.close())


KINDS: dict[str, Callable[[Hand], Drawn]] = {
    "trail": _trail,
    "trail-after": _trail_after,
    "trail-tighten": _trail_tighten,
    "trail-step": _trail_step,
    "relative": _relative,
    "confirmed": _confirmed,
    "confirmed-prices": _confirmed_prices,
    "confirmed-target": _confirmed_target,
    "moving": _moving,
    "moving-after": _moving_after,
    "hold": _hold,
    "instant": _instant,
    "patient": _patient,
    "patient-target": _patient_target,
    "hard": _hard,
    "twap": _twap,
    "twap-target": _twap_target,
    "plain": _plain,
}


def draw_kinds(
    rng: Random, side: Side, skew_ms: int, *, is_template: bool
) -> Iterator[TriggerDefinition]:
    """Some of all kinds; a few watch the index."""
    hand = Hand(rng, side, skew_ms)
    all_drawn: dict[str, Drawn] = {}
    for name in rng.sample(list(KINDS), rng.randint(3, 8)):
        drawn = all_drawn[name] = KINDS[name](hand)
        if name == "twap":
            assert isinstance(drawn.condition, FixedLevel)
            assert isinstance(drawn.condition.price, Decimal)
            all_drawn["beyond-twap"] = _beyond(hand, drawn.condition.price)
    for name, drawn in all_drawn.items():
        yield rule(
            name,
            side,
            drawn.condition,
            drawn.close,
            confirmation=drawn.confirmation,
            moves=drawn.moves,
            kind=PriceKind.INDEX if rng.random() < 0.15 else PriceKind.MARK,
            is_template=is_template,
        )
