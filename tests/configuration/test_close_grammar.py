"""How much a close takes and how it is sent: hard, patient, in slices."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.core.condition import Missed
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    Twap,
)

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
S = 1_000_000_000
LIMIT = "order: limit, slippage_limit: 0.5%"
HALF = Decimal("0.5")


@pytest.mark.parametrize(
    ("exit_", "close"),
    [
        ("{stop_loss: 1, close: 2.5}", Quantity(QuantityKind.ABSOLUTE, Decimal("2.5"))),
        ("{stop_loss: 1, close: 50%}", Quantity(QuantityKind.SHARE, Decimal(50))),
        (
            "{take_profit: 1, close: 50% initial}",
            Quantity(QuantityKind.INITIAL, Decimal(50)),
        ),
        (
            "{take_profit: 1, close: 500 USDC}",
            Quantity(QuantityKind.QUOTE, Decimal(500), "USDC"),
        ),
        ("{trailing: 1%, close: rest}", Quantity(QuantityKind.REST)),
    ],
)
def test_given_a_quantity_when_made_then_its_kind(
    exit_: str, close: Quantity, made: Made
) -> None:
    assert made(exit_).action == Close(close)


@pytest.mark.parametrize(
    ("exit_", "side", "close"),
    [
        (
            f"{{stop_loss: 1, {LIMIT}, patience: 5s}}",
            "long",
            Close(order=OrderType.LIMIT, slippage_limit=HALF, patience_ns=(5 * S, 0)),
        ),
        (
            f"{{stop_loss: 1, {LIMIT}, patience: [5s, 10s]}}",
            "long",
            Close(
                order=OrderType.LIMIT, slippage_limit=HALF, patience_ns=(5 * S, 10 * S)
            ),
        ),
        (
            f"{{take_profit: 1, {LIMIT}, hard: true, patience: 500ms}}",
            "long",
            Close(
                order=OrderType.LIMIT,
                slippage_limit=HALF,
                is_hard=True,
                patience_ns=(S // 2, 0),
            ),
        ),
        (
            "{take_profit: 1, twap: {slices: 5, every: 30s}}",
            "long",
            Close(twap=Twap(5, 30 * S)),
        ),
        (
            f"{{max_hold: 8h, {LIMIT}, patience: [5s, 10s], "
            "twap: {slices: 1000, every: 1d}}",
            "long",
            Close(
                order=OrderType.LIMIT,
                slippage_limit=HALF,
                patience_ns=(5 * S, 10 * S),
                twap=Twap(1000, 86_400 * S),
            ),
        ),
        (
            "{above: 150, do: close, twap: {slices: 2, every: 1s}}",
            "long",
            Close(twap=Twap(2, S)),
        ),
        (
            "{below: 150, do: close, twap: {slices: 2, every: 1s}}",
            "short",
            Close(twap=Twap(2, S)),
        ),
    ],
)
def test_b095_given_how_a_close_is_sent_when_made_then_a_value_of_the_core(
    exit_: str, side: str, close: Close, made: Made
) -> None:
    assert made(exit_, side=f"side: {side}").action == close


def test_b095_given_patience_by_default_when_made_then_only_limit_closes_have_it(
    made: Made,
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "defaults: {patience: [5s, 10s], slippage_limit: 1%}\n"
    )

    market = made("{stop_loss: 1}", daemon=daemon)
    stop = made("{stop_loss: 1, order: limit}", daemon=daemon)
    target = made("{take_profit: 1, order: limit}", daemon=daemon)
    hard = made("{stop_loss: 1, order: limit, hard: true}", daemon=daemon)

    found = [t.close.patience_ns for t in (market, stop, target, hard) if t.close]
    assert found == [(0, 0), (5 * S, 10 * S), (5 * S, 0), (5 * S, 0)]


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{stop_loss: 1, patience: 5s}", "'patience' has no effect with a market"),
        ("{stop_loss: 1, hard: true}", "'hard' has no effect with a market close"),
        (
            "{take_profit: 1, order: limit, hard: true}",
            "'hard' has no effect without 'slippage_limit'",
        ),
        ("{below: 1, do: notify, twap: {slices: 2, every: 1s}}", "with do: notify"),
        (
            "{below: 1, do: cancel, patience: 5s}",
            "'patience' has no effect with do: ca",
        ),
        ("{below: 1, do: cancel, hard: true}", "'hard' has no effect with do: cancel"),
        (
            f"{{take_profit: 1, {LIMIT}, patience: [5s, 10s]}}",
            "this patience has no effect: a take-profit is armed again",
        ),
        (
            "{stop_loss: 1, order: limit, patience: [5s, 10s]}",
            "this patience has no effect: without 'slippage_limit' there is no wider",
        ),
        (
            f"{{stop_loss: 1, {LIMIT}, hard: true, patience: [5s, 10s]}}",
            "this patience has no effect: with 'hard' there is no wider limit",
        ),
        (f"{{stop_loss: 1, {LIMIT}, patience: 5}}", "with its unit, such as 5s"),
        (f"{{stop_loss: 1, {LIMIT}, patience: 2h}}", "a close rests for at most 1h"),
        (f"{{stop_loss: 1, {LIMIT}, patience: 0s}}", "a duration is above zero"),
        (f"{{stop_loss: 1, {LIMIT}, patience: [5s]}}", "one duration or two, such as"),
        (f"{{stop_loss: 1, {LIMIT}, patience: [5s, 6s, 7s]}}", "one duration or two"),
        (f"{{stop_loss: 1, {LIMIT}, patience: [5s, 6]}}", "with its unit, such as 6s"),
        (f"{{stop_loss: 1, {LIMIT}, patience: {{a: 1}}}}", "a duration with its unit"),
    ],
)
def test_b095_given_words_of_a_close_that_do_not_fit_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


def test_b095_given_a_patience_that_no_exit_takes_when_checked_then_refused(
    exit_errors: Errors,
) -> None:
    (error,) = exit_errors("{stop_loss: 1}", more="patience: 5s")

    assert error == "'patience' has no effect: no exit here takes it"


@pytest.mark.parametrize(
    ("exit_", "side", "what"),
    [
        ("{stop_loss: 1, TWAP}", "long", "'stop_loss'"),
        ("{trailing: 1%, TWAP}", "long", "'trailing'"),
        ("{below: 1, do: close, TWAP}", "long", "'below'"),
        ("{above: 1, do: close, TWAP}", "short", "'above'"),
        ("{below: 1, do: cancel_and_close, TWAP}", "long", "'below'"),
        ("{take_profit: 1, deviation: 1%, TWAP}", "long", "a trailing take-profit"),
    ],
)
def test_given_a_stop_in_slices_when_checked_then_refused(
    exit_: str, side: str, what: str, exit_errors: Errors
) -> None:
    exit_ = exit_.replace("TWAP", "twap: {slices: 5, every: 30s}")

    (error,) = exit_errors(exit_, side=f"side: {side}")

    assert error == (
        f"a stop closes at once, and {what} is one here; remove 'twap', or use it "
        "with take_profit, at_time or max_hold"
    )


@pytest.mark.parametrize(
    ("twap", "part"),
    [
        ("{slices: 1, every: 1s}", "write at least 2"),
        ("{slices: 1001, every: 1s}", "write at most 1,000"),
        ("{slices: 2.5, every: 1s}", "write a whole number"),
        ("{slices: 2, every: 999ms}", "a slice goes out every 1s to 1d"),
        ("{slices: 2, every: 25h}", "a slice goes out every 1s to 1d"),
        ("{slices: 2}", "'every' is missing"),
        ("{every: 2s}", "'slices' is missing"),
        ("5", "keys belong here"),
    ],
)
def test_given_slices_out_of_range_when_checked_then_refused(
    twap: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(f"{{take_profit: 1, twap: {twap}}}")

    assert part in error


def test_b096_given_a_hard_stop_when_checked_then_warned(
    exit_warnings: Errors,
) -> None:
    (warning,) = exit_warnings(f"{{stop_loss: 1, {LIMIT}, hard: true}}")

    assert warning.startswith("8:61: warning: a hard stop may never close: ")
    assert exit_warnings(f"{{take_profit: 1, {LIMIT}, hard: true}}") == []
    assert exit_warnings(f"{{stop_loss: 1, {LIMIT}, hard: false}}") == []


@pytest.mark.parametrize(
    ("first", "second", "is_over"),
    [
        ("close: 60%", "close: 50%", True),
        ("close: 60% initial", "close: 50% initial", True),
        ("close: 60% initial", "close: 50%", True),
        ("close: 50% initial", "close: 50%", False),
        ("close: 60%", "close: 500 USDC", False),
        ("close: 60%, deviation: 1%", "close: 50%", True),
    ],
)
def test_b074_given_a_ladder_when_checked_then_shares_of_both_kinds_add_up(
    first: str, second: str, is_over: bool, messages: Errors
) -> None:
    found = messages(
        "positions: {a: {venue: backpack, symbol: S, side: long, exits: "
        f"{{sl: {{stop_loss: 1}}, a: {{take_profit: 5, {first}}}, "
        f"b: {{take_profit: 6, {second}}}}}}}}}\n"
    )

    assert any("add up to 110%" in message for message in found) is is_over


@pytest.mark.parametrize(
    ("levels", "side", "is_warned"),
    [
        (("150", "160"), "long", False),
        (("160", "150"), "long", True),
        (("150", "150"), "long", False),
        (("90", "80"), "short", False),
        (("80", "90"), "short", True),
        (("+12%", "+5%"), "long", True),
        (("+5%", "150"), "long", False),
        (("+50 pnl", "+20 pnl"), "short", True),
    ],
)
def test_b066_given_a_ladder_out_of_order_when_checked_then_warned(
    levels: tuple[str, str], side: str, is_warned: bool, messages: Errors
) -> None:
    found = messages(
        "positions:\n  a:\n    venue: backpack\n    symbol: S\n"
        f"    side: {side}\n    exits:\n"
        f"      tp1: {{take_profit: {levels[0]}, close: 50%}}\n"
        f"      tp2: {{take_profit: {levels[1]}, close: 25%}}\n"
    )

    warned = [m for m in found if "write a ladder from the nearest" in m]

    assert bool(warned) is is_warned
    assert all(m.startswith("8:26: warning: ") for m in warned)
    assert all("of 'tp1' on line 7" in m for m in warned)


def test_given_before_liquidation_when_made_then_the_stop_has_it(made: Made) -> None:
    trigger = made("{stop_loss: 131, before_liquidation: 1%}")

    assert trigger.before_liquidation == Decimal(1)


@pytest.mark.parametrize(
    ("exit_", "missed"),
    [
        ("{stop_loss: 131, missed: fire}", Missed.FIRE),
        ("{trailing: 2%, missed: alert}", Missed.ALERT),
        ("{stop_loss: 131}", None),
    ],
)
def test_b116_given_missed_when_made_then_the_exit_has_its_own_word(
    made: Made, exit_: str, missed: Missed | None
) -> None:
    assert made(exit_).missed is missed
