"""exitd.yaml: how the daemon runs, which accounts it acts for, whom it tells."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from exitd.configuration.addresses import (
    AbsolutePath,
    Address,
    HostName,
    HttpUrl,
    WebSocketUrl,
)
from exitd.configuration.brokers import AlpacaAccount
from exitd.configuration.chain_accounts import SymmioAccount
from exitd.configuration.interactive_brokers import InteractiveBrokersAccount
from exitd.configuration.keys import Count, ExitDefaults, Keys, described
from exitd.configuration.policies import Policies
from exitd.configuration.rasa import Rasa
from exitd.configuration.schwab import SchwabAccount
from exitd.configuration.secrets import SecretReference
from exitd.configuration.telegram import Telegram
from exitd.configuration.values import DurationValue, NameValue
from exitd.configuration.webhook import Proxy, Webhook
from exitd.core.units import NS_PER_S


class Account(Keys):
    """A named account at a venue; positions name it as their `venue`.

    A venue that gives prices only (`type: binance`) takes no key and no secret;
    exits `watch` its markets, and no position is held there.
    """

    type: Literal["backpack", "binance"] = described(
        ..., "The venue's protocol; its table is `venues/<type>.yaml`."
    )
    key: SecretReference | None = described(
        None,
        "The API key. Needed in live mode where positions are held.",
        shown="none",
    )
    secret: SecretReference | None = described(
        None,
        "The secret that signs requests. Needed in live mode where positions are held.",
        shown="none",
    )
    url: HttpUrl | None = described(
        None, "The REST address, with `ws_url` or not at all.", shown="from the table"
    )
    ws_url: WebSocketUrl | None = described(
        None, "The stream address, with `url` or not at all.", shown="from the table"
    )
    request_window: DurationValue | None = described(
        None,
        "How long a signed request is valid, at most what the table allows. An order "
        "nobody answered is in doubt for this long and `lag_slack` more.",
        shown="from the table",
    )
    firing: Literal["strict", "overlapped"] | None = described(
        None,
        "`overlapped`: the first close of an exit leaves while it is being written "
        "down, by an id that was written down when the exit was armed; after a stop "
        "that was not clean, closes wait for `request_window` and `lag_slack` until "
        "the venue has shown what had left. `strict`: each leaves once it is on disk.",
        shown="overlapped",
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
        None, "How many candle and trade queries of them.", shown="from the table"
    )

    @model_validator(mode="after")
    def _pairs(self) -> "Account":
        if (self.key is None) != (self.secret is None):
            raise ValueError("'key' and 'secret' go together; write both or neither")
        if (self.url is None) != (self.ws_url is None):
            raise ValueError(
                "'url' and 'ws_url' go together, or prices and orders would be of "
                "different exchanges; write both or neither"
            )
        return self


AnyAccount = Annotated[
    SymmioAccount | AlpacaAccount | InteractiveBrokersAccount | SchwabAccount | Account,
    Field(discriminator="type"),
]
#: The model of an entry under `venues:`, by its type.
ACCOUNT_MODELS: dict[str, type[Keys]] = {
    "alpaca": AlpacaAccount,
    "backpack": Account,
    "binance": Account,
    "symmio": SymmioAccount,
    "interactive_brokers": InteractiveBrokersAccount,
    "schwab": SchwabAccount,
}


class Http(Keys):
    """The doors of the daemon."""

    socket: AbsolutePath | None = described(
        None,
        "The unix socket; root, the daemon's user and `socket_group` need no token.",
        shown="exitd.sock in $RUNTIME_DIRECTORY or in the state directory",
    )
    socket_group: NameValue = described("exitd", "The group that may use the socket.")
    bind: Address = described(
        "127.0.0.1:8787", "Where HTTP is served, as host:port, or off."
    )
    allowed_hosts: list[HostName] = described(
        [],
        "Names in a Host header that are answered, besides this machine's own "
        "(127.0.0.1, [::1] and localhost).",
        shown="none",
    )
    trusted_proxies: list[Proxy] = described(
        [],
        "Addresses of reverse proxies whose `X-Forwarded-For` is believed: limits go "
        "by it, and the audit log names it.",
        shown="none",
    )
    token_requests_per_minute: Count = described(
        6_000,
        "What one token may send, a quarter of it at once; more is answered with 429. "
        "The unix socket has no such limit.",
    )
    address_requests_per_minute: Count = described(
        3_000, "The same for one address, of requests without a valid token."
    )
    wrong_tokens_per_minute: Count = described(
        10,
        "Wrong tokens from one address; after them none from there is even compared. "
        "From this machine's own, which a proxy shares, a right one still is.",
    )
    rasa: Rasa | None = described(
        None,
        "The Rasa-compatible API for front-ends of SYMMIO; off without this section.",
        shown="none",
    )


Loudness = Literal["on", "silent", "off"]


class AlertEvents(Keys):
    """Which alerts are sent, and whether they make a sound."""

    hit: Loudness = described("on", "A trigger was hit.")
    filled: Loudness = described("on", "A close filled, wholly or in part.")
    trouble: Loudness = described(
        "on", "An order was refused, is in doubt or goes on trying."
    )
    unprotected: Loudness = described("on", "An open position has no live stop.")
    waiting: Loudness = described("on", "A level was already crossed and waits.")
    feed: Loudness = described("silent", "A feed went stale, was lost or recovered.")
    configuration: Loudness = described(
        "on", "A reload was refused or waits for `exitd apply`."
    )
    daemon: Loudness = described("silent", "exitd started, recovered or stopped.")


class Target(Keys):
    """Somebody to tell."""

    url: SecretReference = described(
        ..., "Where the secret is that holds the Apprise URL (ntfy, Telegram, mail, …)."
    )


class Notify(Keys):
    """Whom to tell, of what, and how often."""

    targets: dict[NameValue, Target] = described(
        {}, "Those to tell, by name.", shown="none"
    )
    events: AlertEvents = described(
        AlertEvents(), "Each kind of alert: on, silent or off."
    )
    throttle: DurationValue = described(
        300 * NS_PER_S, "The same alert is not sent again before this.", shown="5m"
    )


class Heartbeat(Keys):
    """A dead man's switch elsewhere: it raises the alarm when exitd falls silent."""

    url: SecretReference = described(
        ..., "Where the secret is that holds the URL to fetch."
    )
    interval: DurationValue = described(
        60 * NS_PER_S, "How often it is fetched while exitd is ready.", shown="60s"
    )


