"""Backstops: in step with their position, out of the way of closes, and known again."""

from __future__ import annotations

import pytest

from core.worlds import ACCOUNT, SHORT, SYMBOL, D, S, World, stop
from exitd.core.attempt import RefusalKind
from exitd.core.backstop import (
    BackstopRecord,
    BackstopRefused,
    BackstopsListed,
    BackstopState,
    CancelBackstop,
    ListBackstops,
    PlaceBackstop,
)
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles, OrderReport, OrderStatus, PositionReport
from exitd.core.intents import ProvePosition
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


def test_given_a_position_then_a_wide_stop_is_placed_once_its_row_is_there():
    world = Guarded()

    assert world.levels() == ["97"]
    assert world.wants(PlaceBackstop)[0].account == ACCOUNT
    assert world.backstop.state is BackstopState.SENT
    assert world.store.rows["backstop", world.key] == world.placed()[0]
    world.said(WORKING)
    assert world.backstop.state is BackstopState.RESTING
    assert world.told(FactKind.BACKSTOP_PLACED)[0].fields["level"] == D("97")


def test_given_a_short_then_the_level_is_above_and_never_nearer():
    world = Guarded("0")
    world.apply("3.0001", SHORT)

    world.position("10", key=SHORT)
    world.wait(3 * S)

    assert world.levels() == ["103.01"]


def test_given_a_position_opens_later_then_its_backstop_comes_with_it():
    world = Guarded("0")
    assert world.placed() == []

    world.position("10")
    world.wait(3 * S)

    assert world.levels() == ["97"]


