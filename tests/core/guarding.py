"""A world with a backstop, and what the venue says of it."""

from __future__ import annotations

from core.worlds import ACCOUNT, SYMBOL, D, World
from exitd.core.attempt import RefusalKind
from exitd.core.backstop import (
    BackstopRecord,
    BackstopRefused,
    BackstopsListed,
    PlaceBackstop,
)
from exitd.core.inputs import ApplyFiles, OrderReport, OrderStatus, PositionReport
from exitd.core.position import PositionKey
from exitd.core.trigger import OrderType
from exitd.core.units import text

WORKING, FILLED = OrderStatus.WORKING, OrderStatus.FILLED
CANCELLED = OrderStatus.CANCELLED


class Guarded(World):
    """A position of 10 from 100 whose backstop is 3 % away."""

    def __init__(self, size: str = "10", percent: str = "3", **changed) -> None:  # type: ignore[no-untyped-def]
        super().__init__(size, **changed)
        self.apply(percent)

    def apply(self, percent: str | None, key: PositionKey | None = None) -> None:
        wanted = () if percent is None else ((key or self.key, D(percent)),)
        command = ApplyFiles(definitions=(), backstops=wanted, now_ns=self.later())
        self.do(command)

    @property
    def backstop(self) -> BackstopRecord:
        return self.engine.state.backstops[self.key]

    def placed(self) -> list[BackstopRecord]:
        return [intent.record for intent in self.wants(PlaceBackstop)]

    def levels(self) -> list[str]:
        return [text(record.level) for record in self.placed()]

    def said(
        self, status: OrderStatus, n: int = -1, filled: str = "0", reason: str = ""
    ) -> None:
        record, now_ns = self.placed()[n], self.later()
        self.do(
            OrderReport(
                account=ACCOUNT,
                symbol=SYMBOL,
                venue_order_id=f"v{record.client_order_id}",
                client_order_id=record.client_order_id,
                status=status,
                side=self.key.side.close_side,
                quantity=None,
                filled=D(filled),
                order=OrderType.MARKET,
                is_trigger=True,
                reason=reason,
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )

    def refuse_backstop(self, kind: RefusalKind = RefusalKind.INVALID) -> None:
        self.do(
            BackstopRefused(
                account=ACCOUNT,
                client_order_id=self.placed()[-1].client_order_id,
                kind=kind,
                message="no",
                now_ns=self.later(),
            )
        )

    def listed(self, *resting: BackstopRecord, began_ns: int | None = None) -> None:
        now_ns = self.later()
        self.do(
            BackstopsListed(
                account=ACCOUNT,
                symbol=SYMBOL,
                resting=tuple(
                    (r.client_order_id, f"v{r.client_order_id}") for r in resting
                ),
                read_started_ns=now_ns if began_ns is None else began_ns,
                now_ns=now_ns,
            )
        )

    def entered_at(self, entry: str, size: str = "10") -> None:
        now_ns = self.later()
        self.do(
            PositionReport(
                key=self.key,
                quantity=D(size),
                entry_price=D(entry),
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )


def resting(**changed: object) -> Guarded:
    world = Guarded(**changed)  # type: ignore[arg-type]
    world.said(WORKING)
    return world
