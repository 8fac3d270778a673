"""What is counted out of facts and log events, one by one."""

from __future__ import annotations

import pytest

from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.policy import Policies
from exitd.core.state import State
from exitd.core.units import NS_PER_MS
from exitd.logs import Event
from exitd.metrics import counts as module
from exitd.metrics.counts import Counts
from exitd.runtime.durations import Durations

K = FactKind


def fact(kind: FactKind, ts_ms: int = 0, **fields: FactValue) -> Fact:
    return Fact(
        kind, ts_ms * NS_PER_MS, account="main", fire_id="f/1", fields={**fields}
    )


def counted(*facts: Fact) -> Counts:
    counts = Counts()
    counts.facts_of(State(Policies()))(facts, True)
    return counts


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (fact(K.ORDER_REFUSED, refusal="liquidity"), "liquidity"),
        (fact(K.ORDER_CANCELLED), "cancelled"),
        (fact(K.ORDER_RESOLVED, found=False), "lost"),
        (fact(K.ORDER_RESOLVED, found=True), "remainder"),
    ],
)
def test_given_what_came_before_when_signed_again_then_that_is_why(
    before: Fact, reason: str
):
    counts = counted(
        fact(K.ORDER_SIGNED, attempt=1), before, fact(K.ORDER_SIGNED, attempt=2)
    )

    assert counts.totals["exitd_order_retries_total"] == {("main", reason): 1}


def test_given_an_order_when_the_venue_says_two_things_then_the_first_is_its_answer():
    counts = counted(
        fact(K.ORDER_SENT, 10, attempt=1, client_order_id=7, hit_to_sent_us=900),
        fact(K.ORDER_ACKED, 14, client_order_id=7),
        fact(K.ORDER_FILLED, 400, client_order_id=7),
    )

    (answered,) = counts.durations["exitd_order_ack_seconds"].values()
    assert answered.sum_ns == 4 * NS_PER_MS
    (left,) = counts.durations["exitd_trigger_to_order_sent_seconds"].values()
    assert left.sum_ns == 900_000


def test_given_orders_without_an_answer_when_there_are_many_then_few_are_kept(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "KEPT_MAX", 3)

    counts = counted(
        *(fact(K.ORDER_SENT, attempt=1, client_order_id=n) for n in range(9))
    )

    assert [order for _, order in counts._sent_ns] == ["6", "7", "8"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("the connection was closed", "closed"),
        ("no connection to ws://x came about: refused; check", "not_opened"),
        ("the connection to ws://x is lost: no close frame received", "closed"),
        ("0x1f is not what anybody expected", "failed"),
    ],
)
def test_given_any_text_of_a_lost_connection_when_counted_then_one_of_few_words(
    said: str, word: str
):
    counts = Counts()

    counts.observe(Event.FEED_LOST, {"venue": "main", "reason": said})

    assert counts.totals["exitd_feed_reconnects_total"] == {("main", word): 1}


def test_given_a_close_of_a_backstop_when_counted_then_by_itself():
    counts = counted(fact(K.BACKSTOP_PLACED), fact(K.ENTRY_SENT))

    assert counts.totals["exitd_backstops_total"] == {("main", "placed"): 1}
    assert counts.totals["exitd_entries_total"] == {("main", "sent"): 1}
    assert "exitd_orders_total" not in counts.totals


def test_given_durations_when_noted_then_each_is_in_every_bucket_that_holds_it():
    durations = Durations((10, 20))

    for took_ns in (-5, 10, 11, 21):
        durations.note(took_ns)

    assert durations.cumulative() == [(10, 2), (20, 3), (None, 4)]
    assert durations.sum_ns == 42
