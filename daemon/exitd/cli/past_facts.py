"""What has happened, read through the API: `tail` and `events` show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exitd.client import Client
    from exitd.runtime.views import FactView

LAST = 50
PAGE = 500


def past_facts(
    client: Client,
    since: str | None,
    *,
    trigger: str = "",
    fire: str = "",
    event: str = "",
    by: str = "",
) -> tuple[list[FactView], int]:
    """
    Give what has happened, oldest first, and the number of the newest fact.

    Args:
        since: An age, a date or a time; the last 50 facts when None.
    """
    from exitd.client import calls

    newest = client.ask(calls.facts(limit=1)).last_seq
    if since is None:
        page = client.ask(
            calls.facts(limit=LAST, trigger=trigger, fire=fire, event=event, by=by)
        )
        return list(reversed(page.facts)), max(newest, page.last_seq)
    after = _seq_before(client, newest, since)
    found: list[FactView] = []
    while True:
        page = client.ask(
            calls.facts(
                after=after,
                trigger=trigger,
                fire=fire,
                event=event,
                by=by,
                limit=PAGE,
                oldest_first=True,
            )
        )
        found += page.facts
        if len(page.facts) < PAGE:
            return found, max(newest, page.last_seq, after)
        after = page.last_seq


def _seq_before(client: Client, newest: int, since: str) -> int:
    """Find the number before the first fact since then, by halving."""
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.instants import nanoseconds_of, read_since
    from exitd.client import calls

    ts_from_ns = read_since(since, SystemClock().now_ns())
    low, high = 0, newest
    while low < high:
        middle = (low + high) // 2
        page = client.ask(calls.facts(after=middle, limit=1, oldest_first=True))
        if page.facts and nanoseconds_of(page.facts[0].ts) < ts_from_ns:
            low = page.facts[0].seq
        else:
            high = middle
    return low
