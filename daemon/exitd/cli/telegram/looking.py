"""`/status` and `/ls`: they only look."""

from __future__ import annotations

from decimal import Decimal

from exitd.cli import wording
from exitd.cli.asking import PAGE
from exitd.cli.looking import status_lines
from exitd.cli.telegram.asker import Asker
from exitd.cli.telegram.markup import Html, bold, code, joined, plain
from exitd.cli.telegram.reply import Reply, words_for
from exitd.client import calls
from exitd.core.units import INFINITY
from exitd.runtime.views import TriggerView


async def status(asker: Asker, words: list[str]) -> Reply:
    words_for("/status", words, least=0, most=0)
    found = await asker.ask(calls.status())
    lines = status_lines(found)
    return Reply([joined([bold(head), plain(text)]) for head, text in lines])


async def ls(asker: Asker, words: list[str]) -> Reply:
    """List triggers, the nearest to its level first; a word picks some of them."""
    words_for("/ls or /ls SYMBOL", words, least=0, most=1)
    banner = await banner_of(asker)
    if words:
        return await _of_one(asker, banner, words[0])
    near = await asker.ask(calls.nearest(limit=PAGE))
    if not near.triggers:
        return Reply([banner, plain("no active triggers")])
    farther = f", and {near.more:,} that are farther away" if near.more else ""
    left_out = f"{{}} more{farther}; /ls SYMBOL lists those of one market"
    return Reply([banner, *map(entry, near.triggers)], more=left_out)


async def _of_one(asker: Asker, banner: Html, word: str) -> Reply:
    """List those that a word means, the nearest first."""
    active, are_all = await asker.active_triggers()
    found = [each for each in active if _is_meant(each, word)]
    if not found:
        return Reply([banner, plain(f"no trigger of {word} is active")])
    parts = [banner, *map(entry, sorted(found, key=_distance))]
    if not are_all:
        parts.insert(1, plain(f"of the first {len(active)}, sorted by name:"))
    return Reply(parts, more="{} more")


def _distance(trigger: TriggerView) -> tuple[Decimal, str]:
    """Sort by how far the price has to go; what has no distance comes last."""
    away = trigger.distance_percent
    return (Decimal(away) if away is not None else INFINITY), trigger.id


async def banner_of(asker: Asker) -> Html:
    """Say whether anything is protected at all."""
    return bold((await asker.ask(calls.status())).banner)


def _is_meant(trigger: TriggerView, word: str) -> bool:
    """Whether a word, in small letters or large, is a part of market or name."""
    return word.casefold() in f"{trigger.symbol} {trigger.id}".casefold()


def entry(trigger: TriggerView) -> Html:
    """Write a trigger on two lines; a tap on the first copies its id."""
    head = joined([code(trigger.id), plain(wording.shown_state(trigger))])
    return joined([head, plain(terms(trigger))], "\n")


def terms(trigger: TriggerView) -> str:
    """Say of which market it is, at what level it does what, how far that is."""
    market = " ".join(filter(None, (trigger.symbol, trigger.side)))
    level = wording.level_or_time(trigger)
    what = wording.kind_as_asked(trigger)
    if level != wording.DASH:
        what += f" {level}"
    away = f", {trigger.distance_percent}% away" if trigger.distance_percent else ""
    return f"{market}: {what}{away}, {wording.what_it_does(trigger)}"
