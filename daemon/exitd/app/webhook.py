"""The webhook of the daemon: its inbox, and the listener that fills it."""

import secrets
from collections.abc import Mapping

from exitd.adapters.system.chance import share
from exitd.api.listening import Listener, listen_tcp
from exitd.api.senders import Senders
from exitd.api.serving import HttpServer
from exitd.api.webhook.door import WebhookDoor
from exitd.api.webhook.routes import OpenRoute, Routes
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.loaded import Settings
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.daemon import Daemon
from exitd.runtime.signals.carrying import Carrier
from exitd.runtime.signals.inbox import Inbox
from exitd.runtime.supervise import backoff
from exitd.secret import Secret

#: The types of accounts that are brokers of the format, by the name that it has.
PLATFORMS = frozenset({"alpaca", "interactive_brokers", "schwab", "td_ameritrade"})


async def load_inbox(daemon: Daemon, files: Settings) -> Inbox:
    """Make the inbox, with what is left to do from before; nothing is done yet."""
    carrier = _carrier_of(daemon, files)
    await carrier.load()
    inbox = Inbox(
        files.file.webhook.routes,
        carry_out=carrier.carry_out,
        store=daemon.store,
        clock=daemon.clock,
        spawn=daemon.spawn,
        tell=daemon.telling.tell,
        submit=daemon.loop.submit,
        waits=lambda: backoff(share),
        entry_state=lambda entry_id: entry_state_of(daemon, entry_id),
    )
    await inbox.load()
    return inbox


def entry_state_of(daemon: Daemon, entry_id: str) -> str:
    """Say what became of an entry so far; empty once it is long over."""
    entry = daemon.loop.engine.state.entries.get(entry_id)
    return "" if entry is None else entry.state.value


def open_webhook(
    daemon: Daemon, file: DaemonFile, keys: Mapping[str, Secret], inbox: Inbox
) -> tuple[HttpServer, Listener] | None:
    """Bind the listener of the webhook; None where there are no routes.

    Raises:
        ConfigurationError: It cannot be bound.
    """
    webhook = file.webhook
    if webhook.bind == "off" or not webhook.routes:
        return None
    routes = {
        name: OpenRoute(
            name,
            route,
            keys[name],
            is_paper=route.mode == "paper" or file.mode == "paper",
            platform=_platform_of(file.venues[route.venues[0]].type),
            monotonic_ns=daemon.clock.monotonic_ns,
        )
        for name, route in webhook.routes.items()
    }
    identifiers = Identifiers(daemon.clock, secrets.token_bytes)
    door = WebhookDoor(
        Routes(routes),
        inbox,
        senders=Senders(trusted=webhook.trusted_proxies, allowed=webhook.allow_ips),
        clock=daemon.clock,
        audit_log=daemon.audit_log,
        tell=daemon.telling.tell,
        make_id=lambda: identifiers.next("req"),
    )
    host, _, port = webhook.bind.rpartition(":")
    listener = listen_tcp(host.strip("[]"), int(port), key="webhook.bind")
    return HttpServer(door, (listener,)), listener


def _platform_of(kind: str) -> str | None:
    return kind if kind in PLATFORMS else None


def _carrier_of(daemon: Daemon, files: Settings) -> Carrier:
    return Carrier(
        loop=daemon.loop,
        store=daemon.store,
        accounts=daemon.accounts,
        routes=files.file.webhook.routes,
        kinds={name: entry.type for name, entry in files.file.venues.items()},
        sessions=lambda: daemon.calendars.source,
        is_live=files.is_live,
    )
