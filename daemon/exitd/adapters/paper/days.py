"""When the day of a day order ends on paper.

No calendar is asked: outside of a session there are no prices that could fill it.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exitd.core.ticket import AssetClass
from exitd.core.units import NS_PER_S

_NEW_YORK = ZoneInfo("America/New_York")


def day_end_ns(asset_class: AssetClass, now_ns: int) -> int:
    """Give the next midnight: of New York, and for what trades all day of UTC."""
    zone = UTC if asset_class is AssetClass.CRYPTO else _NEW_YORK
    now = datetime.fromtimestamp(now_ns // NS_PER_S, zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
    return int(midnight.timestamp()) * NS_PER_S
