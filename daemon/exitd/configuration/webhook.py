"""webhook: the routes by which alerts come in, and what each of them may do."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from exitd.configuration.addresses import Address, HttpUrl
from exitd.configuration.keys import Boolean, Count, Keys, PriceWord, described
from exitd.configuration.secrets import SecretReference
from exitd.configuration.values import AmountValue, DurationValue, NameValue
from exitd.core.units import NS_PER_HOUR, NS_PER_S

ActionWord = Literal["open", "close"]
PerMinute = Annotated[StrictInt, Field(ge=1, le=60_000)]


class Size(Keys):
    """How much an alert that names no size trades: one of the two."""

    qty: AmountValue | None = described(None, "Shares, coins or contracts.")
    notional: AmountValue | None = described(None, "An amount of the quote currency.")


class Hours(Keys):
    """When a route acts; alerts at any other time are refused."""

    calendar: NameValue | None = described(
        None,
        "Only in the sessions of this exchange, such as XNYS (needs the extra "
        "`calendars`).",
        shown="none",
    )
    between: str | None = described(
        None, "Only between two times of a day, UTC.", examples=["13:30-20:00"]
    )


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
    symbols: list[str] = described(
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
        None, "How many orders it may send in 24 hours.", shown="none"
    )
    hours: Hours | None = described(None, "When it acts.", shown="always")
    exits: Literal["exitd", "native"] = described(
        "exitd",
        "Who holds the exits of an entry: exitd, as triggers sized to what has filled, "
        "or the broker where it can (a bracket); what it cannot, exitd holds.",
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
        "any more; closes always are.",
        shown="60s",
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
    trusted_proxies: list[str] = described(
        [],
        "Addresses of reverse proxies whose `X-Forwarded-For` is believed.",
        shown="none",
    )
    allow_ips: list[str] = described(
        [],
        "The addresses or networks that may send, or `tradingview` for the ones it "
        "publishes. Behind a proxy only if that is trusted.",
        shown="any",
    )
    routes: dict[NameValue, Route] = described({}, "The routes, by name.", shown="none")
