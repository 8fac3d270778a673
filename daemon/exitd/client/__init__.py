"""
What the commands use to talk to the daemon.

    with Client(Address(socket="/run/exitd/exitd.sock")) as client:
        page = client.ask(calls.search(symbol="SOL_USDC_PERP"))

`calls` describes every request with the type of its answer; `Client` and
`AsyncClient` carry them out. Errors are one sentence with a remedy.
"""

from exitd.client import calls
from exitd.client.address import Address
from exitd.client.connection import AsyncClient, Client
from exitd.client.errors import ClientError, DaemonRefused, DaemonUnreachable

__all__ = [
    "Address",
    "AsyncClient",
    "Client",
    "ClientError",
    "DaemonRefused",
    "DaemonUnreachable",
    "calls",
]
