"""The reference of every key, as a page of the documentation.

Made from the models; a test compares docs/configuration.md with it.
"""

import types
import typing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, PlainValidator

from exitd.configuration import (
    daemon_file,
    exit_keys,
    levels,
    patience,
    position_file,
    symbols,
    times,
    values,
)
from exitd.configuration.calendars import read_calendar
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.policies import NOT_BUILT, NOTHING_YET, Policies
from exitd.configuration.secrets import SecretReference
from exitd.configuration.venue_tables import VenueTable, shipped_directory

_WORDS = {
    levels.read_level: "price, `+12%`, `-10% roi` or `+500 pnl`",
    levels.read_offset: "percentage or distance",
    levels.read_leverage: "number",
    patience.read_patience: "duration, or two of them",
    times.read_at_time: "time with zone, or `5m before close`",
    read_calendar: "calendar",
    exit_keys.read_every: "duration",
    values.read_bound: "percentage",
    values.read_percent_under_hundred: "percentage",
    values.read_quantity: "share, quantity, amount or `rest`",
    values.read_positive_duration_ns: "duration",
    values.read_expiry: "time with zone, or duration",
    values.read_client_order_id: "`all`, `limit`, `trigger` or client id",
    values.read_name: "name",
    values.read_factor: "number",
    daemon_file.read_http_url: "URL",
    daemon_file.read_websocket_url: "URL",
    daemon_file.read_address: "host:port or `off`",
    daemon_file.read_path: "absolute path",
    daemon_file.read_host: "host name",
    symbols.read_symbol: "symbol",
    symbols.read_watch: "venue/symbol",
    position_file.read_move_target: "`entry`, level or exit",
}
_NOTHING_YET = (
    ("http.webhook_bind", "there is no webhook yet"),
    *NOTHING_YET.items(),
)
_PLAIN = {bool: "`true` or `false`", int: "whole number", str: "text"}

_DAEMON: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Top level", daemon_file.DaemonFile),
    ("venues.&lt;name&gt;", daemon_file.Account),
    ("A secret", SecretReference),
    ("state", daemon_file.State),
    ("http", daemon_file.Http),
    ("notify", daemon_file.Notify),
    ("notify.targets.&lt;name&gt;", daemon_file.Target),
    ("notify.events", daemon_file.AlertEvents),
    ("heartbeat", daemon_file.Heartbeat),
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
| time | `2027-01-31T16:00:00Z` | RFC 3339, with its zone |
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
- `order: limit` closes at the level, worse by at most `slippage_limit` (none: at the
  level itself). A stop whose limit is not met goes to `wider_factor` times as much,
  and then to market. `slippage_limit` beside a market close is an error: nothing
  would bound it.
- An exit waits for its position, and arms anew for each one that opens, unless `once`.
- `expires: 8h` counts from when the exit was first loaded; a reload does not start
  it again unless it is changed.
- What is understood but not built yet is refused with a sentence that says what to
  use instead.
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
        return " or ".join(words)
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


def _not_built() -> str:
    rows = [f"| `{row.policy}: {row.value}` | {row.instead} |" for row in NOT_BUILT]
    rows += [f"| `{name}`, any | leave it out: {why} |" for name, why in _NOTHING_YET]
    return "\n".join(
        [
            "Known, and not built yet; each is refused by name:",
            "",
            "| value | instead |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _example() -> str:
    path = shipped_directory() / "conf.d" / "sol.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = "\n".join(lines[lines.index("positions:") :])
    return f"## An example\n\n```yaml\n{shown}\n```\n"


def reference() -> str:
    """Give the page in Markdown."""
    parts = [_INTRODUCTION, _example(), _MEANING, "## exitd.yaml\n"]
    parts.extend(_table(title, model) for title, model in _DAEMON)
    parts.append(_table("policies", Policies))
    parts.append(_not_built())
    parts.append("## conf.d/*.yaml\n")
    parts.extend(_table(title, model) for title, model in _POSITIONS)
    parts.append("## venues/*.yaml\n")
    parts.append(_table("Top level", VenueTable))
    return "\n".join(parts)
