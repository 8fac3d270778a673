"""
Scripts: a YAML or JSON file that sets up an exchange and moves it.

Every scalar is read as text, so that an unquoted price keeps its digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, Literal

import msgspec
import yaml

from exitd.errors import ConfigurationError
from exitd.simulator.faults import Fault
from exitd.simulator.hub import SOCKET_ACTIONS
from exitd.simulator.markets import MARKET_STATES, Market, default_markets
from exitd.simulator.path import Path, PricePoint, ScriptedPath, SeededWalk, StillPath

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?\Z")
_UNIT_MS = {None: 1_000, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    mark: Decimal | None = None
    index: Decimal | None = None
    last: Decimal | None = None


class ScriptedMarket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a script says about one market; the rest is as listed by default."""

    path: Literal["stepped", "linear", "seeded", "still"] = "stepped"
    points: list[Point] = []
    opening_price: Decimal | None = None
    price_step: Decimal | None = None
    quantity_step: Decimal | None = None
    quantity_min: Decimal | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    maker_size: Decimal | None = None
    state: str | None = None


class ScriptedPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    api_key: str
    symbol: str
    net_quantity: Decimal
    entry_price: Decimal | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    A whole script file.

    Attributes:
        faults: Each is what `POST /sim/faults` or, with an `action`,
            `POST /sim/sockets` takes, with an `at`.
    """

    seed: int | None = None
    cadence_ms: int | None = None
    history_minutes: int | None = None
    markets: dict[str, ScriptedMarket] = {}
    balances: dict[str, Decimal] | None = None
    positions: list[ScriptedPosition] = []
    quirks: dict[str, Any] = {}
    faults: list[dict[str, Any]] = []


def duration_ms(written: str) -> int:
    """
    "500ms", "5s", "2m", "1h" or plain seconds, as whole milliseconds.

    Raises:
        ValueError: It is none of these.
    """
    found = _DURATION.match(written)
    if found is None:
        raise ValueError(f"{written!r} is no duration; write 500ms, 5s, 2m or 1h")
    return int(Decimal(found.group(1)) * _UNIT_MS[found.group(2)])


def load_script(file: str | FilePath) -> Script:
    """
    Read a script.

    Raises:
        ConfigurationError: The file cannot be read or is no script.
    """
    try:
        raw = yaml.load(FilePath(file).read_text("utf-8"), Loader=yaml.BaseLoader)
    except OSError as exc:
        raise ConfigurationError(
            f"{file}: cannot be read ({exc.strerror}); check the path given to --script"
        ) from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise ConfigurationError(
            f"{file}{_said(exc)}; docs/simulator.md shows what a script looks like"
        ) from exc
    return read_script(raw or {}, str(file))


def _said(error: Exception) -> str:
    """Say in one line where a reader stopped, and why."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f":{mark.line + 1}:{mark.column + 1}: {error.problem}"
    return ": is neither YAML nor JSON in UTF-8"


def read_script(raw: object, where: str = "script") -> Script:
    """
    Check what a script file holds.

    Raises:
        ConfigurationError: Something in it has no meaning; the message names it.
    """
    try:
        script = msgspec.convert(raw, Script, strict=False)
        for market in script.markets.values():
            for point in market.points:
                duration_ms(point.at)
        for fault in script.faults:
            duration_ms(str(fault.get("at", "0")))
            _check_fault({k: v for k, v in fault.items() if k != "at"})
    except (msgspec.ValidationError, ValueError) as exc:
        raise ConfigurationError(
            f"{where}: {exc}; docs/simulator.md shows what a script may say"
        ) from exc
    return script


def _check_fault(raw: dict[str, Any]) -> None:
    if "action" not in raw:
        msgspec.convert(raw, Fault, strict=False)
    elif raw["action"] not in SOCKET_ACTIONS or not raw.keys() <= {"action", "stream"}:
        raise ValueError(f"faults: {raw} is no socket action")


def scripted_markets(script: Script) -> dict[str, Market]:
    """
    The listed markets with the script's changes; a new name becomes a new market.

    Raises:
        ConfigurationError: A name or a state has no meaning.
    """
    markets = default_markets()
    for symbol, written in script.markets.items():
        market = markets.get(symbol) or _new_market(symbol)
        if written.state not in (None, *MARKET_STATES):
            raise ConfigurationError(
                f"script: {symbol}: {written.state} is no state of a market; write one "
                f"of {', '.join(MARKET_STATES)}"
            )
        for name in msgspec.structs.fields(ScriptedMarket):
            value = getattr(written, name.name)
            if name.name not in ("path", "points") and value is not None:
                setattr(market, name.name, value)
        if written.opening_price is None and written.points:
            first = written.points[0]
            opening = first.last or first.mark or first.index
            market.opening_price = opening or market.opening_price
        markets[symbol] = market
    for position in script.positions:
        if position.symbol not in markets:
            raise ConfigurationError(
                f"script: positions: there is no market {position.symbol}; name it "
                "under markets: or correct it"
            )
    return markets


def _new_market(symbol: str) -> Market:
    parts = symbol.split("_")
    if len(parts) < 2:
        raise ConfigurationError(
            f"script: {symbol} is no market symbol; write BASE_QUOTE or BASE_QUOTE_PERP"
        )
    return Market(
        symbol=symbol,
        base=parts[0],
        quote=parts[1],
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.01"),
        quantity_min=Decimal("0.01"),
        price_min=Decimal("0.01"),
        price_max=None,
        opening_price=Decimal(100),
        maker_size=Decimal(50),
    )


def paths(
    script: Script | None, markets: Mapping[str, Market], seed: int, cadence_ms: int
) -> dict[str, Path]:
    """One path for each market: scripted where the script says so, else seeded."""
    found: dict[str, Path] = {}
    for symbol, market in markets.items():
        written = None if script is None else script.markets.get(symbol)
        if script is None or (written is not None and written.path == "seeded"):
            found[symbol] = SeededWalk(seed, market)
        elif written is None or written.path == "still" or not written.points:
            found[symbol] = StillPath()
        else:
            points = [
                PricePoint(duration_ms(p.at), p.mark, p.index, p.last)
                for p in written.points
            ]
            points.sort(key=lambda point: point.at_ms)
            every_ms = cadence_ms if written.path == "linear" else 0
            found[symbol] = ScriptedPath(points, every_ms, market.price_step)
    return found
