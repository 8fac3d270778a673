"""Who sends: the address at the other end, or the one that a trusted proxy names.

`X-Forwarded-For` can be written by anybody. Each proxy adds at its end whom it saw, so
the list is read from there, only as far as the proxies are trusted.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from exitd.configuration.webhook import Network, networks_of

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = Address | Network


class Senders:
    """Whose word is taken for an address, and which addresses may send."""

    def __init__(self, *, trusted: Iterable[str], allowed: Iterable[str]) -> None:
        self._trusted = _networks(trusted)
        self._allowed = _networks(allowed)

    def address_of(self, scope: Scope, headers: Headers) -> Address | None:
        """Give the address of the sender; None where nobody can tell."""
        client = scope.get("client")
        address = _read(client[0]) if client else None
        hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
        while address is not None and _is_in(address, self._trusted):
            hop = hops.pop().strip() if hops else ""
            if not hop:
                return address
            address = _read(hop)
        return address

    def may_send(self, address: Address | None) -> bool:
        if not self._allowed:
            return True
        return address is not None and _is_in(address, self._allowed)


def own_place(address: Address) -> Place:
    """Give what one sender has to itself: of IPv6, all addresses of a /64."""
    if address.version == 4:
        return address
    return ipaddress.ip_network((address, 64), strict=False)


def _networks(written: Iterable[str]) -> tuple[Network, ...]:
    return tuple(network for text in written for network in networks_of(text))


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _read(text: str) -> Address | None:
    """Read an address as proxies write it: bare, in brackets, or with its port."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
