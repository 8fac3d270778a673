"""Triggers as callers send them: the words of the files, values as strings."""

from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import ConfigDict, Field, model_validator

from exitd.api.bodies import read_json, validated
from exitd.api.values import (
    Expires,
    LevelText,
    Leverage,
    Limit,
    MoveTarget,
    Name,
    Note,
    OffsetText,
    Orders,
    Size,
    WatchedLevelText,
    Word,
)
from exitd.configuration import exit_keys
from exitd.configuration.exit_keys import CONDITIONS, Action, Exit, Slices
from exitd.configuration.keys import (
    Boolean,
    CandleMode,
    CandleWord,
    EntryWord,
    Keys,
    OrderWord,
    PriceWord,
)
from exitd.configuration.patience import PatienceValue
from exitd.configuration.times import AtTimeValue, CalendarValue
from exitd.configuration.values import BoundValue, DurationValue
from exitd.configuration.watching import Watched
from exitd.core.condition import ConditionKind, Tighten
from exitd.core.inputs import IfCrossed
from exitd.core.position import Side
from exitd.core.trigger import OrderType, Twap
from exitd.runtime.control.requests import (
    MoveRequest,
    TriggerChange,
    TriggerRequest,
)
from exitd.runtime.problems import Unusable

BATCH_MAX = 500
_MOVES_MAX = 50
_LEVELS = tuple(kind.value for kind in ConditionKind)
#: Words of a body that say nothing of the exit, or say it under another name.
_TRANSLATED = ("tighten", "twap", "moves", "order", "side", "last_close", *_LEVELS)
_NEVER_NULL = (
    *("level", "trailing", "at_time", "max_hold"),
    *("close", "order", "note"),
)


def _as_in_files(name: str, *, alias: str | None = None) -> Any:
    """Describe a word as the reference of the files does."""
    said = Exit.model_fields[name].description
    return Field(None, alias=alias, description=said)


class TightenBody(Keys):
    """A trailing stop that narrows once the price has come so far."""

    at: LevelText = Field(description="From this level on, on the winning side.")
    to: OffsetText = Field(description="The new distance, narrower than `trailing`.")


class MoveBody(Keys):
    """The stop is moved once something has happened; only ever tighter.

    Exactly one of `after` and `at` says when. A trigger is named by its id, or by its
    name within the same position.
    """

    after: Word | None = Field(None, description="When this trigger has filled.")
    at: LevelText | None = Field(
        None, description="When the price reaches this level, on the winning side."
    )
    to: MoveTarget = Field(
        description="`entry`, a level, or another trigger, whose level it takes."
    )
    fees: Boolean | None = Field(
        None,
        description="With `to: entry`: far enough beyond the entry to pay for both "
        "trades, unless false.",
    )

    @model_validator(mode="after")
    def _one_reason(self) -> "MoveBody":
        if (self.after is None) == (self.at is None):
            raise ValueError(
                "a move says when with exactly one of 'after' (a trigger that has "
                "filled) and 'at' (a level)"
            )
        return self

    def request(self) -> MoveRequest:
        return MoveRequest(
            after=self.after or "", at=self.at, to=self.to, fees=self.fees
        )


Moves = Annotated[list[MoveBody], Field(max_length=_MOVES_MAX)]


class ExitWords(Keys):
    """What may be said of a trigger, and changed later."""

    trailing: OffsetText | None = _as_in_files("trailing")
    after: LevelText | None = _as_in_files("after")
    tighten: TightenBody | None = _as_in_files("tighten")
    step: BoundValue | None = _as_in_files("step")
    at_time: AtTimeValue | None = _as_in_files("at_time")
    calendar: CalendarValue | None = _as_in_files("calendar")
    max_hold: DurationValue | None = _as_in_files("max_hold")
    for_: DurationValue | None = _as_in_files("for_", alias="for")
    prices: Slices | None = _as_in_files("prices")
    emergency: WatchedLevelText | None = _as_in_files("emergency")
    before_liquidation: BoundValue | None = _as_in_files("before_liquidation")
    missed: exit_keys.Missed | None = _as_in_files("missed")
    moves: Moves | None = Field(
        None, description="What moves this stop, and when; only ever tighter."
    )
    entry: EntryWord | None = _as_in_files("entry")
    leverage: Leverage | None = _as_in_files("leverage")
    close: Size | None = _as_in_files("close")
    order: OrderWord | None = _as_in_files("order")
    slippage_limit: Limit | None = _as_in_files("slippage_limit")
    hard: Boolean | None = _as_in_files("hard")
    patience: PatienceValue | None = _as_in_files("patience")
    twap: exit_keys.Twap | None = _as_in_files("twap")
    expires: Expires | None = Field(
        None, description="When it ends without acting: a time, or so long from now."
    )
    note: Note | None = None

    def _engine_words(self) -> dict[str, Any]:
        """Give the words that the commands have in a shape of their own."""
        tighten, twap, moves = self.tighten, self.twap, self.moves
        return {
            "tighten": tighten and Tighten(tighten.at, tighten.to),
            "twap": twap and Twap(twap.slices, twap.every),
            "moves": moves and tuple(move.request() for move in moves),
            "order": OrderType(self.order) if self.order is not None else None,
        }


