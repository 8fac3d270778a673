"""One look at a host: its name is looked up, and its certificate is checked."""

import socket
import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from exitd.adapters.network.tls import is_loopback, tls_for
from exitd.errors import VenueUnavailable

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
_ENCRYPTED = ("https", "wss")


class Seen(Struct, frozen=True, kw_only=True):
    """What was found; `ends_s` is when its certificate ends, in seconds since 1970.

    It is None without a certificate, and where a program on this machine has one of its
    own, which nobody judges.
    """

    host: str
    addresses: tuple[str, ...]
    is_loopback: bool
    is_encrypted: bool
    ends_s: int | None


def place_of(url: str) -> tuple[str, int, bool]:
    """Give the host and the port of a URL, and whether it is encrypted."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 443)
    return parts.hostname or "", port, parts.scheme in _ENCRYPTED


def look_at(url: str, timeout_s: float) -> Seen:
    """Connect to a host once and read its certificate; nothing is asked of it.

    Raises:
        VenueUnavailable: Its name, the way there or its certificate is not in order.
    """
    host, port, is_encrypted = place_of(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise VenueUnavailable(
            f"its name cannot be looked up ({error.strerror or error})"
        ) from error
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    ends_s = None
    try:
        with socket.create_connection((host, port), timeout_s) as plain:
            if is_encrypted:
                ends_s = _ends_s(plain, host, url)
    except ssl.SSLCertVerificationError as error:
        raise VenueUnavailable(
            f"its certificate is not valid ({error.verify_message})"
        ) from error
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise VenueUnavailable(f"no connection to port {port} ({why})") from error
    return Seen(
        host=host,
        addresses=addresses,
        is_loopback=is_loopback(host),
        is_encrypted=is_encrypted,
        ends_s=ends_s,
    )


def _ends_s(plain: socket.socket, host: str, url: str) -> int | None:
    with tls_for(url).wrap_socket(plain, server_hostname=host) as secured:
        certificate = secured.getpeercert() or {}
    ends = certificate.get("notAfter")
    # The seconds since 1970 of a certificate are whole.
    return round(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None
