"""When the day of a day order ends, where exitd itself sees to that.

No calendar is asked: on a holiday there are no prices that could fill it, and where a
broker ends the day earlier, it says so.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exitd.core.ticket import AssetClass
from exitd.core.units import NS_PER_S

_NEW_YORK = ZoneInfo("America/New_York")
#: What is asked for later is for the next day.
_CLOSE = time(16)
_SATURDAY = 5


def day_end_ns(asset_class: AssetClass, now_ns: int) -> int:
    """Give the midnight that ends the day: of UTC for what trades all day.

    Else that of New York; after the close, and at the weekend, of the next weekday.
    """
    is_always_open = asset_class is AssetClass.CRYPTO
    zone = UTC if is_always_open else _NEW_YORK
    now = datetime.fromtimestamp(now_ns // NS_PER_S, zone)
    day = now.date()
    if not is_always_open:
        if now.time() >= _CLOSE:
            day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return int(midnight.timestamp()) * NS_PER_S
