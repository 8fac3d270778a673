"""Views in words: ages, distances, what a trigger does, what a firing came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from exitd.core.simulated import is_simulated, real_account

if TYPE_CHECKING:
    from exitd.runtime.views import (
        FactView,
        FeedView,
        FireView,
        PositionView,
        TriggerView,
    )

DASH = "-"


def or_dash(text: str | None) -> str:
    return text or DASH


def span(seconds: int) -> str:
    """Say how long, in the two largest units: `2 h 3 min`."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = []
    left = seconds
    for name, size in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def age(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "no price yet"
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f} s old"
    return f"{span(milliseconds // 1000)} old"


def clock_time(timestamp: str) -> str:
    """Shorten an RFC 3339 time to date, time and milliseconds."""
    return timestamp[:23].replace("T", " ")


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def shown_state(trigger: TriggerView) -> str:
    """Give the state, marked where the account is a simulated one."""
    mark = ", PAPER" if is_simulated(trigger.account) else ""
    unsure = ", unsure" if trigger.unseen else ""
    return trigger.state + unsure + mark


def protection(position: PositionView) -> str:
    """Name the stops of a position; what none of ours covers, a broker's own does."""
    if not position.is_protected:
        return "NO"
    found = list(position.protected_by) or ["the broker"]
    if position.backstop is not None:
        found.append(f"backstop {position.backstop}")
    return ", ".join(found)


def what_it_does(trigger: TriggerView) -> str:
    """Say what a trigger does once hit: `close 50%`, `cancel limit`, `notify`."""
    match trigger.action:
        case "close":
            how = "" if trigger.order in (None, "market") else f" {trigger.order}"
            if "twap" in trigger.words:
                how += " in slices"
            return f"close {trigger.quantity}{how}"
        case "cancel":
            return f"cancel {trigger.cancels}"
        case "cancel_and_close":
            return f"cancel {trigger.cancels}, close {trigger.quantity}"
        case other:
            return other


def kind_as_asked(trigger: TriggerView) -> str:
    """Say what it waits for: `stop_loss`, `stop_loss -3%`, `trailing 2.5%`."""
    watched = f"of {trigger.watch}" if trigger.watch else ""
    return " ".join(filter(None, (trigger.kind, trigger.asked, watched)))


def level_or_time(trigger: TriggerView) -> str:
    """Give the level of now; for an exit at a time when that comes, in UTC.

    Without the year where that is the one in which it was last changed, else without
    the hour.
    """
    if trigger.due is None:
        return or_dash(trigger.level)
    due = datetime.fromisoformat(f"{trigger.due[:19]}+00:00")
    if trigger.due[:4] != trigger.ts_changed[:4]:
        return f"{due:%Y-%m-%d}"
    return f"{due:%m-%d %H:%M}Z"


def condition_lines(trigger: TriggerView) -> list[tuple[str, str]]:
    """Say what a trigger waits for: level, trail, time, and every further word."""
    lines = []
    watched = f" of {trigger.watch}" if trigger.watch else ""
    price = f"{trigger.price_kind}{watched}"
    if trigger.level is not None:
        away = (
            f", {trigger.distance_percent} % away" if trigger.distance_percent else ""
        )
        now = f"{trigger.level} on {price}, {or_dash(trigger.price)} now{away}"
        lines.append((trigger.kind, now))
    if trigger.asked:
        lines.append(("asked for", trigger.asked))
    is_on_watch = trigger.state not in ("firing", "working") and not trigger.is_done
    if trigger.kind == "trailing" and is_on_watch:
        best = trigger.watermark
        lines.append(("best price", best or f"none: it has not begun, on {price}"))
    if trigger.confirms is not None:
        lines.append(("confirmed", f"at {clock_time(trigger.confirms)}"))
    if trigger.due is not None:
        lines.append(("due", clock_time(trigger.due)))
    if trigger.unseen:
        lines.append(("unsure", trigger.unseen))
    if trigger.missed is not None:
        lines.append(("missed", f"crossed unseen at {clock_time(trigger.missed)}"))
    lines += list(trigger.words.items())
    return lines


def feed_lines(feeds: Sequence[FeedView]) -> list[str]:
    """Write each watched price once, with its account where that tells two apart.

    A simulated account beside a real one watches the same stream: it has a line of its
    own only where that says something else.
    """
    by_source = {feed.source: feed for feed in feeds}
    shown = []
    for feed in feeds:
        real = real_account(feed.account)
        twin = by_source.get(real + _market(feed))
        is_told = (
            twin is not None
            and real != feed.account
            and (twin.price, twin.is_stale) == (feed.price, feed.is_stale)
        )
        if not is_told:
            shown.append(feed)
    places = Counter(map(_market, shown))
    return [feed_line(feed, is_named=places[_market(feed)] > 1) for feed in shown]


def _market(feed: FeedView) -> str:
    """Give what is watched, without the account whose stream it comes from."""
    return feed.source.removeprefix(feed.account)


def feed_line(feed: FeedView, *, is_named: bool = False) -> str:
    stale = "STALE, " if feed.is_stale else ""
    if feed.is_asked:
        stale = "STREAM SILENT, asked by REST, "
    at = f" at {feed.account}" if is_named else ""
    return (
        f"{feed.symbol} {feed.price_kind} {or_dash(feed.price)}{at}"
        f" ({stale}{age(feed.age_ms)})"
    )


def fire_line(fire: FireView) -> str:
    """Say what became of one firing."""
    seen = f"{fire.trigger_id} at {clock_time(fire.ts_hit)}"
    if fire.observed is not None and fire.level is not None:
        market = fire.watch or fire.symbol
        seen += f": {market} {fire.observed}, level {fire.level}"
    if fire.is_open:
        held = f", held: {fire.held_by}" if fire.held_by else ""
        return f"{seen}; under way, attempt {fire.attempts}{held}"
    if fire.average_price is None:
        return f"{seen}; {fire.reason}"
    slipped = (
        f", slippage {fire.slippage_percent} %"
        if fire.slippage_percent is not None
        else ""
    )
    return f"{seen}; {fire.reason} {fire.filled} at {fire.average_price}{slipped}"


def fields(fact: FactView) -> str:
    """Write the fields of a fact that say something, as `name=value`."""
    return " ".join(
        # As the log writes it.
        f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in fact.fields.items()
        if value not in (None, "") and not name.endswith("_ns")
    )
