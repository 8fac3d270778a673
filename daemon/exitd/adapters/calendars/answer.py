"""What the program that knows the calendars says, as one JSON document."""

from msgspec import Struct

from exitd.extras import how_to_install

#: Said for both: the library is not there, or a part that it needs is not.
NOT_INSTALLED = (
    "trading calendars need exchange_calendars, which is not installed; run "
    f"{how_to_install('calendars')}"
)


class Answer(Struct, frozen=True):
    """Opens and closes, UTC nanoseconds, in order; or why there are none."""

    sessions: tuple[tuple[int, int], ...] = ()
    error: str = ""
