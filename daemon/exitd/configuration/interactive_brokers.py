"""An account at Interactive Brokers, as exitd.yaml names it."""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from exitd.configuration.addresses import HttpUrl, is_loopback
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.stocks import ListedStock
from exitd.configuration.symbols import Symbol
from exitd.configuration.unproven import why_not_live
from exitd.configuration.values import DurationValue

TYPE = "interactive_brokers"

BrokerAccount = Annotated[str, Field(strict=True, pattern=r"^[A-Z]{1,3}[0-9]{4,12}$")]


class InteractiveBrokersAccount(Keys):
    """An account at Interactive Brokers (`type: interactive_brokers`).

    It is reached through the broker's Client Portal gateway on this machine, where a
    person logs in. It was never tried against the broker itself: paper mode only.
    """

    type: Literal["interactive_brokers"] = described(
        ..., "Interactive Brokers; its table is `venues/interactive_brokers.yaml`."
    )
    broker_account: BrokerAccount = described(
        ..., "The broker's own name of the account.", examples=["U1234567"]
    )
    symbols: dict[Symbol, ListedStock] = described(
        {},
        "The stocks that may be traded, by name; those that are held are known anyway.",
        shown="none",
    )
    url: HttpUrl | None = described(
        None, "The gateway's address, with `/v1/api`.", shown="from the table"
    )
    poll: DurationValue | None = described(
        None,
        "How often orders, executions and positions are asked for.",
        shown="from the table",
    )
    requests_per_minute: Count | None = described(
        None, "How many requests the gateway takes in a minute.", shown="from the table"
    )


def check_interactive_brokers(
    document: Document, name: str, account: InteractiveBrokersAccount, mode: str
) -> Iterator[Finding]:
    """Check what is said of an account in several places."""
    path: Path = ("venues", name)
    why = why_not_live(TYPE) if mode == "live" else ""
    if why:
        yield document.finding((*path, "type"), why)
    if account.url is not None:
        url = urlsplit(account.url)
        if not is_loopback(url.hostname or ""):
            yield document.finding(
                (*path, "url"),
                "the gateway has no password of its own: whoever reaches it trades; run"
                " it on this machine",
                severity=Severity.WARNING,
            )
        if not url.path.endswith("/v1/api"):
            yield document.finding(
                (*path, "url"), "write the gateway's address with /v1/api at its end"
            )
