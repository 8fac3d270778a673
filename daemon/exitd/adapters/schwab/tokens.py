"""The login at Schwab: a refresh token for seven days, kept in a file of its own.

Access tokens live for half an hour and are never written down. The file has mode 0600;
what it holds is as good as the password for as long as it is valid.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError
from exitd.secret import Secret

LOGIN_NS = 7 * 86_400 * NS_PER_S
#: A login that ends within this is told of.
WARN_NS = 86_400 * NS_PER_S


class _Stored(Struct, frozen=True):
    refresh_token: str
    logged_in_ns: int


class Login(Struct, frozen=True):
    """A refresh token and when a person logged in, UTC."""

    refresh_token: Secret
    logged_in_ns: int

    @property
    def ends_ns(self) -> int:
        return self.logged_in_ns + LOGIN_NS


class LoginFile:
    """Where the login of one account is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Login | None:
        """Read the login; None where nobody has logged in yet.

        Raises:
            ConfigurationError: The file cannot be used.
        """
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise ConfigurationError(
                f"{self.path} cannot be read ({exc.strerror}); check its owner and mode"
            ) from exc
        try:
            stored = msgspec.json.decode(raw, type=_Stored)
        except (msgspec.DecodeError, ValueError):
            raise ConfigurationError(
                f"{self.path} holds no login; remove it and log in again"
            ) from None
        return Login(Secret(stored.refresh_token), stored.logged_in_ns)

    def write(self, login: Login) -> None:
        """Keep a login, whole or not at all, for its owner only.

        Raises:
            OSError: It cannot be written.
        """
        stored = _Stored(login.refresh_token.reveal(), login.logged_in_ns)
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(stored))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
