"""What stands on every answer, so that a browser does nothing with it but show it.

`Strict-Transport-Security` is the proxy's to send, which has the certificate.
"""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders

#: Unless a page says what it is made of.
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": NOTHING_RUNS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)


def protect(headers: MutableHeaders) -> None:
    """Add what is not there yet."""
    for name, value in DEFAULTS.items():
        headers.setdefault(name, value)
