"""From a checked position to the triggers that are armed."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.loaded import Loaded
from exitd.configuration.triggers import definitions
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)

Make = Callable[..., TriggerDefinition]
HOUR_NS = 3_600 * 1_000_000_000


@pytest.fixture
def trigger(load_files: Callable[..., Loaded]) -> Make:
    def make(
        exit_: str,
        *,
        side: str = "side: long",
        now_ns: int = 0,
        running: tuple[TriggerDefinition, ...] = (),
    ) -> TriggerDefinition:
        loaded = load_files(
            f"positions:\n  sol:\n    venue: backpack\n    symbol: S\n    {side}\n"
            f"    exits:\n      x: {exit_}\n"
        )
        assert not loaded.has_errors
        (made,) = definitions(loaded, now_ns=now_ns, running=running)
        return made

    return make


def test_given_an_exit_when_made_then_every_field_is_its_own(trigger: Make) -> None:
    assert trigger("{stop_loss: 131.25, close: 2.5}") == TriggerDefinition(
        id="sol/x",
        owner="file:conf.d/p.yaml:7",
        account="backpack",
        symbol="S",
        side=Side.LONG,
        source=PriceSource("backpack", "S", PriceKind.MARK),
        condition=FixedLevel(ConditionKind.STOP_LOSS, Decimal("131.25")),
        action=Close(quantity=Quantity(QuantityKind.ABSOLUTE, Decimal("2.5"))),
        template=True,
    )


@pytest.mark.parametrize(
    ("exit_", "side", "action"),
    [
        ("{below: 1, do: notify}", "", Notify()),
        ("{below: 1, do: cancel}", "", Cancel(CancelScope.ALL)),
        ("{below: 1, do: cancel, orders: limit}", "", Cancel(CancelScope.LIMIT)),
        ("{below: 1, do: cancel, orders: 42}", "", Cancel(CancelScope.ONE, "42")),
        ("{below: 1, do: close}", "side: long", Close()),
        (
            "{stop_loss: 1, do: cancel_and_close, orders: trigger, close: rest}",
            "side: long",
            CancelAndClose(
                Cancel(CancelScope.TRIGGER), Close(Quantity(QuantityKind.REST))
            ),
        ),
        (
            "{take_profit: 1, order: limit, slippage_limit: 0.5%, close: 50%}",
            "side: long",
            Close(
                Quantity(QuantityKind.SHARE, Decimal(50)),
                OrderType.LIMIT,
                Decimal("0.5"),
            ),
        ),
    ],
)
def test_given_what_an_exit_does_when_made_then_its_action(
    exit_: str, side: str, action: object, trigger: Make
) -> None:
    assert trigger(exit_, side=side).action == action


@pytest.mark.parametrize(
    ("words", "side", "kind", "candle", "closed"),
    [
        ("price: index", "long", PriceKind.INDEX, "", False),
        ("price: last", "long", PriceKind.LAST, "", False),
        ("price: bid_ask", "long", PriceKind.BID, "", False),
        ("price: bid_ask", "short", PriceKind.ASK, "", False),
        ("price: last_close", "long", PriceKind.LAST_CLOSE, "1m", False),
        (
            "price: last_close, last_close: closed, candle: 15m",
            "long",
            PriceKind.LAST_CLOSE,
            "15m",
            True,
        ),
    ],
)
def test_given_a_price_word_when_made_then_the_stream_that_it_means(
    words: str, side: str, kind: PriceKind, candle: str, closed: bool, trigger: Make
) -> None:
    made = trigger(f"{{stop_loss: 1, {words}}}", side=f"side: {side}")

    assert made.source == PriceSource("backpack", "S", kind, candle, closed)


def test_given_a_market_entry_when_made_then_no_template(trigger: Make) -> None:
    made = trigger("{below: 1, do: notify}", side="")

    assert made.side is None
    assert not made.template


def test_given_a_slippage_default_when_the_close_is_at_market_then_it_has_none(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(
        "defaults: {slippage_limit: 1%}\npositions:\n  sol: {venue: backpack, "
        "symbol: S, side: long, exits: {x: {stop_loss: 1}}}\n"
    )

    (made,) = definitions(loaded, now_ns=0)

    assert made.action == Close()


def test_given_an_absolute_expiry_when_made_then_that_instant(trigger: Make) -> None:
    made = trigger("{stop_loss: 1, expires: 1970-01-01T01:00:00Z}", now_ns=5)

    assert made.expires_ns == HOUR_NS


def test_given_a_relative_expiry_when_reloaded_then_it_does_not_start_again(
    trigger: Make,
) -> None:
    first = trigger("{stop_loss: 1, expires: 8h}", now_ns=HOUR_NS)

    again = trigger("{stop_loss: 2, expires: 8h}", now_ns=3 * HOUR_NS, running=(first,))
    changed = trigger(
        "{stop_loss: 2, expires: 9h}", now_ns=3 * HOUR_NS, running=(first,)
    )

    assert first.expires_ns == again.expires_ns == 9 * HOUR_NS
    assert changed.expires_ns == 12 * HOUR_NS


def test_given_once_when_made_then_the_nearest_word_counts(
    load_files: Callable[..., Loaded],
) -> None:
    text = """\
positions:
  a:
    venue: backpack
    symbol: S
    side: long
    once: true
    exits:
      x: {stop_loss: 1}
      y: {stop_loss: 2, once: false}
  m:
    venue: backpack
    symbol: S
    exits:
      z: {below: 1, do: notify}
"""
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "policies: {file_lifetimes: first}\n"
    )

    by_word = definitions(load_files(text), now_ns=0)
    by_policy = definitions(
        load_files(text.replace("    once: true\n", ""), daemon=daemon), now_ns=0
    )

    assert [d.once for d in by_word] == [True, False, False]
    assert [d.once for d in by_policy] == [True, False, False]
