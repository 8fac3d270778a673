"""Which tests cover which numbered behaviour; `python tests/behaviour_table.py`.

It writes docs/behaviours.md. A test covers a behaviour by carrying its number in its
name: `test_b065_given_…`.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "behaviours.md"
_DEFINITION = re.compile(r"^\s*(?:async )?def (test(?:_b\d{3})+_\w+)\(", re.MULTILINE)
_NUMBER = re.compile(r"_b(\d{3})(?=_)")

GROUPS = {
    1: "A. When a price fires",
    20: "B. Arming, amending, cancelling",
    40: "C. Trailing stops",
    62: "D. Exits of one position together",
    75: "E. How much, of which position",
    87: "F. The life of a firing",
    103: "G. Races",
    111: "H. Recovery",
    124: "I. Prices that cannot be trusted",
    131: "J. Confirmation and time",
    140: "K. Interface and operations",
}

SAID = """
the price touches a stop's level: it fires; short of it, nothing
the price touches a take-profit's level: it fires
for a short everything is mirrored, and the close buys
a gap over the level fires once; the record has level, price and gap
a stop on the mark ignores the last trade
a stop on the last trade ignores the mark
armed before a price is known: the first one may fire it
a price that trembles at the level before the answer: one order
two triggers at one level: both, in the order of arming
several stops in one fall: nearest first, never more than the position
however a feed spells a price, equal is equal
a careless parser's digits change nothing
zero, negative, not a number: left out and counted
an older price changes nothing
the same frame twice has no second effect
a tick is judged for its own symbol only
a low between two highs in one burst still fires
stop and take-profit inside one recovered candle: the stop
a stop beyond the take-profit is refused
crossed when armed: refuse, fire or wait, as was asked
fire when crossed, but the known price is old: a fresh one decides
one idempotency key, one trigger; with another body a conflict
the same exit twice is not armed silently
a level off the price step is refused with the two nearest
a quantity is floored to the step, and refused below the minimum
a quantity above the position is noted, and never sent
an unknown symbol, or no position: refused, or waits by policy
minimum distance and spread are enforced
the limit of active triggers is named when reached
arming during recovery: 503, nothing half stored
disk full when armed: refused, and not live in memory either
a batch with one bad leg arms none
an amend to a crossed level follows the same policy
amended before the tick: the old level is gone
cancelled twice: the second says so, without an error
an unknown or foreign id: not found
an expiry in the past is refused
a file with an error changes nothing
a reload adds and removes; a weakened stop of an open position waits
the stop follows a new high at its offset
an offset in percent of the high
a fall and a rise below the high move nothing
no trail before its activation price
a gap over the activation counts from there
once active it stays active
one tick cannot move a trail and fire it
for a short the trail follows the low
each trail has seen only what came after it
an offset of nothing, of everything or under a step is refused
trail and fixed floor: whichever comes first, one order
an amended offset keeps the high
a trail that tightens never loosens again
a trail that moves in steps
after a crash the high is remembered
after a crash beyond the stop: fires at once
what was missed while down is read from candles
a lost feed never lowers the high
a new lifetime begins its own trail
a spike that the guard refuses does not raise the high
five thousand trails cost what ten cost
activation at the current price: active at once
the take-profit fills whole: the stop is gone
the take-profit fills a part: the stop covers the rest
the stop is refused: it retries, and the take-profit stays
both met at once: one order, the stop
a ladder adds up, with what rounding left
a gap over two rungs closes both
break-even after a confirmed take-profit, never worse
the stop follows the targets
one leg cancelled: the other stays
an entry that fills in parts is covered in parts
an entry cancelled: its exits go, or cover what filled
one leg expires: the other stays
thirds add up to the whole
a whole-position stop follows a position that grows
a fixed quantity closes no more than itself or the position
a share is of the live size and of what exits took already
closed by hand: retired with a reason, no order
flipped: triggers of the old side are retired
reopened: file triggers arm anew, the others stay away
what would be left below the minimum is closed too
worth less than the minimum: told when armed, closed whole
the size cannot be read: the last known one, and flagged
the position is taken up by other orders: ours go first
hedge mode: one side never touches the other
levels relative to the entry follow it, by policy
nothing leaves before it is on disk
answer lost, order filled: found, no second one
answer lost, order unknown: only after window, slack and a clean read
a late answer after the retry is counted once
nothing to reduce: closed as gone
price band, margin, outage: retried, escalated, told
a rate limit is honoured; stops go first
filled in part: the next order is for the rest
a limit close that does not fill ends in market, late fills counted
a bound is never left by a take-profit or a hard limit
an hour without the venue: stops go on, take-profits if still beyond
refused keys: no hammering, prices are judged on
an expired request: clock measured, a new id at once
filled, but the position does not show it: told, not done
the time budget of a stop or a take-profit is spent
the venue took another order than was sent: cancelled, told
cancelled before the tick: never fires
cancelled after the hit: refused, no half state
ten thousand interleavings: answers agree with the journal
closed and crossed in either order: at most one order
a second daemon on one state refuses to start
told to stop in a fire: it is answered, nothing new begins
a reload during a fire does not touch it
another hit while one is in flight counts it
killed after every write: nothing lost, nothing doubled
a torn last record is dropped with a warning
a damaged file refuses; a bad row is set aside
an older state is migrated, and kept
beyond the stop after a restart: the first fresh price fires it
crossed and back while down: told, or fired by policy
closed while down: retired before anything is judged
reduced while down: resized before anything is judged
sent before the crash and filled: finished, its fill recorded
expired while down: not fired
the disk fills while running: firing goes on, arms refused
a hundred thousand triggers load in bounded time
a wall clock that steps moves no timer
no price for too long: stale, told, a second source asked
one silent symbol on a live connection is noticed
a subscription that nobody answers: connected again
after a reconnect the first price is judged at once
one price far off needs a second witness
a burst of fifty thousand ticks loses no crossing
fresh again: cleared by itself
a price that comes back in time cancels a confirmation
a confirmation ends by the clock, without a tick
an emergency level does not wait
a confirmation goes on over a restart
only the close of a candle counts
a lost close event is fetched, and told once
several prices in a row, or the count begins again
a time limit fires at any price
expiry and crossing at one instant: expiry
the record shows level, prices, clocks, attempts, fills, slippage
numbers leave as text and come back the same
pages are stable while triggers fire
the Rasa bodies are accepted and map one to one
not ready before recovery, while stale, or in a stall
a dead alert channel delays no fire
a position without a stop: told, throttled, cleared
paper places nothing anywhere, and says so
no secret in any log
counters equal the journal
a flood of arms does not slow the prices
""".strip().splitlines()


def covering() -> dict[int, dict[str, None]]:
    """Give the test files that carry each number, in order."""
    found: dict[int, dict[str, None]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name in _DEFINITION.findall(path.read_text()):
            for number in _NUMBER.findall(name):
                place = str(path.relative_to(ROOT / "tests"))
                found.setdefault(int(number), {})[place] = None
    return found


def page() -> str:
    lines = [
        "# Behaviours",
        "",
        "What exitd does, case by case, and where each case is tested. A test carries",
        "the number of its case: `pytest -k _b065_` runs those of case 65.",
        "",
        "This page is made by `python tests/behaviour_table.py`; a test keeps it equal",
        "to the tests that there are.",
    ]
    covered = covering()
    for number, said in enumerate(SAID, start=1):
        if number in GROUPS:
            lines += ["", f"## {GROUPS[number]}", "", "| | case | tests |"]
            lines.append("|---:|---|---|")
        places = [f"`{place}`" for place in covered.get(number, {})]
        lines.append(f"| {number} | {said} | {', '.join(places)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
