"""What was asked for beside what is known of its market, as a reload does for files.

What the engine judges itself, in the same words for every door, is left to it: the
step and the side of a plain level, and a quantity in base units.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path as FilePath

from exitd.configuration.checks import check_venue
from exitd.configuration.findings import Finding, did_you_mean
from exitd.configuration.loaded import Loaded, LoadedFile
from exitd.configuration.market_context import Context
from exitd.configuration.markets import Markets
from exitd.configuration.price_checks import (
    check_market,
    check_move_steps,
    check_steps,
)
from exitd.configuration.quantity_checks import check_quantity
from exitd.configuration.venue_tables import shipped_table, shipped_types
from exitd.core.condition import FixedLevel, Trailing
from exitd.core.market import PriceKind, PriceSource
from exitd.core.simulated import simulated_beside
from exitd.core.state import State
from exitd.core.trigger import QuantityKind
from exitd.runtime.control.asked_exit import (
    AskedExit,
    asked_document,
    refuse_errors,
    unusable,
)
from exitd.runtime.daemon import Daemon


def fit_to_markets(daemon: Daemon, asked: AskedExit) -> tuple[str, ...]:
    """Check one exit against its markets; gives what a person should know.

    Raises:
        Unusable: A file would be refused for it.
    """
    state = daemon.loop.engine.state
    _refuse_unknown_feed(daemon, asked)
    definition, exit_ = asked.definition, asked.exit
    instrument = state.instruments.get((definition.account, definition.symbol))
    if instrument is None:
        return ()
    document = asked_document()
    context = Context(
        Loaded(
            directory=FilePath(),
            settings=None,
            positions=(),
            findings=(),
            files=(LoadedFile(name="", document=document),),
            digest="",
        ),
        asked.position,
        instrument,
        _known(state, definition.source),
        min_distance=Decimal(0),
        tells_crossed=True,
    )
    refuse_errors(_steps(context, asked), "off_step")
    notes: tuple[str, ...] = ()
    if exit_.wording.close.kind is not QuantityKind.ABSOLUTE:
        notes += refuse_errors(check_quantity(context, exit_), "bad_close")
    if isinstance(exit_.condition, Trailing):
        notes += refuse_errors(check_market(context, exit_))
    return notes


def _known(state: State, source: PriceSource) -> Markets:
    known = {part: state.last_price(part) for part in source.parts}
    return Markets(
        instruments=state.instruments,
        prices={part: price for part, price in known.items() if price is not None},
        positions=state.positions,
    )


def _steps(context: Context, asked: AskedExit) -> Iterator[Finding]:
    exit_ = asked.exit
    yield from check_move_steps(context, asked.position.exits)
    for finding in check_steps(context, exit_):
        is_own_level = finding.file == exit_.word
        if not (is_own_level and isinstance(exit_.condition, FixedLevel)):
            yield finding


def _refuse_unknown_feed(daemon: Daemon, asked: AskedExit) -> None:
    """Check that somebody streams the price that is watched."""
    definition = asked.definition
    parts = definition.source.parts
    for source in parts:
        if source.feed not in daemon.feeds:
            hint = did_you_mean(source.feed, daemon.feeds)
            why = f"venue '{source.feed}' is not set up under venues:{hint}"
            raise unusable("unknown_venue", "watch", why)
    _refuse_unstreamed(daemon, asked)
    for source in parts:
        if not source.is_of(definition.account, definition.symbol):
            _refuse_unknown_symbol(daemon, source)


def _refuse_unknown_symbol(daemon: Daemon, source: PriceSource) -> None:
    instruments = daemon.loop.engine.state.instruments
    symbols = [symbol for feed, symbol in instruments if feed == source.feed]
    if symbols and source.symbol not in symbols:
        hint = did_you_mean(source.symbol, symbols)
        why = f"{source.feed} has no market '{source.symbol}'{hint}"
        raise unusable("unknown_symbol", "watch", why)


def _refuse_unstreamed(daemon: Daemon, asked: AskedExit) -> None:
    """Check that the venue streams this kind of price, as far as its table says."""
    loaded = daemon.files.loaded
    settings = loaded.settings if loaded is not None else None
    if loaded is None or settings is None:
        return
    kinds = {name: account.type for name, account in settings.accounts.items()}
    kinds |= {simulated_beside(name): kind for name, kind in kinds.items()}
    source = asked.definition.source
    if source.feed in kinds and not _is_usual(asked, kinds[source.feed]):
        refuse_errors(_streams(loaded, kinds, asked))


def _is_usual(asked: AskedExit, kind: str) -> bool:
    """Whether it watches the mark of its own market, where a venue has one.

    Most exits do, and many are armed at once: these are not looked up one by one.
    """
    definition = asked.definition
    own = PriceSource(definition.account, definition.symbol, PriceKind.MARK)
    if definition.source.parts != (own,):
        return False
    return kind not in shipped_types() or own.kind in shipped_table(kind).prices


def _streams(
    loaded: Loaded, kinds: Mapping[str, str], asked: AskedExit
) -> Iterator[Finding]:
    own = {
        FilePath(file.name).stem
        for file in loaded.files
        if file.name.startswith("venues/")
    }
    # A table of the user's own may know of more than the one that comes with exitd.
    tables = {k: shipped_table(k) for k in shipped_types() if k not in own}
    return check_venue(asked.placed, kinds, tables)
