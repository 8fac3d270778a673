"""Moves: what sets a stop where, and which of them can do nothing."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.loaded import Loaded
from exitd.configuration.triggers import definitions
from exitd.core.condition import Basis, Move, Relative

Loader = Callable[..., Loaded]
TP1 = "tp1: {take_profit: 150, close: 50%}"
TP2 = "tp2: {take_profit: 160, close: 25%}"
SL = "sl: {stop_loss: 131}"


@pytest.fixture
def found(load_files: Loader) -> Callable[..., list[str]]:
    def load_moves(
        moves: str, *exits: str, side: str = "long", severity: str = "error"
    ) -> list[str]:
        lines = "".join(f"      {line}\n" for line in exits or (SL, TP1, TP2))
        loaded = load_files(
            "positions:\n  sol:\n    venue: backpack\n    symbol: S\n"
            f"    side: {side}\n    exits:\n{lines}    moves: [{moves}]\n"
        )
        return [
            f"{f.column}: {f.message}"
            for f in loaded.findings
            if f.severity == severity
        ]

    return load_moves


@pytest.fixture
def moved(load_files: Loader) -> Callable[..., dict[str, tuple[Move, ...]]]:
    def load_moves(
        moves: str, *exits: str, more: str = ""
    ) -> dict[str, tuple[Move, ...]]:
        lines = "".join(f"      {line}\n" for line in exits or (SL, TP1, TP2))
        loaded = load_files(
            "positions:\n  sol:\n    venue: backpack\n    symbol: S\n"
            f"    side: long\n    {more}\n    exits:\n{lines}    moves: [{moves}]\n"
        )
        assert not loaded.has_errors, [str(f) for f in loaded.findings]
        return {d.id: d.moves for d in definitions(loaded, now_ns=0) if d.moves}

    return load_moves


Found = Callable[..., list[str]]
Moved = Callable[..., dict[str, tuple[Move, ...]]]


@pytest.mark.parametrize(
    ("written", "move"),
    [
        (
            "{after: tp1, set: sl, to: entry}",
            Move(after="sol/tp1", covers_fees=True),
        ),
        ("{after: tp1, set: sl, to: entry, fees: false}", Move(after="sol/tp1")),
        (
            "{after: tp1, set: sl, to: entry, fees: true}",
            Move(after="sol/tp1", covers_fees=True),
        ),
        (
            "{after: tp1, set: sl, to: 140}",
            Move(after="sol/tp1", to=Decimal(140)),
        ),
        (
            "{after: tp2, set: sl, to: tp1}",
            Move(after="sol/tp2", to_level_of="sol/tp1"),
        ),
        (
            "{at: +5%, set: sl, to: +1%}",
            Move(
                at=Relative(Basis.ENTRY, Decimal(5)),
                to=Relative(Basis.ENTRY, Decimal(1)),
            ),
        ),
        (
            "{at: 145, set: sl, to: entry}",
            Move(at=Decimal(145), covers_fees=True),
        ),
    ],
)
def test_b068_given_a_move_when_made_then_its_stop_has_it(
    written: str, move: Move, moved: Moved
) -> None:
    assert moved(written) == {"sol/sl": (move,)}


def test_b069_given_several_moves_when_made_then_each_stop_has_its_own(
    moved: Moved,
) -> None:
    made = moved(
        "{after: tp1, set: sl, to: entry}, {after: tp2, set: sl, to: tp1}, "
        "{at: 145, set: wall, to: 130}",
        SL,
        TP1,
        TP2,
        "wall: {below: 120, do: close}",
    )

    assert made == {
        "sol/sl": (
            Move(after="sol/tp1", covers_fees=True),
            Move(after="sol/tp2", to_level_of="sol/tp1"),
        ),
        "sol/wall": (Move(at=Decimal(145), to=Decimal(130)),),
    }


def test_given_words_of_the_stop_when_a_move_is_made_then_they_hold_for_it(
    moved: Moved,
) -> None:
    move = "{at: +50% roi, set: sl, to: +10% roi}"

    by_position = moved(move, SL, TP1, more="leverage: 5\n    entry: keep")
    by_exit = moved(move, "sl: {stop_loss: 131, leverage: 5, entry: keep}", TP1)

    expected = Move(
        at=Relative(Basis.ROI, Decimal(50), Decimal(5), follows=False),
        to=Relative(Basis.ROI, Decimal(10), Decimal(5), follows=False),
    )
    assert by_position == by_exit == {"sol/sl": (expected,)}


@pytest.mark.parametrize(
    ("move", "part"),
    [
        ("{set: sl, to: entry}", "with exactly one of 'after'"),
        ("{after: tp1, at: 150, set: sl, to: entry}", "with exactly one of 'after'"),
        ("{after: tp1, to: entry}", "'set' is missing"),
        ("{after: tp1, set: sl}", "'to' is missing"),
        ("{after: , set: sl, to: entry}", "'after' has no value"),
        ("{after: tp1, set: sl, to: +0%}", "is not zero"),
        ("{after: tp1, set: sl, to: entry, fee: false}", "(did you mean 'fees'?)"),
        ("{after: tp1, set: sl, to: entry, fees: no}", "write true or false"),
        ("{after: tp, set: sl, to: entry}", "no exit 'tp' in this position (did you"),
        ("{after: tp1, set: stop, to: entry}", "no exit 'stop' in this position"),
        ("{after: tp1, set: sl, to: entyr}", "'entyr' in this position (did you mean"),
        ("{after: tp1, set: tp2, to: entry}", "'tp2' is not a stop with a level"),
        ("{after: sl, set: sl, to: entry}", "'sl' cannot move once it has filled"),
        ("{after: tp1, set: sl, to: sl}", "'sl' has its own level already"),
        ("{after: tp1, set: sl, to: 140, fees: false}", "'fees' has no effect without"),
        (
            "{after: tp1, set: sl, to: entry}, {after: tp1, set: sl, to: entry}",
            "this move is there twice; remove one of them",
        ),
        ("{at: +5% roi, set: sl, to: entry}", "needs to know the leverage"),
        ("{after: tp1, set: sl, to: +5% roi}", "needs to know the leverage"),
    ],
)
def test_given_a_move_that_cannot_be_when_checked_then_refused(
    move: str, part: str, found: Found
) -> None:
    assert any(part in message for message in found(move)), found(move)


@pytest.mark.parametrize(
    ("exits", "move", "part"),
    [
        (
            ("sl: {trailing: 2%}", TP1),
            "{after: tp1, set: sl, to: entry}",
            "'sl' is not a stop with a level; a move sets a stop_loss, or below with",
        ),
        (
            ("sl: {below: 120, do: notify}", TP1),
            "{after: tp1, set: sl, to: entry}",
            "'sl' is not a stop with a level",
        ),
        (
            ("sl: {stop_loss: 9, watch: backpack/B}", TP1),
            "{after: tp1, set: sl, to: entry}",
            "'sl' watches backpack/B, where the position has no entry",
        ),
        (
            (SL, "n: {above: 150, do: notify}"),
            "{after: n, set: sl, to: entry}",
            "'n' closes nothing, so it never fills",
        ),
        (
            (SL, TP1, "t: {trailing: 2%}"),
            "{after: tp1, set: sl, to: t}",
            "'t' has no level that another exit could take",
        ),
        (
            (SL, TP1, "t: {take_profit: 155, deviation: 1%}"),
            "{after: tp1, set: sl, to: t}",
            "'t' has no level that another exit could take",
        ),
        (
            (SL, TP1, "b: {below: 9, do: close, watch: backpack/B}"),
            "{after: tp1, set: sl, to: b}",
            "the level of 'b' is a price of backpack/B",
        ),
        (
            (SL, TP1, "entry: {take_profit: 170}"),
            "{after: tp1, set: sl, to: entry}",
            "'entry' means the entry price, and an exit has this name as well",
        ),
    ],
)
def test_given_exits_that_a_move_cannot_name_when_checked_then_refused(
    exits: tuple[str, ...], move: str, part: str, found: Found
) -> None:
    (message,) = found(move, *exits)

    assert part in message


@pytest.mark.parametrize(
    ("sl", "move", "part"),
    [
        ("131", "{after: tp1, set: sl, to: 131}", "131 is not tighter than 'sl' (131)"),
        ("131", "{after: tp1, set: sl, to: 130}", "130 is not tighter than 'sl' (131)"),
        ("-3%", "{after: tp1, set: sl, to: -4%}", "-4% is not tighter than 'sl' (-3%)"),
        ("+2%", "{after: tp1, set: sl, to: entry}", "'sl' is beyond the entry already"),
        ("131", "{after: tp1, set: sl, to: tp1}", "a stop at 'tp1' (150) would be cr"),
        ("131", "{after: tp1, set: sl, to: 155}", "the move happens at 150, when 'tp1"),
        ("131", "{at: 145, set: sl, to: 145}", "would be crossed at once: the move"),
        ("-3%", "{at: +5%, set: sl, to: +6%}", "would be crossed at once: the move"),
        ("131", "{at: 130, set: sl, to: entry}", "and 130 is not above the entry"),
        ("131", "{at: -5%, set: sl, to: entry}", "and -5% is not above the entry"),
        ("-3%", "{at: -5 pnl, set: sl, to: entry}", "-5 pnl is not above the entry"),
    ],
)
def test_given_a_move_that_would_not_tighten_when_checked_then_refused(
    sl: str, move: str, part: str, found: Found
) -> None:
    errors = found(move, f"sl: {{stop_loss: {sl}}}", TP1, TP2)

    assert any(part in error for error in errors), errors


def test_given_a_short_when_a_move_goes_the_wrong_way_then_refused(
    found: Found,
) -> None:
    exits = ("sl: {stop_loss: 150}", "tp1: {take_profit: 130, close: 50%}")

    (looser,) = found("{after: tp1, set: sl, to: 151}", *exits, side="short")
    (crossed,) = found("{after: tp1, set: sl, to: 129}", *exits, side="short")

    assert "151 is not tighter than 'sl' (150)" in looser
    assert "a stop at 129 would be crossed at once" in crossed
    assert found("{after: tp1, set: sl, to: 140}", *exits, side="short") == []
    assert found("{at: 135, set: sl, to: 140}", *exits, side="short") == []


def test_given_a_move_after_all_is_closed_when_checked_then_warned(
    found: Found,
) -> None:
    exits = (SL, "tp: {take_profit: 150}")

    (warning,) = found("{after: tp, set: sl, to: entry}", *exits, severity="warning")

    assert warning.startswith("21: 'tp' closes the whole position, so nothing is left")


def test_given_moves_without_a_side_when_checked_then_they_have_no_effect(
    messages: Found,
) -> None:
    found = messages(
        "positions: {a: {venue: backpack, symbol: S, exits: {x: {below: 1, "
        "do: notify}}, moves: [{at: 5, set: x, to: 2}]}}\n"
    )

    assert [m.partition(": error: ")[2] for m in found] == [
        "'moves' has no effect without 'side'"
    ]


def test_given_a_wrong_exit_when_its_move_is_checked_then_one_finding(
    found: Found,
) -> None:
    exits = ("sl: {close: 50%}", TP1)

    (message,) = found("{after: tp1, set: sl, to: entry}", *exits)

    assert "an exit needs one of stop_loss" in message
