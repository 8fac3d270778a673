"""
What the environment says; everything else is in the configuration files.

exitd's own variables begin with `EXITD_`. The others are what systemd sets for a
service. An empty variable counts as none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from exitd.errors import ConfigurationError
from exitd.secret import Secret


def _as_secret(value: Any) -> Any:
    return Secret(value) if isinstance(value, str) else value


def _first_folder(value: Any) -> Any:
    # systemd separates the folders of a unit that has several with colons.
    return value.partition(":")[0] if isinstance(value, str) else value


Folder = Annotated[Path | None, BeforeValidator(_first_folder)]


class Settings(BaseSettings):
    """Read once, where the program starts, and passed on from there."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        arbitrary_types_allowed=True,
        # A wrong value is quoted by our own message, unless it is a secret.
        hide_input_in_errors=True,
    )

    # The configuration file.
    config: Path = Field(
        default=Path("/etc/exitd/exitd.yaml"), validation_alias="EXITD_CONFIG"
    )
    # The folder of the database; without it, what the configuration says.
    state: Path | None = Field(default=None, validation_alias="EXITD_STATE")
    # Where a command reaches the daemon, such as `http://127.0.0.1:8787`; without it,
    # the socket.
    url: str | None = Field(
        default=None, validation_alias="EXITD_URL", pattern=r"^(https?|unix)://.+"
    )
    socket: Path = Field(
        default=Path("/run/exitd/exitd.sock"), validation_alias="EXITD_SOCKET"
    )
    # What a command shows to a daemon that it reaches over HTTP.
    token: Annotated[Secret | None, BeforeValidator(_as_secret)] = Field(
        default=None, validation_alias="EXITD_TOKEN"
    )

    credentials_directory: Path | None = Field(
        default=None, validation_alias="CREDENTIALS_DIRECTORY"
    )
    state_directory: Folder = Field(default=None, validation_alias="STATE_DIRECTORY")
    runtime_directory: Folder = Field(
        default=None, validation_alias="RUNTIME_DIRECTORY"
    )
    notify_socket: str | None = Field(
        default=None, validation_alias="NOTIFY_SOCKET", pattern="^[/@]"
    )
    watchdog_usec: int | None = Field(
        default=None, validation_alias="WATCHDOG_USEC", gt=0
    )
    watchdog_pid: int | None = Field(
        default=None, validation_alias="WATCHDOG_PID", gt=0
    )
    journal_stream: str | None = Field(default=None, validation_alias="JOURNAL_STREAM")
    # Any value at all means no colours (no-color.org).
    no_color: str | None = Field(default=None, validation_alias="NO_COLOR")

    @property
    def state_folder(self) -> Path | None:
        """What was asked for, else what systemd made for the unit."""
        return self.state if self.state is not None else self.state_directory


def read_settings() -> Settings:
    """
    Raises:
        ConfigurationError: A variable cannot be used; all of them are listed.
    """
    try:
        return Settings()
    except ValidationError as exc:
        raise ConfigurationError(
            f"environment variable {'.'.join(str(part) for part in error['loc'])}"
            f" cannot be used ({error['msg']}); correct it or unset it."
            for error in exc.errors(include_input=False)
        ) from exc
