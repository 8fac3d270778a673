"""The first price after nobody watched is beyond a level: fire, or wait and tell.

By default it fires as any price does. Where the policy says that it only tells, the
trigger waits until the price has been on the right side of its level again.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Book
from exitd.core.lifecycle import TriggerCause
from exitd.core.policy import Policies
from exitd.core.resting import goes_on, is_beyond, is_expired, kept, level_now, wait
from exitd.core.role import Role
from exitd.core.state import State
from exitd.core.trigger import TriggerState, WaitingFor
from exitd.core.turn import Turn


def expect_first_price(state: State, book: Book) -> None:
    """Look at the next price as the first after nobody watched, if any policy cares."""
    policies = state.policies
    book.is_back = (
        policies.stop_beyond_only_tells or policies.take_profit_beyond_only_tells
    )


def hold_beyond(turn: Turn, book: Book, price: Decimal) -> None:
    """Let those wait that the first price is beyond, and that are only to tell of it.

    An emergency level that another price reaches fires all the same.
    """
    state, book.is_back = turn.state, False
    if book.falling_at < price < book.rising_at:
        return
    armed = [state.triggers[trigger_id] for trigger_id in book.watching()]
    for record in sorted(armed, key=lambda r: r.seq):
        definition = record.definition
        if record.state is not TriggerState.ARMED or is_expired(record, turn.now_ns):
            continue
        if not _only_tells(state.policies, state.roles[record.id]):
            continue
        level = level_now(state, record)
        if state.books.get(definition.source) is not book or level is None:
            continue
        if not is_beyond(definition.direction, level, price):
            continue
        held = replace(kept(state, record), confirm_ns=0)
        if goes_on(held):
            held = replace(held, level=level)
        wait(turn, held, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)


def _only_tells(policies: Policies, role: Role) -> bool:
    if role.is_stop:
        return policies.stop_beyond_only_tells
    return role.closes and policies.take_profit_beyond_only_tells
