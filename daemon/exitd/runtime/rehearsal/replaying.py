"""A rehearsal on prices that somebody kept: which positions it is about."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from exitd.configuration.findings import did_you_mean
from exitd.configuration.positions import CheckedPosition
from exitd.core.position import PositionKey
from exitd.core.units import ONE, price_or_none
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.rehearsal import Opening

_HOW = "write NAME=SIDE:SIZE@ENTRY, such as sol-core=long:10@140"


class Openings(Struct, frozen=True):
    """The positions that are there from the first price of their market on.

    `assumed` where nobody said which: then each of the files is, with a size of 1.
    """

    openings: tuple[Opening, ...]
    assumed: bool


def openings_of(
    written: Sequence[str], positions: Iterable[CheckedPosition]
) -> Openings:
    """Read `NAME=SIDE:SIZE@ENTRY`; the entry may be left out for the first price.

    Raises:
        ConfigurationError: One cannot be read, or is in no file.
    """
    known = {p.name: p for p in positions if p.side is not None}
    if written:
        return Openings(tuple(_opening(one, known) for one in written), False)
    if not known:
        return Openings((), False)
    keys = [_key(position) for position in known.values()]
    return Openings(tuple(Opening(key=key, quantity=ONE) for key in keys), True)


def _opening(written: str, known: dict[str, CheckedPosition]) -> Opening:
    name, _, rest = written.partition("=")
    side, _, size_and_entry = rest.partition(":")
    size, at, entry = size_and_entry.partition("@")
    quantity = price_or_none(size)
    price = price_or_none(entry) if at else None
    if side not in ("long", "short") or quantity is None or (at and price is None):
        raise ConfigurationError(f"--position {written}: {_HOW}")
    position = known.get(name)
    if position is None:
        raise ConfigurationError(
            f"--position {written}: no file has a position '{name}' with a side"
            f"{did_you_mean(name, known)}"
        )
    if side != position.side:
        raise ConfigurationError(
            f"--position {written}: '{name}' is {position.side} in its file"
        )
    return Opening(key=_key(position), quantity=quantity, entry_price=price)


def _key(position: CheckedPosition) -> PositionKey:
    assert position.side is not None
    return PositionKey(position.venue, position.symbol, position.side)
