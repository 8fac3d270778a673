"""Sockets: what HTTP arrives on, and who is at the other end of a unix socket."""

import contextlib
import grp
import ipaddress
import os
import socket
import struct
from pathlib import Path
from typing import Any

from msgspec import Struct

from exitd.adapters.system.users import name_of
from exitd.errors import ConfigurationError

#: Not in the socket module: the supplementary groups of a unix peer (Linux).
_SO_PEERGROUPS = 59
_GROUPS_MAX = 256
_SOCKET_MODE = 0o660
_BACKLOG = 256


class Peer(Struct, frozen=True):
    """Who is at the other end of a unix socket, by the kernel's word."""

    uid: int
    user: str
    is_trusted: bool
    pid: int = 0


class Listener(Struct, frozen=True):
    """A socket to serve. `group` is whose members need no token (unix only).

    `path` and `inode` are the file of a unix socket, as it was bound.
    """

    socket: socket.socket
    is_unix: bool
    is_loopback: bool = True
    group: str = ""
    path: Path | None = None
    inode: int = 0

    def remove(self) -> None:
        """Close the socket and take its file away, if it is still this one's."""
        self.socket.close()
        if self.path is None:
            return
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == self.inode:
                self.path.unlink()


def listen_unix(path: Path, group: str) -> Listener:
    """Bind a unix socket with mode 0660, for *group* where there is such a group.

    A socket file that nobody answers on is one that a crash left, and is replaced.

    Raises:
        ConfigurationError: Something answers there, or it cannot be bound.
    """
    if _is_answered(path):
        raise ConfigurationError(
            f"{path} is served by another daemon; stop it, or set http.socket"
        )
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        # Nobody may connect between the bind and the change of the mode.
        before = os.umask(0o177)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        with contextlib.suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        path.chmod(_SOCKET_MODE)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"the socket {path} cannot be bound ({error.strerror or error}); set "
            "http.socket to a folder that exitd may write to"
        ) from error
    bound.setblocking(False)
    inode = path.stat().st_ino
    return Listener(bound, is_unix=True, group=group, path=path, inode=inode)


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def listen_tcp(host: str, port: int, *, key: str = "http.bind") -> Listener:
    """Bind a TCP port; 0 picks a free one. *key* is where a file says which.

    Raises:
        ConfigurationError: It cannot be bound.
    """
    is_v6 = ":" in host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    # asyncio sends what is written at once only on sockets that name the protocol: an
    # answer in two writes would wait 40 ms for the first to be acknowledged.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"{host}:{port} cannot be bound ({error.strerror or error}); set {key} to "
            "a free port"
        ) from error
    bound.setblocking(False)
    address = ipaddress.ip_address(bound.getsockname()[0])
    return Listener(bound, is_unix=False, is_loopback=address.is_loopback)


def peer_of(connection: Any, group: str) -> Peer:
    """Ask the kernel who has connected, and whether that needs a token."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, uid, gid = struct.unpack("3i", packed)
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_MAX * 4)
        groups = {gid, *struct.unpack(f"{len(raw) // 4}I", raw)}
    except OSError:
        groups = {gid}
    try:
        trusted_group = grp.getgrnam(group).gr_gid
    except KeyError:
        trusted_group = None
    is_trusted = uid in (0, os.getuid()) or trusted_group in groups
    return Peer(uid, name_of(uid), is_trusted, pid)
