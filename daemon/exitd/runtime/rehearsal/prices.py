"""What a rehearsal is fed with: prices, and candles with the path inside them."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.position import Side


class Price(Struct, frozen=True, gc=False):
    """One price at its instant, above zero.

    An empty word fits everything: without `kind` it stands for every kind of price
    that is watched in its market, without `venue` for its symbol at every venue,
    without `symbol` for the only market that there is. `kind` may name a candle:
    `last_close.15m.closed`. `ts_venue_ns` and `seq` are those of the venue, None
    where nobody wrote them down.
    """

    ts_ns: int
    price: Decimal
    symbol: str = ""
    kind: str = ""
    venue: str = ""
    ts_venue_ns: int | None = None
    seq: int | None = None


class Candle(Struct, frozen=True, gc=False):
    """What is left of all the prices from `ts_ns` on, for `duration_ns`.

    The words are those of `Price`.
    """

    ts_ns: int
    duration_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    symbol: str = ""
    kind: str = ""
    venue: str = ""


class Step(Struct, frozen=True, gc=False):
    """A price of a path; `came_from` is where it moved from, None after a jump."""

    price: Price
    came_from: Decimal | None


def path(candle: Candle, worst_for: Side) -> tuple[Step, ...]:
    """Give the path inside a candle that is the worst for a position.

    Nobody knows in which order a candle saw its prices. The careful guess is: its
    open, then the extreme that hurts (the low for a long), then the other one, then
    its close; so of a stop and a take-profit in one candle the stop is hit
    (behaviour 18). From one to the next the price moves through all between them,
    except to the open: there it jumps.
    """
    first, second = candle.low, candle.high
    if worst_for is Side.SHORT:
        first, second = second, first
    quarter_ns = candle.duration_ns // 4
    prices = (candle.open, first, second, candle.close)
    # The close comes just before the next candle begins.
    delays_ns = (0, quarter_ns, 2 * quarter_ns, max(candle.duration_ns - 1, 0))
    before: Decimal | None = None
    steps: list[Step] = []
    for price, delay_ns in zip(prices, delays_ns, strict=True):
        steps.append(
            Step(
                Price(
                    candle.ts_ns + delay_ns,
                    price,
                    candle.symbol,
                    candle.kind,
                    candle.venue,
                ),
                before,
            )
        )
        before = price
    return tuple(steps)
