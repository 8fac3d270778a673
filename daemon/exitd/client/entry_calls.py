"""Requests about entries and alerts, with the types of their answers."""

from urllib.parse import quote

from exitd.client.calls import Call
from exitd.runtime.entry_views import (
    EntriesView,
    EntryChangedView,
    EntryDetailView,
    SignalDetailView,
    SignalsView,
)


def entries(
    *,
    account: str = "",
    symbol: str = "",
    state: str = "",
    everything: bool = False,
    since: str = "",
    until: str = "",
    limit: int = 100,
    after: str = "",
) -> Call[EntriesView]:
    """List entries, newest first; *everything* has those that are over too."""
    return Call(
        method="GET",
        path="/v1/entries",
        answers=EntriesView,
        query=_given(
            {
                "account": account,
                "symbol": symbol,
                "state": state,
                "all": "true" if everything else "",
                "from": since,
                "to": until,
                "limit": str(limit),
                "after": after,
            }
        ),
    )


def entry(id: str) -> Call[EntryDetailView]:
    return Call(method="GET", path=_path("entries", id), answers=EntryDetailView)


def withdraw(id: str) -> Call[EntryChangedView]:
    """Take back what has not filled of an entry."""
    return Call(method="DELETE", path=_path("entries", id), answers=EntryChangedView)


def signals(
    *,
    route: str = "",
    symbol: str = "",
    state: str = "",
    since: str = "",
    until: str = "",
    limit: int = 100,
    after: str = "",
) -> Call[SignalsView]:
    """List alerts, newest first; both times have a zone."""
    return Call(
        method="GET",
        path="/v1/signals",
        answers=SignalsView,
        query=_given(
            {
                "route": route,
                "symbol": symbol,
                "state": state,
                "from": since,
                "to": until,
                "limit": str(limit),
                "after": after,
            }
        ),
    )


def signal(id: str) -> Call[SignalDetailView]:
    return Call(method="GET", path=_path("signals", id), answers=SignalDetailView)


def _path(kind: str, id: str) -> str:
    return f"/v1/{kind}/{quote(id, safe='')}"


def _given(words: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in words.items() if value}
