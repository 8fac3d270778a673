"""What only shows when several positions are read together, without asking a venue."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from exitd.configuration.broker_tables import BrokerTable
from exitd.configuration.chain_tables import CHAINS_FILE, PRICES_TYPE
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.policies import Policies
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.venue_tables import VenueTable
from exitd.configuration.watching import price_word
from exitd.core.market import PriceSource
from exitd.core.position import Side

WARNING = Severity.WARNING


class Placed(Struct, frozen=True):
    """A checked position and the document that it stands in."""

    position: CheckedPosition
    document: Document

    def finding(
        self,
        path: Path,
        message: str,
        *,
        severity: Severity = Severity.ERROR,
        key: bool = False,
    ) -> Finding:
        return self.document.finding(path, message, severity=severity, key=key)


def check_unique(placed: Sequence[Placed]) -> Iterator[Finding]:
    """One file for each position, one name for each position key."""
    by_name: dict[str, Placed] = {}
    by_key: dict[tuple[str, str, Side], Placed] = {}
    for item in placed:
        position = item.position
        first = by_name.setdefault(position.name, item)
        if first is not item:
            yield item.finding(
                position.path,
                f"position '{position.name}' is in {first.document.file}:"
                f"{first.position.line} already; keep it in one file",
                key=True,
            )
            continue
        if position.side is None:
            continue
        key = (position.venue, position.symbol, position.side)
        first = by_key.setdefault(key, item)
        if first is not item:
            yield item.finding(
                position.path,
                f"'{position.name}' is the same position as '{first.position.name}' "
                f"({first.document.file}:{first.position.line}): {position.symbol} "
                f"{position.side} at {position.venue}; put the exits under one name",
                key=True,
            )


def check_venue(
    item: Placed,
    accounts: Mapping[str, str],
    tables: Mapping[str, VenueTable] | Mapping[str, VenueTable | BrokerTable],
) -> Iterator[Finding]:
    """Check a position against the accounts (name to type) and venue tables."""
    position = item.position
    kind = accounts.get(position.venue)
    if kind is None:
        yield _not_set_up(item, (*position.path, "venue"), position.venue, accounts)
        return
    table = tables.get(kind)
    if table is not None and table.prices_only:
        yield item.finding(
            (*position.path, "venue"),
            f"{position.venue} gives prices only, and no position is held there; name "
            f"the account that holds it, and write watch: {position.venue}/"
            f"{position.symbol} in its exits",
        )
        return
    for exit_ in position.exits:
        for source in exit_.source.parts:
            watched = accounts.get(source.feed)
            if watched is None:
                yield _not_set_up(item, (*exit_.path, "watch"), source.feed, accounts)
                continue
            watched = PRICES_TYPE if watched == CHAINS_FILE else watched
            if watched in tables:
                yield from _streams(item, exit_, source, watched, tables[watched])


def check_listed(
    item: Placed, listed: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    """Warn of a symbol that an account (name to symbols) does not list."""
    position = item.position
    symbols = listed.get(position.venue)
    if symbols is not None and position.symbol not in symbols:
        yield item.finding(
            (*position.path, "symbol"),
            f"{position.symbol} is none of the 'symbols' of {position.venue}, so it is "
            f"known only while it is held{did_you_mean(position.symbol, symbols)}; "
            "write it there",
            severity=WARNING,
        )


def check_quotes(item: Placed, accounts: Mapping[str, str]) -> Iterator[Finding]:
    """Refuse a position of a file whose account (name to type) holds quotes."""
    position = item.position
    if accounts.get(position.venue) == CHAINS_FILE:
        yield item.finding(
            (*position.path, "venue"),
            f"the positions of {position.venue} are quotes on a chain, and their exits "
            "come from front-ends by http.rasa; remove this position",
        )


def _not_set_up(
    item: Placed, path: Path, venue: str, accounts: Mapping[str, str]
) -> Finding:
    return item.finding(
        path,
        f"venue '{venue}' is not set up under venues:{did_you_mean(venue, accounts)}",
    )


def _streams(
    item: Placed,
    exit_: CheckedExit,
    source: PriceSource,
    kind: str,
    table: VenueTable | BrokerTable,
) -> Iterator[Finding]:
    """Check that a venue streams what an exit watches."""
    confirmation = exit_.confirmation
    word = price_word(source.kind)
    if word not in table.prices:
        yield item.finding(
            exit_.level_path,
            f"{kind} streams no {word} price; use {', '.join(table.prices)}",
            key=True,
        )
    elif source.candle and source.candle not in table.candles:
        yield item.finding(
            exit_.level_path,
            f"{kind} streams no {source.candle} candles; "
            f"use {', '.join(table.candles)}",
            key=True,
        )
    apart = None if confirmation is None else confirmation.emergency_source
    if apart is not None and price_word(apart.kind) not in table.prices:
        yield item.finding(
            (*exit_.path, "emergency"),
            f"{kind} streams no {apart.kind} price, where an emergency is looked for "
            "between the closes of candles; remove 'emergency'",
            key=True,
        )


def check_count(placed: Sequence[Placed], policies: Policies) -> Iterator[Finding]:
    """Refuse the exit that is one too many for its account."""
    counts: dict[str, int] = {}
    for item in placed:
        venue = item.position.venue
        for exit_ in item.position.exits:
            counts[venue] = counts.get(venue, 0) + 1
            if counts[venue] == policies.active_triggers + 1:
                yield item.finding(
                    exit_.path,
                    f"{venue} has more than {policies.active_triggers} exits, the "
                    "limit that policies: active_triggers sets",
                    key=True,
                )
