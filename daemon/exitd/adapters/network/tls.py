"""The TLS contexts: the one that checks certificates, and the one for this machine."""

from __future__ import annotations

import functools
import ipaddress
import ssl
from urllib.parse import urlsplit

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Give the context that every connection shares; certificates are checked.

    It is the one: building it costs 15 ms, and nothing may weaken it.
    """
    return httpx.create_ssl_context()


@functools.cache
def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls_for(url: str) -> ssl.SSLContext:
    """Give the context for an address that may be a program on this machine.

    Such a program signs its certificate itself; what goes there does not leave the
    machine. Every other address is checked.
    """
    return _unchecked() if is_loopback(urlsplit(url).hostname or "") else tls_context()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
