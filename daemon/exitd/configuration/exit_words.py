"""What the keys of one exit amount to, before its position is complete."""

from collections.abc import Iterable, Iterator

from exitd.configuration.document import Path
from exitd.configuration.exit_keys import Action, Exit
from exitd.configuration.position_file import Move, Position
from exitd.configuration.watching import Watch
from exitd.core.condition import Basis, Relative

CLOSING = ("close", "cancel_and_close")
CANCELLING = ("cancel", "cancel_and_close")
LEVELS = ("stop_loss", "take_profit", "above", "below")
WATCHING = (*LEVELS, "trailing")

_ADVERSE = {"long": "below", "short": "above"}


def action_of(exit_: Exit) -> Action:
    return exit_.do or "close"


def closes(exit_: Exit) -> bool:
    return action_of(exit_) in CLOSING


def condition_of(exit_: Exit) -> str | None:
    """Give the one condition of an exit; None where there is none, or several."""
    found = exit_.conditions
    return found[0] if len(found) == 1 else None


def trails(exit_: Exit) -> bool:
    """Whether it follows the best price: a trailing stop, or a trailing take-profit."""
    return exit_.trailing is not None or (
        exit_.take_profit is not None and exit_.deviation is not None
    )


def is_stop(exit_: Exit, side: str | None) -> bool:
    """Whether it closes at once when the price goes the wrong way."""
    if side is None or not closes(exit_):
        return False
    return condition_of(exit_) in ("stop_loss", _ADVERSE[side]) or trails(exit_)


def goes_to_market(exit_: Exit, side: str | None) -> bool:
    """Whether a limit close that does not fill ends in a market close.

    Stops do, and what closes because its time has come.
    """
    is_timed = condition_of(exit_) in ("at_time", "max_hold")
    return closes(exit_) and (is_timed or is_stop(exit_, side))


def has_level(exit_: Exit) -> bool:
    """Whether it acts at a level of its own, which others can refer to."""
    return condition_of(exit_) in LEVELS and not trails(exit_)


def watches_elsewhere(exit_: Exit, position: Position) -> Watch | None:
    """Give what an exit watches, unless that is a price of the position's market."""
    watched = exit_.watch
    own = f"{position.venue}/{position.symbol}"
    return None if watched is None or watched.agrees_with(own) else watched


def relative_levels(exit_: Exit) -> Iterator[tuple[Path, Relative]]:
    """Give every level of an exit that its entry decides, and the keys to it."""
    places: list[tuple[Path, object]] = [
        ((name,), getattr(exit_, name)) for name in (*LEVELS, "after", "emergency")
    ]
    if exit_.tighten is not None:
        places.append((("tighten", "at"), exit_.tighten.at))
    for path, level in places:
        if isinstance(level, Relative):
            yield path, level


def relative_levels_of(move: Move) -> Iterator[tuple[Path, Relative]]:
    places: tuple[tuple[Path, object], ...] = ((("at",), move.at), (("to",), move.to))
    for path, level in places:
        if isinstance(level, Relative):
            yield path, level


def decided_by_entry(name: str, position: Position) -> list[Relative]:
    """Give what the entry decides for an exit: its levels, and where it is moved."""
    own = [level for _, level in relative_levels(position.exits[name])]
    moves = (move for move in position.moves if move.set == name)
    return own + [level for move in moves for _, level in relative_levels_of(move)]


def uses_leverage(levels: Iterable[Relative]) -> bool:
    return any(level.basis is Basis.ROI for level in levels)
