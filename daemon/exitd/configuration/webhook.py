"""webhook: the routes by which alerts come in, and what each of them may do."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import (
    Field,
    PlainValidator,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from exitd.configuration.addresses import Address, HttpUrl
from exitd.configuration.calendars import CALENDARS, read_calendar
from exitd.configuration.keys import Boolean, Count, Keys, PriceWord, described
from exitd.configuration.secrets import SecretReference
from exitd.configuration.values import AmountValue, DurationValue, NameValue
from exitd.core.units import NS_PER_HOUR, NS_PER_S

ActionWord = Literal["open", "close"]
PerMinute = Annotated[StrictInt, Field(ge=1, le=60_000)]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Where TradingView says that it sends alerts from.
TRADINGVIEW = ("52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7")
TRADINGVIEW_WORD = "tradingview"

_BETWEEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/^-]{0,39}")


def minutes_between(text: str) -> tuple[int, int]:
    """Read two times of a day, as minutes since midnight; the second may be earlier.

    Raises:
        ValueError: They are not written as 13:30-20:00, or are the same.
    """
    found = _BETWEEN.fullmatch(text)
    if found is None:
        raise ValueError("write two times of a day, UTC, such as 13:30-20:00")
    opens, closes = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    if opens == closes:
        raise ValueError("the two times are the same; leave out 'between' for always")
    return opens, closes


def read_between(written: object) -> str:
    text = written if isinstance(written, str) else ""
    minutes_between(text)
    return text


def networks_of(text: str) -> tuple[Network, ...]:
    """Read an address, a network, or the word for those of TradingView.

    Raises:
        ValueError: It is none of them.
    """
    if text == TRADINGVIEW_WORD:
        return tuple(ipaddress.ip_network(address) for address in TRADINGVIEW)
    try:
        return (ipaddress.ip_network(text),)
    except ValueError:
        raise ValueError(
            "write an address or a network, such as 203.0.113.7 or 203.0.113.0/24"
        ) from None


def read_proxy(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if text == TRADINGVIEW_WORD:
        raise ValueError("TradingView is no proxy of yours; it belongs in allow_ips")
    networks_of(text)
    return text


def read_sender(written: object) -> str:
    text = written if isinstance(written, str) else ""
    try:
        networks_of(text)
    except ValueError as error:
        raise ValueError(f"{error}, or tradingview") from None
    return text


def read_ticker(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _TICKER.fullmatch(text):
        raise ValueError("write a ticker such as AAPL, BRK.B or BTC/USD")
    return text.upper()


Between = Annotated[
    str,
    PlainValidator(read_between),
    WithJsonSchema({"type": "string", "examples": ["13:30-20:00"]}),
]
Calendar = Annotated[
    str, PlainValidator(read_calendar), WithJsonSchema({"enum": list(CALENDARS)})
]
Proxy = Annotated[str, PlainValidator(read_proxy), WithJsonSchema({"type": "string"})]
Sender = Annotated[str, PlainValidator(read_sender), WithJsonSchema({"type": "string"})]
Ticker = Annotated[str, PlainValidator(read_ticker), WithJsonSchema({"type": "string"})]


class Size(Keys):
    """How much an alert that names no size trades: one of the two."""

    qty: AmountValue | None = described(None, "Shares, coins or contracts.")
    notional: AmountValue | None = described(None, "An amount of the quote currency.")

    @model_validator(mode="after")
    def _is_one(self) -> "Size":
        if (self.qty is None) == (self.notional is None):
            raise ValueError("a size is either 'qty' or 'notional'; write one of them")
        return self


class Hours(Keys):
    """When a route acts; alerts at any other time are refused."""

    calendar: Calendar | None = described(
        None,
        "Only in the sessions of this exchange, such as XNYS (needs the extra "
        "`calendars`).",
        shown="none",
    )
    between: Between | None = described(
        None,
        "Only between two times of a day, UTC, such as 13:30-20:00; past midnight "
        "where the second is earlier.",
        shown="none",
        examples=["13:30-20:00"],
    )

    @model_validator(mode="after")
    def _says_when(self) -> "Hours":
        if self.calendar is None and self.between is None:
            raise ValueError("say when: 'calendar', 'between', or both")
        return self


class Route(Keys):
    """One place where alerts come in: /webhook/<name of the route>."""

    auth_key: SecretReference = described(
        ...,
        "Where the secret is that a body must repeat as its `auth_key`.",
    )
    mode: Literal["paper", "live"] = described(
        ...,
        "paper: a simulated account, also in a live daemon. live: real orders; refused "
        "in a paper daemon.",
    )
    venues: list[NameValue] = described(
        ...,
        "The accounts under `venues:` that it may trade on. The first is used unless "
        "the alert names another by `accountId` or `metadata.brokerPlatform`.",
    )
    account_ids: dict[str, NameValue] = described(
        {},
        "Which of these accounts an `accountId` means; an account's own name always "
        "means it.",
        shown="none",
    )
    allow: list[ActionWord] = described(
        ["close"],
        "What alerts may do: close positions, or open them too.",
        shown="[close]",
    )
    symbols: list[Ticker] = described(
        [], "The tickers that it takes; without it, any.", shown="any"
    )
    asset_class: Literal["equity", "option", "crypto"] | None = described(
        None,
        "What its tickers are; else it is read from each of them.",
        shown="read from the ticker",
    )
    size: Size | None = described(
        None,
        "For alerts that name no size. Without it they are refused when they open.",
        shown="none",
    )
    max_qty: AmountValue | None = described(
        None, "The most that one alert may trade, in units.", shown="none"
    )
    max_notional: AmountValue | None = described(
        None,
        "The most that one alert may open, in the quote currency, at the price that is "
        "known.",
        shown="none",
    )
    orders_per_day: Count | None = described(
        None,
        "How many orders it may send in 24 hours; closes count, and are never refused "
        "by it.",
        shown="none",
    )
    hours: Hours | None = described(None, "When it acts.", shown="always")
    exits: Literal["exitd", "native"] = described(
        "exitd",
        "Who holds the exits of an entry: exitd, as triggers sized to what has filled, "
        "or the broker where it can (a bracket); what it cannot, exitd holds.",
    )
    trailing_exit: Boolean = described(
        False,
        "Guard an entry of another type that names `trailPercent` or `trailPrice` by a "
        "trailing stop of that distance, which exitd holds, as no broker attaches one. "
        "Without it they are left out.",
    )
    price: PriceWord = described(
        "last", "Which price those exits watch, where exitd holds them."
    )
    max_age: DurationValue | None = described(
        None,
        "Refuse alerts older than this. The body must carry `{{timenow}}` in "
        "`metadata.timestamp`: the time of a bar can be hours old.",
        shown="none",
    )
    entry_age: DurationValue = described(
        60 * NS_PER_S,
        "An entry that could not be sent this long after its alert came in is not sent "
        "any more.",
        shown="60s",
    )
    close_age: DurationValue = described(
        NS_PER_HOUR,
        "A close that could not be begun this long after its alert came in is refused, "
        "and somebody is told.",
        shown="1h",
    )
    duplicate_window: DurationValue = described(
        20 * NS_PER_S,
        "The same body without `clientOrderId` within this time is a repetition.",
        shown="20s",
    )
    duplicate_horizon: DurationValue = described(
        24 * NS_PER_HOUR,
        "The same `clientOrderId` within this time is a repetition.",
        shown="24h",
    )
    requests_per_minute: PerMinute = described(
        600, "More than these are answered with 429."
    )
    relaxed_stop_limit: Boolean = described(
        False,
        "Take a stop-limit order whose two prices are equal, as brokers do.",
    )

    @model_validator(mode="after")
    def _names_something(self) -> "Route":
        if not self.venues:
            raise ValueError("'venues' names no account; write at least one")
        if not self.allow:
            raise ValueError("'allow' allows nothing; write [close] or [open, close]")
        return self


class Webhook(Keys):
    """The universal webhook: a listener of its own, and its routes."""

    bind: Address = described(
        "127.0.0.1:8788",
        "Where alerts come in, as host:port, or off; nothing else is served there.",
    )
    public_url: HttpUrl | None = described(
        None,
        "What senders reach it by; `exitd webhook url` prints it. TradingView sends to "
        "ports 80 and 443 only.",
        shown="none",
    )
    trusted_proxies: list[Proxy] = described(
        [],
        "Addresses of reverse proxies whose `X-Forwarded-For` is believed.",
        shown="none",
    )
    allow_ips: list[Sender] = described(
        [],
        "The addresses or networks that may send, or `tradingview` for the ones it "
        "publishes. Behind a proxy only if that is trusted.",
        shown="any",
    )
    routes: dict[NameValue, Route] = described({}, "The routes, by name.", shown="none")

    @property
    def paper_venues(self) -> frozenset[str]:
        """The accounts beside which a live daemon simulates one."""
        on_paper = [route for route in self.routes.values() if route.mode == "paper"]
        return frozenset(name for route in on_paper for name in route.venues)
