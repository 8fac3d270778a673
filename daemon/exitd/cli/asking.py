"""How a command reaches the daemon: where it is, and one question at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from exitd.cli.printing import note
from exitd.core.simulated import is_simulated

if TYPE_CHECKING:
    from exitd.client import Client
    from exitd.client.calls import Call
    from exitd.runtime.views import TriggerView
    from exitd.settings import Settings

T = TypeVar("T")
PAGE = 500

# Where a daemon that somebody started by hand has its socket: beside its state.
HOME_SOCKET = Path(".local/state/exitd/exitd.sock")
PAPER = "PAPER, NOT PROTECTING"


def connect() -> Client:
    """
    Give a client for the daemon that the environment names; close it.

    Raises:
        ConfigurationError: A variable cannot be used.
    """
    from exitd.client import Address, Client
    from exitd.settings import read_settings

    settings = read_settings()
    return Client(
        Address(socket=str(socket_of(settings)), url=settings.url, token=settings.token)
    )


def socket_of(settings: Settings) -> Path:
    """Give the socket that was named, else systemd's, else that of one's own daemon."""
    at_home = Path.home() / HOME_SOCKET
    is_named = "socket" in settings.model_fields_set
    if not is_named and not settings.socket.exists() and at_home.exists():
        return at_home
    return settings.socket


def ask(call: Call[T]) -> T:
    """
    Ask the daemon one thing.

    Raises:
        ClientError: Nobody answers, or the daemon said no.
    """
    with connect() as client:
        return client.ask(call)


def all_triggers(client: Client, **query: str) -> list[TriggerView]:
    """Give every trigger that a search finds, page after page."""
    from exitd.client import calls

    page = client.ask(calls.search(limit=PAGE, **query))
    found = list(page.triggers)
    while page.next is not None:
        page = client.ask(calls.search(limit=PAGE, after=page.next, **query))
        found += page.triggers
    return found


def note_mode(banner: str, accounts: Iterable[str] = ()) -> None:
    """Say so wherever nothing is protected: all of it, or simulated accounts."""
    if banner != "LIVE":
        note(banner)
    for account in sorted(set(filter(is_simulated, accounts))):
        note(f"{account}: {PAPER}")
