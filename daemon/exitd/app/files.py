"""Which configuration is in force at a start, and the last good one beside it."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from exitd.adapters.system.clock import SystemClock
from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.configuration.loaded import Settings as FileSettings
from exitd.configuration.secrets import resolve
from exitd.configuration.webhook import Webhook
from exitd.errors import ConfigurationError
from exitd.secret import Secret
from exitd.settings import Settings

LAST_GOOD = "last-good"

#: What an account signs with, in the order of `AccountSettings.secrets`.
Keys = tuple[Secret, ...]


def state_directory(settings: Settings, loaded: FileSettings | None) -> Path:
    """Where the state is kept: the environment, then the file, then the home."""
    if settings.state_folder is not None:
        return settings.state_folder
    if loaded is not None and loaded.file.state.directory is not None:
        return Path(loaded.file.state.directory)
    return Path.home() / ".local/state/exitd"


def read_configuration(
    config: Path, settings: Settings, environment: Mapping[str, str]
) -> tuple[Loaded, FileSettings, Loaded | None]:
    """Read the files, or the last good ones where they cannot be used now.

    Returns:
        What is in force, its settings, and what was refused (None if nothing).

    Raises:
        ConfigurationError: The files are wrong and there is no earlier good set.
    """
    loaded = load(config, environment, now_ns=SystemClock().now_ns())
    if loaded.settings is not None:
        return loaded, loaded.settings, None
    kept = state_directory(settings, None) / LAST_GOOD
    if kept.is_dir():
        earlier = load(kept, environment)
        if earlier.settings is not None:
            return earlier, earlier.settings, loaded
    raise ConfigurationError(render(loaded.findings))


def keep_last_good(loaded: Loaded, state: Path) -> None:
    """Copy the files in force beside the state, for a start with broken ones."""
    kept, fresh = state / LAST_GOOD, state / f"{LAST_GOOD}.new"
    if loaded.directory.resolve() == kept.resolve():
        return
    shutil.rmtree(fresh, ignore_errors=True)
    for file in loaded.files:
        target = fresh / file.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_bytes((loaded.directory / file.name).read_bytes())
    shutil.rmtree(kept, ignore_errors=True)
    fresh.rename(kept)


def read_keys(
    accounts: Iterable[AccountSettings], environment: Mapping[str, str]
) -> dict[str, Keys]:
    """Read the secrets of every account that names some.

    Raises:
        ConfigurationError: One of them is not there.
    """
    return {
        account.name: tuple(resolve(one, environment) for one in account.secrets)
        for account in accounts
        if account.secrets
    }


def read_route_keys(
    webhook: Webhook, environment: Mapping[str, str]
) -> dict[str, Secret]:
    """Read the auth_key of every route.

    Raises:
        ConfigurationError: One of them is not there.
    """
    return {
        name: resolve(route.auth_key, environment)
        for name, route in webhook.routes.items()
    }
