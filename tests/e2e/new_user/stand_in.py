"""
A systemctl for a root in which systemd does not run: starts what a unit says.

Put into such a root in the place of the real one. It does what units of this walk
need: drop-ins, the user, folders, credentials, READY=1, and Restart=always, by a
supervisor of its own. What is sandboxed, and what comes at boot, it leaves out. Its
standard library is that of Debian's Python.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PLACES = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
RUN = Path("/run/stand-in")
READY_S = 90.0
FOLDERS = {
    "StateDirectory": ("/var/lib", "STATE_DIRECTORY"),
    "RuntimeDirectory": ("/run", "RUNTIME_DIRECTORY"),
}
Settings = dict[str, list[str]]


def settings_of(unit: str) -> Settings:
    """Read a unit with its drop-ins; an empty value forgets those before it."""
    files = [Path(place) / f"{unit}.service" for place in PLACES]
    found = [path for path in files if path.exists()][:1]
    for place in PLACES:
        found += sorted(Path(place, f"{unit}.service.d").glob("*.conf"))
    settings: Settings = {}
    for path in found:
        for line in path.read_text().replace("\\\n", " ").splitlines():
            name, separator, value = line.partition("=")
            if separator and not line.startswith("#"):
                values = settings.setdefault(name.strip(), [])
                values.append(value.strip()) if value.strip() else values.clear()
    return settings


def last(settings: Settings, name: str, default: str = "") -> str:
    return settings.get(name, [default])[-1]


def environment_of(unit: str, settings: Settings, user: str) -> dict[str, str]:
    """Make the folders and credentials, and say where they are."""
    made = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    for name, (above, variable) in FOLDERS.items():
        for folder in last(settings, name).split():
            path = Path(above, folder)
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(int(last(settings, f"{name}Mode", "0755"), 8))
            shutil.chown(path, user, user)
            made[variable] = str(path)
    keys = Path("/run/credentials", f"{unit}.service")
    for named in settings.get("LoadCredential", []):
        name, _, source = named.partition(":")
        keys.mkdir(parents=True, exist_ok=True)
        (keys / name).unlink(missing_ok=True)
        shutil.copyfile(source, keys / name)
        (keys / name).chmod(0o400)
        shutil.chown(keys / name, user, user)
        made["CREDENTIALS_DIRECTORY"] = str(keys)
    lines = []
    for file in settings.get("EnvironmentFile", []):
        path = Path(file.removeprefix("-"))
        lines += path.read_text().splitlines() if path.exists() else []
    for assignment in (*settings.get("Environment", []), *lines):
        if not assignment.startswith("#"):
            for word in shlex.split(assignment):
                name, _, value = word.partition("=")
                made[name] = value.replace("%S", "/var/lib").replace("%t", "/run")
    return made


def supervise(unit: str) -> None:
    """Run a unit until SIGTERM; started again whenever it ends by itself."""
    settings = settings_of(unit)
    user = last(settings, "User", "root")
    environment = environment_of(unit, settings, user)
    address = RUN / f"{unit}.notify"
    address.unlink(missing_ok=True)
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(address))
    address.chmod(0o666)
    told.settimeout(0.2)
    if last(settings, "Type") == "notify":
        environment["NOTIFY_SOCKET"] = str(address)
    else:
        (RUN / f"{unit}.ready").touch()
    # What a variable without braces holds are several words.
    line = last(settings, "ExecStart")
    for name, value in environment.items():
        line = line.replace(f"${name}", value)
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    with (RUN / f"{unit}.log").open("ab") as log:
        while not stopped:
            process = subprocess.Popen(
                shlex.split(line),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=user,
                group=user,
                extra_groups=os.getgrouplist(user, pwd.getpwnam(user).pw_gid),
                cwd="/",
            )
            while process.poll() is None and not stopped:
                try:
                    if b"READY=1" in told.recv(4096):
                        (RUN / f"{unit}.ready").touch()
                except TimeoutError:
                    continue
            if process.poll() is None:
                process.terminate()
                process.wait()


def running(unit: str) -> int:
    """Give the process of a unit's supervisor; 0 for none."""
    try:
        number = int((RUN / f"{unit}.pid").read_text())
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return 0
    # The first process of the namespace gathers no dead ones.
    return 0 if state == "Z" else number


def start(unit: str) -> int:
    if running(unit):
        return 0
    if "ExecStart" not in settings_of(unit):
        print(f"Unit {unit}.service not found.", file=sys.stderr)
        return 5
    ready = RUN / f"{unit}.ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, __file__, "--supervise", unit], start_new_session=True
    )
    (RUN / f"{unit}.pid").write_text(str(process.pid))
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            return 0
        signal.sigtimedwait([signal.SIGCHLD], 0.05)
    return 1


def stop(unit: str) -> int:
    number = running(unit)
    if number:
        os.kill(number, signal.SIGTERM)
    while running(unit):
        signal.sigtimedwait([signal.SIGUSR1], 0.05)
    return 0


def main(words: list[str]) -> int:
    RUN.mkdir(exist_ok=True)
    names = [word for word in words if not word.startswith("-")]
    units = [name.removesuffix(".service") for name in names[1:] if "*" not in name]
    if words[:1] == ["--supervise"]:
        supervise(words[1])
        return 0
    status = 0
    for unit in units:
        match names[0]:
            case "restart" | "try-restart":
                if running(unit) or names[0] == "restart":
                    status = max(status, stop(unit), start(unit))
            case "start" | "enable" if names[0] == "start" or "--now" in words:
                status = max(status, start(unit))
            case "stop" | "disable" if names[0] == "stop" or "--now" in words:
                status = max(status, stop(unit))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
