"""A program of its own that looks up the sessions of a calendar, and ends.

    python -m exitd.adapters.calendars.program XNYS 2026-11-20 2026-12-04

The library brings pandas along: a second of imports and 100 MB. Nothing of this
belongs into the process that evaluates prices.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import msgspec

from exitd.adapters.calendars.answer import NOT_INSTALLED, Answer


def look_up(calendar: str, first_day: str, last_day: str) -> Answer:
    """Give the sessions of these days, each as written: 2026-11-20."""
    try:
        library = import_module("exchange_calendars")
        errors = import_module("exchange_calendars.errors")
    except ImportError as error:
        return Answer(error=f"{NOT_INSTALLED} ({error})")
    try:
        known = library.get_calendar(calendar, start=first_day, end=last_day)
    except errors.InvalidCalendarName:
        return Answer(
            error=f"exchange_calendars {library.__version__} knows no calendar "
            f"{calendar}; correct the name, or install a newer one"
        )
    except errors.NoSessionsError:
        return Answer()
    except ValueError as error:
        return Answer(
            error=f"exchange_calendars {library.__version__} cannot tell the sessions "
            f"of {calendar} from {first_day} to {last_day}; a newer one may: {error}"
        )
    hours = known.schedule[["open", "close"]].itertuples(index=False)
    return Answer(tuple((opens.value, closes.value) for opens, closes in hours))


def main(arguments: Sequence[str]) -> None:
    calendar, first_day, last_day = arguments
    answer = look_up(calendar, first_day, last_day)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
