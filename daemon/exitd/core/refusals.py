"""What follows from a definite refusal: one row for each kind."""

from types import MappingProxyType

from msgspec import Struct

from exitd.core.attempt import RefusalKind
from exitd.core.units import NS_PER_MS, NS_PER_S

K = RefusalKind


class Response(Struct, frozen=True, kw_only=True):
    """How the next attempt comes about.

    The delay doubles with each refusal of one firing, from `first_ns` up to
    `most_ns`; a venue's own Retry-After overrules it. The first refusal may be
    tried again `at_once`. `escalates` climbs one
    stage (limit, wider, market) where the trigger may. `proves_position`,
    `refreshes_instrument`, `syncs_clock` and `cancels_ours` are done first.
    """

    first_ns: int
    most_ns: int
    at_once: bool = False
    escalates: bool = False
    proves_position: bool = False
    refreshes_instrument: bool = False
    syncs_clock: bool = False
    cancels_ours: bool = False
    alerts: bool = True


RESPONSES = MappingProxyType(
    {
        K.EXPIRED: Response(
            first_ns=50 * NS_PER_MS,
            most_ns=2 * NS_PER_S,
            at_once=True,
            syncs_clock=True,
            alerts=False,
        ),
        K.RATE_LIMITED: Response(
            first_ns=200 * NS_PER_MS, most_ns=10 * NS_PER_S, alerts=False
        ),
        K.NOT_REDUCED: Response(
            first_ns=200 * NS_PER_MS,
            most_ns=5 * NS_PER_S,
            proves_position=True,
            cancels_ours=True,
        ),
        K.OWN_ORDERS: Response(
            first_ns=200 * NS_PER_MS, most_ns=5 * NS_PER_S, cancels_ours=True
        ),
        K.PRICE_BOUND: Response(
            first_ns=100 * NS_PER_MS, most_ns=2 * NS_PER_S, escalates=True
        ),
        K.LIQUIDITY: Response(
            first_ns=100 * NS_PER_MS, most_ns=1 * NS_PER_S, escalates=True
        ),
        K.MARGIN: Response(first_ns=500 * NS_PER_MS, most_ns=5 * NS_PER_S),
        K.HALTED: Response(
            first_ns=500 * NS_PER_MS, most_ns=5 * NS_PER_S, refreshes_instrument=True
        ),
        K.UNAUTHORIZED: Response(first_ns=15 * NS_PER_S, most_ns=60 * NS_PER_S),
        K.INVALID: Response(
            first_ns=500 * NS_PER_MS,
            most_ns=10 * NS_PER_S,
            refreshes_instrument=True,
            proves_position=True,
        ),
        K.BUSY: Response(first_ns=200 * NS_PER_MS, most_ns=5 * NS_PER_S),
    }
)


def delay_ns(kind: RefusalKind, refusals: int, retry_after_ns: int | None) -> int:
    """Give the wait before the next attempt, after *refusals* (from 1) in a row."""
    if retry_after_ns is not None:
        return retry_after_ns
    response = RESPONSES[kind]
    if response.at_once and refusals == 1:
        return 0
    return min(response.first_ns << min(refusals - 1, 20), response.most_ns)
