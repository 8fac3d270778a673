"""The grammar of exits: one condition, nothing without effect, nothing half built."""

from collections.abc import Callable

import pytest

Errors = Callable[..., list[str]]
SL = "stop_loss: 131.25"


@pytest.mark.parametrize(
    "exit_",
    [
        "{stop_loss: 131.25}",
        "{stop_loss: 131.25, close: 50%}",
        "{stop_loss: 131.25, do: close}",
        "{stop_loss: 131.25, do: cancel_and_close, orders: trigger}",
        "{take_profit: 150, close: rest, order: limit, slippage_limit: 0.5%}",
        "{take_profit: 150, close: 2.5, order: limit}",
        "{take_profit: '150', price: last}",
        "{stop_loss: 131.25, price: bid_ask}",
        "{stop_loss: 1, price: last_close, last_close: closed, candle: 15m}",
        "{above: 150, do: close}",
        "{below: 120, do: cancel}",
        "{below: 120, do: cancel, orders: 4242}",
        "{below: 120, do: notify, price: index}",
        "{stop_loss: 131.25, expires: 8h, once: true}",
        "{stop_loss: 131.25, expires: 2030-01-01T00:00:00+02:00}",
    ],
)
def test_given_a_complete_exit_when_checked_then_nothing_is_wrong(
    exit_: str, exit_errors: Errors
) -> None:
    assert exit_errors(exit_) == []


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{}", "an exit needs one of stop_loss"),
        ("{close: 50%}", "an exit needs one of stop_loss"),
        ("{stop_loss: 1, take_profit: 2}", "has 'stop_loss' already"),
        ("{above: 150}", "'above' must say what it does"),
        ("{below: 150}", "'below' must say what it does"),
        ("{stop_loss: 1, do: notify}", "'stop_loss' closes; to notify use above"),
        ("{take_profit: 1, do: cancel}", "'take_profit' closes; to cancel use"),
    ],
)
def test_given_conditions_and_actions_that_do_not_fit_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


@pytest.mark.parametrize(
    ("exit_", "key", "why"),
    [
        ("{below: 1, do: notify, close: 50%}", "close", "do: notify"),
        ("{below: 1, do: cancel, close: 50%}", "close", "do: cancel"),
        ("{below: 1, do: notify, order: market}", "order", "do: notify"),
        ("{below: 1, do: notify, orders: all}", "orders", "do: notify"),
        (f"{{{SL}, orders: all}}", "orders", "do: close"),
        (f"{{{SL}, slippage_limit: 1%}}", "slippage_limit", "market close"),
        (
            f"{{{SL}, order: market, slippage_limit: 1%}}",
            "slippage_limit",
            "add order: limit",
        ),
        (f"{{{SL}, last_close: closed}}", "last_close", "needs price: last_close"),
        (f"{{{SL}, price: last, candle: 5m}}", "candle", "needs price: last_close"),
    ],
)
def test_given_a_key_that_does_nothing_there_when_checked_then_refused(
    exit_: str, key: str, why: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert error.startswith(f"'{key}' has no effect with")
    assert why in error


@pytest.mark.parametrize(
    ("more", "exit_", "key"),
    [
        ("candle: 5m", f"{{{SL}}}", "candle"),
        ("last_close: closed", f"{{{SL}, price: mark}}", "last_close"),
        ("slippage_limit: 1%", f"{{{SL}}}", "slippage_limit"),
        ("close: 50%", "{below: 1, do: notify}", "close"),
        ("order: limit", f"{{{SL}, order: market}}", "order"),
        ("price: last", f"{{{SL}, price: mark}}", "price"),
        ("once: true", f"{{{SL}, once: false}}", "once"),
    ],
)
def test_given_a_position_key_that_no_exit_takes_when_checked_then_refused(
    more: str, exit_: str, key: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, more=more)

    assert error.startswith(f"'{key}' has no effect: ")


def test_given_defaults_that_wait_for_other_exits_when_checked_then_fine(
    messages: Callable[..., list[str]],
) -> None:
    found = messages(
        "defaults: {slippage_limit: 0.5%, candle: 5m, last_close: closed}\n"
        "positions:\n"
        "  sol:\n"
        "    {venue: backpack, symbol: S, side: long, exits: {sl: {stop_loss: 1}}}\n"
    )

    assert found == []


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{stop_loss: 1}", "without 'side' there is no position that 'stop_loss'"),
        ("{take_profit: 1}", "no position that 'take_profit' could close"),
        ("{above: 1, do: close}", "without 'side' there is no position to close"),
        ("{above: 1, do: cancel_and_close}", "there is no position to close"),
        ("{above: 1, do: notify, once: true}", "'once' has no effect without 'side'"),
        ("{above: 1, do: notify, price: bid_ask}", "bid_ask is the side a close"),
    ],
)
def test_given_no_side_when_an_exit_needs_a_position_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, side="")

    assert part in error


def test_given_no_side_when_cancelling_or_telling_then_fine(
    exit_errors: Errors,
) -> None:
    assert exit_errors("{below: 120, do: cancel, orders: limit}", side="") == []
    assert exit_errors("{above: 120, do: notify}", side="") == []


@pytest.mark.parametrize(
    ("exit_", "more", "part"),
    [
        (f"{{{SL}, missed: alert}}", "", "missed crossings are not looked for yet"),
    ],
)
def test_given_what_is_not_built_when_checked_then_refused_with_what_to_use(
    exit_: str, more: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, more=more)

    assert part in error


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        ("{trailing: 0%}", "above 0% and under 100%"),
        ("{trailing: 0}", "a distance is above zero, such as 2.5% or 5"),
        ("{stop_loss: 3%}", "+3% or -3%"),
        ("{stop_loss: 1, for: 120}", "with its unit, such as 120s"),
        ("{trailing: 2%, tighten: {at: 1}}", "'to' is missing"),
        ("{max_hold: 0s}", "above zero"),
        ("{stop_loss: 1, watch: BTCUSDT}", "such as binance/BTCUSDT"),
        ("{stop_loss: 1, hard: yes}", "write true or false"),
        ("{stop_loss: 1, missed: maybe}", "'maybe' is not one of alert, fire"),
        ("{stop_loss: 1, prices: 1}", "write at least 2"),
        ("{stop_loss: 1, prices: 1001}", "write at most 1,000"),
        ("{stop_loss: 1, prices: 2.5}", "write a whole number"),
        ("{stop_loss: 1, before_liquidation: 0%}", "above 0% and under 100%"),
    ],
)
def test_given_a_wrong_shape_when_checked_then_said(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_)

    assert part in error


def test_given_a_position_without_exits_when_checked_then_refused(
    messages: Callable[..., list[str]],
) -> None:
    found = messages(
        "positions:\n  sol: {venue: backpack, symbol: S, side: long, exits: {}}\n"
    )

    assert found[0].endswith("a position needs at least one exit")
