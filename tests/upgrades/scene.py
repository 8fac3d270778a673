"""What a daemon of each schema was given to keep, in the words that it knew.

Nothing of it comes due by itself: a state is opened years after it was made.
"""

from __future__ import annotations

from textwrap import indent

SOL, BTC, ETH = "SOL_USDC_PERP", "BTC_USDC_PERP", "ETH_USDC_PERP"

#: Net quantity and entry price of each market, as the exchange holds them at first.
POSITIONS = {SOL: ("10", "140"), BTC: ("-0.5", "100000"), ETH: ("2", "4000")}
#: What every price of a market is at the end, when the daemon is killed.
LAST_PRICES = {SOL: "142", BTC: "97900", ETH: "3895"}
#: What a trail on SOL has seen by then.
HIGHEST_SOL = "143"

#: By position: its head, then each exit with the first schema that knew such a one.
_FILES: dict[str, tuple[str, list[tuple[int, str]], list[tuple[int, str]]]] = {
    "sol-core": (
        f"venue: backpack\nsymbol: {SOL}\nside: long",
        [
            (1, "sl: {stop_loss: 131.25}"),
            (
                1,
                "tp1: {take_profit: 150, close: 50%, order: limit,"
                " slippage_limit: 0.5%}",
            ),
            (1, "tp2: {take_profit: 160, close: 25%, price: last}"),
            (1, "tp3: {take_profit: 175, close: rest}"),
            (1, "wall: {stop_loss: 125, do: cancel_and_close, orders: all}"),
            (1, "candles: {stop_loss: 120, price: last_close, candle: 15m}"),
            (3, "trail: {trailing: 2.5%}"),
            (
                3,
                "runner: {trailing: 6, after: 165, tighten: {at: 170, to: 2}}",
            ),
            (3, "steps: {trailing: 3%, step: 0.5%}"),
            (3, "patient: {stop_loss: 129, for: 120s, emergency: 127}"),
            (3, "counted: {stop_loss: 128.5, prices: 3}"),
            (3, "share: {stop_loss: -11%, close: 50% initial}"),
            (3, "amount: {take_profit: +40%, close: 100 USDC}"),
            (3, "sliced: {take_profit: 190, twap: {slices: 5, every: 30s}}"),
            (3, "last-call: {at_time: 2099-12-31T20:00:00Z}"),
            (
                3,
                "with-btc: {below: 60000, do: close, watch: backpack/BTC_USDC_PERP}",
            ),
            (
                3,
                "spread: {above: 30, do: close,"
                " watch: backpack/SOL_USDC_PERP mark - backpack/SOL_USDC_PERP index}",
            ),
            (7, "unseen: {stop_loss: 126, missed: fire}"),
        ],
        [],
    ),
    "sol-bids": (
        f"venue: backpack\nsymbol: {SOL}",
        [
            (1, "pull: {below: 120, do: cancel, orders: limit}"),
            (1, "note: {above: 155, do: notify, expires: 3650d}"),
        ],
        [],
    ),
    "sol-later": (
        f"venue: backpack\nsymbol: {SOL}\nside: short",
        [
            (1, "sl: {stop_loss: 152}"),
            (3, "hold: {max_hold: 8h}"),
            (3, "evening: {at_time: 23:30 Europe/Berlin}"),
        ],
        [],
    ),
    "btc-swing": (
        f"venue: backpack\nsymbol: {BTC}\nside: short",
        [
            (1, "sl: {stop_loss: 104000}"),
            (1, "tp1: {take_profit: 98000, close: 40%}"),
            (1, "tp2: {take_profit: 88000, close: rest}"),
        ],
        [(3, "{after: tp1, set: sl, to: entry, fees: false}")],
    ),
    "eth-core": (
        f"venue: backpack\nsymbol: {ETH}\nside: long",
        [
            (1, "sl: {stop_loss: 3900}"),
            (1, "tp: {take_profit: 4600}"),
        ],
        [],
    ),
}
_BACKSTOP_SINCE = 5


def exits_of(revision: int, position: str) -> list[str]:
    """Name the exits that a position had in a schema."""
    _, exits, _ = _FILES[position]
    return [line.partition(":")[0] for since, line in exits if since <= revision]


def positions_file(revision: int) -> str:
    """Write the positions as a daemon of a schema reads them."""
    parts = ["positions:"]
    for name, (head, exits, moves) in _FILES.items():
        parts.append(f"  {name}:")
        parts.append(indent(head, " " * 4))
        if name == "sol-core" and revision >= _BACKSTOP_SINCE:
            parts.append("    backstop: 15%")
        parts.append("    exits:")
        parts += [f"      {line}" for since, line in exits if since <= revision]
        known = [f"      - {line}" for since, line in moves if since <= revision]
        parts += ["    moves:", *known] if known else []
    return "\n".join((*parts, ""))
