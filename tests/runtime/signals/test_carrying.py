"""Alerts carried out: to an entry, a close or a sentence, and once whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from exitd.configuration.webhook import Route
from exitd.core.attempt import Capabilities
from exitd.core.entry import EntryState, SignalRecord, SignalState
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.trigger import TriggerState
from exitd.errors import VenueUnavailable
from exitd.ports.sessions import SessionsUnknown
from exitd.ports.store import Batch, OnDurable
from exitd.runtime.signals.carrying import Carrier
from exitd.signals.json_form import signal_json
from exitd.signals.normalising import normalise
from fakes.exchange import SOL
from fakes.outcomes import Fill, LoseReply, Rest
from runtime.brokers import broker, desk_of
from runtime.desk import ACCOUNT, D, Desk, S, in_virtual_time


class Hours:
    """One session, or nobody knows."""

    def __init__(self, *sessions: tuple[int, int]) -> None:
        self.known = sessions

    async def sessions(
        self, calendar: str, from_ns: int, to_ns: int
    ) -> tuple[tuple[int, int], ...]:
        if not self.known:
            raise SessionsUnknown("nobody knows")
        return self.known


def carrier_of(
    desk: Desk,
    *,
    hours: Hours | None = None,
    routes: Mapping[str, Route] | None = None,
    is_live: bool = True,
    **route: Any,
) -> Carrier:
    wanted = {
        "auth_key": {"env": "KEY"},
        "mode": "live",
        "venues": [ACCOUNT],
        "allow": ["open", "close"],
        "price": "mark",
        **route,
    }
    return Carrier(
        loop=desk.loop,
        store=desk.store,
        accounts={ACCOUNT: desk.account},
        routes={"desk": Route.model_validate(wanted)} if routes is None else routes,
        kinds={ACCOUNT: "backpack"},
        sessions=lambda: hours or Hours(),
        is_live=is_live,
    )


def alert(desk: Desk, number: int = 1, **body: Any) -> SignalRecord:
    written = {"ticker": SOL, "direction": "long", "qty": D(4), **body}
    signal = normalise({k: v for k, v in written.items() if v is not None}).signal
    return SignalRecord(
        id=f"desk-{number}",
        route="desk",
        body=signal_json(signal),
        digest="d",
        ts_received_ns=desk.clock.now_ns(),
    )


def held(desk: Desk) -> Decimal:
    return desk.venue.exchange.net(SOL)


@in_virtual_time
async def test_b071_given_an_alert_with_exits_then_entered_and_guarded():
    desk = await desk_of(venue := broker())
    record = alert(desk, stopLossTarget=D(95), profitTarget=D(110))

    done = await carrier_of(desk).carry_out(record)
    await desk.settle()

    assert done.state is SignalState.CARRIED_OUT
    assert (done.account, done.entry_id) == (ACCOUNT, "desk-1")
    assert done.trigger_ids == ("desk-1/sl", "desk-1/tp")
    assert done.outcome.startswith("entry of 4 SOL_USDC_PERP long, market")
    assert held(desk) == D(4)
    desk.mark("95")
    await desk.settle(20)
    assert desk.sent == [("desk-1/sl", D(4))]
    assert len(venue.entries_sent) == 1


@in_virtual_time
async def test_given_the_same_alert_again_then_it_is_not_traded_twice():
    desk = await desk_of(venue := broker())
    carrier, record = carrier_of(desk), alert(desk)
    first = await carrier.carry_out(record)
    await desk.settle()

    again = await carrier.carry_out(record)
    await desk.settle()

    assert (first.state, again.state) == (SignalState.CARRIED_OUT,) * 2
    assert again.entry_id == "desk-1"
    assert len(venue.entries_sent) == 1


@in_virtual_time
async def test_given_a_crash_before_its_end_was_written_then_not_traded_twice():
    desk = await desk_of(venue := broker())
    venue.script_entries(LoseReply(Fill()))
    record = alert(desk)
    await carrier_of(desk).carry_out(record)
    await desk.settle(0.001)

    again = await (await desk.restarted()).start()
    done = await carrier_of(again).carry_out(record)
    await again.settle(5)

    assert done.state is SignalState.CARRIED_OUT
    assert len(venue.entries_sent) == 1
    assert held(again) == D(4)


@in_virtual_time
async def test_given_a_crash_long_after_its_entry_was_over_then_not_traded_twice():
    desk = await desk_of(venue := broker())
    record = alert(desk)
    await carrier_of(desk).carry_out(record)
    await desk.settle()
    again = await (await desk.restarted()).start()
    assert "desk-1" not in again.loop.engine.state.entries

    done = await carrier_of(again).carry_out(record)
    await again.settle()

    assert (done.state, done.entry_id) == (SignalState.CARRIED_OUT, "desk-1")
    assert len(venue.entries_sent) == 1


@in_virtual_time
async def test_given_a_close_then_done_once_also_after_a_crash():
    desk = await desk_of(broker(), "10")
    record = alert(desk, direction="short", positionIntent="sell_to_close")
    first = await carrier_of(desk).carry_out(record)
    await desk.settle(10)
    assert first.trigger_ids == ("desk-1/close",)
    assert held(desk) == D(6)

    again = await (await desk.restarted()).start()
    done = await carrier_of(again).carry_out(record)
    await again.settle(10)

    assert done.state is SignalState.CARRIED_OUT
    assert held(again) == D(6)


@in_virtual_time
async def test_given_the_other_side_is_held_then_closed_and_not_reversed():
    desk = await desk_of(venue := broker(), "3")

    done = await carrier_of(desk).carry_out(alert(desk, direction="short"))
    await desk.settle(10)

    assert "nothing reverses" in done.outcome
    assert held(desk) == 0
    assert venue.entries_sent == []


@in_virtual_time
async def test_given_a_close_that_is_put_on_watch_then_it_goes_when_hit():
    desk = await desk_of(broker(), "10")
    record = alert(desk, direction="short", stopPrice=D(95))

    done = await carrier_of(desk).carry_out(record)
    desk.account.prices.watch_sources()
    assert done.trigger_ids == ("desk-1/close",)
    assert desk.sent == []
    desk.mark("95")
    await desk.settle(10)

    assert held(desk) == D(6)


@in_virtual_time
async def test_given_a_refusal_of_the_engine_then_its_sentence():
    desk = await desk_of(broker(), "10")
    record = alert(desk, direction="short", orderType="limit", limitPrice=D(110))
    carrier = carrier_of(desk)
    await carrier.carry_out(record)

    done = await carrier.carry_out(alert(desk, 2, **_limit_again()))

    assert done.state is SignalState.REFUSED
    assert "does exactly the same already" in done.outcome


def _limit_again() -> dict[str, Any]:
    return {"direction": "short", "orderType": "limit", "limitPrice": D(110)}


@in_virtual_time
async def test_given_the_route_or_the_account_is_gone_then_refused():
    desk = await desk_of(broker())

    no_route = await carrier_of(desk, routes={}).carry_out(alert(desk))
    no_account = await carrier_of(desk, venues=["old"]).carry_out(alert(desk))
    named = await carrier_of(desk).carry_out(alert(desk, accountId="x"))

    assert "no route desk" in no_route.outcome
    assert "old is not running" in no_account.outcome
    assert "accountId 'x'" in named.outcome


@in_virtual_time
async def test_given_the_venue_has_not_answered_then_not_now():
    desk = await desk_of(venue := broker(), "10")
    carrier, record = carrier_of(desk), alert(desk, direction="short")
    desk.account.is_reconciled = False

    with pytest.raises(VenueUnavailable):
        await carrier.carry_out(record)
    desk.account.is_reconciled = True
    venue.lose_stream()
    await desk.settle(0.01)
    venue.fail_reads(1)
    with pytest.raises(VenueUnavailable):
        await carrier.carry_out(record)
    done = await carrier.carry_out(record)

    assert done.state is SignalState.CARRIED_OUT


@in_virtual_time
async def test_given_no_reduce_only_then_the_position_is_read_before_it_is_decided():
    capabilities = Capabilities(reduce_only=False)
    desk = await desk_of(venue := broker(capabilities=capabilities), "10")
    venue.lose_stream()
    venue.hold(SOL, "0")

    body = {"direction": "short", "positionIntent": "sell_to_close"}
    done = await carrier_of(desk).carry_out(alert(desk, **body))

    assert "there is no long position" in done.outcome


@in_virtual_time
async def test_given_a_full_disk_then_not_now():
    desk = await desk_of(broker(), "10")
    carrier = carrier_of(desk)
    desk.store.fill_disk()

    with pytest.raises(VenueUnavailable, match="disk"):
        await carrier.carry_out(alert(desk, direction="short", stopPrice=D(95)))


@in_virtual_time
async def test_b031_given_the_disk_fills_with_a_close_then_armed_when_asked_again():
    desk = await desk_of(broker(), "10")
    carrier, submit = carrier_of(desk), desk.store.submit
    record = alert(desk, direction="short", orderType="limit", limitPrice=D(120))

    def full_at_last(batch: Batch, on_durable: OnDurable | None = None) -> None:
        desk.store.fill_disk()
        submit(batch, on_durable)
        desk.store.mend_disk()

    desk.store.submit = full_at_last  # type: ignore[method-assign]
    with pytest.raises(VenueUnavailable, match="disk"):
        await carrier.carry_out(record)
    desk.store.submit = submit  # type: ignore[method-assign]
    done = await carrier.carry_out(record)

    assert done.state is SignalState.CARRIED_OUT
    assert desk.trigger("desk-1/close").state is TriggerState.ARMED
    assert (await carrier.carry_out(record)).trigger_ids == ("desk-1/close",)


@in_virtual_time
async def test_given_a_calendar_then_its_sessions_are_asked_for():
    desk = await desk_of(broker())
    now_ns = desk.clock.now_ns()
    hours = {"calendar": "XNYS"}
    is_open, is_over = (now_ns - S, now_ns + 60 * S), (now_ns - 60 * S, now_ns - S)

    nobody = await carrier_of(desk, hours=Hours(), **_of(hours)).carry_out(alert(desk))
    over = carrier_of(desk, hours=Hours(is_over), **_of(hours))
    opened = carrier_of(desk, hours=Hours(is_open), **_of(hours))

    assert "nobody knows" in nobody.outcome
    assert "no session now" in (await over.carry_out(alert(desk, 2))).outcome
    done = await opened.carry_out(alert(desk, 3))
    assert done.state is SignalState.CARRIED_OUT


def _of(hours: dict[str, str]) -> dict[str, Any]:
    return {"routes": {"desk": _route_with(hours)}}


def _route_with(hours: dict[str, str]) -> Route:
    return Route.model_validate(
        {
            "auth_key": {"env": "KEY"},
            "mode": "live",
            "venues": [ACCOUNT],
            "allow": ["open", "close"],
            "hours": hours,
        }
    )


@in_virtual_time
async def test_given_an_alert_that_waited_too_long_then_its_entry_is_not_sent():
    desk = await desk_of(venue := broker())
    record = alert(desk)
    await desk.settle(100)

    done = await carrier_of(desk).carry_out(record)
    await desk.settle(5)

    entry = desk.loop.engine.state.entries["desk-1"]
    assert entry.state is EntryState.EXPIRED
    assert done.state is SignalState.CARRIED_OUT
    assert venue.entries_sent == []
    assert desk.fact(FactKind.ENTRY_EXPIRED).fields["alert"] is True


@in_virtual_time
async def test_given_a_market_that_is_new_then_the_venue_is_asked_for_it():
    desk = await desk_of(venue := broker())
    desk.loop.engine.state.instruments.clear()

    done = await carrier_of(desk).carry_out(alert(desk))
    await desk.settle()

    assert done.state is SignalState.CARRIED_OUT
    assert [o.status for o in venue.ledger] == [OrderStatus.FILLED]


@in_virtual_time
async def test_b072_given_an_entry_works_when_an_alert_closes_then_it_is_taken_back():
    desk = await desk_of(venue := broker())
    venue.script_entries(Rest())
    carrier = carrier_of(desk)
    await carrier.carry_out(alert(desk, orderType="limit", limitPrice=D(90)))
    await desk.settle()

    close = alert(desk, 2, direction="short", positionIntent="sell_to_close", qty=None)
    done = await carrier.carry_out(close)
    again = await carrier.carry_out(close)
    await desk.settle()

    assert done.state is again.state is SignalState.CARRIED_OUT
    assert done.outcome == (
        f"no long position in {SOL} is held yet; desk-1, which still works, is taken "
        "back"
    )
    assert desk.loop.engine.state.entries["desk-1"].state is EntryState.CANCELLED
    assert desk.sent == []


@in_virtual_time
async def test_b072_given_a_part_has_filled_when_an_alert_closes_then_all_is_over():
    desk = await desk_of(venue := broker())
    venue.script_entries(Fill(D(3), D(90)))
    carrier = carrier_of(desk)
    await carrier.carry_out(alert(desk, orderType="limit", limitPrice=D(90)))
    await desk.settle()

    await carrier.carry_out(alert(desk, 2, direction="short"))
    await desk.settle(20)

    assert desk.loop.engine.state.entries["desk-1"].state is EntryState.CANCELLED
    assert held(desk) == D(0)
