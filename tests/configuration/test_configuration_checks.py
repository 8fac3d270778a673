"""What only shows when several places are read together."""

from collections.abc import Callable

import pytest

Messages = Callable[..., list[str]]


def position(exits: str, *, name: str = "sol", side: str = "long") -> str:
    return (
        f"  {name}:\n    venue: backpack\n    symbol: SOL_USDC_PERP\n"
        f"    side: {side}\n    exits:\n{exits}"
    )


def exits(*lines: str) -> str:
    return "".join(f"      {line}\n" for line in lines)


def test_b019_given_a_stop_above_the_take_profit_when_checked_then_refused(
    messages: Messages,
) -> None:
    text = position(exits("sl: {stop_loss: 105}", "tp: {take_profit: 104}"))

    assert messages(f"positions:\n{text}") == [
        "7:23: error: the stop of a long lies below its take-profits, and 105 does not "
        "lie below 104 ('tp' on line 8)"
    ]


@pytest.mark.parametrize(
    ("side", "stop", "target", "is_right"),
    [
        ("long", "stop_loss: 95", "take_profit: 110", True),
        ("long", "stop_loss: 95", "take_profit: 95", False),
        ("long", "below: 120, do: close", "above: 110, do: close", False),
        ("long", "below: 120, do: notify", "take_profit: 110", True),
        ("short", "stop_loss: 105", "take_profit: 90", True),
        ("short", "stop_loss: 89", "take_profit: 90", False),
        ("short", "above: 89, do: close", "take_profit: 90", False),
    ],
)
def test_b019_given_levels_when_checked_then_stops_are_on_the_losing_side(
    side: str, stop: str, target: str, is_right: bool, messages: Messages
) -> None:
    text = position(exits(f"a: {{{stop}}}", f"b: {{{target}}}"), side=side)

    errors = [m for m in messages(f"positions:\n{text}") if ": error: " in m]

    assert (errors == []) is is_right


def test_b028_given_stop_and_take_profit_too_close_when_checked_then_refused(
    messages: Messages,
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "policies: {min_spread: 2%}\n"
    )
    text = position(exits("sl: {stop_loss: 100}", "tp: {take_profit: 101.99}"))
    fits = position(exits("sl: {stop_loss: 100}", "tp: {take_profit: 102}"))

    (message,) = messages(f"positions:\n{text}", daemon=daemon)

    assert message.endswith(
        "100 is nearer to 101.99 ('tp' on line 8) than min_spread, 2%"
    )
    assert messages(f"positions:\n{fits}", daemon=daemon) == []


def test_b029_given_more_exits_than_the_limit_when_checked_then_the_limit_is_named(
    messages: Messages,
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "policies: {active_triggers: 2}\n"
    )
    text = position(
        exits("a: {stop_loss: 1}", "b: {stop_loss: 2}", "c: {stop_loss: 3}")
    )

    (message,) = messages(f"positions:\n{text}", daemon=daemon)

    assert message == (
        "9:7: error: backpack has more than 2 exits, the limit that policies: "
        "active_triggers sets"
    )


def test_given_a_position_without_a_stop_when_checked_then_warned(
    messages: Messages,
) -> None:
    text = position(exits("tp: {take_profit: 150}"))

    assert messages(f"positions:\n{text}") == [
        "2:3: warning: 'sol' has no stop: nothing closes it when the price goes the "
        "wrong way; add an exit with stop_loss"
    ]


def test_given_shares_over_100_when_checked_then_warned(messages: Messages) -> None:
    text = position(
        exits(
            "sl: {stop_loss: 100}",
            "a: {take_profit: 150, close: 50%}",
            "b: {take_profit: 160, close: 25%}",
            "c: {take_profit: 170, close: 25.5%}",
        )
    )

    assert messages(f"positions:\n{text}") == [
        "10:7: warning: the take-profits of 'sol' add up to 100.5%; the later ones get "
        "what is left: write close: rest for the last"
    ]


def test_b074_given_shares_of_100_or_rest_when_checked_then_fine(
    messages: Messages,
) -> None:
    text = position(
        exits(
            "sl: {stop_loss: 100}",
            "a: {take_profit: 150, close: 33%}",
            "b: {take_profit: 160, close: 33%}",
            "c: {take_profit: 170, close: 34%}",
            "d: {take_profit: 180, close: rest}",
        )
    )

    assert messages(f"positions:\n{text}") == []


def test_given_one_position_under_two_names_when_checked_then_both_places(
    messages: Messages,
) -> None:
    one = position(exits("sl: {stop_loss: 100}"), name="one")
    two = position(exits("sl: {stop_loss: 90}"), name="two")
    other_side = position(exits("sl: {stop_loss: 190}"), name="three", side="short")

    (message,) = messages(f"positions:\n{one}{two}{other_side}")

    assert message.startswith("8:3: error: 'two' is the same position as 'one' (")
    assert "p.yaml:2): SOL_USDC_PERP long at backpack" in message


def test_given_one_position_in_two_files_when_checked_then_both_places(
    messages: Messages,
) -> None:
    text = "positions:\n" + position(exits("sl: {stop_loss: 100}"))

    (message,) = messages({"conf.d/a.yaml": text, "conf.d/b.yaml": text})

    assert message.startswith("2:3: error: position 'sol' is in ")
    assert message.endswith("conf.d/a.yaml:2 already; keep it in one file")


def test_given_two_entries_about_one_market_when_checked_then_fine(
    messages: Messages,
) -> None:
    entry = "{venue: backpack, symbol: S, exits: {x: {below: 1, do: notify}}}"

    assert messages(f"positions:\n  a: {entry}\n  b: {entry}\n") == []


def test_given_an_expiry_that_has_passed_when_checked_then_warned(
    messages: Messages,
) -> None:
    text = position(
        exits(
            "sl: {stop_loss: 100, expires: 2027-01-01T00:00:00Z}",
            "b: {stop_loss: 90, expires: 8h}",
        )
    )
    then_ns = 1_798_761_600 * 1_000_000_000

    assert messages(f"positions:\n{text}", now_ns=then_ns - 1) == []
    assert messages(f"positions:\n{text}", now_ns=then_ns) == [
        "7:37: warning: 2027-01-01T00:00:00Z has passed: this exit does nothing any "
        "more; remove it"
    ]


def test_given_an_error_in_one_position_when_checked_then_the_others_are_too(
    messages: Messages,
) -> None:
    broken = position(exits("sl: {stop_los: 100}"), name="broken")
    wrong = "  wrong: {venue: b, symbol: S, side: long, exits: {x: {stop_loss: 1}}}\n"

    found = messages(f"positions:\n{broken}{wrong}")

    assert [m.partition(": error: ")[2][:20] for m in found] == [
        "unknown key 'stop_lo",
        "venue 'b' is not set",
    ]


def test_given_no_daemon_file_when_checked_then_venues_are_not_guessed(
    messages: Messages,
) -> None:
    text = "positions:\n" + position(exits("sl: {stop_loss: 100}"))

    found = messages(text, daemon="mode: [")

    assert len(found) == 1
    assert "not valid YAML" in found[0]


def test_given_two_exits_that_do_the_same_when_checked_then_refused(
    messages: Messages,
) -> None:
    same = position(exits("a: {stop_loss: 100}", "b: {stop_loss: 100.0}"))
    parts = position(
        exits("a: {stop_loss: 100, close: 4}", "b: {stop_loss: 100, close: 6}")
    )

    assert messages(f"positions:\n{same}") == [
        "8:7: error: 'b' does exactly what 'a' on line 7 does; remove one of them"
    ]
    assert messages(f"positions:\n{parts}") == []
