"""Where the daemon is reached: its unix socket, or a URL with a token."""

from msgspec import Struct

from exitd.secret import Secret

_UNIX = "unix://"


class Address(Struct, frozen=True, kw_only=True):
    """A URL wins over the socket; `unix://` URLs name a socket themselves."""

    socket: str = "/run/exitd/exitd.sock"
    url: str | None = None
    token: Secret | None = None

    @property
    def socket_path(self) -> str | None:
        """The unix socket to use, None where the URL is HTTP."""
        if self.url is None:
            return self.socket
        return self.url.removeprefix(_UNIX) if self.url.startswith(_UNIX) else None

    @property
    def base_url(self) -> str:
        if self.socket_path is not None or self.url is None:
            return "http://localhost"
        return self.url.rstrip("/")

    @property
    def is_encrypted(self) -> bool:
        """Whether certificates are needed; loading them takes a command's time."""
        return self.base_url.startswith("https://")

    @property
    def headers(self) -> dict[str, str]:
        if self.token is None:
            return {}
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def __str__(self) -> str:
        return self.socket_path or self.base_url
