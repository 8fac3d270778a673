"""The one TLS context: building it costs 15 ms, and nothing may weaken it."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Give the context that every connection shares; certificates are checked."""
    return httpx.create_ssl_context()
