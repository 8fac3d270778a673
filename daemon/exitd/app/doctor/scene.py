"""What every check looks at: the files, the state, and the daemon, if one runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from exitd.adapters.system.clock import SystemClock
from exitd.adapters.system.unit_kinds import unit_of
from exitd.app.copies import state_folder, state_name
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.ports.clock import Clock
from exitd.runtime.views import StatusView
from exitd.settings import Settings

#: Where `LoadCredential=` of the shipped unit takes the keys from, beside the files.
CREDENTIALS = "credentials"
_VARIABLE = "CREDENTIALS_DIRECTORY"


class Scene(Struct, frozen=True, kw_only=True):
    """What was found before anything is checked.

    `status` is the running daemon's own answer, and `silence` why there is none.
    """

    settings: Settings
    environment: Mapping[str, str]
    config: Path
    loaded: Loaded
    folder: Path
    socket: Path
    clock: Clock
    status: StatusView | None
    silence: str = ""

    @property
    def state(self) -> Path:
        """The database that a daemon with these files uses."""
        return self.folder / state_name(is_live=self.is_live)

    @property
    def unit(self) -> str:
        """The unit of systemd that a daemon with these files is started by."""
        files = self.config if self.config.is_dir() else self.config.parent
        return unit_of(files, self.folder, self.socket.parent)

    @property
    def is_live(self) -> bool:
        files = self.loaded.settings
        return files is None or files.is_live

    @property
    def accounts(self) -> tuple[AccountSettings, ...]:
        files = self.loaded.settings
        return () if files is None else tuple(files.accounts.values())


def look(
    config: Path,
    settings: Settings,
    *,
    socket: Path,
    status: StatusView | None,
    silence: str = "",
) -> Scene:
    """Read the files, and say where all else is."""
    clock = SystemClock()
    environment = with_credentials(dict(os.environ), config)
    loaded = load(config, environment, now_ns=clock.now_ns())
    return Scene(
        settings=settings,
        environment=environment,
        config=config,
        loaded=loaded,
        folder=state_folder(settings, loaded.settings),
        socket=socket,
        clock=clock,
        status=status,
        silence=silence,
    )


def with_credentials(environment: Mapping[str, str], config: Path) -> dict[str, str]:
    """Say where a shell finds the credentials that systemd gives to the daemon.

    They are beside the files, as in the shipped unit; encrypted ones are with systemd
    alone.
    """
    folder = (config if config.is_dir() else config.parent) / CREDENTIALS
    if environment.get(_VARIABLE) or not _is_dir(folder):
        return dict(environment)
    return {**environment, _VARIABLE: str(folder)}


def _is_dir(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:
        return False
