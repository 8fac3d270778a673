"""What happens, in the words of a trader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.cli.demo.scenario import STOP
from exitd.core.events import Fact, FactKind
from exitd.core.units import HUNDRED, text

_CENT = Decimal("0.01")
_NS_PER_MS = Decimal(1_000_000)


class ExitSeen(Struct, frozen=True, kw_only=True):
    """An exit that fired and filled; the answer of `exitd demo --until-exit`."""

    trigger_id: str
    level: str
    observed_price: str
    fill_price: str
    slippage: str
    frame_to_order_ms: Decimal


class _Hit(Struct):
    level: Decimal
    observed: Decimal
    ts_recv_ns: int
    ts_sent_ns: int = 0


class Story:
    """
    Follows the engine's facts and tells of each exit of a long position.

    Args:
        base: What is traded, such as SOL.
        tell: Takes one finished line.
        on_exit: Called with each exit that has filled.
    """

    def __init__(
        self,
        base: str,
        tell: Callable[[str], None],
        on_exit: Callable[[ExitSeen], None],
    ) -> None:
        self._base = base
        self._tell = tell
        self._on_exit = on_exit
        self._hits: dict[str, _Hit] = {}
        self.has_position = True

    def take(self, facts: Sequence[Fact], is_durable: bool = True) -> None:
        for fact in facts:
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        fields = fact.fields
        match fact.kind:
            case FactKind.TRIGGER_HIT:
                level, observed = fields.get("level"), fields.get("observed")
                received_ns = fields.get("ts_recv_ns")
                if isinstance(level, Decimal) and isinstance(observed, Decimal):
                    assert isinstance(received_ns, int)
                    self._hits[fact.fire_id] = _Hit(level, observed, received_ns)
            case FactKind.ORDER_SENT:
                hit = self._hits.get(fact.fire_id)
                if hit is not None and not hit.ts_sent_ns:
                    hit.ts_sent_ns = fact.ts_ns
            case FactKind.TRIGGER_DONE:
                self._end(fact)
            case FactKind.POSITION_OPENED:
                self.has_position = True
                quantity = fields.get("quantity")
                self._tell(
                    f"A new position is open: long {_plain(quantity)} {self._base}."
                    " Its exits are armed again, as the file says."
                )
            case FactKind.POSITION_CLOSED:
                self.has_position = False
                self._tell("The position is closed; the exits left over are retired.")
            case _:
                pass

    def _end(self, fact: Fact) -> None:
        hit = self._hits.pop(fact.fire_id, None)
        average, filled = fact.fields.get("average_price"), fact.fields.get("filled")
        if hit is None or not isinstance(average, Decimal):
            return
        seen = ExitSeen(
            trigger_id=fact.trigger_id,
            level=text(hit.level),
            observed_price=text(hit.observed),
            fill_price=text(average),
            slippage=f"{_percent((hit.level - average) / hit.level)}%",
            frame_to_order_ms=_milliseconds(hit.ts_sent_ns - hit.ts_recv_ns),
        )
        self._tell(self._sentence(hit, average, _plain(filled), seen))
        self._on_exit(seen)

    def _sentence(
        self, hit: _Hit, average: Decimal, filled: str, seen: ExitSeen
    ) -> str:
        is_stop = hit.level == STOP
        moved = (
            f"{self._base} fell to {_price(hit.observed)}, through your stop"
            if is_stop
            else f"{self._base} rose to {_price(hit.observed)}, to your take-profit"
        )
        worse = _percent(abs(hit.level - average) / hit.level)
        slipped = (
            f"slippage {worse} %"
            if average < hit.level
            else f"{worse} % better than asked"
        )
        return (
            f"{moved} at {_price(hit.level)}: sold {filled} {self._base}"
            f" at {_price(average)}, {slipped}, order out"
            f" {seen.frame_to_order_ms} ms after the price."
        )


def _price(price: Decimal) -> str:
    return format(price.quantize(_CENT), "f")


def _percent(share: Decimal) -> str:
    return format((share * HUNDRED).quantize(_CENT), "f")


def _milliseconds(duration_ns: int) -> Decimal:
    return (duration_ns / _NS_PER_MS).quantize(_CENT)


def _plain(quantity: object) -> str:
    return text(quantity) if isinstance(quantity, Decimal) else str(quantity)
