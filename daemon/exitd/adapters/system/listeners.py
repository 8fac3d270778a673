"""Who listens on a port of this machine, as /proc tells it; nothing is bound."""

import ipaddress
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

PROC = Path("/proc")
_LISTENS = "0A"


class Holder(Struct, frozen=True):
    """Who holds something; `pid` None where this user may not see it."""

    pid: int | None
    command: str = ""


def holder_of_port(host: str, port: int, proc: Path = PROC) -> Holder | None:
    """Find who listens where *host*:*port* would be bound; None when nobody does."""
    inodes = [
        inode
        for table in ("net/tcp", "net/tcp6")
        for address, inode in _listening(proc / table, port)
        if _meets(address, host)
    ]
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            return Holder(int(process.name), command_of(int(process.name), proc))
    return Holder(None)


def command_of(pid: int, proc: Path = PROC) -> str:
    """Name the program of a process; empty when it is gone."""
    with suppress(OSError):
        return (proc / str(pid) / "comm").read_text(errors="replace").strip()
    return ""


def _listening(table: Path, port: int) -> list[tuple[str, str]]:
    """List the addresses, as text, and the inodes of those that listen on a port."""
    found = []
    with suppress(OSError):
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            address, _, hexadecimal = columns[1].rpartition(":")
            if columns[3] == _LISTENS and int(hexadecimal, 16) == port:
                found.append((_address(address), columns[9]))
    return found


def _address(written: str) -> str:
    """Read an address of /proc/net/tcp: words of 32 bits in the machine's order."""
    words = [written[i : i + 8] for i in range(0, len(written), 8)]
    raw = b"".join(bytes.fromhex(word)[::-1] for word in words)
    return str(ipaddress.ip_address(raw))


def _meets(address: str, host: str) -> bool:
    """Whether listening on an address keeps others from a host."""
    found = ipaddress.ip_address(address)
    if found.is_unspecified or host in ("", "0.0.0.0", "::"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) == found
    return found.is_loopback


def _holds(process: Path, wanted: set[str]) -> bool:
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                if str(link.readlink()) in wanted:
                    return True
    return False
