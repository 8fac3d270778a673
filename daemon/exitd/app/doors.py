"""The doors of the daemon: its unix socket and its port, behind one guard."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.api.application import make_app, refuse_open_door
from exitd.api.guard import Door
from exitd.api.limits import RateLimits
from exitd.api.listening import Listener, listen_tcp, listen_unix
from exitd.api.metrics import metrics_routes
from exitd.api.rasa.doors import rasa_doors
from exitd.api.serving import HttpServer
from exitd.configuration.daemon_file import Http
from exitd.configuration.rasa import Rasa
from exitd.metrics.scraping import Scrapes
from exitd.ports.chain import Chain
from exitd.runtime.control import Control
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.daemon import Daemon
from exitd.settings import Settings
from exitd.web.audience import Audience
from exitd.web.routes import page_routes

SOCKET_NAME = "exitd.sock"
_NO_CHAINS: Mapping[str, Chain] = MappingProxyType({})


def socket_path(http: Http, settings: Settings, state: Path) -> Path:
    """Where the socket is: the file, the runtime directory, else the state's."""
    if http.socket is not None:
        return Path(http.socket)
    folder = settings.runtime_directory
    return (folder if folder is not None else state) / SOCKET_NAME


async def open_doors(
    daemon: Daemon,
    control: Control,
    http: Http,
    settings: Settings,
    state: Path,
    chains: Mapping[str, Chain] = _NO_CHAINS,
    *,
    scrapes: Scrapes,
) -> tuple[HttpServer, tuple[Listener, ...]]:
    """Bind the sockets; they are served once `run_until_stopped` runs.

    *chains* are those of the accounts whose positions are quotes, by their names.
    *scrapes* answers /metrics and counts what is asked.

    Raises:
        ConfigurationError: One of them cannot be bound, or must not be.
    """
    path = socket_path(http, settings, state)
    doors = _rasa_doors(control, http.rasa, chains)
    listeners = [listen_unix(path, http.socket_group)]
    try:
        if http.bind != "off":
            host, _, port = http.bind.rpartition(":")
            listeners.append(listen_tcp(host.strip("[]"), int(port)))
            await refuse_open_door(
                control, http.bind, is_loopback=listeners[-1].is_loopback
            )
    except BaseException:
        for listener in listeners:
            listener.remove()
        raise
    audience = Audience(control)
    identifiers = Identifiers(daemon.clock, secrets.token_bytes)
    app = make_app(
        control,
        allowed_hosts=http.allowed_hosts,
        trusted_proxies=http.trusted_proxies,
        rates=RateLimits(
            per_token=http.token_requests_per_minute,
            per_address=http.address_requests_per_minute,
            wrong_tokens=http.wrong_tokens_per_minute,
        ),
        identifiers=identifiers,
        doors=doors,
        routers=(metrics_routes(scrapes.render), page_routes(control, audience)),
        on_answered=scrapes.counts.answered,
    )
    daemon.spawn(audience.keep(), "status page")
    return HttpServer(app, tuple(listeners)), tuple(listeners)


def _rasa_doors(
    control: Control, rasa: Rasa | None, chains: Mapping[str, Chain]
) -> tuple[Door, ...]:
    if rasa is None:
        return ()
    chain = chains.get(rasa.account)
    if chain is None:
        return rasa_doors(control, rasa)
    return rasa_doors(control, rasa, chain=chain, signatures=EthereumSignatures())


def place_of(listener: Listener) -> str:
    """Where a client finds it: the socket's path, or `host:port`."""
    if listener.path is not None:
        return str(listener.path)
    host, port = listener.socket.getsockname()[:2]
    return f"{host}:{port}"