def test_given_no_entry_price_yet_then_placed_when_it_is_known():
    guarded = Guarded("0")
    now_ns = guarded.later()
    guarded.do(
        PositionReport(
            key=guarded.key,
            quantity=D(10),
            entry_price=None,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )
    guarded.wait(3 * S)
    assert guarded.placed() == []

    guarded.entered_at("200")
    guarded.wait(3 * S)

    assert guarded.levels() == ["194"]


def test_given_the_entry_moves_then_it_follows_once_for_many_fills():
    world = resting()
    for entry in ("101", "102", "104"):
        world.entered_at(entry, "12")

    world.wait(3 * S)
    assert len(world.wants(CancelBackstop)) == 1
    world.said(CANCELLED)

    assert world.levels() == ["97", "100.88"]
    assert world.placed()[0].client_order_id != world.placed()[1].client_order_id


def test_given_the_size_changes_alone_then_it_stays():
    world = resting()

    world.position("4")
    world.wait(60 * S)

    assert world.wants(CancelBackstop) == []


def test_given_the_position_is_closed_then_taken_back_until_it_is_gone():
    world = resting()

    world.position("0")
    world.wait(25 * S)

    assert len(world.wants(CancelBackstop)) >= 2
    world.said(CANCELLED)
    assert world.backstop.is_over
    assert world.told(FactKind.BACKSTOP_WITHDRAWN)
    world.intents.clear()
    world.wait(1_000 * S)
    assert world.intents == []


def test_given_it_leaves_the_files_then_taken_back():
    world = resting()

    world.apply(None)

    assert world.wants(CancelBackstop)
    world.said(CANCELLED)
    world.wait(60 * S)
    assert len(world.placed()) == 1


def test_given_a_close_fires_then_none_is_placed_before_it_is_over():
    world = Guarded("0")
    world.apply(None)
    world.position("10")
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.apply("3")
    world.wait(5 * S)
    assert world.placed() == []
    world.end(filled="4")
    world.fill()
    world.position("0")
    world.wait(5 * S)

    assert world.placed() == []


def test_given_the_venue_counts_it_against_a_close_then_it_goes_first_and_comes_back():
    world = resting()
    world.arm(stop("sl", "98"))
    world.mark("98")

    world.refuse(RefusalKind.OWN_ORDERS)
    assert world.wants(CancelBackstop)
    world.said(CANCELLED)
    world.wait(5 * S)
    assert len(world.placed()) == 1
    world.cancel("sl", abandon=True)

    assert len(world.placed()) == 2


def test_given_it_has_fired_at_the_venue_then_told_and_the_position_is_read():
    world = resting()

    world.said(FILLED, filled="10")

    told = world.told(FactKind.BACKSTOP_FILLED)[0]
    assert told.fields["alert"] is True
    assert told.fields["filled"] == D(10)
    assert world.wants(ProvePosition)
    world.position("0")
    world.wait(60 * S)
    assert len(world.placed()) == 1


def test_given_somebody_cancels_it_then_told_and_placed_again():
    world = resting()

    world.said(CANCELLED, reason="by hand")
    world.wait(3 * S)

    assert world.told(FactKind.BACKSTOP_LOST)[0].fields["why"] == "by hand"
    assert world.levels() == ["97", "97"]


def test_given_no_answer_then_looked_for_and_known_again():
    world = Guarded()

    world.wait(15 * S)
    assert world.wants(ListBackstops)
    world.listed(world.placed()[0])

    assert world.backstop.state is BackstopState.RESTING
    assert world.backstop.venue_order_id == f"v{world.backstop.client_order_id}"
    assert len(world.placed()) == 1


def test_given_no_answer_then_placed_anew_only_when_the_first_cannot_come_any_more():
    world = Guarded()
    sent_ns = world.backstop.ts_sent_ns

    world.listed(began_ns=sent_ns + 69 * S)
    assert world.backstop.state is BackstopState.SENT
    world.listed(began_ns=sent_ns + 70 * S)
    world.wait(3 * S)

    assert len(world.placed()) == 2


def test_given_it_rested_and_is_listed_no_more_then_lost():
    world = resting()

    world.listed(began_ns=world.backstop.ts_changed_ns - 1)
    assert world.backstop.state is BackstopState.RESTING
    world.listed()

    assert world.told(FactKind.BACKSTOP_LOST)[0].fields["why"] == "not listed"


def test_given_taken_back_before_its_answer_then_cancelled_when_it_shows():
    world = Guarded()
    world.position("0")
    world.intents.clear()

    world.listed(world.store.rows["backstop", world.key])  # type: ignore[arg-type]

    cancels = world.wants(CancelBackstop)
    assert cancels[-1].record.venue_order_id
    assert cancels[-1].account == ACCOUNT


def test_given_refused_then_told_once_and_tried_at_growing_intervals():
    world = Guarded()

    for wait_s in (29, 59, 119):
        world.refuse_backstop()
        count = len(world.placed())
        world.wait(wait_s * S)
        assert len(world.placed()) == count
        world.wait(2 * S)
        assert len(world.placed()) == count + 1

    alerts = [f.fields["alert"] for f in world.told(FactKind.BACKSTOP_REFUSED)]
    assert alerts == [True, False, False]


def test_given_a_no_that_comes_after_it_was_seen_then_it_stays():
    world = resting()

    world.refuse_backstop()

    assert world.backstop.state is BackstopState.RESTING


@pytest.mark.parametrize("status", [WORKING, CANCELLED])
def test_given_a_report_after_its_end_then_nothing_changes(status):
    world = resting()
    world.position("0")
    world.said(CANCELLED)
    before = world.backstop

    world.said(status)

    assert world.backstop == before


def test_given_a_restart_then_looked_for_and_not_placed_twice():
    world = resting()

    world.restart()
    world.intents.clear()
    world.take(world.engine.resume(world.now_ns))
    world.apply("3")
    world.wait(12 * S)

    assert world.wants(ListBackstops)
    assert world.placed() == []
    assert world.backstop.state is BackstopState.RESTING


def test_given_a_restart_while_it_is_taken_back_then_cancelled_again():
    world = resting()
    world.position("0")

    world.restart()
    world.intents.clear()
    world.take(world.engine.resume(world.now_ns))
    world.wait(12 * S)

    assert world.wants(CancelBackstop)


def test_given_another_percentage_then_moved():
    world = resting()

    world.apply("5")
    world.said(CANCELLED)

    assert world.levels() == ["97", "95"]


def test_given_another_market_is_listed_then_ours_is_not_missed():
    world = resting()
    now_ns = world.later()

    world.do(
        BackstopsListed(
            account=ACCOUNT,
            symbol="BTC_USDC_PERP",
            resting=(),
            read_started_ns=now_ns,
            now_ns=now_ns,
        )
    )

    assert world.backstop.state is BackstopState.RESTING


def test_given_refused_and_the_position_changes_then_not_tried_before_its_time():
    world = Guarded()
    world.refuse_backstop()

    world.position("12")
    world.wait(5 * S)

    assert len(world.placed()) == 1


def test_given_it_was_moved_when_the_first_is_told_of_again_then_the_second_stays():
    world = resting()
    world.apply("5")
    world.said(CANCELLED)
    world.said(WORKING)

    world.said(CANCELLED, n=0)

    assert world.backstop.state is BackstopState.RESTING
    assert len(world.placed()) == 2


def test_given_it_is_taken_back_and_shows_again_then_asked_no_more_often():
    world = resting()
    world.position("0")
    count = len(world.wants(CancelBackstop))

    world.said(WORKING)

    assert len(world.wants(CancelBackstop)) == count


def test_given_it_left_the_files_before_it_was_placed_then_never_placed():
    world = Guarded("0")
    world.position("10")

    world.apply(None)
    world.wait(5 * S)

    assert world.placed() == []


def test_given_it_was_over_at_a_restart_then_nothing_is_asked():
    world = resting()
    world.position("0")
    world.said(CANCELLED)

    world.restart()
    world.intents.clear()
    world.wait(60 * S)

    assert world.intents == []
