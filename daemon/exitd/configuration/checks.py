"""What only shows when several places are read together, without asking a venue."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.daemon_file import DaemonFile, is_loopback
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.policies import NOTHING_YET, Policies, not_built
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.secrets import SecretReference, mode_complaint, secret_path
from exitd.configuration.values import Instant
from exitd.configuration.venue_tables import VenueTable
from exitd.core.position import Side
from exitd.core.trigger import QuantityKind
from exitd.core.units import HUNDRED, NS_PER_S, text

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


# --- exitd.yaml ----------------------------------------------------------------


def _references(file: DaemonFile) -> Iterator[tuple[Path, SecretReference]]:
    for name, account in file.venues.items():
        for word, reference in (("key", account.key), ("secret", account.secret)):
            if reference is not None:
                yield ("venues", name, word), reference
    for name, target in file.notify.targets.items():
        yield ("notify", "targets", name, "url"), target.url
    if file.heartbeat is not None:
        yield ("heartbeat", "url"), file.heartbeat.url


def _doors(document: Document, file: DaemonFile) -> Iterator[Finding]:
    address = file.http.bind
    if address != "off" and not is_loopback(address.rpartition(":")[0].strip("[]")):
        yield document.finding(
            ("http", "bind"),
            f"{address} can be reached from other machines, without TLS; "
            "bind 127.0.0.1 and put a reverse proxy in front",
            severity=WARNING,
        )
    if file.http.webhook_bind != "off":
        yield document.finding(
            ("http", "webhook_bind"), "the webhook is not built yet; write off"
        )


def check_daemon(
    document: Document,
    file: DaemonFile,
    tables: Mapping[str, VenueTable],
    environment: Mapping[str, str],
) -> Iterator[Finding]:
    """Check what exitd.yaml says in several places."""
    for name, account in file.venues.items():
        path: Path = ("venues", name)
        if file.mode == "live" and account.key is None:
            yield document.finding(path, "live mode needs 'key' and 'secret'", key=True)
        table = tables.get(account.type)
        window_max = None if table is None else table.request_window_max
        window = account.request_window
        if window is not None and window_max is not None and window > window_max:
            yield document.finding(
                (*path, "request_window"),
                f"{account.type} takes a window of at most {window_max // NS_PER_S}s",
            )
    for path, reference in _references(file):
        place = secret_path(reference, environment)
        complaint = None if place is None else mode_complaint(place)
        if complaint is not None:
            yield document.finding(path, complaint, severity=WARNING)
    yield from _doors(document, file)
    for name in Policies.model_fields:
        sentence = not_built(name, str(getattr(file.policies, name)))
        if sentence is not None:
            yield document.finding(("policies", name), sentence)
    for name, why in NOTHING_YET.items():
        if name in file.policies.model_fields_set:
            yield document.finding(
                ("policies", name), f"'{name}' would do nothing: {why}", key=True
            )


# --- positions -----------------------------------------------------------------


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
    item: Placed, accounts: Mapping[str, str], tables: Mapping[str, VenueTable]
) -> Iterator[Finding]:
    """Check a position against the accounts (name to type) and venue tables."""
    position = item.position
    if position.venue not in accounts:
        yield item.finding(
            (*position.path, "venue"),
            f"venue '{position.venue}' is not set up under venues:"
            f"{did_you_mean(position.venue, accounts)}",
        )
        return
    kind = accounts[position.venue]
    table = tables.get(kind)
    if table is None:
        return
    for exit_ in position.exits:
        words = exit_.wording
        if words.price not in table.prices:
            yield item.finding(
                exit_.level_path,
                f"{kind} streams no {words.price} price; use {', '.join(table.prices)}",
                key=True,
            )
        if words.price == "last_close" and words.candle not in table.candles:
            yield item.finding(
                exit_.level_path,
                f"{kind} streams no {words.candle} candles; "
                f"use {', '.join(table.candles)}",
                key=True,
            )


def _is_under(position: CheckedPosition, stop: Decimal, target: Decimal) -> bool:
    return stop < target if position.side is Side.LONG else stop > target


def _levels_in_order(item: Placed, min_spread: Decimal) -> Iterator[Finding]:
    position = item.position
    stops = [e for e in position.exits if position.is_stop(e)]
    targets = [e for e in position.exits if position.is_target(e)]
    for stop in stops:
        for target in targets:
            place = f"'{target.name}' on line {target.line}"
            if not _is_under(position, stop.level, target.level):
                side = "below" if position.side is Side.LONG else "above"
                yield item.finding(
                    stop.level_path,
                    f"the stop of a {position.side} lies {side} its take-profits, and "
                    f"{text(stop.level)} does not lie {side} {text(target.level)} "
                    f"({place})",
                )
            elif abs(target.level - stop.level) * HUNDRED < min_spread * stop.level:
                yield item.finding(
                    stop.level_path,
                    f"{text(stop.level)} is nearer to {text(target.level)} ({place}) "
                    f"than min_spread, {text(min_spread)}%",
                )


def _same(one: CheckedExit, other: CheckedExit) -> bool:
    return (one.condition, one.level, one.action, one.orders, one.wording) == (
        other.condition,
        other.level,
        other.action,
        other.orders,
        other.wording,
    )


def _doubled(item: Placed) -> Iterator[Finding]:
    exits = item.position.exits
    for index, exit_ in enumerate(exits):
        first = next((other for other in exits[:index] if _same(other, exit_)), None)
        if first is not None:
            yield item.finding(
                exit_.path,
                f"'{exit_.name}' does exactly what '{first.name}' on line {first.line} "
                "does; remove one of them",
                key=True,
            )


def _shares(item: Placed) -> Iterator[Finding]:
    position = item.position
    targets = [
        exit_
        for exit_ in position.exits
        if position.is_target(exit_) and exit_.wording.close.kind is QuantityKind.SHARE
    ]
    total = sum((exit_.wording.close.value for exit_ in targets), Decimal(0))
    if total > HUNDRED:
        last = targets[-1]
        yield item.finding(
            last.path,
            f"the take-profits of '{position.name}' add up to {text(total)}%; the "
            "later ones get what is left: write close: rest for the last",
            severity=WARNING,
            key=True,
        )


def _expired(item: Placed, exit_: CheckedExit, now_ns: int) -> Iterator[Finding]:
    expiry = exit_.expiry
    if isinstance(expiry, Instant) and expiry.ts_ns <= now_ns:
        yield item.finding(
            (*exit_.path, "expires"),
            f"{expiry.written} has passed: this exit does nothing any more; remove it",
            severity=WARNING,
        )


def check_position(
    item: Placed, policies: Policies, now_ns: int | None
) -> Iterator[Finding]:
    """Check the exits of one position against one another."""
    position = item.position
    if position.side is not None:
        if not any(position.is_stop(exit_) for exit_ in position.exits):
            yield item.finding(
                position.path,
                f"'{position.name}' has no stop: nothing closes it when the price goes "
                "the wrong way; add an exit with stop_loss",
                severity=WARNING,
                key=True,
            )
        yield from _levels_in_order(item, policies.min_spread)
        yield from _doubled(item)
        yield from _shares(item)
    if now_ns is not None:
        for exit_ in position.exits:
            yield from _expired(item, exit_, now_ns)


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
