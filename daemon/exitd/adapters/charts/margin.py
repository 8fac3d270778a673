"""The names beside a plot: each next to its line, none over another."""

from collections.abc import Iterable

from msgspec import Struct


class Note(Struct, frozen=True):
    """A name, where its line ends (0 at the foot of the plot, 1 at its top)."""

    label: str
    at: float
    colour: str


def spread(notes: Iterable[Note], least: float) -> list[tuple[Note, float]]:
    """Give each note a place of its own, at least *least* from the next, inside 0 to 1.

    They stay in the order of their lines, and as near to them as there is room.
    """
    ordered = sorted(notes, key=lambda note: note.at)
    places: list[float] = []
    for note in ordered:
        wanted = min(max(note.at, 0.0), 1.0)
        places.append(max(wanted, places[-1] + least) if places else wanted)
    # What was pushed over the top pushes back down those below it.
    top = 1.0
    for index in reversed(range(len(places))):
        places[index] = min(places[index], top)
        top = places[index] - least
    return list(zip(ordered, places, strict=True))
