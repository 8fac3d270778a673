"""The brokers that an alert may name, and what each of them can do."""

from exitd.signals.platforms.alpaca import ALPACA
from exitd.signals.platforms.capabilities import Capabilities
from exitd.signals.platforms.interactive_brokers import INTERACTIVE_BROKERS
from exitd.signals.platforms.schwab import SCHWAB, TD_AMERITRADE

PLATFORMS: dict[str, Capabilities] = {
    able.platform: able for able in (ALPACA, INTERACTIVE_BROKERS, TD_AMERITRADE, SCHWAB)
}
#: Which broker an alert is about that names none.
DEFAULT_PLATFORM = ALPACA.platform
