"""`schwab login`: a person logs in at the broker, for the week that it lasts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import KEEP
from exitd.cli.printing import note, say
from exitd.cli.tree import add_command, add_group, new_group


def add_to(app: typer.Typer) -> None:
    group = new_group("schwab", "Accounts at Schwab.")
    add_command(group, login)
    add_group(app, group, panel=KEEP)


def login(
    name: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="Its name under `venues:`.")
    ],
    redirect: Annotated[
        str,
        typer.Option(
            "--redirect",
            metavar="URL",
            help="The address that the browser ended at; without it, it is asked for.",
        ),
    ] = "",
) -> int:
    """
    Log in at Schwab: print where, and take the address that the browser ends at.

    The page that the browser ends at does not load, and need not: only its address
    counts, for half a minute. The login lasts seven days, and the daemon uses the new
    one by itself.

    \b
    Examples:
      exitd schwab login schwab
    """
    import asyncio
    import os

    from exitd.adapters.schwab.oauth import code_in, login_url
    from exitd.app.brokers import log_in_at_schwab, login_path
    from exitd.app.files import read_keys, state_directory
    from exitd.configuration.findings import render
    from exitd.configuration.load import load
    from exitd.errors import ConfigurationError, VenueError
    from exitd.settings import read_settings

    environment, settings = dict(os.environ), read_settings()
    loaded = load(settings.config, environment)
    if loaded.settings is None:
        raise ConfigurationError(render(loaded.findings))
    account = loaded.settings.accounts.get(name)
    if account is None or account.schwab is None:
        raise WrongUsage(f"{name} is no account of type: schwab under venues:")
    keys = read_keys([account], environment)[name]
    if not redirect:
        say(login_url(account.url, keys[0], account.schwab.callback))
        note("log in there, and paste the address that the browser ends at:")
        redirect = sys.stdin.readline()
    code = code_in(redirect)
    path = login_path(account, state_directory(settings, loaded.settings))
    try:
        asyncio.run(log_in_at_schwab(account, keys, path, code))
    except VenueError as exc:
        raise CommandFailed(str(exc)) from exc
    except OSError as exc:
        raise CommandFailed(f"{path} cannot be written: {exc.strerror}") from exc
    note(f"logged in for seven days; {path} keeps it")
    return ExitCode.OK
