"""The ids that a venue knows our closes by: an 8-bit tag and a 24-bit counter."""

from exitd.core.records import CounterRecord
from exitd.core.turn import Turn

#: The counter part of a client id: 24 bits, never zero.
_COUNTER_MAX = (1 << 24) - 1


def next_client_id(turn: Turn, account: str) -> int:
    """Take the next id: 8-bit tag, 24-bit counter; durable with its attempt."""
    counter = turn.state.counters[account]
    value = counter.counter % _COUNTER_MAX + 1
    turn.put_counter(CounterRecord(account, counter.tag, value))
    return counter.tag << 24 | value
