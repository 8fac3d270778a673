"""Positions as checked: every default applied, every word decided."""

from decimal import Decimal

from msgspec import Struct

from exitd.configuration.document import Document, Path
from exitd.configuration.keys import CandleWord, ExitDefaults, OrderWord, PriceWord
from exitd.configuration.position_file import Action, Exit, Position
from exitd.configuration.position_file import Side as SideWord
from exitd.configuration.values import Expiry
from exitd.core.condition import ConditionKind
from exitd.core.market import PriceKind
from exitd.core.position import Side
from exitd.core.trigger import WHOLE, Quantity


class Wording(Struct, frozen=True, kw_only=True):
    """What applies to an exit once every `defaults` has been asked."""

    price: PriceWord
    candle: CandleWord
    closed_candles: bool
    close: Quantity
    order: OrderWord
    slippage_limit: Decimal | None


_KEYS = frozenset(ExitDefaults.model_fields)
_BUILT_IN: dict[str, object] = {
    "price": "mark",
    "last_close": "running",
    "candle": "1m",
    "close": WHOLE,
    "order": "market",
    "slippage_limit": None,
}


def wording(*nearest_first: ExitDefaults) -> Wording:
    """Apply defaults: the first that says something wins."""
    said = dict(_BUILT_IN)
    for layer in reversed(nearest_first):
        for name in layer.model_fields_set & _KEYS:
            said[name] = getattr(layer, name)
    return Wording(
        price=said["price"],  # type: ignore[arg-type]
        candle=said["candle"],  # type: ignore[arg-type]
        closed_candles=said["last_close"] == "closed",
        close=said["close"],  # type: ignore[arg-type]
        order=said["order"],  # type: ignore[arg-type]
        slippage_limit=said["slippage_limit"],  # type: ignore[arg-type]
    )


def action_of(exit_: Exit) -> Action:
    return exit_.do or "close"


class CheckedExit(Struct, frozen=True, kw_only=True):
    """One exit, complete.

    `path` leads to it in its file, `line` is where its name stands. Of
    `wording`, what its action has no use for is to be ignored.
    """

    name: str
    path: Path
    line: int
    condition: ConditionKind
    level: Decimal
    action: Action
    orders: str
    wording: Wording
    expiry: Expiry | None
    once: bool

    @property
    def closes(self) -> bool:
        return self.action in ("close", "cancel_and_close")

    @property
    def level_path(self) -> Path:
        return (*self.path, self.condition.value)


class CheckedPosition(Struct, frozen=True, kw_only=True):
    """One position of a file; `file` is relative to the configuration's directory."""

    name: str
    file: str
    path: Path
    line: int
    venue: str
    symbol: str
    side: Side | None
    exits: tuple[CheckedExit, ...]

    def is_stop(self, exit_: CheckedExit) -> bool:
        """Whether an exit protects: it closes on the losing side."""
        if self.side is None or not exit_.closes:
            return False
        if exit_.condition is ConditionKind.STOP_LOSS:
            return True
        adverse = ConditionKind.BELOW if self.side is Side.LONG else ConditionKind.ABOVE
        return exit_.condition is adverse

    def is_target(self, exit_: CheckedExit) -> bool:
        """Whether an exit closes on the winning side."""
        return exit_.closes and self.side is not None and not self.is_stop(exit_)

    def price_kind(self, exit_: CheckedExit) -> PriceKind:
        """Which stream an exit watches; `bid_ask` is the side its close would hit."""
        word = exit_.wording.price
        if word == "bid_ask":
            return PriceKind.BID if self.side is Side.LONG else PriceKind.ASK
        return PriceKind(word)


def _side(word: SideWord | None) -> Side | None:
    return None if word is None else Side(word)


def _checked_exit(
    document: Document,
    path: Path,
    exit_: Exit,
    layers: tuple[ExitDefaults, ...],
    once: bool,
) -> CheckedExit:
    (condition,) = exit_.conditions
    level = getattr(exit_, condition)
    assert isinstance(level, Decimal)
    return CheckedExit(
        name=str(path[-1]),
        path=path,
        line=document.locate(path, key=True).line,
        condition=ConditionKind(condition),
        level=level,
        action=action_of(exit_),
        orders=exit_.orders or "all",
        wording=wording(exit_, *layers),
        expiry=exit_.expires,
        once=once if exit_.once is None else exit_.once,
    )


def checked(
    document: Document,
    file: str,
    name: str,
    position: Position,
    layers: tuple[ExitDefaults, ...],
    *,
    once: bool,
) -> CheckedPosition:
    """Complete a position in which nothing is wrong; *once* where it says nothing."""
    path: Path = ("positions", name)
    is_once = once if position.once is None else position.once
    return CheckedPosition(
        name=name,
        file=file,
        path=path,
        line=document.locate(path, key=True).line,
        venue=position.venue,
        symbol=position.symbol,
        side=_side(position.side),
        exits=tuple(
            _checked_exit(
                document,
                (*path, "exits", exit_name),
                exit_,
                (position, *layers),
                is_once and position.side is not None,
            )
            for exit_name, exit_ in position.exits.items()
        ),
    )
