"""Prices as a case writes them: a line of numbers, or points with their instants."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.document import Document, Node, Path, plain
from exitd.configuration.findings import Finding, did_you_mean, quoted
from exitd.configuration.values import read_price
from exitd.runtime.rehearsal.cases.grammar import instant_ns, read_moment
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.routes import ANY_CANDLE

KINDS = ("mark", "index", "last", "last_close", "bid_ask")
_POINT_KEYS = ("at", "price", *KINDS)
#: How many times one price may be repeated (`150x3600`).
_REPEATS_MAX = 100_000
_HOW = "write a price, bid/ask, open/high/low/close, or a price and how often (150x60)"


class Clock(Struct, frozen=True):
    """Where a case begins, and how far apart its prices are."""

    start_ns: int
    step_ns: int


class _Place(Struct, frozen=True):
    """Which prices these are, and how long a candle among them is."""

    venue: str
    symbol: str
    kind: str
    step_ns: int


class _Wrong(ValueError):
    """A token that is no price; `offset` counts characters from the first."""

    def __init__(self, sentence: str, offset: int, width: int) -> None:
        super().__init__(sentence)
        self.offset = offset
        self.width = width


class Series:
    """Reads all prices of a case; what is wrong is in `findings`."""

    def __init__(self, document: Document, clock: Clock) -> None:
        self.findings: list[Finding] = []
        self._document = document
        self._clock = clock

    def read(self, path: Path) -> list[Price | Candle]:
        """Read the mapping of markets at *path*; gives the prices in order of time."""
        found: list[Price | Candle] = []
        for market, node in _entries(self._document, path).items():
            found += self._market((*path, market), market, node)
        return sorted(found, key=lambda one: one.ts_ns)

    def _market(self, path: Path, market: str, node: Node) -> Iterator[Price | Candle]:
        venue, _, symbol = market.rpartition("/")
        anything = _Place(venue, symbol, "", self._clock.step_ns)
        if isinstance(node.value, list):
            for index, point in enumerate(node.value):
                yield from self._point((*path, index), anything, point)
        elif isinstance(node.value, dict):
            for kind, entry in node.value.items():
                if kind in KINDS:
                    place = replace(anything, kind=kind)
                    yield from self._line((*path, kind), place, entry.node)
                else:
                    self._complain(
                        (*path, kind),
                        f"{quoted(kind)} is no kind of price"
                        f"{did_you_mean(kind, KINDS)}; write {', '.join(KINDS)}",
                        key=True,
                    )
        else:
            yield from self._line(path, anything, node)

    def _line(self, path: Path, place: _Place, node: Node) -> Iterator[Price | Candle]:
        """Read `"142 145 150x60"`: one step after the other."""
        value = plain(node)
        if isinstance(value, dict | list | bool) or value is None:
            self._complain(path, "write prices with spaces between them, in quotes")
            return
        at = self._clock.start_ns
        try:
            for token, offset in _tokens(_text(value)):
                word, repeats = _repeated(token, offset)
                for _ in range(repeats):
                    yield from _observed(word, offset, at, place)
                    at += self._clock.step_ns
        except _Wrong as wrong:
            self._point_at(path, node, wrong)

    def _point(self, path: Path, place: _Place, node: Node) -> Iterator[Price | Candle]:
        """Read `{at: 65s, mark: 150}`."""
        point = plain(node)
        if not isinstance(point, dict) or "at" not in point or len(point) < 2:
            self._complain(path, "write a point as {at: 65s, mark: 150}")
            return
        try:
            at = instant_ns(read_moment(point.pop("at")), self._clock.start_ns)
        except ValueError as wrong:
            self._complain((*path, "at"), str(wrong))
            return
        for kind, written in point.items():
            if kind not in _POINT_KEYS:
                self._complain(
                    (*path, kind),
                    f"unknown key {quoted(kind)}{did_you_mean(kind, _POINT_KEYS)}",
                    key=True,
                )
                continue
            name = "" if kind == "price" else kind
            try:
                yield from _observed(_text(written), 0, at, replace(place, kind=name))
            except _Wrong as wrong:
                self._complain((*path, kind), str(wrong))

    def _complain(self, path: Path, sentence: str, *, key: bool = False) -> None:
        self.findings.append(self._document.finding(path, sentence, key=key))

    def _point_at(self, path: Path, node: Node, wrong: _Wrong) -> None:
        """Point at the token itself where the line stands on one line of the file."""
        finding = self._document.finding(path, str(wrong))
        opening = finding.excerpt[finding.column - 1 : finding.column]
        is_quoted = not node.is_plain and opening in ("'", '"')
        if node.is_plain or is_quoted:
            column = finding.column + wrong.offset + is_quoted
            finding = replace(finding, column=column, width=wrong.width)
        self.findings.append(finding)


def _entries(document: Document, path: Path) -> dict[str, Node]:
    node = document.root
    for step in path:
        assert node is not None
        assert isinstance(node.value, dict)
        node = node.value[str(step)].node
    assert node is not None
    assert isinstance(node.value, dict)
    return {name: entry.node for name, entry in node.value.items()}


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    offset = 0
    for token in text.split():
        offset = text.index(token, offset)
        yield token, offset
        offset += len(token)


def _repeated(token: str, offset: int) -> tuple[str, int]:
    word, sign, times = token.partition("x")
    if not sign:
        return token, 1
    if not (times.isascii() and times.isdigit() and 1 <= int(times) <= _REPEATS_MAX):
        raise _Wrong(
            f"{quoted(token)}: a price is repeated 1 to {_REPEATS_MAX:,} times",
            offset,
            len(token),
        )
    return word, int(times)


def _observed(
    word: str, offset: int, at: int, place: _Place
) -> Iterator[Price | Candle]:
    """Read one price, or what two or four of them with strokes between mean."""
    venue, symbol, kind = place.venue, place.symbol, place.kind
    try:
        numbers = [read_price(part) for part in word.split("/")]
    except ValueError:
        raise _Wrong(f"{quoted(word)}: {_HOW}", offset, len(word)) from None
    if kind == "bid_ask" and len(numbers) in (1, 2):
        for name, number in (("bid", numbers[0]), ("ask", numbers[-1])):
            yield Price(at, number, symbol, name, venue)
    elif len(numbers) == 4 and kind != "bid_ask":
        opening, high, low, close = numbers
        if not low <= min(opening, close) <= max(opening, close) <= high:
            raise _Wrong(
                f"{quoted(word)}: open and close of a candle lie between its low and "
                "its high; write open/high/low/close",
                offset,
                len(word),
            )
        yield Candle(at, place.step_ns, opening, high, low, close, symbol, kind, venue)
    elif len(numbers) == 1:
        # A close that is written down is that of a candle which ends there.
        words = f"last_close.{ANY_CANDLE}" if kind == "last_close" else kind
        yield Price(at, numbers[0], symbol, words, venue)
    else:
        raise _Wrong(f"{quoted(word)}: {_HOW}", offset, len(word))


def _text(written: object) -> str:
    return format(written, "f") if isinstance(written, Decimal) else str(written)
