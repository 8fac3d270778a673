"""Entries in words: how much has filled, at what price, and what became of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from exitd.cli.instants import nanoseconds_of
from exitd.cli.wording import clock_time
from exitd.core.simulated import is_simulated
from exitd.core.units import NS_PER_S

if TYPE_CHECKING:
    from exitd.runtime.entry_views import EntryExitView, EntryView

_AGES = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
#: Averages have up to ten decimals; in a column so many are enough.
_DECIMALS = 4


def filled(entry: EntryView) -> str:
    """Write what has filled of what was asked for: `3/10`, or `3` of an amount."""
    if entry.quantity is None:
        return entry.filled
    return f"{entry.filled}/{entry.quantity}"


def price(entry: EntryView) -> str:
    """Give the average of the fills, before them the price that was asked for."""
    if entry.average_price is not None:
        return _short(entry.average_price)
    asked = entry.limit_price or entry.stop_price or entry.trail_price
    if asked is None and entry.trail_percent is not None:
        return f"{entry.trail_percent}%"
    return asked or "market"


def _short(number: str) -> str:
    value = Decimal(number)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -_DECIMALS:
        return number
    rounded = value.quantize(Decimal(1).scaleb(-_DECIMALS), ROUND_HALF_UP)
    return number if rounded.is_zero() else format(rounded.normalize(), "f")


def age(entry: EntryView, ts_now: str) -> str:
    """Say how long ago it was asked for, in one unit: `3h`."""
    ns = nanoseconds_of(ts_now) - nanoseconds_of(entry.ts_wanted)
    seconds = max(ns // NS_PER_S, 0)
    name, size = next((n, s) for n, s in _AGES if seconds >= s or s == 1)
    return f"{seconds // size}{name}"


def shown_state(entry: EntryView) -> str:
    """Give the state, marked where the account is a simulated one."""
    mark = ", PAPER" if is_simulated(entry.account) else ""
    return entry.state + mark


def what_it_asks(entry: EntryView) -> str:
    """Say what was ordered: `buy 10 AAPL, limit 150.50`."""
    amount = entry.quantity or f"for {entry.notional} of"
    words = f"{entry.side} {amount} {entry.symbol}, {entry.order}"
    for name, number in (
        ("stop", entry.stop_price),
        ("limit", entry.limit_price),
        ("by", entry.trail_price),
    ):
        if number is not None and name != entry.order:
            words += f" {name}"
        words += f" {number}" if number is not None else ""
    return words + (f" by {entry.trail_percent}%" if entry.trail_percent else "")


def taking_back(entry: EntryView) -> str:
    """Say what taking an entry back would do, before it is done."""
    if entry.is_ended:
        return f"{entry.id} is {entry.state}; nothing of it is left to take back"
    stays = ""
    if Decimal(entry.filled):
        stays = f"; the {entry.filled} that have filled keep their exits"
    return (
        f"would take back {entry.id}, which is {entry.state}, {filled(entry)} filled"
        f"{stays}"
    )


def entry_lines(entry: EntryView) -> list[tuple[str, str]]:
    """Say all of one entry, a head and a text for each line."""
    lines = [(entry.id, shown_state(entry)), ("account", entry.account)]
    lines.append(
        ("order", f"{what_it_asks(entry)} {entry.time_in_force or ''}".rstrip())
    )
    for head, text in (("refused", entry.refusal), ("withdrawn", entry.withdrawn)):
        if text:
            lines.append((head, text))
    at = f" at {_short(entry.average_price)}" if entry.average_price else ""
    lines.append(("filled", f"{filled(entry)}{at}"))
    if Decimal(entry.closed):
        lines.append(("closed", f"{entry.closed}, {entry.left} left"))
    lines += [
        ("exits" if number == 0 else "", _exit_line(entry, exit))
        for number, exit in enumerate(entry.exits)
    ]
    names = ", ".join(filter(None, (entry.client_order_id, entry.venue_order_id)))
    lines.append(("order id", names))
    lines.append(("asked for", clock_time(entry.ts_wanted)))
    if entry.ts_sent is not None:
        lines.append(("sent", clock_time(entry.ts_sent)))
    return lines


def _exit_line(entry: EntryView, exit: EntryExitView) -> str:
    level = f" {exit.level}" if exit.level else ""
    if exit.state is not None:
        how = exit.state
    elif entry.is_held_by_broker and not entry.is_over:
        how = "held by the broker" if entry.legs else "for the broker to hold"
    else:
        how = "over" if entry.is_over else "armed once something has filled"
    return f"{exit.id}: {exit.kind}{level}, {how}"
