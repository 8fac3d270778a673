"""A desk at which configurations are loaded and planned against earlier ones."""

from collections.abc import Callable
from decimal import Decimal

from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import markets
from exitd.configuration.plan import Plan, plan
from exitd.configuration.triggers import definitions
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.trigger import TriggerRecord, TriggerState

LONG = PositionKey("backpack", "S", Side.LONG)
MARK = PriceSource("backpack", "S", PriceKind.MARK)
INSTRUMENT = Instrument(
    account="backpack",
    symbol="S",
    kind=InstrumentKind.PERPETUAL,
    base="S",
    quote="USDC",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.01"),
    min_quantity=Decimal("0.01"),
)
OPEN = {LONG: PositionRecord(key=LONG, quantity=Decimal(10))}
FLAT: dict[PositionKey, PositionRecord] = {}
LIVE = (
    "version: 1\nmode: live\nvenues:\n  backpack:\n    type: backpack\n"
    "    key: {env: K}\n    secret: {env: S}\n"
)
BASE = ("sl: {stop_loss: 131.25}", "tp: {take_profit: 160, close: 25%}")


class Desk:
    """Loads exits, and plans against the ones that were loaded before."""

    def __init__(self, load_files: Callable[..., Loaded]) -> None:
        self.load_files = load_files
        self.daemon = LIVE
        self.price: str | None = "142.49"
        self.positions: dict[PositionKey, PositionRecord] | None = OPEN
        self.now_ns = 0

    def load(self, *exits: str, side: str = "side: long") -> Loaded:
        lines = "".join(f"      {line}\n" for line in exits)
        text = (
            f"positions:\n  sol:\n    venue: backpack\n    symbol: S\n    {side}\n"
            f"    exits:\n{lines}"
        )
        return self.load_files(
            {"conf.d/sol.yaml": text if exits else ""}, daemon=self.daemon
        )

    def running(self, *exits: str, **options: str) -> list[TriggerRecord]:
        made = definitions(self.load(*exits, **options), now_ns=0)
        return [TriggerRecord(definition=d, state=TriggerState.ARMED) for d in made]

    def plan(self, running: list[TriggerRecord], *exits: str, **options: str) -> Plan:
        prices = {MARK: Decimal(self.price)} if self.price else {}
        return plan(
            self.load(*exits, **options),
            running,
            now_ns=self.now_ns,
            known=markets((INSTRUMENT,), prices),
            positions=self.positions,
        )
