"""Requests for the books and the costs, with the types of their answers."""

from exitd.client.calls import Call
from exitd.runtime.book_views import BooksView, ReconciledView
from exitd.runtime.cost_views import CostsView

#: A year of history is read page by page, within the venue's rate limits.
RECONCILE_TIMEOUT_S = 600.0
COSTS_TIMEOUT_S = 60.0


def books(*, since: str = "", until: str = "") -> Call[BooksView]:
    """List fills and funding; both are times with a zone."""
    query = _between(since, until)
    return Call(method="GET", path="/v1/books", answers=BooksView, query=query)


def differences(*, since: str = "", until: str = "") -> Call[ReconciledView]:
    """Compare the books with the venues' history."""
    return Call(
        method="GET",
        path="/v1/books/differences",
        answers=ReconciledView,
        query=_between(since, until),
        timeout_s=RECONCILE_TIMEOUT_S,
    )


def costs(
    *,
    since: str = "",
    until: str = "",
    route: str = "",
    symbol: str = "",
    strategy: str = "",
    mode: str = "",
) -> Call[CostsView]:
    """Say what orders cost; both are times with a zone, the rest is any if empty."""
    words = {"route": route, "symbol": symbol, "strategy": strategy, "mode": mode}
    return Call(
        method="GET",
        path="/v1/analytics",
        answers=CostsView,
        query={
            **_between(since, until),
            **{name: value for name, value in words.items() if value},
        },
        timeout_s=COSTS_TIMEOUT_S,
    )


def _between(since: str, until: str) -> dict[str, str]:
    given = {"from": since, "to": until}
    return {name: value for name, value in given.items() if value}