class TriggerBody(ExitWords):
    """One trigger to arm, in the words of the files; it has exactly one condition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"position": "sol-core", "stop_loss": "131.25", "close": "50%"},
                {
                    "symbol": "SOL_USDC_PERP",
                    "side": "long",
                    "trailing": "2.5%",
                    "after": "150",
                    "tighten": {"at": "+20%", "to": "1%"},
                },
                {
                    "position": "sol-core",
                    "stop_loss": "-20% roi",
                    "leverage": "5",
                    "for": "120s",
                    "emergency": "-30% roi",
                    "moves": [{"after": "tp1", "to": "entry"}],
                },
                {
                    "position": "sol-core",
                    "take_profit": "+12%",
                    "close": "50% initial",
                    "order": "limit",
                    "slippage_limit": "0.5%",
                    "patience": "30s",
                },
                {
                    "position": "sol-core",
                    "at_time": "15:55 America/New_York",
                    "twap": {"slices": 5, "every": "30s"},
                },
                {
                    "position": "sol-core",
                    "below": "60000",
                    "watch": "binance/BTCUSDT",
                    "do": "close",
                },
            ]
        }
    )

    position: Word | None = Field(None, description="A position of the files, by name.")
    name: Name | None = Field(
        None, description="With `position`: the id becomes `position/name`."
    )
    account: Word | None = Field(None, description="Needed where there are several.")
    symbol: Word | None = Field(None, description="The market, as the venue says it.")
    side: Literal["long", "short"] | None = Field(
        None, description="Of the position; without it nothing is closed."
    )
    stop_loss: LevelText | None = _as_in_files("stop_loss")
    take_profit: LevelText | None = _as_in_files("take_profit")
    above: WatchedLevelText | None = _as_in_files("above")
    below: WatchedLevelText | None = _as_in_files("below")
    deviation: OffsetText | None = _as_in_files("deviation")
    do: Action | None = _as_in_files("do")
    orders: Orders | None = _as_in_files("orders")
    price: PriceWord | None = _as_in_files("price")
    last_close: CandleMode | None = _as_in_files("last_close")
    candle: CandleWord | None = _as_in_files("candle")
    watch: Watched | None = _as_in_files("watch")

    def request(self) -> TriggerRequest:
        """Give what the commands take.

        Raises:
            Unusable: There is not exactly one condition.
        """
        found = [name for name in CONDITIONS if getattr(self, name) is not None]
        if len(found) != 1:
            raise Unusable(
                "one_condition",
                f"a trigger has exactly one condition, and this one has {len(found)}",
                f"write one of {', '.join(CONDITIONS)}",
            )
        (condition,) = found
        said: dict[str, Any] = {
            name: getattr(self, name) for name in self.model_fields_set & _SAME
        }
        said |= self._engine_words()
        if condition in _LEVELS:
            said |= {
                "kind": ConditionKind(condition),
                "level": getattr(self, condition),
            }
        if self.side is not None:
            said["side"] = Side(self.side)
        words = {name: value for name, value in said.items() if value is not None}
        return TriggerRequest(**words, closed_candles=self.last_close == "closed")


#: What a request has by the same name and in the same shape.
_SAME = frozenset(TriggerBody.model_fields).difference(_TRANSLATED)


class CrossedOption(Keys):
    if_crossed: Literal["refuse", "fire", "wait"] | None = Field(
        None, description="What becomes of a level that is already crossed."
    )

    @property
    def crossed(self) -> IfCrossed | None:
        return IfCrossed(self.if_crossed) if self.if_crossed is not None else None


class ArmOptions(CrossedOption):
    if_no_position: Literal["refuse", "wait"] | None = Field(
        None, description="What becomes of a trigger without a position."
    )


class ArmOneBody(TriggerBody, ArmOptions):
    """One trigger, and how to arm it."""


class ArmBody(ArmOptions):
    """Several triggers: all are armed or none."""

    triggers: Annotated[list[TriggerBody], Field(min_length=1, max_length=BATCH_MAX)]


class AmendBody(ExitWords, CrossedOption):
    """What to change; what is not named stays, and `null` takes a word away.

    A trail keeps the best price that it has seen. `moves` replaces all moves.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"level": "133", "expires": None},
                {"trailing": "1.5%", "tighten": None},
                {"for": "60s", "emergency": "125"},
                {"moves": [{"at": "+5%", "to": "entry"}]},
            ]
        }
    )

    level: WatchedLevelText | None = Field(
        None, description="Of a stop_loss, take_profit, above or below."
    )

    def change(self) -> TriggerChange:
        """Give what the commands take.

        Raises:
            Unusable: Nothing is changed, or something is set to nothing.
        """
        said: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name != "if_crossed"
        }
        if not said:
            raise Unusable(
                "nothing_changed", "nothing is named to change", "name a key"
            )
        for name in _NEVER_NULL:
            if name in said and said[name] is None:
                raise Unusable("bad_value", f"'{name}' cannot be null", "leave it out")
        made = self._engine_words()
        return TriggerChange(**{n: made.get(n, value) for n, value in said.items()})


async def read_arm_body(request: Request) -> ArmOneBody | ArmBody:
    """Read one trigger, or a batch under `triggers`."""
    written = await read_json(request)
    if isinstance(written, dict) and "triggers" in written:
        return validated(written, ArmBody)
    return validated(written, ArmOneBody)
