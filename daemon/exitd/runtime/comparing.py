"""Two records of the same trades, and what is not the same in both."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from exitd.core.inputs import FillReport
from exitd.core.records import FillRecord, FundingRecord
from exitd.core.units import NS_PER_MS, NS_PER_S, text
from exitd.ports.venue import FundingReport
from exitd.runtime.book_views import DifferenceView
from exitd.runtime.shown import timestamp


class Entry(Struct, frozen=True, kw_only=True):
    """One fill or payment, from either side; `said` is what must be the same."""

    kind: str
    account: str
    symbol: str
    id: str
    ts_venue_ns: int
    quantity: str
    price: str = ""
    said: dict[str, str] = {}

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.account, self.kind, self.symbol, self.id


def fill_entry(fill: FillRecord | FillReport, kind: str = "fill") -> Entry:
    return Entry(
        kind=kind,
        account=fill.account,
        symbol=fill.symbol,
        id=fill.trade_id,
        ts_venue_ns=fill.ts_venue_ns,
        quantity=text(fill.quantity),
        price=text(fill.price),
        said={
            "side": fill.side.value,
            "quantity": text(fill.quantity),
            "price": text(fill.price),
            "fee": text(fill.fee),
            "fee_asset": fill.fee_asset,
            "venue_order_id": fill.venue_order_id,
        },
    )


def funding_entry(payment: FundingRecord | FundingReport) -> Entry:
    second_ns = payment.ts_venue_ns // NS_PER_S * NS_PER_S
    amount = text(payment.amount)
    return Entry(
        kind="funding",
        account=payment.account,
        symbol=payment.symbol,
        id=timestamp(second_ns),
        ts_venue_ns=payment.ts_venue_ns,
        quantity=amount,
        said={"amount": amount},
    )


class Comparison:
    """What the books and the venues' histories of [since, until) agree on, or not."""

    def __init__(self, since_ns: int, until_ns: int) -> None:
        self.agreed = 0
        self.recent = 0
        self.differences: list[DifferenceView] = []
        self._since_ns = since_ns
        self._until_ns = until_ns

    def compare(
        self, here: Iterable[Entry], venue: Iterable[Entry], *, recent_ns: int
    ) -> None:
        """Take in both sides of an account.

        What is on one side only from *recent_ns* on is counted, and no difference:
        the venue may not list it yet.
        """
        ours = {entry.key: entry for entry in here}
        theirs = {entry.key: entry for entry in venue}
        for key, entry in ours.items():
            if not self._is_meant(entry):
                continue
            other = theirs.get(key)
            if other is None:
                self.one_sided("here", entry, "the venue does not list it", recent_ns)
            elif why := "; ".join(_unlike(entry, other)):
                self._differ("both", entry, why)
            else:
                self.agreed += 1
        for key, entry in theirs.items():
            if key not in ours and self._is_meant(entry):
                why = "the books do not have it"
                self.one_sided("venue", entry, why, recent_ns)

    def one_sided(self, found: str, entry: Entry, why: str, recent_ns: int) -> None:
        if entry.ts_venue_ns >= recent_ns:
            self.recent += 1
        else:
            self._differ(found, entry, why)

    def _is_meant(self, entry: Entry) -> bool:
        return self._since_ns <= entry.ts_venue_ns < self._until_ns

    def _differ(self, found: str, entry: Entry, why: str) -> None:
        self.differences.append(
            DifferenceView(
                found=found,
                kind=entry.kind,
                time=timestamp(entry.ts_venue_ns),
                account=entry.account,
                symbol=entry.symbol,
                id=entry.id,
                quantity=entry.quantity,
                price=entry.price,
                why=why,
            )
        )


def _unlike(ours: Entry, theirs: Entry) -> Iterator[str]:
    """Say what the two sides of one entry do not agree on."""
    for name, here in ours.said.items():
        there = theirs.said[name]
        if here != there:
            yield f"{name} is {here} here and {there} there"
    # Histories cut to milliseconds what streams give in full.
    precision_ns = NS_PER_S if ours.kind == "funding" else NS_PER_MS
    if abs(ours.ts_venue_ns - theirs.ts_venue_ns) >= precision_ns:
        here, there = timestamp(ours.ts_venue_ns), timestamp(theirs.ts_venue_ns)
        yield f"its time is {here} here and {there} there"
