"""What all models of the two kinds of files share."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic.config import JsonDict

from exitd.configuration.levels import LeverageValue
from exitd.configuration.patience import PatienceValue
from exitd.configuration.values import BoundValue, QuantityValue

PriceWord = Literal["mark", "index", "last", "last_close", "bid_ask"]
OrderWord = Literal["market", "limit"]
EntryWord = Literal["follow", "keep"]
CandleMode = Literal["running", "closed"]
CandleWord = Literal[
    "1s",
    "1m",
    "3m",
    "5m",
    "15m",
    "30m",
    "1h",
    "2h",
    "4h",
    "6h",
    "8h",
    "12h",
    "1d",
    "3d",
    "1w",
    "1month",
]
Boolean = StrictBool
Count = Annotated[StrictInt, Field(ge=1, le=10_000_000)]


class Keys(BaseModel):
    """A mapping of known keys; any other key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        arbitrary_types_allowed=True,
        populate_by_name=True,
    )


def described(
    default: Any = ...,
    description: str = "",
    *,
    shown: str | None = None,
    alias: str | None = None,
    examples: list[str] | None = None,
) -> Any:
    """Describe one key; *shown* is its default as the reference prints it."""
    extra: JsonDict = {} if shown is None else {"x-default": shown}
    return Field(
        default,
        description=description,
        alias=alias,
        examples=examples,
        json_schema_extra=extra or None,
    )


class ExitDefaults(Keys):
    """Values for exits that do not say otherwise: the nearest one wins.

    An exit's own key comes first, then its position's, then `defaults` of its
    file, then `defaults` of exitd.yaml, then the default named here.
    """

    price: PriceWord | None = described(
        None,
        "Which price is watched: the mark price, the index price, every trade "
        "(last), the close of the venue's candles (last_close), or the side of the "
        "book that a close would hit (bid_ask).",
        shown="mark",
    )
    last_close: CandleMode | None = described(
        None,
        "With `price: last_close`: the close of the running candle (it follows the "
        "last trade) or of closed candles only.",
        shown="running",
    )
    candle: CandleWord | None = described(
        None, "With `price: last_close`: the length of the candle.", shown="1m"
    )
    close: QuantityValue | None = described(
        None,
        "How much a close takes: a share of the position (`50%`) or of its size before "
        "it was first reduced (`50% initial`), a quantity in base units (`2.5`), an "
        "amount of the quote currency (`500 USDC`), or `rest` for all that is left. "
        "Never more than the position.",
        shown="100%",
    )
    order: OrderWord | None = described(
        None,
        "How a close is sent: `market`, or `limit` at the level, worse by at most "
        "`slippage_limit`. A stop whose limit is not met ends in a market close.",
        shown="market",
    )
    slippage_limit: BoundValue | None = described(
        None,
        "With `order: limit`: how much worse than the level a close may fill, in "
        "percent of the level. It has no meaning for a market close, and is an error "
        "beside one; under `defaults` it waits for exits with `order: limit`.",
        shown="none",
        examples=["0.5%"],
    )
    patience: PatienceValue | None = described(
        None,
        "With `order: limit`: how long a close rests at its limit before it is taken "
        "back. A stop tries `wider_factor` times its limit next, which may have a "
        "patience of its own (`[5s, 10s]`), and goes to market then; a take-profit "
        "is armed again. Without it each is tried once and does not rest.",
        shown="none",
    )
    entry: EntryWord | None = described(
        None,
        "With a level relative to the entry: whether it follows the entry price when "
        "the position grows, or keeps the first one.",
        shown="the policy `entry_change`",
    )
    leverage: LeverageValue | None = described(
        None,
        "With a level in `roi`: how many times the margin the position is worth, 1 "
        "to 1000.",
        shown="none",
    )
