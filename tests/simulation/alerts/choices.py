"""What a seed of alerts draws: alerts and how often each comes, prices, faults."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from msgspec import Struct

from exitd.core.position import Side
from simulation.choices import REAL_STORES, draw_disk
from simulation.prices import ENDS_S, ENTRY, Shown, draw_path
from simulation.wire import CALM, Rates

SYMBOL = "AAPL"
#: Without an id of its own an alert is known again for so long; nobody sends it later.
PATIENCE_S = 12.0


class Sent(Struct, frozen=True, kw_only=True):
    """One alert: when it is sent first, and when again though it was answered."""

    number: int
    at_s: float
    body: dict[str, Any]
    client_order_id: str = ""
    repeats_s: tuple[float, ...] = ()


class AlertChoices(Struct, frozen=True, kw_only=True):
    """What a seed draws; `rooms` are how much can be traded from an instant on."""

    side: Side
    exits: str
    rates: Rates
    crashes_s: tuple[float, ...]
    end_s: float
    skew_ms: int
    alerts: tuple[Sent, ...]
    path: tuple[tuple[float, Shown], ...]
    rooms: tuple[tuple[float, Decimal | None], ...]
    by_hand_s: tuple[float, ...]
    drops_s: tuple[float, ...]
    is_prompt: bool
    has_real_store: bool
    disk: tuple[tuple[float, str, str], ...]
    stalls: float


def draw(rng: Random) -> AlertChoices:
    side = rng.choice((Side.LONG, Side.SHORT))
    sign = 1 if side is Side.LONG else -1
    end_s = rng.choice(ENDS_S)
    crashes = [rng.uniform(1.0, end_s) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    by_hand = [rng.uniform(4.0, end_s)] if rng.random() < 0.2 else []
    drops = [rng.uniform(2.0, end_s) for _ in range(rng.choice((0, 0, 1, 3)))]
    return AlertChoices(
        side=side,
        exits=rng.choice(("exitd", "exitd", "native")),
        rates=_rates(rng) if rng.random() < 0.85 else CALM,
        crashes_s=tuple(sorted(crashes)),
        end_s=end_s,
        skew_ms=rng.choice((0, 0, -300, 300, -4_000, 4_000)),
        alerts=tuple(_alerts(rng, sign, end_s)),
        path=tuple(draw_path(rng, sign, end_s)),
        rooms=tuple(_rooms(rng, end_s)),
        by_hand_s=tuple(by_hand),
        drops_s=tuple(drops),
        is_prompt=rng.random() < 0.3,
        has_real_store=rng.random() < REAL_STORES,
        disk=draw_disk(rng, end_s),
        stalls=rng.choice((0.0, 0.0, 0.0, 0.03)),
    )


def _rates(rng: Random) -> Rates:
    return Rates(
        lost_request=rng.choice((0.0, 0.1, 0.3)),
        lost_reply=rng.choice((0.0, 0.1, 0.3)),
        delayed=rng.choice((0.0, 0.1, 0.2)),
        error_before=rng.choice((0.0, 0.05)),
        error_after=rng.choice((0.0, 0.05, 0.1)),
        limited=rng.choice((0.0, 0.05)),
        read_failure=rng.choice((0.0, 0.1)),
        is_stream_silent=rng.random() < 0.4,
    )


def _rooms(rng: Random, end_s: float) -> Iterator[tuple[float, Decimal | None]]:
    """A market that can take little for a while makes fills partial."""
    if rng.random() < 0.5:
        at_s = 0.5
        while at_s < end_s - 2:
            yield at_s, Decimal(rng.randint(0, 6))
            at_s += rng.uniform(0.5, 4.0)
    yield end_s - 1, None


def _alerts(rng: Random, sign: int, end_s: float) -> Iterator[Sent]:
    for number in range(1, rng.randint(2, 5)):
        at_s = rng.uniform(1.0, end_s - 1)
        is_close = number > 1 and rng.random() < 0.15
        body = _close(rng, sign) if is_close else _entry(rng, sign)
        again = [rng.uniform(0.0, 8.0) for _ in range(rng.choice((0, 0, 1, 2)))]
        yield Sent(
            number=number,
            at_s=at_s,
            # A price of its own makes each body another.
            body={**body, "marketPrice": ENTRY + Decimal(number) / 1_000},
            client_order_id=f"alert-{number}" if rng.random() < 0.7 else "",
            repeats_s=tuple(at_s + wait_s for wait_s in sorted(again)),
        )


def _cents(rng: Random, low: int, high: int) -> Decimal:
    return Decimal(rng.randint(low, high)) / 100


def _entry(rng: Random, sign: int) -> dict[str, Any]:
    """Open or add: at the market, or at a price that may never come."""
    body: dict[str, Any] = {
        "ticker": SYMBOL,
        "direction": "long" if sign > 0 else "short",
        "positionIntent": "buy_to_open" if sign > 0 else "sell_to_open",
        "qty": Decimal(rng.randint(1, 9)),
    }
    if rng.random() < 0.35:
        body["orderType"] = "limit"
        body["limitPrice"] = ENTRY + sign * _cents(rng, -200, 100)
    if rng.random() < 0.9:
        body["stopLossTarget"] = ENTRY - sign * _cents(rng, 220, 340)
    if rng.random() < 0.6:
        body["profitTarget"] = ENTRY + sign * _cents(rng, 220, 420)
    return body


def _close(rng: Random, sign: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "ticker": SYMBOL,
        "direction": "short" if sign > 0 else "long",
        "positionIntent": "sell_to_close" if sign > 0 else "buy_to_close",
    }
    if rng.random() < 0.5:
        body["qty"] = Decimal(rng.randint(1, 4))
    return body
