"""Where a request comes from: what is written down of it, counted by, and believed.

A proxy on this machine speaks for others. What comes through one is not of this
machine, whatever its address is, or everybody could read what only this machine may.
"""

from collections.abc import Iterable

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.types import Scope

from exitd.api.listening import Listener, Peer
from exitd.api.senders import Senders, own_place

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
#: What proxies add; no program that speaks for itself sends any of them.
_OF_PROXIES = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class Origin(Struct, frozen=True):
    """The other end of a request.

    Attributes:
        place: In words, for the log: an address, or the user and process at the socket.
        counted_as: What limits count by; who shares it shares its limits.
        is_near: On this machine, by its own names and through no proxy.
        is_shared: Several may be behind it, and one must not lock the others out.
        is_unix: It came by the unix socket.
    """

    place: str
    counted_as: str
    is_near: bool
    is_shared: bool = False
    is_unix: bool = False


class Origins:
    """Says where requests come from; *trusted* proxies are believed whom they name."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._senders = Senders(trusted=trusted, allowed=())

    def of(self, scope: Scope, headers: Headers) -> Origin:
        peer: Peer | None = scope["state"].get("peer")
        if peer is not None:
            place = f"unix socket, uid {peer.uid}, pid {peer.pid}"
            return Origin(place, f"uid {peer.uid}", is_near=True, is_unix=True)
        client = scope.get("client")
        through = f"{client[0]}:{client[1]}" if client else "unknown"
        listener: Listener = scope["state"]["listener"]
        is_direct = not any(name in headers for name in _OF_PROXIES)
        near = listener.is_loopback and is_direct and host_of(headers) in LOCAL_HOSTS
        address = self._senders.address_of(scope, headers)
        if address is None:
            return Origin(through, through.rpartition(":")[0], near, is_shared=True)
        seen = client is not None and str(address) == client[0]
        return Origin(
            place=through if seen else f"{address} through {through}",
            counted_as=str(own_place(address)),
            is_near=near,
            is_shared=address.is_loopback,
        )


def host_of(headers: Headers) -> str:
    """Give the name in the Host header without its port, in lower case."""
    host = headers.get("host", "").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host
