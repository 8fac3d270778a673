"""Requests for the books, with the types of their answers."""

from exitd.client.calls import Call
from exitd.runtime.book_views import BooksView, ReconciledView

#: A year of history is read page by page, within the venue's rate limits.
RECONCILE_TIMEOUT_S = 600.0


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


def _between(since: str, until: str) -> dict[str, str]:
    given = {"from": since, "to": until}
    return {name: value for name, value in given.items() if value}
