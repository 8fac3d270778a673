"""What the benchmarks share: an engine with a position, and triggers to rest on it."""

import platform
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from exitd.core.attempt import Capabilities
from exitd.core.condition import ConditionKind, FixedLevel, Offset, Trailing
from exitd.core.engine import Engine
from exitd.core.inputs import InstrumentReport, PositionReport
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import Close, Quantity, QuantityKind, TriggerDefinition

ACCOUNT, SYMBOL = "bench", "SOL_USDC_PERP"
SOURCE = PriceSource(ACCOUNT, SYMBOL, PriceKind.MARK)
KEY = PositionKey(ACCOUNT, SYMBOL, Side.LONG)
SLICE = Close(Quantity(QuantityKind.ABSOLUTE, Decimal("0.01")))


def machine() -> str:
    """Say what this ran on, in one line."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=False)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {cores.stdout.strip()} cores, {python}, {sys.platform}"


def instrument() -> Instrument:
    return Instrument(
        account=ACCOUNT,
        symbol=SYMBOL,
        kind=InstrumentKind.PERPETUAL,
        base="SOL",
        quote="USDC",
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.01"),
        min_quantity=Decimal("0.01"),
    )


def engine_with_position() -> Engine:
    engine = Engine(Policies(max_active=10_000_000))
    engine.add_account(ACCOUNT, 7, Capabilities())
    engine.handle(InstrumentReport(instrument(), 1))
    engine.handle(
        PositionReport(
            key=KEY,
            quantity=Decimal(1_000_000),
            entry_price=Decimal(100),
            ts_venue_ns=1,
            now_ns=1,
        )
    )
    return engine


def trail(number: int, offset: Offset) -> TriggerDefinition:
    """A trailing stop that closes a little."""
    return replace(stop(number, Decimal(1)), condition=Trailing(offset))


def stop(number: int, level: Decimal) -> TriggerDefinition:
    """A stop-loss that closes a little, so that any number of them fits."""
    return TriggerDefinition(
        id=f"bench/{number}",
        owner="api:bench",
        account=ACCOUNT,
        symbol=SYMBOL,
        side=Side.LONG,
        source=SOURCE,
        condition=FixedLevel(ConditionKind.STOP_LOSS, level),
        action=SLICE,
    )
