"""What the section `webhook` of exitd.yaml says in several places."""

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from exitd.configuration.addresses import is_loopback
from exitd.configuration.broker_tables import BrokerTable
from exitd.configuration.chain_accounts import SymmioAccount
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.venue_tables import VenueTable
from exitd.configuration.webhook import Network, Route, Webhook, networks_of

#: Known to the format, and gone: it ended on 10 May 2024.
_NEVER_LIVE = frozenset({"td_ameritrade"})
_PORTS_OF_TRADINGVIEW = (80, 443)
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def check_webhook(
    document: Document, file: DaemonFile, tables: Mapping[str, VenueTable]
) -> Iterator[Finding]:
    """Check the listener, and each route against the daemon and its accounts."""
    webhook = file.webhook
    for name, route in webhook.routes.items():
        path: Path = ("webhook", "routes", name)
        yield from _mode(document, path, route, file)
        yield from _accounts(document, path, route, file, tables)
    if webhook.routes:
        yield from _listener(document, webhook, file.http.bind)
        yield from _senders(document, webhook)


def check_route_prices(
    document: Document,
    file: DaemonFile,
    tables: Mapping[str, VenueTable | BrokerTable],
) -> Iterator[Finding]:
    """Refuse a price that exits of alerts cannot watch: an account does not give it."""
    for name, route in file.webhook.routes.items():
        for venue in route.venues:
            account = file.venues.get(venue)
            table = None if account is None else tables.get(account.type)
            if table is not None and route.price not in table.prices:
                yield document.finding(
                    ("webhook", "routes", name, "price"),
                    f"'{venue}' streams no {route.price} price; use "
                    f"{', '.join(table.prices)}",
                )


def _mode(
    document: Document, path: Path, route: Route, file: DaemonFile
) -> Iterator[Finding]:
    if route.mode != "live":
        return
    if file.mode == "paper":
        yield document.finding(
            (*path, "mode"),
            f"route '{path[-1]}' is live, and this daemon runs on paper, where nothing "
            "is sent; write mode: paper here, or mode: live for the daemon",
        )
    for index, name in enumerate(route.venues):
        account = file.venues.get(name)
        if account is not None and account.type in _NEVER_LIVE:
            yield document.finding(
                (*path, "venues", index),
                f"{account.type} takes no orders any more; write mode: paper here, or "
                "name another account",
            )


def _accounts(
    document: Document,
    path: Path,
    route: Route,
    file: DaemonFile,
    tables: Mapping[str, VenueTable],
) -> Iterator[Finding]:
    for index, name in enumerate(route.venues):
        account = file.venues.get(name)
        if account is None:
            yield document.finding(
                (*path, "venues", index),
                f"venue '{name}' is not set up under venues:"
                f"{did_you_mean(name, file.venues)}",
            )
            continue
        table = tables.get(account.type)
        if table is not None and table.prices_only:
            yield document.finding(
                (*path, "venues", index),
                f"'{name}' gives prices only, and nothing is traded there; name an "
                "account that trades",
            )
        if isinstance(account, SymmioAccount) and route.mode == "paper":
            yield document.finding(
                (*path, "venues", index),
                f"quotes on a chain such as those of '{name}' have no paper mode, "
                "because nothing simulates them; write mode: live, or name another "
                "account",
            )
    for written, name in route.account_ids.items():
        if name not in route.venues:
            yield document.finding(
                (*path, "account_ids", written),
                f"'{name}' is not among the venues of this route"
                f"{did_you_mean(name, route.venues)}; add it there",
            )


def _listener(document: Document, webhook: Webhook, http: str) -> Iterator[Finding]:
    bind, path = webhook.bind, ("webhook", "bind")
    if bind == "off":
        yield document.finding(
            path,
            "there are routes, and no alert can come in; write host:port",
            severity=Severity.WARNING,
        )
    elif bind == http and not bind.endswith(":0"):
        yield document.finding(
            path, f"{bind} is that of http.bind already; write another port"
        )
    elif not is_loopback(_host(bind)):
        yield document.finding(
            path,
            f"{bind} can be reached from other machines, without TLS, so that others "
            "may read the auth_key; bind 127.0.0.1 and put a reverse proxy in front",
            severity=Severity.WARNING,
        )
    if webhook.public_url is not None:
        url = urlsplit(webhook.public_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in _PORTS_OF_TRADINGVIEW and not is_loopback(url.hostname or ""):
            yield document.finding(
                ("webhook", "public_url"),
                f"TradingView sends to the ports 80 and 443 only, and never to {port}",
                severity=Severity.WARNING,
            )


def _senders(document: Document, webhook: Webhook) -> Iterator[Finding]:
    """Warn where every sender would look like the proxy in front."""
    if not webhook.allow_ips or not is_loopback(_host(webhook.bind)):
        return
    allowed = [n for text in webhook.allow_ips for n in networks_of(text)]
    trusted = [n for text in webhook.trusted_proxies for n in networks_of(text)]
    if not _meets_loopback(allowed) and not _meets_loopback(trusted):
        yield document.finding(
            ("webhook", "allow_ips"),
            "behind a reverse proxy on this machine every alert comes from 127.0.0.1 "
            "and is refused; write trusted_proxies: [127.0.0.1]",
            severity=Severity.WARNING,
        )


def _meets_loopback(networks: list[Network]) -> bool:
    return any(
        network.version == loopback.version and network.overlaps(loopback)
        for network in networks
        for loopback in _LOOPBACK
    )


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")
