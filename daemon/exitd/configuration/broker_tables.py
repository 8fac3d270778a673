"""venues/<type>.yaml of brokers: what is known of a kind, loaded by its name."""

import functools
from typing import Annotated

from pydantic import Field

from exitd.configuration.addresses import HttpUrl
from exitd.configuration.document import Document
from exitd.configuration.keys import (
    CandleWord,
    Count,
    Keys,
    PriceWord,
    described,
)
from exitd.configuration.values import DurationValue
from exitd.configuration.venue_tables import read_as, shipped_directory

BROKERS = ("interactive_brokers", "schwab")

MessageId = Annotated[str, Field(strict=True, pattern=r"^[a-z][0-9]{1,6}$")]


class BrokerTable(Keys):
    """What is known of a kind of broker; an account may override what it names."""

    url: HttpUrl = described(..., "The REST address.")
    lag_slack: DurationValue = described(
        ..., "How much longer the broker's own records may still change."
    )
    poll: DurationValue = described(
        ..., "How often orders, executions and positions are asked for."
    )
    quotes: DurationValue = described(
        ..., "How often prices are asked for, where they are not streamed."
    )
    requests_per_minute: Count = described(
        ..., "Requests of one account in a minute, those of `poll` and `quotes` apart."
    )
    confirmed: list[MessageId] = described(
        [],
        "The message ids of questions before an order that are answered with yes; "
        "every other is declined, which discards the order.",
        shown="none",
    )
    prices: list[PriceWord] = described(..., "The prices that it gives.")
    candles: list[CandleWord] = described(
        [], "The candles that it gives.", shown="none"
    )

    @property
    def prices_only(self) -> bool:
        """Brokers have accounts."""
        return False


def read_broker_table(raw: bytes, file: str) -> tuple[BrokerTable | None, Document]:
    """Read the table of a broker; findings are in the document."""
    return read_as(raw, file, BrokerTable)


@functools.cache
def shipped_broker(type_name: str) -> BrokerTable:
    """Read a table that comes with exitd; a damaged one is a broken installation."""
    path = shipped_directory() / "venues" / f"{type_name}.yaml"
    table, _document = read_broker_table(path.read_bytes(), str(path))
    assert table is not None, f"{path} is damaged; install exitd again"
    return table
