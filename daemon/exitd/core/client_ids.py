"""The ids that a venue knows our closes by: an 8-bit tag and a 24-bit counter."""

from msgspec.structs import replace

from exitd.core.records import CounterRecord
from exitd.core.trigger import TriggerDefinition
from exitd.core.turn import Turn

#: The counter part of a client id: 24 bits, never zero.
_COUNTER_MAX = (1 << 24) - 1


def next_client_id(turn: Turn, account: str) -> int:
    """Take the next id: 8-bit tag, 24-bit counter; durable with its attempt."""
    counter = moved_on(turn.state.counters[account], 1)
    turn.put_counter(counter)
    return counter.tag << 24 | counter.counter


def reserve(turn: Turn, definition: TriggerDefinition) -> int:
    """Take an id for the first close of a new arming; 0 where that goes strict.

    Slices have time: they are strict.
    """
    close = definition.close
    if close is None or close.twap is not None:
        return 0
    if definition.account not in turn.state.overlapped:
        return 0
    return next_client_id(turn, definition.account)


def moved_on(counter: CounterRecord, by: int) -> CounterRecord:
    """Pass over *by* ids; after the highest comes 1."""
    value = (counter.counter - 1 + by) % _COUNTER_MAX + 1
    return replace(counter, counter=value)
