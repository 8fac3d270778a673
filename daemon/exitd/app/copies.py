"""Where the state of a daemon is, to look at it, copy it and put one back."""

import os
from pathlib import Path

from exitd.app.files import state_directory
from exitd.configuration.load import load
from exitd.configuration.loaded import Settings as FileSettings
from exitd.errors import ConfigurationError
from exitd.settings import Settings

LIVE, ON_PAPER = "exitd.db", "exitd-paper.db"
#: Where the shipped unit keeps it: `StateDirectory=exitd`.
OF_THE_SERVICE = Path("/var/lib/exitd")


def state_file(config: Path, settings: Settings) -> Path:
    """Give the database that a daemon with these files uses.

    Files that cannot be read do not keep anybody from a copy: then it is looked for
    where the environment says.

    Raises:
        ConfigurationError: Two are there, and the files do not say which is used.
    """
    files = load(config, dict(os.environ)).settings
    folder = state_folder(settings, files)
    if files is not None:
        return folder / state_name(is_live=files.is_live)
    found = [name for name in (LIVE, ON_PAPER) if (folder / name).exists()]
    if len(found) == 2:
        raise ConfigurationError(
            f"{folder} has a live state and one on paper, and the files under {config} "
            "do not say which is used: run `exitd check` and mend them."
        )
    return folder / (found or [LIVE])[0]


def state_folder(
    settings: Settings,
    files: FileSettings | None,
    of_the_service: Path = OF_THE_SERVICE,
) -> Path:
    """Give the folder of the state to a shell, which knows nothing of a unit.

    Where nobody has named one, it is that of the service, if there is one; else that of
    a daemon that was started by hand.
    """
    folder = state_directory(settings, files)
    is_named = settings.state_folder is not None or (
        files is not None and files.file.state.directory is not None
    )
    is_by_hand = any((folder / name).exists() for name in (LIVE, ON_PAPER))
    if is_named or is_by_hand or not of_the_service.is_dir():
        return folder
    return of_the_service


def state_name(*, is_live: bool) -> str:
    return LIVE if is_live else ON_PAPER
