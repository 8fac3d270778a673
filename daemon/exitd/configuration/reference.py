"""The reference of every key, as a page of the documentation.

Made from the models; a test compares docs/configuration.md with it.
"""

import types
import typing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, PlainValidator

from exitd.configuration import (
    addresses,
    broker_tables,
    brokers,
    chain_accounts,
    chain_tables,
    daemon_file,
    exit_keys,
    interactive_brokers,
    levels,
    patience,
    position_file,
    rasa,
    schwab,
    stocks,
    symbols,
    telegram,
    times,
    values,
    watching,
    webhook,
)
from exitd.configuration.calendars import CALENDARS, read_calendar
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.policies import (
    Policies,
    read_guard_hold,
)
from exitd.configuration.secrets import SecretReference
from exitd.configuration.venue_tables import AlpacaTable, VenueTable, shipped_directory

_WORDS = {
    levels.read_level: "price, `+12%`, `-10% roi` or `+500 pnl`",
    levels.read_watched_level: "price, or relative to the entry",
    levels.read_offset: "percentage or distance",
    levels.read_leverage: "number",
    patience.read_patience: "duration, or two of them",
    times.read_at_time: "time with zone, or `5m before close`",
    read_calendar: "calendar",
    exit_keys.read_every: "duration",
    read_guard_hold: "duration",
    values.read_price: "price",
    values.read_bound: "percentage",
    values.read_percent_under_hundred: "percentage",
    values.read_quantity: "share, quantity, amount or `rest`",
    values.read_positive_duration_ns: "duration",
    values.read_expiry: "time with zone, or duration",
    values.read_client_order_id: "`all`, `limit`, `trigger` or client id",
    values.read_name: "name",
    values.read_factor: "number",
    values.read_price: "number",
    addresses.read_http_url: "URL",
    addresses.read_websocket_url: "URL",
    addresses.read_address: "host:port or `off`",
    addresses.read_path: "absolute path",
    addresses.read_host: "host name",
    chain_accounts.read_multi_account: "name, or address of a chain in quotes",
    chain_accounts.read_base_quantity: "quantity",
    rasa.read_evm_address: "address of a chain, in quotes",
    symbols.read_symbol: "symbol",
    webhook.read_between: "two times of a day",
    webhook.read_proxy: "address or network",
    webhook.read_sender: "address, network or `tradingview`",
    webhook.read_ticker: "ticker",
    watching.read_watch: "venue/symbol, a spread, or markets that agree",
    position_file.read_move_target: "`entry`, level or exit",
}
_PLAIN = {bool: "`true` or `false`", int: "whole number", str: "text"}

_DAEMON: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Top level", daemon_file.DaemonFile),
    ("venues.&lt;name&gt;", daemon_file.Account),
    ("venues.&lt;name&gt;, of alpaca", brokers.AlpacaAccount),
    ("venues.&lt;name&gt;, on a chain", chain_accounts.SymmioAccount),
    ("symbols.&lt;name&gt;, on a chain", chain_accounts.QuotedSymbol),
    ("sub_accounts, on a chain", chain_accounts.SubAccountEntry),
    ("prices, on a chain", chain_accounts.QuotePrices),
    (
        "venues.&lt;name&gt;, at Interactive Brokers",
        interactive_brokers.InteractiveBrokersAccount,
    ),
    ("symbols.&lt;name&gt;, at Interactive Brokers", stocks.ListedStock),
    ("venues.&lt;name&gt;, at Schwab", schwab.SchwabAccount),
    ("symbols.&lt;name&gt;, at Schwab", stocks.Stock),
    ("A secret", SecretReference),
    ("state", daemon_file.State),
    ("http", daemon_file.Http),
    ("http.rasa", rasa.Rasa),
    ("webhook", webhook.Webhook),
    ("webhook.routes.&lt;name&gt;", webhook.Route),
    ("webhook.routes.&lt;name&gt;.size", webhook.Size),
    ("webhook.routes.&lt;name&gt;.hours", webhook.Hours),
    ("notify", daemon_file.Notify),
    ("notify.targets.&lt;name&gt;", daemon_file.Target),
    ("notify.events", daemon_file.AlertEvents),
    ("heartbeat", daemon_file.Heartbeat),
    ("telegram", telegram.Telegram),
    ("log", daemon_file.Log),
    ("defaults", ExitDefaults),
)
_POSITIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Top level", position_file.PositionFile),
    ("positions.&lt;name&gt;", position_file.Position),
    ("positions.&lt;name&gt;.exits.&lt;name&gt;", exit_keys.Exit),
    ("tighten", exit_keys.Tighten),
    ("twap", exit_keys.Twap),
    ("moves", position_file.Move),
)

_CHAINS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Top level, of interactive_brokers and schwab", broker_tables.BrokerTable),
    ("chains, of symmio", chain_tables.ChainTables),
    ("chains.&lt;name&gt;", chain_tables.ChainTable),
    ("chains.&lt;name&gt;.solvers.&lt;name&gt;", chain_tables.Solver),
)

