"""When an exit acts: at an instant, at a time of day somewhere, before a close."""

import functools
import re
from importlib import resources
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.calendars import CALENDARS, read_calendar
from exitd.configuration.findings import did_you_mean
from exitd.configuration.values import (
    DURATION_PATTERN,
    INSTANT_PATTERN,
    read_instant,
    read_positive_duration_ns,
    text_of,
    text_schema,
)
from exitd.core.condition import AtInstant, AtTimeOfDay, BeforeClose
from exitd.core.units import NS_PER_S

AtTime = AtInstant | AtTimeOfDay | BeforeClose

#: No session of any calendar is longer.
_BEFORE_CLOSE_MAX_NS = 86_400 * NS_PER_S

_CLOCK = r"\d\d:\d\d(?::\d\d)?"
_ZONE = r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,31}){0,2}"
_TIME_OF_DAY = re.compile(rf"(\d\d):(\d\d)(?::(\d\d))?(?: +({_ZONE}))?")
_BEFORE_CLOSE = re.compile(rf"({DURATION_PATTERN}) +before +close")


@functools.cache
def zones() -> frozenset[str]:
    """Give the names of all time zones, from the bundled IANA database."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split())


def _zone_hint(written: str) -> str:
    """Guess the zone that was meant: another spelling, or its city alone."""
    by_city = {name.rpartition("/")[2].lower(): name for name in sorted(zones())}
    city = by_city.get(written.rpartition("/")[2].lower())
    return f" (did you mean '{city}'?)" if city else did_you_mean(written, zones())


def _time_of_day(found: re.Match[str], text: str) -> AtTimeOfDay:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{text} is not on the clock; write 00:00 to 23:59:59")
    zone = found[4]
    if zone is None:
        raise ValueError(f"write a time with its zone, such as {text} America/New_York")
    if zone not in zones():
        raise ValueError(f"there is no time zone '{zone}'{_zone_hint(zone)}")
    return AtTimeOfDay(hour * 3_600 + minute * 60 + second, zone)


def read_at_time(written: object) -> AtTime:
    """Read when an exit acts; its calendar is a key of its own."""
    text = text_of(written)
    text = text if text.isascii() else ""
    found = _BEFORE_CLOSE.fullmatch(text)
    if found is not None:
        before_ns = read_positive_duration_ns(found[1])
        if before_ns >= _BEFORE_CLOSE_MAX_NS:
            raise ValueError("write less than 1d before the close, such as 5m")
        return BeforeClose(before_ns, "")
    found = _TIME_OF_DAY.fullmatch(text)
    if found is not None:
        return _time_of_day(found, text)
    if text[:10].count("-") == 2:
        return AtInstant(read_instant(text).ts_ns)
    raise ValueError(
        "write a time with its zone: 2027-01-31T16:00:00Z, 15:55 America/New_York, "
        "or 5m before close with a calendar"
    )


_WRITTEN = "|".join(
    (INSTANT_PATTERN, rf"{_CLOCK} +{_ZONE}", rf"{DURATION_PATTERN} +before +close")
)

AtTimeValue = Annotated[
    AtTime,
    PlainValidator(read_at_time),
    WithJsonSchema(
        text_schema(
            _WRITTEN,
            "2027-01-31T16:00:00Z",
            "15:55 America/New_York",
            "5m before close",
        )
    ),
]
CalendarValue = Annotated[
    str,
    PlainValidator(read_calendar),
    WithJsonSchema({"enum": list(CALENDARS)}),
]
