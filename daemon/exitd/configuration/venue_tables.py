"""venues/<type>.yaml: what is known of a kind of venue, loaded by its name.

A table of the same name in the configuration's own directory takes the place of
the shipped one.
"""

import functools
from importlib import resources
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import model_validator

from exitd.configuration.addresses import HttpUrl, WebSocketUrl
from exitd.configuration.daemon_file import Account
from exitd.configuration.document import Document
from exitd.configuration.findings import mask_tokens
from exitd.configuration.keys import (
    Boolean,
    CandleWord,
    Count,
    Keys,
    PriceWord,
    described,
)
from exitd.configuration.validation import validate
from exitd.configuration.values import DurationValue
from exitd.configuration.yaml import parse

T = TypeVar("T", bound=Keys)

#: What a table says of accounts, and so not of a venue that gives prices only.
OF_AN_ACCOUNT = (
    "request_window",
    "request_window_max",
    "lag_slack",
    "history_requests_per_minute",
)


class VenueTable(Keys):
    """What is known of a kind of venue; an account may override what it names."""

    url: HttpUrl = described(..., "The REST address.")
    ws_url: WebSocketUrl = described(..., "The stream address.")
    prices_only: Boolean = described(
        False,
        "Whether it only gives prices: no account, no key, no orders. Then nothing is "
        "said of requests that are signed.",
        shown="false",
    )
    request_window: DurationValue | None = described(
        None,
        "How long a signed request is valid, unless the account says otherwise.",
        shown="required with an account",
    )
    request_window_max: DurationValue | None = described(
        None,
        "The longest window that the venue takes.",
        shown="required with an account",
    )
    lag_slack: DurationValue | None = described(
        None,
        "How long after expiry the venue's own records may still change.",
        shown="required with an account",
    )
    requests_per_minute: Count = described(
        ...,
        "Requests of one account in a minute; where the venue weighs them, their "
        "weight.",
    )
    history_requests_per_minute: Count | None = described(
        None,
        "Candle and trade queries of them.",
        shown="required with an account",
    )
    prices: list[PriceWord] = described(..., "The prices that it streams.")
    candles: list[CandleWord] = described(..., "The candles that it streams.")

    @model_validator(mode="after")
    def _has_limits(self) -> "VenueTable":
        for name in OF_AN_ACCOUNT:
            if (getattr(self, name) is None) is not self.prices_only:
                verb = "has no effect with" if self.prices_only else "is needed without"
                raise ValueError(f"'{name}' {verb} prices_only: true")
        return self


class AlpacaTable(VenueTable):
    """What is known of Alpaca: `url` and `ws_url` are those of the live environment."""

    paper_url: HttpUrl = described(..., "The REST address of the paper environment.")
    paper_ws_url: WebSocketUrl = described(
        ..., "The stream of order updates of the paper environment."
    )
    data_url: HttpUrl = described(..., "The REST address of prices.")
    data_ws_url: WebSocketUrl = described(..., "Where the streams of prices are.")


#: The tables that say more than others do, by the type of the venue.
TABLES: dict[str, type[VenueTable]] = {"alpaca": AlpacaTable}


def shipped_directory() -> Path:
    """Give the directory of the configuration that comes with exitd."""
    package = Path(str(resources.files("exitd")))
    installed = package / "share" / "config"
    # A checkout has no share/: its config/ lies beside daemon/.
    return installed if installed.is_dir() else package.parents[1] / "config"


def read_as(raw: bytes, file: str, model: type[T]) -> tuple[T | None, Document]:
    """Read a table of one shape; findings are in the document."""
    document = parse(raw, file)
    document.guard = mask_tokens
    table, found = validate(document, model, sections=frozenset(), depth=1)
    document.findings.extend(found)
    if document.root is None and not document.findings:
        document.findings.append(document.finding((), "the table is empty"))
    return (None if document.findings else table), document


def read_table(
    raw: bytes, file: str, type_name: str
) -> tuple[VenueTable | None, Document]:
    """Read the table of a kind of venue; findings are in the document."""
    return read_as(raw, file, TABLES.get(type_name, VenueTable))


@functools.cache
def shipped_types() -> tuple[str, ...]:
    """Give the kinds of venues that have a table of this shape."""
    return (*TABLES, *get_args(Account.model_fields["type"].annotation))


@functools.cache
def shipped_table(type_name: str) -> VenueTable:
    """Read a table that comes with exitd; a damaged one is a broken installation."""
    path = shipped_directory() / "venues" / f"{type_name}.yaml"
    table, _document = read_table(path.read_bytes(), str(path), type_name)
    assert table is not None, f"{path} is damaged; install exitd again"
    return table
