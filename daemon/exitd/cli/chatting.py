"""`telegram`: commands from chats of Telegram, answered until it is stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from exitd.cli.asking import socket_of
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import RUN, Config
from exitd.cli.running import run_loop
from exitd.cli.tree import add_command
from exitd.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from exitd.client import Address
    from exitd.configuration.daemon_file import DaemonFile
    from exitd.secret import Secret
    from exitd.settings import Settings

#: Where a server that listens on all addresses is reached from its own machine.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


def add_to(app: typer.Typer) -> None:
    add_command(app, telegram, panel=RUN)


def telegram(config: Config = None) -> int:
    """
    Answer commands from Telegram, of the chats under `telegram:`, until Ctrl-C.

    It is a program of its own beside the daemon: status, ls, pause, resume, cancel and
    flatten, each change only after a second yes. What it may do is the scope of the
    token that it shows to the daemon. docs/telegram.md has the way there.

    \b
    Examples:
      exitd token new telegram --scope trade
      exitd telegram --config ./config
    """
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.telegram.service import serve
    from exitd.configuration.secrets import resolve
    from exitd.logs import configure
    from exitd.settings import read_settings

    settings = read_settings()
    file = _read(config or settings.config)
    section = file.telegram
    if section is None:
        raise ConfigurationError(
            "exitd.yaml has no section telegram:, which says whose commands are taken;"
            " docs/telegram.md has one to begin with"
        )
    bot_token = resolve(section.bot_token, os.environ)
    shown = settings.token
    if section.daemon_token is not None:
        shown = resolve(section.daemon_token, os.environ)
    clock = SystemClock()
    with configure(
        format=file.log.format,
        level=file.log.level,
        secrets=[bot_token, *([shown] if shown is not None else [])],
        now_ns=clock.now_ns,
        monotonic_ns=clock.monotonic_ns,
        journal_stream=settings.journal_stream,
        no_color=settings.no_color is not None,
    ):
        address = address_of(file, settings, shown)
        run_loop(serve(bot_token, section.url, section.chats, address, clock))
    return ExitCode.OK


def _read(path: Path) -> DaemonFile:
    """Read exitd.yaml; what is wrong with positions does not concern it.

    Raises:
        ConfigurationError: It cannot be used.
    """
    from exitd.configuration.findings import render
    from exitd.configuration.load import load

    loaded = load(path, os.environ, with_positions=False)
    if loaded.settings is None:
        wrong = [finding for finding in loaded.findings if finding.is_error]
        raise ConfigurationError(render(wrong))
    return loaded.settings.file


def address_of(file: DaemonFile, settings: Settings, token: Secret | None) -> Address:
    """Give where the daemon is: as the environment says, else as its file does.

    With a token that is HTTP, where the token's scope counts: who reaches the socket
    may do everything there.
    """
    from exitd.client import Address

    url = settings.url
    if url is None and token is not None and file.http.bind != "off":
        host, _, port = file.http.bind.rpartition(":")
        url = f"http://{_EVERYWHERE.get(host, host)}:{port}"
    socket = str(socket_of(settings))
    if "socket" not in settings.model_fields_set and file.http.socket is not None:
        socket = file.http.socket
    return Address(socket=socket, url=url, token=token)
