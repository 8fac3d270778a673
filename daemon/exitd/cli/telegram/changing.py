"""`/pause`, `/resume`, `/cancel` and `/flatten`: each says first what will happen."""

from __future__ import annotations

from exitd.cli import entry_wording
from exitd.cli.entering import is_entry_id
from exitd.cli.failures import CommandFailed
from exitd.cli.holding import armed_words
from exitd.cli.ordering import order_words
from exitd.cli.telegram.asker import Asker
from exitd.cli.telegram.looking import banner_of, terms
from exitd.cli.telegram.markup import Html, bold, code, joined, plain
from exitd.cli.telegram.reply import Reply, words_for
from exitd.client import calls, entry_calls
from exitd.client.calls import Call
from exitd.runtime.flow_views import FlattenView
from exitd.runtime.views import ArmedView, PositionView, TriggerView


async def pause(asker: Asker, words: list[str]) -> Reply:
    (written,) = words_for("/pause ID, as /ls shows it", words, least=1, most=1)
    trigger = await asker.trigger(written)
    if trigger.paused:
        raise CommandFailed(
            f"{trigger.id} is paused already; /resume {trigger.id} lets it watch again"
        )
    return Reply(
        [
            *await _about(asker, f"Pause {trigger.id}?", trigger),
            *await _without(asker, trigger),
        ],
        lambda: _change(asker, trigger, calls.pause(trigger.id)),
    )


async def resume(asker: Asker, words: list[str]) -> Reply:
    (written,) = words_for("/resume ID, as /ls shows it", words, least=1, most=1)
    trigger = await asker.trigger(written)
    if not trigger.paused:
        raise CommandFailed(f"{trigger.id} is not paused; it is {trigger.state}")
    return Reply(
        [
            *await _about(asker, f"Resume {trigger.id}?", trigger),
            plain("A level that was crossed meanwhile fires at the next price."),
        ],
        lambda: _change(asker, trigger, calls.resume(trigger.id)),
    )


async def cancel(asker: Asker, words: list[str]) -> Reply:
    (written,) = words_for("/cancel ID, as /ls shows it", words, least=1, most=1)
    if is_entry_id(written):
        return await _withdraw(asker, written)
    trigger = await asker.trigger(written)
    if trigger.is_done:
        raise CommandFailed(f"{trigger.id} is over: {trigger.state}")
    if trigger.file:
        raise CommandFailed(
            f"{trigger.id} is owned by {trigger.file}; remove it there, or /pause"
            f" {trigger.id}"
        )
    return Reply(
        [
            *await _about(asker, f"Cancel {trigger.id}?", trigger),
            *await _without(asker, trigger),
        ],
        lambda: _change(asker, trigger, calls.cancel(trigger.id)),
    )


async def flatten(asker: Asker, words: list[str]) -> Reply:
    usage = "/flatten SYMBOL, and the account where there are several"
    symbol, *account = words_for(usage, words, least=1, most=2)
    symbol = symbol.upper()
    named = account[0] if account else ""
    would = await asker.ask(calls.flatten(symbol, account=named, dry_run=True))
    notes = [plain(sentence) for sentence in would.notes]
    banner = await banner_of(asker)
    if not would.cancelled_orders:
        none = plain(f"{symbol} has no open orders to cancel.")
        return Reply([banner, none, *(notes if would.spared_orders else ())])
    head = bold(f"Cancel {_orders(len(would.cancelled_orders))} of {symbol}?")
    orders = [plain(order_words(order)) for order in would.cancelled_orders]
    return Reply(
        [banner, head, *notes, *orders],
        lambda: _flatten(asker, symbol, named),
        more="{} more orders",
    )


async def _flatten(asker: Asker, symbol: str, account: str) -> list[Html]:
    done: FlattenView = await asker.ask(calls.flatten(symbol, account=account))
    head = bold(f"Cancelled {_orders(len(done.cancelled_orders))} of {symbol}.")
    left = [
        joined([bold("REMAINS"), plain(order_words(order))])
        for order in done.remaining_orders
    ]
    return [head, *left, *(plain(sentence) for sentence in done.notes)]


def _orders(number: int) -> str:
    return f"{number} open order" if number == 1 else f"{number} open orders"


async def _withdraw(asker: Asker, id: str) -> Reply:
    """Ask whether what has not filled of an entry is to be cancelled at the broker."""
    entry = (await asker.ask(entry_calls.entry(id))).entry
    if entry.is_ended:
        raise CommandFailed(entry_wording.taking_back(entry))

    async def act() -> list[Html]:
        changed = await asker.ask(entry_calls.withdraw(id))
        asks = entry_wording.what_it_asks(changed.entry)
        head = bold(f"{id}: {asks}, {changed.entry.state}")
        return [head, *(plain(sentence) for sentence in changed.notes)]

    asks = plain(entry_wording.what_it_asks(entry))
    would = plain(entry_wording.taking_back(entry))
    head = bold(f"Take back {id}?")
    return Reply([await banner_of(asker), head, asks, would], act)


async def _about(asker: Asker, question: str, trigger: TriggerView) -> list[Html]:
    state = joined([code(trigger.id), plain(f"is {trigger.state}")])
    return [await banner_of(asker), bold(question), state, plain(terms(trigger))]


async def _without(asker: Asker, trigger: TriggerView) -> list[Html]:
    """Say what a position is left with when a stop no longer watches."""
    if not trigger.is_stop:
        return []
    position = await _position_of(asker, trigger)
    if position is None:
        return [plain("It is a stop; no position of it is open now.")]
    name = f"{position.symbol} {position.side} {position.quantity}"
    others = [id for id in position.protected_by if id != trigger.id]
    if not others:
        warned = [bold(f"⚠ {name} will be UNPROTECTED.")]
    else:
        warned = [plain(f"⚠ It is a stop. {name} is left with {', '.join(others)}.")]
    if position.backstop is not None:
        rests = f"The backstop at {position.backstop} still rests at the venue."
        warned.append(plain(rests))
    return warned


async def _position_of(asker: Asker, trigger: TriggerView) -> PositionView | None:
    held = (await asker.ask(calls.positions())).positions
    return next((each for each in held if each.key == trigger.position), None)


async def _change(
    asker: Asker, trigger: TriggerView, call: Call[ArmedView]
) -> list[Html]:
    """Do it, unless the trigger is no longer what the question was about.

    Raises:
        ClientError: The daemon said no, or nobody answers.
        CommandFailed: It has changed meanwhile.
    """
    now = (await asker.ask(calls.show(trigger.id))).trigger
    if _what_counts(now) != _what_counts(trigger):
        raise CommandFailed(
            f"{trigger.id} has changed meanwhile and is {now.state}, so nothing was"
            " done; ask again"
        )
    changed = await asker.ask(call)
    lines = [
        joined([code(each.id), bold(each.state), plain(armed_words(each))])
        for each in changed.triggers
    ]
    lines += [plain(sentence) for sentence in changed.notes]
    if trigger.is_stop:
        position = await _position_of(asker, trigger)
        if position is not None and not position.is_protected:
            why = position.unprotected
            lines.append(bold(f"⚠ {position.symbol} {position.side}: {why}"))
    return lines


def _what_counts(trigger: TriggerView) -> tuple[int, bool, bool, bool]:
    return (trigger.arming, trigger.paused, trigger.is_done, trigger.fire is not None)