_INTRODUCTION = """\
# Configuration

`exitd check` says what is wrong with a configuration, `exitd plan` what it would
change. This page lists every key; it is made from the same models that check them.

| file | holds |
|---|---|
| `exitd.yaml` | how the daemon runs: accounts, doors, alerts, policies |
| `conf.d/*.yaml` | positions and their exits, in as many files as you like |
| `venues/<type>.yaml` | optional: takes the place of the table shipped for a venue |

## How values are written

| kind | written | rule |
|---|---|---|
| price, quantity | `131.25` | plain digits, kept exactly; not `1e3`, not `010` |
| percentage | `2.5%` | always with its sign, so that 2.5 is never taken for 2.5 % |
| duration | `500ms` `2s` `15m` `8h` `3d` | a whole number and one unit |
| instant | `2027-01-31T16:00:00Z` | RFC 3339, with its zone |
| time of day | `15:55 America/New_York` | 24 hours, and a zone of the IANA database |
| level | `131.25` | a price |
| | `+12%` `-3%` | percent of the entry price, up or down, whatever the side |
| | `+25% roi` `-10% roi` | return on the margin, above zero in profit (`leverage`) |
| | `+500 pnl` `-200 pnl` | profit of the whole position in the quote currency |
| distance | `2.5%` `5` | percent of the best price, or quote currency |
| true, false | `true` `false` | `yes`, `on` and the like are text |

Keys that are not known, given twice, or without effect where they stand are errors.
Anchors, aliases, tags and merge keys are not supported; a file has one document and
at most 256 KiB. Secrets are never written in a file, only where they are to be found.
"""

_MEANING = """\
## What an exit means

- An exit has exactly one condition: `stop_loss`, `take_profit`, `trailing`, `above`,
  `below`, `at_time` or `max_hold`. Touching a level counts.
- `position/exit` is its identity. An edit keeps what has happened to it; a renaming
  is a removal and an addition.
- `stop_loss`, `take_profit` and `trailing` close. `above` and `below` must say what
  they `do`. Closes are reduce-only and never more than the position.
- A position without `side` is about the market: its exits `cancel` or `notify`.
- An exit waits for its position, and arms anew for each one that opens, unless `once`.
- `expires: 8h` counts from when the exit was first loaded; a reload does not start
  it again unless it is changed.

### Levels that follow the entry

- A relative level becomes a price when the position is open, rounded to the price
  step so that a stop is never looser and a take-profit never nearer. `entry: keep`
  measures it from the first entry price of a position that grows.
- While the venue has not said the entry price, such an exit waits for it. An amend or
  a reload that would put one in the place of an armed exit is refused meanwhile.
- `before_liquidation: 1%` keeps a stop in front of the liquidation price, where its
  level would lie nearer.

### Trailing stops

- The best price since a trailing stop began is its watermark; it fires when the price
  falls back from it by the distance (for a short everything is mirrored). It never
  moves back. Without `after` it begins when it is armed.
- `take_profit` with a `deviation` is the same, begun at the level:
  `{take_profit: 150, deviation: 1%}` means `{trailing: 1%, after: 150}`.
- From `tighten: {at: ..., to: ...}` on the distance is the narrower one. With `step`
  the watermark moves only when the price has gained that much on it.
- An edit of the distance keeps the watermark.

### Confirmation

- `for: 120s`: the price must stay at or beyond the level for so long. `prices: 3`: so
  many prices in a row must be. A price that is back starts it again.
- With `price: last_close` and `last_close: closed` only the closes of finished
  candles count.
- `emergency` is a level farther out that does not wait. Where only closes of candles
  count, it is looked for among the trades (`last`) of the same market.

### Times

- `at_time` is an instant; a time of day, the next time that clocks of its zone show
  it; or `5m before close` of the `calendar`. With a calendar, a time of day is on
  days with a session only.
- Calendars: @CALENDARS@.
- `max_hold: 8h` counts from when the position was opened.

### How much, and how

- `50%` is of what the position's exits found in its lifetime, so that shares add up (of
  what is there now with `policies: percentage_of: live`);
  `50% initial` of its size before it was first reduced, by an exit or by hand: it
  grows with an entry that fills in pieces, and stays then. `500 USDC` is divided by
  the price; `rest` takes what is left.
- `order: limit` closes at the level, worse by at most `slippage_limit` (none: at the
  level itself). A stop whose limit is not met goes to `wider_factor` times as much,
  and then to market. `slippage_limit` beside a market close is an error: nothing
  would bound it. What closes because its time has come goes the same way.
- `patience` lets such a close rest before it is taken back. `hard: true` never goes
  beyond `slippage_limit`: such a stop may never close, and is warned of. While the last
  price does not meet its bound, it holds up no take-profit and no close in slices: what
  it rests at the venue is taken back for them, and it goes on with what they leave.
- `twap` closes in slices. Not for stops: they close at once, and take over from a
  close in slices that is under way.

### Other markets, and moves

- `watch: binance/BTCUSDT` watches a market of any venue under `venues:`. The level is
  a price there, so it is not relative to the entry, no limit close is priced from it,
  no amount of money counted at it, and no slippage of a fill measured from it.
- `watch: binance/BTCUSDT - backpack/BTC_USDC_PERP` watches the first less the second,
  with `above` or `below`; the level may be zero or negative. A kind of price after a
  market is for that market only: `backpack/BTC_USDC_PERP mark - backpack/BTC_USDC_PERP
  index`. While one of them is stale nothing is judged.
- `watch: backpack/SOL_USDC_PERP and binance/SOLUSDT` is a level that all of them must
  have reached, `2 of ...` so many of them; one wick then fires nothing. A source that
  is stale has no voice, so that a dead feed cannot hold a stop back: those that are
  left decide, and somebody is told.
- `moves` set a stop once another exit has filled (`after`) or the price has reached a
  level (`at`); only ever tighter. `to: entry` goes far enough beyond the entry price
  to pay for both trades (policy `fee`), unless `fees: false`. It is the stop's own
  words (`entry`, `leverage`) that hold for the levels of its moves.

### What waits for `exitd apply`

While its position is open, a stop may not become weaker by itself: removed or renamed;
a looser level; a wider distance, a later `after`, a later or wider `tighten`, a wider
`step`; a longer `for`, more `prices`, an `emergency` farther out; a smaller close;
`hard`, a limit, a longer `patience`; fewer or later moves; a later time. What cannot be
compared, such as a price with a percentage, counts as weaker.
"""


