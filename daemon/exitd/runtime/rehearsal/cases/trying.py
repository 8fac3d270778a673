"""Rehearsing a case, and comparing what fired with what was expected."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.findings import Finding
from exitd.core.units import HUNDRED, text
from exitd.runtime.rehearsal.cases.case import Case, Change, Expected
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.rehearsal import Rehearsal
from exitd.runtime.rehearsal.report import Fired, Report
from exitd.runtime.rehearsal.track import Track
from exitd.runtime.rehearsal.wording import (
    did_words,
    missing_words,
    number_words,
    offset_words,
    standing_words,
)


class Row(Struct, frozen=True):
    """One line of what a case came to; `differences` are empty where it fits."""

    fired: Fired | None
    expected: Expected | None
    differences: tuple[str, ...]


class Tried(Struct, frozen=True, kw_only=True):
    """What a case came to."""

    case: Case
    report: Report
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        return not self.findings


def try_case(case: Case, track: Track | None = None) -> Tried:
    """Rehearse one case.

    Raises:
        ConfigurationError: The engine refuses one of the exits.
    """
    rehearsal = Rehearsal(
        case.definitions,
        start_ns=case.start_ns,
        policies=case.policies,
        instruments=case.instruments,
        costs=case.costs,
        sessions=case.sessions,
        track=track,
    )
    happenings: list[Change | Price | Candle] = [*case.changes, *case.prices]
    for happening in sorted(happenings, key=_instant):
        match happening:
            case Change(at_ns=at_ns, opening=opening):
                rehearsal.pass_time(at_ns)
                rehearsal.open(opening)
            case Price():
                rehearsal.price(happening)
            case Candle():
                rehearsal.candle(happening)
    report = rehearsal.finish(case.until_ns)
    rows = _compare(case, report)
    return Tried(
        case=case,
        report=report,
        rows=rows,
        findings=tuple(
            _finding(case, row, why) for row in rows for why in row.differences
        ),
    )


def _instant(happening: Change | Price | Candle) -> int:
    return happening.at_ns if isinstance(happening, Change) else happening.ts_ns


def _compare(case: Case, report: Report) -> tuple[Row, ...]:
    """Find for each expectation what fired for it; what is left was not expected."""
    left = [fired for fired in report.fired if fired.is_done or fired.is_open]
    rows: list[Row] = []
    for expected in case.expected:
        found = _found(expected, left)
        if found is None:
            rows.append(Row(None, expected, (_missing(expected, report),)))
        else:
            left.remove(found)
            rows.append(
                Row(found, expected, tuple(_differences(case, expected, found)))
            )
    for fired in left:
        at = offset_words(fired.ts_ns - case.start_ns)
        name = fired.trigger_id
        sentence = (
            f"{name} fired at {at}, which was not expected: it {did_words(fired)}"
        )
        rows.append(Row(fired, None, (sentence,) if case.nothing_else else ()))
    return tuple(sorted(rows, key=lambda row: _when(case, row)))


def _when(case: Case, row: Row) -> int:
    if row.fired is not None:
        return row.fired.ts_ns
    assert row.expected is not None
    return row.expected.at_ns or case.until_ns


def _found(expected: Expected, left: list[Fired]) -> Fired | None:
    same = [fired for fired in left if fired.trigger_id == expected.trigger_id]
    exact = [fired for fired in same if fired.ts_ns == expected.at_ns]
    return next(iter([*exact, *same]), None)


def _missing(expected: Expected, report: Report) -> str:
    name = expected.trigger_id
    standing = next((s for s in report.standing if s.trigger_id == name), None)
    why = f": it {standing_words(standing)}" if standing is not None else ""
    missing = missing_words(report)
    return f"{name} did not fire{why}" + (f" ({missing})" if missing else "")


def _differences(case: Case, expected: Expected, fired: Fired) -> Iterator[str]:
    name, at_ns = expected.trigger_id, expected.at_ns
    if at_ns is not None and fired.ts_ns != at_ns:
        found = offset_words(fired.ts_ns - case.start_ns)
        yield f"{name} fired at {found}, not at {offset_words(at_ns - case.start_ns)}"
    if expected.close is not None and fired.quantity != expected.close:
        wanted, found = number_words(expected.close), number_words(fired.quantity)
        yield f"{name} closed {found}, not {wanted}"
    if expected.near is not None:
        price = fired.observed if fired.price is None else fired.price
        if price is None or not _is_near(price, expected.near, case.tolerance_percent):
            found = "no price" if price is None else number_words(price)
            yield (
                f"{name} went at {found}, which is not within "
                f"{text(case.tolerance_percent)} % of {text(expected.near)}"
            )
    if expected.order is not None and fired.order != expected.order:
        found = f"a {fired.order} close" if fired.order else "no close"
        yield f"{name} was filled by {found}, not by a {expected.order} close"
    if expected.action is not None and fired.action != expected.action:
        yield f"{name} does {fired.action}, not {expected.action}"


def _is_near(price: Decimal, wanted: Decimal, percent: Decimal) -> bool:
    return abs(price - wanted) * HUNDRED <= wanted * percent


def _finding(case: Case, row: Row, why: str) -> Finding:
    """Point at the line that was not met, or at the case where none was written."""
    document, expected = case.document, row.expected
    if expected is not None:
        return document.finding(expected.path, why)
    place = (*case.path, "expect")
    return document.finding(
        place if document.has(place) else ("expect",), why, key=True
    )
