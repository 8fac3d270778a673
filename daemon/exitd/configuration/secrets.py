"""Secrets: named in a file, never written in one.

A reference says where the value is: `{credential: name}` is a file under
`$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`), `{file: path}` any file,
`{env: NAME}` an environment variable. The value is read when it is needed.
"""

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exitd.errors import ConfigurationError
from exitd.secret import Secret

SECRET_BYTES_MAX = 64 * 1024
_HOW = "use {credential: name}, {file: /path} or {env: NAME}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class SecretReference(BaseModel):
    """Where a secret is to be found: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    credential: str | None = Field(
        None,
        description="A file of this name under $CREDENTIALS_DIRECTORY (systemd).",
        examples=["backpack_key"],
    )
    file: str | None = Field(
        None,
        description="A file that holds the secret alone, mode 0600 or 0400.",
        examples=["/etc/exitd/backpack.key"],
    )
    env: str | None = Field(
        None,
        description="The name of an environment variable.",
        examples=["BACKPACK_KEY"],
    )

    @model_validator(mode="before")
    @classmethod
    def _is_reference(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            raise ValueError(f"a secret is never written here; {_HOW}")
        return written

    @model_validator(mode="after")
    def _names_one_place(self) -> "SecretReference":
        places = [p for p in (self.credential, self.file, self.env) if p is not None]
        if len(places) != 1:
            raise ValueError(f"a secret is in exactly one place; {_HOW}")
        if self.file is None and not _NAME.fullmatch(places[0]):
            raise ValueError("the name of a secret has letters, digits, '-', '_', '.'")
        if self.file is not None and not self.file.startswith("/"):
            raise ValueError("write the whole path of a secret's file, from / on")
        return self

    def __str__(self) -> str:
        if self.credential is not None:
            return f"credential {self.credential}"
        return f"file {self.file}" if self.file is not None else f"variable {self.env}"


def secret_path(
    reference: SecretReference, environment: Mapping[str, str]
) -> Path | None:
    """Give the file that a reference means; None when it means no file (here)."""
    if reference.file is not None:
        return Path(reference.file)
    directory = environment.get("CREDENTIALS_DIRECTORY")
    if reference.credential is not None and directory:
        return Path(directory) / reference.credential
    return None


def mode_complaint(path: Path) -> str | None:
    """Say what is wrong with the mode of a secret's file, if it is there."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError):
        return None
    if mode in (0o600, 0o400):
        return None
    return f"{path} has mode {mode:04o}; run chmod 600 on it"


def _read_file(path: Path, reference: SecretReference) -> str:
    try:
        if not path.is_file():
            raise ConfigurationError(f"{reference}: {path} is not there; create it")
        with path.open("rb") as file:
            raw = file.read(SECRET_BYTES_MAX + 1)
        if len(raw) > SECRET_BYTES_MAX:
            raise ConfigurationError(f"{reference}: {path} is too long for a secret")
        return raw.decode()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(
            f"{reference}: {path} cannot be read ({why}); check its owner and mode"
        ) from None


def resolve(reference: SecretReference, environment: Mapping[str, str]) -> Secret:
    """
    Read a secret, without the line break at its end.

    Raises:
        ConfigurationError: It is not there, not readable, or empty.
    """
    if reference.env is not None:
        value = environment.get(reference.env)
        if value is None:
            raise ConfigurationError(f"{reference} is not set; set it, or use a file")
    else:
        path = secret_path(reference, environment)
        if path is None:
            raise ConfigurationError(
                f"{reference}: $CREDENTIALS_DIRECTORY is not set; "
                "start exitd by systemd, or use {file: path}"
            )
        value = _read_file(path, reference)
    value = value.strip()
    if not value:
        raise ConfigurationError(f"{reference} is empty; put the secret into it")
    return Secret(value)