def type_words(annotation: Any) -> str:
    """Say in words what may be written for a key."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        for extra in parts[1:]:
            if isinstance(extra, PlainValidator):
                return _WORDS[typing.cast(Any, extra.func)]
        return type_words(parts[0])
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in parts)
    if origin in (typing.Union, types.UnionType):
        words = [type_words(part) for part in parts if part is not type(None)]
        return " or ".join(dict.fromkeys(words))
    if origin is dict:
        return f"{type_words(parts[1])} by name"
    if origin is list:
        return f"list of {type_words(parts[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "secret" if annotation is SecretReference else "keys"
    return _PLAIN[annotation]


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    extra = field.json_schema_extra
    shown = extra.get("x-default") if isinstance(extra, dict) else None
    if field.is_required():
        return "required"
    if shown is not None:
        return str(shown)
    default = field.default
    if default is None:
        return "none"
    return f"`{default}`" if isinstance(default, str | int) else "see below"


def _rows(model: type[BaseModel]) -> list[str]:
    hints = typing.get_type_hints(model, include_extras=True)
    rows = []
    for name, field in model.model_fields.items():
        meaning = (field.description or "").replace("|", "\\|")
        written = type_words(hints[name])
        rows.append(
            f"| `{field.alias or name}` | {written} | {_default(model, name)} "
            f"| {meaning} |"
        )
    return rows


def _table(title: str, model: type[BaseModel]) -> str:
    head = ["| key | written | default | meaning |", "|---|---|---|---|"]
    about = (model.__doc__ or "").strip().split("\n\n")
    sentences = "\n\n".join(" ".join(part.split()) for part in about)
    return "\n".join([f"### {title}", "", sentences, "", *head, *_rows(model), ""])


def _more_examples() -> str:
    names = sorted(p.name for p in (shipped_directory() / "conf.d").glob("*.yaml"))
    links = ", ".join(f"`{name}`" for name in names)
    return f"Each kind of exit has a commented file under `config/conf.d/`: {links}.\n"


def _example() -> str:
    path = shipped_directory() / "conf.d" / "sol.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = "\n".join(lines[lines.index("positions:") :])
    return f"## An example\n\n```yaml\n{shown}\n```\n\n{_more_examples()}"


def reference() -> str:
    """Give the page in Markdown."""
    calendars = ", ".join(f"`{code}` ({name})" for code, name in CALENDARS.items())
    meaning = _MEANING.replace("@CALENDARS@", calendars)
    parts = [_INTRODUCTION, _example(), meaning, "## exitd.yaml\n"]
    parts.extend(_table(title, model) for title, model in _DAEMON)
    parts.append(_table("policies", Policies))
    parts.append("## conf.d/*.yaml\n")
    parts.extend(_table(title, model) for title, model in _POSITIONS)
    parts.append("## venues/*.yaml\n")
    parts.append(_table("Top level", VenueTable))
    parts.append(_table("Top level, of alpaca", AlpacaTable))
    parts.append("## venues/symmio.yaml\n")
    parts.extend(_table(title, model) for title, model in _CHAINS)
    return "\n".join(parts)
