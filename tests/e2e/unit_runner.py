"""
Runs one systemd unit where systemd is not PID 1: as much of it as the walk needs.

It starts ExecStart with the environment of the unit, listens on NOTIFY_SOCKET, starts
the daemon again when it dies, and answers what `systemctl` and `journalctl` are asked.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

DEADLINE_S = 90.0
WATCHDOG_USEC = "10000000"


class UnitRunner:
    """
    One service below a directory that stands for the root of the machine.

    Args:
        root: Every absolute path of the unit is taken below it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._journal = root / "journal"
        self._process: subprocess.Popen[bytes] | None = None
        self._is_wanted = False
        self._changed = threading.Condition()
        self._ready = 0
        self._pings = 0
        self._address = root / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._address))
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def pings(self) -> int:
        """How often the daemon has fed its watchdog."""
        return self._pings

    def _below(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def _settings(self) -> dict[str, list[str]]:
        unit = self._below("/etc/systemd/system/exitd.service").read_text()
        found: dict[str, list[str]] = {}
        for line in unit.splitlines():
            name, separator, value = line.partition("=")
            if separator and not line.startswith("#"):
                found.setdefault(name, []).append(value)
        return found

    def _environment(self, settings: dict[str, list[str]]) -> dict[str, str]:
        state, runtime = self._below("/var/lib/exitd"), self._below("/run/exitd")
        credentials = self._below("/run/credentials/exitd.service")
        for folder in (state, runtime, credentials):
            folder.mkdir(parents=True, exist_ok=True)
        for credential in settings.get("LoadCredential", []):
            name, _, source = credential.partition(":")
            shutil.copy(self._below(source), credentials / name)
        own = dict(
            assignment.partition("=")[::2]
            for assignment in settings.get("Environment", [])
        )
        folders = {"%S": str(state.parent), "%t": str(runtime.parent)}
        for name, value in own.items():
            for specifier, folder in folders.items():
                own[name] = own[name].replace(specifier, folder)
            del value
        return {
            "PATH": os.environ["PATH"],
            **own,
            "STATE_DIRECTORY": str(state),
            "RUNTIME_DIRECTORY": str(runtime),
            "CREDENTIALS_DIRECTORY": str(credentials),
            "NOTIFY_SOCKET": str(self._address),
            "WATCHDOG_USEC": WATCHDOG_USEC,
        }

    def _launch(self) -> None:
        settings = self._settings()
        words = shlex.split(settings["ExecStart"][-1])
        command = [str(self._below(w)) if w.startswith("/") else w for w in words]
        with self._journal.open("ab") as journal:
            self._process = subprocess.Popen(
                command,
                env=self._environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
            )
        keeper = threading.Thread(target=self._keep, args=(self._process,))
        self._threads.append(keeper)
        keeper.start()

    def _keep(self, process: subprocess.Popen[bytes]) -> None:
        """Restart=always."""
        process.wait()
        with self._changed:
            if self._is_wanted and self._process is process:
                self._launch()

    def _listen(self) -> None:
        while True:
            message = self._socket.recv(4096).decode()
            with self._changed:
                self._ready += "READY=1" in message
                self._pings += "WATCHDOG=1" in message
                self._changed.notify_all()
            if message == "END":
                return

    def systemctl(self, words: list[str]) -> tuple[int, str]:
        """Do what systemctl would; returns its exit status and what it prints."""
        verbs = [word for word in words if not word.startswith("-")]
        match verbs[0]:
            case "daemon-reload":
                return 0, ""
            case "enable" | "start":
                return self._start()
            case "disable" | "stop":
                self.stop()
                return 0, ""
            case "reload":
                return self._signal(signal.SIGHUP)
            case "kill":
                return self._signal(signal.SIGKILL)
            case verb:
                return 1, f"the walk's systemctl knows no {verb}\n"

    def _start(self) -> tuple[int, str]:
        with self._changed:
            before = self._ready
            self._is_wanted = True
            self._launch()
            # Type=notify: the start is over when the daemon says so.
            if not self._changed.wait_for(lambda: self._ready > before, DEADLINE_S):
                return 1, f"no READY=1:\n{self._journal.read_text()}"
        return 0, ""

    def _signal(self, number: signal.Signals) -> tuple[int, str]:
        if self._process is None:
            return 1, "the service does not run\n"
        self._process.send_signal(number)
        return 0, ""

    def stop(self) -> None:
        with self._changed:
            self._is_wanted = False
            process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait(DEADLINE_S)

    def close(self) -> None:
        self.stop()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", str(self._address))
        for thread in self._threads:
            thread.join(DEADLINE_S)
        self._socket.close()
