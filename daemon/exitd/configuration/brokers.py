"""Accounts at brokers, as exitd.yaml names them."""

from typing import Literal

from msgspec import Struct
from pydantic import model_validator

from exitd.configuration.addresses import HttpUrl, WebSocketUrl
from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.secrets import SecretReference
from exitd.configuration.values import DurationValue

Environment = Literal["paper", "live"]
DataFeed = Literal["iex", "sip"]


class AlpacaAccount(Keys):
    """An account at Alpaca (`type: alpaca`).

    `environment: paper` is Alpaca's own simulated account: orders are sent there, and
    nothing real is traded. It is another thing than `mode: paper` of this file, in
    which nothing is sent at all.
    """

    type: Literal["alpaca"] = described(
        ..., "Alpaca; what is known of it is in `venues/alpaca.yaml`."
    )
    key: SecretReference = described(
        ...,
        "The id of the API key, of this environment. Needed in every mode: prices are "
        "given to those with a key only.",
    )
    secret: SecretReference = described(..., "The secret of the key.")
    environment: Environment = described(
        ...,
        "Whose orders these are: `paper` is Alpaca's simulated account, `live` the "
        "real one. Each has keys of its own.",
    )
    data_feed: DataFeed = described(
        "iex",
        "Whose trades and quotes are the prices of shares: `iex` is free and of one "
        "exchange only, `sip` of all of them and paid for.",
    )
    url: HttpUrl | None = described(
        None,
        "The REST address of orders, with `ws_url` or not at all.",
        shown="from the table",
    )
    ws_url: WebSocketUrl | None = described(
        None,
        "The stream of order updates, with `url` or not at all.",
        shown="from the table",
    )
    data_url: HttpUrl | None = described(
        None,
        "The REST address of prices, with `data_ws_url` or not at all.",
        shown="from the table",
    )
    data_ws_url: WebSocketUrl | None = described(
        None,
        "Where the streams of prices are, with `data_url` or not at all.",
        shown="from the table",
    )
    request_window: DurationValue | None = described(
        None,
        "How long the same order may be sent again while nobody answers. It is in "
        "doubt for this long and `lag_slack` more.",
        shown="from the table",
    )
    lag_slack: DurationValue | None = described(
        None,
        "How much longer the venue's own records may still change.",
        shown="from the table",
    )
    requests_per_minute: Count | None = described(
        None, "How many requests the venue takes in a minute.", shown="from the table"
    )
    history_requests_per_minute: Count | None = described(
        None, "How many queries of orders and fills of them.", shown="from the table"
    )

    @model_validator(mode="after")
    def _pairs(self) -> "AlpacaAccount":
        for one, other, what in (
            ("url", "ws_url", "what is sent and what is told would be of different"),
            ("data_url", "data_ws_url", "prices would be of different"),
        ):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(
                    f"'{one}' and '{other}' go together, or {what} exchanges; write "
                    "both or neither"
                )
        return self


class AlpacaSettings(Struct, frozen=True, kw_only=True):
    """What is of Alpaca alone, with its table applied."""

    environment: Environment
    data_url: str
    data_ws_url: str
    data_feed: DataFeed
