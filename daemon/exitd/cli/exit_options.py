"""The options of `add` and `amend`: each a word of the files."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

WHEN = "When it acts"
TRAIL = "Trailing stops"
CONFIRM = "What a crossed level still needs"
MOVING = "Levels that follow the position"
DOES = "What it does"
WHERE = "Which market"
HOW = "How it is armed"


def _option(name: str, metavar: str, help: str, panel: str) -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(
        name, metavar=metavar, help=help, rich_help_panel=panel
    )
    return made


Text = str | None

StopLoss = Annotated[
    Text,
    _option(
        "--sl", "LEVEL", "A stop-loss: 131.25, -3%, '-10% roi' or '-500 pnl'.", WHEN
    ),
]
TakeProfit = Annotated[
    list[str] | None,
    _option("--tp", "LEVEL", "A take-profit: 150 or +12%; may be repeated.", WHEN),
]
Trailing = Annotated[
    Text,
    _option(
        "--trailing", "OFFSET", "A stop so far behind the best price: 2.5% or 5.", WHEN
    ),
]
Above = Annotated[Text, _option("--above", "LEVEL", "Needs --do.", WHEN)]
Below = Annotated[Text, _option("--below", "LEVEL", "Needs --do.", WHEN)]
AtTime = Annotated[
    Text,
    _option(
        "--at-time",
        "WHEN",
        "2030-01-31T16:00:00Z, '15:55 America/New_York' or '5m before close'.",
        WHEN,
    ),
]
MaxHold = Annotated[
    Text, _option("--max-hold", "TIME", "Once it has been open for so long: 8h.", WHEN)
]
Calendar = Annotated[
    Text,
    _option("--calendar", "CODE", "Whose sessions --at-time means: XNYS.", WHEN),
]
After = Annotated[
    Text,
    _option(
        "--after", "LEVEL", "Begin to trail at 150 or +5%, on the winning side.", TRAIL
    ),
]
TightenOption = Annotated[
    Text,
    _option(
        "--tighten", "'TO at LEVEL'", "Narrow the offset once: '1% at +20%'.", TRAIL
    ),
]
Step = Annotated[
    Text,
    _option(
        "--step", "PERCENT", "Move the stop only by steps of so much: 0.5%.", TRAIL
    ),
]
Deviation = Annotated[
    Text,
    _option(
        "--deviation",
        "OFFSET",
        "With --tp: trail from there on, so far behind, instead of closing.",
        TRAIL,
    ),
]
For = Annotated[
    Text, _option("--for", "TIME", "Beyond the level for so long: 120s.", CONFIRM)
]
Prices = Annotated[
    int | None, _option("--prices", "COUNT", "So many prices in a row: 3.", CONFIRM)
]
Emergency = Annotated[
    Text,
    _option("--emergency", "LEVEL", "Farther out; there it does not wait.", CONFIRM),
]
Moves = Annotated[
    list[str] | None,
    _option(
        "--move",
        "'TO when'",
        "Move the stop, only tighter: 'entry after tp1', '133 at +5%' or 'tp1 after"
        " tp2'; may be repeated. To the entry pays the fees as well, unless it says"
        " 'without fees'.",
        MOVING,
    ),
]
BeforeLiquidation = Annotated[
    Text,
    _option(
        "--before-liquidation",
        "PERCENT",
        "Keep a stop-loss so far in front of the liquidation price.",
        MOVING,
    ),
]
Missed = Annotated[
    Literal["alert", "fire", "none"] | None,
    _option(
        "--missed",
        "WORD",
        "What becomes of a level that was crossed, and left again, while nobody"
        " watched: alert, or fire at the price of now.",
        CONFIRM,
    ),
]
Entry = Annotated[
    Literal["follow", "keep"] | None,
    _option(
        "--entry",
        "WORD",
        "Levels such as -3%: follow the entry price, or keep the first.",
        MOVING,
    ),
]
Leverage = Annotated[
    Text, _option("--leverage", "NUMBER", "For levels in roi: 5.", MOVING)
]
Do = Annotated[
    Text, _option("--do", "WORD", "close, cancel, cancel_and_close or notify.", DOES)
]
Orders = Annotated[
    Text,
    _option(
        "--orders",
        "WHICH",
        "What a cancel takes: all, limit, trigger or a client id.",
        DOES,
    ),
]
CLOSE_HELP = (
    "How much: 50%, '50% initial', 2.5, '500 USDC' or rest. One for each --tp in its"
    " order, or one for all; a stop beside a take-profit always closes everything."
)
Close = Annotated[list[str] | None, _option("--close", "SIZE", CLOSE_HELP, DOES)]
OneClose = Annotated[
    Text,
    _option("--close", "SIZE", "50%, '50% initial', 2.5, '500 USDC' or rest.", DOES),
]
Order = Annotated[
    Literal["market", "limit"] | None,
    _option("--order", "KIND", "market or limit.", DOES),
]
SlippageLimit = Annotated[
    Text,
    _option("--slippage-limit", "PERCENT", "For limit orders: 0.5%.", DOES),
]
Patience = Annotated[
    Text,
    _option(
        "--patience",
        "TIME[,TIME]",
        "How long a limit order rests, and at the wider limit: 5s or 5s,10s.",
        DOES,
    ),
]
Hard = Annotated[
    bool | None,
    typer.Option(
        "--hard/--no-hard",
        help="Never beyond --slippage-limit; such a stop may never close.",
        rich_help_panel=DOES,
    ),
]
TwapOption = Annotated[
    Text,
    _option("--twap", "'COUNT every TIME'", "Close in slices: '5 every 30s'.", DOES),
]
Price = Annotated[
    Text,
    _option(
        "--price",
        "KIND",
        "mark (default), index, last, last_close or bid_ask.",
        WHERE,
    ),
]
LastClose = Annotated[
    Literal["running", "closed"] | None,
    _option("--last-close", "WORD", "running or closed candles.", WHERE),
]
Candle = Annotated[Text, _option("--candle", "LENGTH", "Such as 15m.", WHERE)]
Watch = Annotated[
    Text,
    _option(
        "--watch",
        "VENUE/SYMBOL",
        "Another market's price: binance/BTCUSDT; 'a/X - b/Y' for a spread, 'a/X and"
        " b/Y' for prices that must agree.",
        WHERE,
    ),
]
Symbol = Annotated[Text, _option("--symbol", "SYMBOL", "The market.", WHERE)]
SideOption = Annotated[
    Literal["long", "short"] | None,
    _option("--side", "SIDE", "long or short.", WHERE),
]
Expires = Annotated[
    Text, _option("--expires", "WHEN", "8h, 3d or 2030-01-01T00:00:00Z.", HOW)
]
IfCrossed = Annotated[
    Literal["refuse", "fire", "wait"] | None,
    _option(
        "--if-crossed",
        "WORD",
        "A level that is crossed already: refuse, fire or wait.",
        HOW,
    ),
]
Note = Annotated[Text, _option("--note", "TEXT", "For whoever looks at it.", HOW)]
NameOption = Annotated[
    Text, _option("--name", "NAME", "Makes the id POSITION/NAME.", HOW)
]
