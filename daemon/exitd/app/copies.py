"""Where the state of a daemon is, for copying it and putting a copy back."""

import os
from pathlib import Path

from exitd.app.files import state_directory
from exitd.configuration.load import load
from exitd.errors import ConfigurationError
from exitd.settings import Settings

LIVE, ON_PAPER = "exitd.db", "exitd-paper.db"


def state_file(config: Path, settings: Settings) -> Path:
    """Give the database that a daemon with these files uses.

    Files that cannot be read do not keep anybody from a copy: then it is looked for
    where the environment says.

    Raises:
        ConfigurationError: Two are there, and the files do not say which is used.
    """
    files = load(config, dict(os.environ)).settings
    folder = state_directory(settings, files)
    if files is not None:
        return folder / state_name(is_live=files.is_live)
    found = [name for name in (LIVE, ON_PAPER) if (folder / name).exists()]
    if len(found) == 2:
        raise ConfigurationError(
            f"{folder} has a live state and one on paper, and the files under {config} "
            "do not say which is used: run `exitd check` and mend them."
        )
    return folder / (found or [LIVE])[0]


def state_name(*, is_live: bool) -> str:
    return LIVE if is_live else ON_PAPER