class Log(Keys):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = described(
        "info", "The lowest level that is written."
    )
    format: Literal["auto", "console", "json"] = described(
        "auto", "JSON lines, or for people; auto: for people on a terminal."
    )


class State(Keys):
    """Where the daemon keeps what it must not forget."""

    directory: AbsolutePath | None = described(
        None,
        "The directory of the database; one daemon each. Paper mode keeps a file of "
        "its own in it.",
        shown="$STATE_DIRECTORY, or ~/.local/state/exitd",
    )


class DaemonFile(Keys):
    """exitd.yaml."""

    version: Literal[1] = described(..., "The version of this format.")
    mode: Literal["paper", "live"] = described(
        ...,
        "paper: live prices, a simulated account, nothing is sent, NOTHING IS "
        "PROTECTED. live: exits are sent.",
    )
    venues: dict[NameValue, AnyAccount] = described(
        ..., "The accounts, by the name that positions use."
    )
    state: State = described(State(), "Where the daemon keeps its state.")
    http: Http = described(Http(), "The doors of the daemon.")
    webhook: Webhook = described(
        Webhook(), "Where alerts come in. Without routes nothing is served there."
    )
    notify: Notify = described(Notify(), "Whom to tell.")
    heartbeat: Heartbeat | None = described(
        None, "A URL to fetch while all is well.", shown="none"
    )
    telegram: Telegram | None = described(
        None, "Commands from Telegram chats, for `exitd telegram`.", shown="none"
    )
    log: Log = described(Log(), "Logs.")
    defaults: ExitDefaults = described(
        ExitDefaults(), "For exits that do not say otherwise."
    )
    policies: Policies = described(
        Policies(), "What happens where careful people could disagree."
    )

    @model_validator(mode="after")
    def _has_account(self) -> "DaemonFile":
        if not self.venues:
            raise ValueError("no account is set up; name one under venues:")
        return self
