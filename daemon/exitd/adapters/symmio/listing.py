"""The solver's listing of its symbols: decimals and sizes that it takes.

They are the solver's alone, and a close cannot be written without them. So what was
read is kept on disk: a solver that is silent while exitd starts keeps no close back.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import httpx
import msgspec
from msgspec import Meta, Struct

from exitd.adapters.network.rest import RestClient
from exitd.adapters.symmio.notices import Notices
from exitd.adapters.symmio.settings import Precision
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.logs import Event, log
from exitd.ports.clock import Clock
from exitd.ports.notices import NoticeKind

_RETRY_NS = 60 * NS_PER_S
#: What the contract's amounts can hold, both ways.
Decimals = Annotated[int, Meta(ge=-18, le=18)]


class _Row(Struct, frozen=True):
    """A row of `contract-symbols`; numbers come as numbers or as text."""

    symbol_id: int
    price_precision: Decimals
    quantity_precision: Decimals
    max_quantity: Decimal | None = None
    lot_size: Decimal | None = None

    @property
    def precision(self) -> Precision:
        return Precision(
            price=self.price_precision,
            quantity=self.quantity_precision,
            min_quantity=_amount(self.lot_size),
            max_quantity=_amount(self.max_quantity),
        )


class _Wrapped(Struct, frozen=True):
    symbols: list[msgspec.Raw]


class _Kept(Struct, frozen=True):
    """What is on disk: whose it is, when it was read (UTC), and its rows."""

    solver: str
    read_s: int
    rows: list[_Row]


_WRAPPED = msgspec.json.Decoder(_Wrapped | list[msgspec.Raw])
_ROW = msgspec.json.Decoder(_Row, strict=False)
_KEPT = msgspec.json.Decoder(_Kept)


class Listing:
    """Reads the listing when a symbol is asked for that is not known.

    Args:
        solver: Its base address.
        folder: Where what was read is kept; nowhere where there is none.
        transport: Carries HTTP; for tests.
    """

    def __init__(
        self,
        solver: str,
        *,
        clock: Clock,
        notices: Notices,
        folder: Path | None = None,
        deadline_s: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._solver = solver
        self._clock = clock
        self._notices = notices
        self._path = _path_in(folder, solver) if folder is not None else None
        self._rest = RestClient(
            solver, venue="the solver", deadline_s=deadline_s, transport=transport
        )
        self._rows: dict[int, _Row] = {}
        self._is_old = False
        self._retry_ns = 0

    def known(self, symbol_id: int) -> Precision | None:
        row = self._rows.get(symbol_id)
        return None if row is None else row.precision

    async def find(self, symbol_id: int) -> Precision | None:
        """Give a symbol's precision; None where the solver lists none of it.

        Raises:
            VenueUnavailable: The listing cannot be read, and what was kept of it does
                not know the symbol either.
        """
        is_due = self._clock.monotonic_ns() >= self._retry_ns
        if symbol_id not in self._rows or (self._is_old and is_due):
            await self._refresh(symbol_id)
        return self.known(symbol_id)

    async def _refresh(self, symbol_id: int) -> None:
        try:
            rows = await self._read()
        except VenueUnavailable as exc:
            self._retry_ns = self._clock.monotonic_ns() + _RETRY_NS
            await self._use_kept(symbol_id, exc)
            return
        self._rows, self._is_old = {row.symbol_id: row for row in rows}, False
        self._notices.end(
            NoticeKind.SYMBOLS_OLD, "", "the solver's symbols are read again"
        )
        if self._path is not None:
            now_s = self._clock.now_ns() // NS_PER_S
            kept = _Kept(self._solver, now_s, rows)
            await asyncio.to_thread(_keep, self._path, kept)

    async def _read(self) -> list[_Row]:
        reply = await self._rest.read(
            "/contract-symbols", headers={"App-Name": "exitd"}
        )
        if reply.status != 200:
            raise VenueUnavailable(
                f"the solver answered {reply.status} about its symbols",
                status=reply.status,
            )
        try:
            listing = _WRAPPED.decode(reply.body)
        except msgspec.DecodeError as exc:
            raise VenueUnavailable(
                f"the solver's symbols cannot be read: {exc}"
            ) from exc
        written = listing.symbols if isinstance(listing, _Wrapped) else listing
        rows = [row for raw in written if (row := _row(raw)) is not None]
        if not rows:
            raise VenueUnavailable("the solver lists no symbol that can be read")
        return rows

    async def _use_kept(self, symbol_id: int, failure: VenueUnavailable) -> None:
        """Go on with what is in memory, or on disk.

        Raises:
            VenueUnavailable: Neither knows the symbol.
        """
        kept = None
        if symbol_id not in self._rows and self._path is not None:
            kept = await asyncio.to_thread(_kept_in, self._path, self._solver)
        if kept is not None:
            self._rows = {row.symbol_id: row for row in kept.rows}
            self._is_old = True
        if symbol_id not in self._rows:
            raise VenueUnavailable(
                f"{failure}, and what was kept of them does not know symbol"
                f" {symbol_id}; list its decimals under `symbols:` of the account, or"
                " try again"
            ) from failure
        if kept is not None:
            read_at = datetime.fromtimestamp(kept.read_s, UTC)
            self._notices.begin(
                NoticeKind.SYMBOLS_OLD,
                "",
                f"{failure}: the decimals that it gave on {read_at:%Y-%m-%d} are used;"
                f" see whether {self._solver} is still its address",
            )

    async def close(self) -> None:
        await self._rest.close()


def _row(raw: msgspec.Raw) -> _Row | None:
    """Read a row; None where it cannot be, which leaves the others as they are."""
    try:
        return _ROW.decode(raw)
    except msgspec.DecodeError:
        return None


def _amount(amount: Decimal | None) -> Decimal | None:
    if amount is None or not amount.is_finite() or amount <= ZERO:
        return None
    return amount


def _path_in(folder: Path, solver: str) -> Path:
    digest = hashlib.sha256(solver.encode()).hexdigest()[:16]
    return folder / f"symbols-{digest}.json"


def _keep(path: Path, kept: _Kept) -> None:
    """Write a file whole or not at all; without it, the next start has to ask."""
    beside = path.with_suffix(".tmp")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as exc:
        log(Event.STORE_FAILED, reason=f"the solver's symbols are not kept: {exc}")


def _kept_in(path: Path, solver: str) -> _Kept | None:
    try:
        kept = _KEPT.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return kept if kept.solver == solver else None
