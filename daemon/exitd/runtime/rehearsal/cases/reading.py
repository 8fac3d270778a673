"""From a file of tests to its cases, every price and every name in it checked."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from os.path import normpath
from pathlib import Path as FilePath

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.calendars import CALENDARS
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, did_you_mean, has_errors
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.policies import Policies
from exitd.configuration.positions import CheckedPosition
from exitd.configuration.triggers import definitions, trigger_id
from exitd.configuration.validation import validate
from exitd.configuration.values import read_instant
from exitd.configuration.yaml import parse
from exitd.core.market import Instrument
from exitd.core.policy import Policies as CorePolicies
from exitd.core.position import PositionKey
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import NS_PER_S, ZERO
from exitd.runtime.rehearsal.cases.case import Case, Change, Expected
from exitd.runtime.rehearsal.cases.grammar import (
    CaseFile,
    CaseKeys,
    MarketKeys,
    instant_ns,
)
from exitd.runtime.rehearsal.cases.series import Clock, Series
from exitd.runtime.rehearsal.markets import assumed_instrument
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.rehearsal import Opening, Sessions
from exitd.runtime.rehearsal.venue import Costs

#: Where a case begins that does not say when: the first second of a year, UTC.
DEFAULT_START = read_instant("2026-01-01T00:00:00Z")
DEFAULT_TOLERANCE_PERCENT = Decimal("0.1")


def read_cases(
    path: FilePath, raw: bytes, environment: Mapping[str, str]
) -> tuple[list[Case], list[Finding]]:
    """Read one file of tests and the positions that it is about.

    Returns:
        Its cases, and what is wrong: with an error there are no cases.
    """
    document = parse(raw, str(path))
    model, found = validate(document, CaseFile, sections=frozenset(), depth=1)
    findings = [*document.findings, *found]
    if model is None or has_errors(findings):
        return [], findings or [document.finding((), "the file holds no tests")]
    cases: list[Case] = []
    for name, keys, place in _cases_of(model):
        start_ns = (keys.start or DEFAULT_START).ts_ns
        files = model.config or (f"../conf.d/{path.name}",)
        configured = _Configured(
            tuple(
                load(normpath(path.parent / file), environment, now_ns=start_ns)
                for file in files
            )
        )
        wrong = configured.errors()
        findings += wrong
        if not wrong:
            reader = _Reader(document, keys, place, configured, findings)
            cases.append(reader.case(name))
    return ([] if has_errors(findings) else cases), findings


def _cases_of(model: CaseFile) -> Iterator[tuple[str, CaseKeys, Path]]:
    """Give each case with what stands beside all of them where it is silent."""
    if model.cases is None:
        yield "", model, ()
        return
    for name, keys in model.cases.items():
        said = {
            field: getattr(model, field)
            if getattr(keys, field) is None
            else getattr(keys, field)
            for field in CaseKeys.model_fields
        }
        yield name, CaseKeys.model_construct(**said), ("cases", name)


class _Configured(Struct, frozen=True):
    """What the files of positions hold that a file of tests is about."""

    loaded: tuple[Loaded, ...]

    def errors(self) -> list[Finding]:
        return [f for loaded in self.loaded for f in loaded.findings if f.is_error]

    def positions(self) -> dict[str, CheckedPosition]:
        return {p.name: p for loaded in self.loaded for p in loaded.positions}

    def exits(self) -> list[str]:
        return [
            trigger_id(position, exit_)
            for position in self.positions().values()
            for exit_ in position.exits
        ]

    def policies(self) -> CorePolicies:
        for loaded in self.loaded:
            if loaded.settings is not None:
                return loaded.settings.file.policies.for_core()
        return Policies().for_core()

    def definitions(self, now_ns: int) -> tuple[TriggerDefinition, ...]:
        return tuple(
            definition
            for loaded in self.loaded
            for definition in definitions(loaded, now_ns=now_ns)
        )


class _Reader:
    """Completes one case; what is wrong is added to *findings*."""

    def __init__(
        self,
        document: Document,
        keys: CaseKeys,
        path: Path,
        configured: _Configured,
        findings: list[Finding],
    ) -> None:
        self._document = document
        self._keys = keys
        self._path = path
        self._configured = configured
        self._findings = findings
        self._start_ns = (keys.start or DEFAULT_START).ts_ns

    def case(self, name: str) -> Case:
        keys, start_ns = self._keys, self._start_ns
        prices, changes = self._prices(), list(self._changes())
        expected = list(self._expected())
        moments = [price.ts_ns for price in prices]
        moments += [change.at_ns for change in changes]
        moments += [one.at_ns for one in expected if one.at_ns is not None]
        if min(moments, default=start_ns) < start_ns:
            self._complain(self._path, "something here happens before 'start'")
        until_ns = max(moments, default=start_ns)
        if keys.until is not None:
            until_ns = instant_ns(keys.until, start_ns)
        return Case(
            name=name,
            path=self._path,
            document=self._document,
            start_ns=start_ns,
            until_ns=until_ns,
            costs=Costs(
                slippage_percent=keys.slippage or ZERO, delay_ns=keys.delay or 0
            ),
            tolerance_percent=keys.tolerance or DEFAULT_TOLERANCE_PERCENT,
            policies=self._configured.policies(),
            instruments=dict(self._instruments()),
            sessions=self._sessions(),
            definitions=self._configured.definitions(start_ns),
            changes=tuple(changes),
            prices=tuple(prices),
            expected=tuple(expected),
            nothing_else=keys.nothing_else is not False,
        )

    def _place(self, name: str) -> Path:
        """Give where a key stands: in the case itself, or beside all cases."""
        inner = (*self._path, name)
        return inner if self._document.has(inner) else (name,)

    def _prices(self) -> list[Price | Candle]:
        path = self._place("prices")
        if self._keys.prices is None:
            self._complain(self._path, "'prices' is missing")
            return []
        clock = Clock(self._start_ns, self._keys.step or NS_PER_S)
        series = Series(self._document, clock)
        prices = series.read(path)
        self._findings += series.findings
        known = {p.symbol for p in self._configured.positions().values()}
        known |= {
            definition.source.symbol
            for definition in self._configured.definitions(self._start_ns)
        }
        for market in self._keys.prices:
            if market.rpartition("/")[2] not in known:
                self._complain(
                    (*path, market),
                    f"no exit looks at '{market}'{did_you_mean(market, known)}",
                )
        return prices

    def _instruments(self) -> Iterator[tuple[tuple[str, str], Instrument]]:
        path, positions = self._place("markets"), self._configured.positions()
        for market, keys in (self._keys.markets or {}).items():
            venue, _, symbol = market.rpartition("/")
            accounts = {p.venue for p in positions.values() if p.symbol == symbol}
            if not accounts:
                symbols = [p.symbol for p in positions.values()]
                self._complain(
                    (*path, market),
                    f"no position is in '{market}'{did_you_mean(market, symbols)}",
                )
            for account in sorted(accounts):
                if venue in ("", account):
                    yield (account, symbol), _instrument(account, symbol, keys)

    def _sessions(self) -> Sessions:
        path = self._place("sessions")
        for name in self._keys.sessions or {}:
            if name not in CALENDARS:
                hint = did_you_mean(name, CALENDARS)
                self._complain((*path, name), f"there is no calendar '{name}'{hint}")
        return {
            name: tuple(sorted((one.open.ts_ns, one.close.ts_ns) for one in spans))
            for name, spans in (self._keys.sessions or {}).items()
        }

    def _changes(self) -> Iterator[Change]:
        path = self._place("positions")
        for name, keys in (self._keys.positions or {}).items():
            key = self._position((*path, name), name)
            if key is not None:
                opening = Opening(
                    key=key,
                    quantity=keys.size,
                    entry_price=keys.entry,
                    liquidation_price=keys.liquidation,
                )
                yield Change(self._start_ns, opening)
        path = self._place("changes")
        for index, change in enumerate(self._keys.changes or ()):
            key = self._position((*path, index, "position"), change.position)
            if key is not None:
                opening = Opening(
                    key=key,
                    quantity=change.size,
                    entry_price=change.entry,
                    liquidation_price=change.liquidation,
                )
                yield Change(instant_ns(change.at, self._start_ns), opening)

    def _position(self, path: Path, name: str) -> PositionKey | None:
        positions = self._configured.positions()
        position = positions.get(name)
        if position is None:
            hint = did_you_mean(name, positions)
            self._complain(path, f"there is no position '{name}'{hint}")
        elif position.side is None:
            self._complain(path, f"'{name}' has no side, so there is no position")
        else:
            return PositionKey(position.venue, position.symbol, position.side)
        return None

    def _expected(self) -> Iterator[Expected]:
        path, exits = self._place("expect"), self._configured.exits()
        if self._keys.expect is None:
            self._complain(
                self._path, "'expect' is missing; where nothing may fire, write []"
            )
        for index, keys in enumerate(self._keys.expect or ()):
            place = (*path, index)
            names = [i for i in exits if keys.exit in (i, i.partition("/")[2])]
            if len(names) != 1:
                every = ", ".join(names)
                short = [i.partition("/")[2] for i in exits]
                self._complain(
                    (*place, "exit"),
                    f"'{keys.exit}' could be {every}; write it out"
                    if names
                    else f"there is no exit '{keys.exit}'"
                    f"{did_you_mean(keys.exit, [*exits, *short])}",
                )
                continue
            at = keys.at
            yield Expected(
                path=place,
                trigger_id=names[0],
                at_ns=None if at is None else instant_ns(at, self._start_ns),
                close=keys.close,
                near=keys.near,
                order=keys.order,
                action=keys.do,
            )

    def _complain(self, path: Path, sentence: str) -> None:
        self._findings.append(self._document.finding(path, sentence, key=True))


def _instrument(account: str, symbol: str, keys: MarketKeys) -> Instrument:
    assumed = assumed_instrument(account, symbol, keys.quote or "")
    quantity_step = keys.quantity_step or assumed.quantity_step
    return replace(
        assumed,
        price_step=keys.price_step or assumed.price_step,
        quantity_step=quantity_step,
        min_quantity=keys.min_quantity or quantity_step,
        min_notional=keys.min_notional,
    )
