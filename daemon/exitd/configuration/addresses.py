"""Where things are served and found: URLs, hosts, addresses, paths."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import PlainValidator, WithJsonSchema


def _read_url(written: object, schemes: tuple[str, str]) -> str:
    """Read a URL of (encrypted, plain) schemes; plain ones on this machine only."""
    text = written if isinstance(written, str) else ""
    encrypted, unencrypted = schemes
    try:
        url = urlsplit(text)
        host, _port = url.hostname or "", url.port
    except ValueError:
        raise ValueError(f"write a URL such as {encrypted}://example.org") from None
    if url.scheme not in schemes or not host:
        raise ValueError(f"write a URL such as {encrypted}://example.org")
    if url.username is not None or url.password is not None:
        raise ValueError("a URL here holds no user or password")
    if url.scheme == unencrypted and not is_loopback(host):
        raise ValueError(
            f"only this machine is spoken to unencrypted; use {encrypted}://"
        )
    if url.query or url.fragment:
        raise ValueError("a URL here has no '?' and no '#'")
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_http_url(written: object) -> str:
    return _read_url(written, ("https", "http"))


def read_websocket_url(written: object) -> str:
    return _read_url(written, ("wss", "ws"))


_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})")


def read_address(written: object) -> str:
    """Read `host:port` or `off`; the port is 0 to 65535, 0 picks a free one."""
    text = written if isinstance(written, str) else ""
    if text == "off":
        return text
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[3]) > 65_535:
        raise ValueError("write a host and a port, such as 127.0.0.1:8787, or off")
    return text


def read_path(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not text.startswith("/") or len(text) > 4_096:
        raise ValueError("write the whole path, from / on")
    return text


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def read_host(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _HOST.fullmatch(text):
        raise ValueError("write a host name without scheme, port or path")
    return text.lower()


def _uri(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "uri", "examples": [example]})


HttpUrl = Annotated[
    str, PlainValidator(read_http_url), _uri("https://api.backpack.exchange")
]
WebSocketUrl = Annotated[
    str, PlainValidator(read_websocket_url), _uri("wss://ws.backpack.exchange")
]
Address = Annotated[
    str,
    PlainValidator(read_address),
    WithJsonSchema({"type": "string", "pattern": r"^(off|.+:[0-9]{1,5})$"}),
]
AbsolutePath = Annotated[
    str,
    PlainValidator(read_path),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]
HostName = Annotated[str, PlainValidator(read_host), WithJsonSchema({"type": "string"})]
