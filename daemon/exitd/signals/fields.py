"""Fields: one value of a body at a time, with what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from exitd.core.units import ZERO, text
from exitd.signals import faults
from exitd.signals.model import Finding
from exitd.signals.reading import PLACEHOLDER

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

TICKER_MAX = 64
TEXT_MAX = 200
# Longer ones than the format allows are read, and refused by E13.
ID_MAX = 4_096
_NUMBER = re.compile(
    r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?"
)
_DIGITS_MAX = 28
_BELOW = Decimal(10) ** 15


class Fields:
    """
    The fields of one body; what they are read for takes them away.

    `errors` grows in the order of reading, `unread` holds the names, as the format
    spells them, whose value could not be used.
    """

    def __init__(self, payload: Mapping[str, object]) -> None:
        self._left = {k: v for k, v in payload.items() if not is_empty(v)}
        self.errors: list[Finding] = []
        self.unread: set[str] = set()

    def has_any(self, names: frozenset[str]) -> bool:
        return not names.isdisjoint(self._left)

    def take(self, name: str) -> object:
        """Give a field and forget it; None when it is missing or empty."""
        return self._left.pop(name, None)

    def take_object(self, name: str) -> dict[str, object]:
        """Take an object without its empty members; anything else stays."""
        value = self._left.get(name)
        if not isinstance(value, dict):
            return {}
        del self._left[name]
        return {k: v for k, v in value.items() if not is_empty(v)}

    def rest(self) -> dict[str, object]:
        """What nobody has taken."""
        return self._left

    def fail(self, name: str, finding: Finding) -> None:
        self.errors.append(finding)
        self.unread.add(name)

    def agreed(self, name: str, readings: Mapping[str, T | None]) -> T | None:
        """
        Give what all spellings of one thing say.

        Args:
            name: What it is called in the normal form.
            readings: What each spelling says, the best first; None says nothing.
        """
        first, found = "", None
        for spelling, value in readings.items():
            if value is None:
                continue
            if found is None:
                first, found = spelling, value
            elif value != found:
                self.fail(name, faults.conflicting(first, spelling))
        return found

    def spelled(
        self,
        name: str,
        written: Mapping[str, object],
        reader: Callable[[str, object], T],
    ) -> T | None:
        """Read one thing from all its spellings, the best first."""
        readings = {
            spelling: self.read(name, spelling, value, reader)
            for spelling, value in written.items()
            if value is not None
        }
        if not readings:
            return None
        return self.agreed(name, readings)

    def plain(self, name: str, reader: Callable[[str, object], T]) -> T | None:
        """Read a field that has one spelling."""
        value = self.take(name)
        return None if value is None else self.read(name, name, value, reader)

    def read(
        self,
        name: str,
        spelling: str,
        value: object,
        reader: Callable[[str, object], T],
    ) -> T | None:
        """Read a value that is there; a fault of it is kept."""
        if value is None:
            return None
        left = placeholder_in(value)
        if left:
            self.fail(name, faults.placeholder_left(spelling, left))
            return None
        try:
            return reader(spelling, value)
        except BadField as bad:
            self.fail(name, bad.finding)
            return None


class BadField(ValueError):
    """A value is not what its field takes; caught where fields are read."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def is_empty(value: object) -> bool:
    """Whether a template has left nothing there."""
    return value is None or (isinstance(value, str) and not value.strip())


def placeholder_in(value: object) -> str | None:
    if isinstance(value, str) and "{{" in value:
        found = PLACEHOLDER.search(value)
        return found[0] if found else None
    return None


def amount(name: str, value: object) -> Decimal:
    """
    Read a price or a quantity: a JSON number, or one in quotes.

    `read_body` gives every number exactly; a float is taken by its shortest digits.

    Raises:
        BadField: It is no finite number above zero, or one that nothing costs.
    """
    number: Decimal | None = None
    match value:
        case bool():
            pass
        case Decimal() if value.is_finite():
            number = value
        case int():
            number = Decimal(value)
        case float():
            # Only a caller of the library has one; its shortest digits are those
            # that somebody wrote.
            number = amount_or_none(repr(value))
        case str():
            number = amount_or_none(value.strip())
        case _:
            pass
    if number is None:
        raise BadField(faults.not_a_number(name, value))
    if number <= ZERO:
        raise BadField(faults.not_above_zero(name, value))
    if number >= _BELOW or number.adjusted() < -_DIGITS_MAX:
        raise BadField(faults.out_of_range(name))
    exact = Decimal(text(number))
    if len(exact.as_tuple().digits) > _DIGITS_MAX:
        raise BadField(faults.out_of_range(name))
    return exact


def amount_or_none(digits: str) -> Decimal | None:
    return Decimal(digits) if _NUMBER.fullmatch(digits) else None


def ticker(name: str, value: object) -> str:
    """Read a symbol, in capitals; `NASDAQ:AAPL` is left as it is."""
    if not isinstance(value, str):
        raise BadField(faults.not_a_text(name, value, "AAPL"))
    symbol = value.strip()
    if not (symbol.isascii() and symbol.isprintable()) or len(symbol) > TICKER_MAX:
        raise BadField(faults.not_printable(name, TICKER_MAX, "AAPL"))
    return symbol.upper()


def identity(name: str, value: object) -> str:
    """Read an id: a text, or a whole number as its digits."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        number = Decimal(value)
        if number == number.to_integral_value() and ZERO <= number < _BELOW:
            return text(number)
    return words(name, value, ID_MAX)


def words(name: str, value: object, most: int = TEXT_MAX) -> str:
    if not isinstance(value, str):
        raise BadField(faults.not_a_text(name, value, "my-word"))
    said = value.strip()
    if not said.isprintable() or len(said) > most:
        raise BadField(faults.not_printable(name, most, "my-word"))
    return said


def truth(name: str, value: object) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise BadField(faults.not_true_or_false(name, value))
    return value


def word_of(kind: type[Word], rule: str) -> Callable[[str, object], Word]:
    """Make a reader of one of a few words, in any case."""

    words = {word.value: word for word in kind}
    known = ", ".join(words)
    example = next(iter(words))

    def read(name: str, value: object) -> Word:
        found = words.get(value.strip().lower()) if isinstance(value, str) else None
        if found is None:
            message = f"{name} must be one of {known}"
            raise BadField(faults.not_one_of(rule, name, message, value, example))
        return found

    return read
