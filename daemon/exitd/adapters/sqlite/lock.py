"""One daemon for one state: an advisory lock on a file beside the database."""

import fcntl
import os
from pathlib import Path

from exitd.errors import StoreError, StoreLocked


class StateLock:
    """Held until it is released or the process ends, however it ends.

    The file stays when the lock is released: a second daemon may be about to
    lock it, and two locks on two files of one name exclude nobody.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock for the database at *path*.

        Raises:
            StoreLocked: Another process holds it.
            StoreError: The directory cannot be written.
        """
        self.path = path.with_name(f"{path.name}.lock")
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(path.parent, error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise StoreLocked(
                f"{path} is held by another exitd (process {holder}): stop that one"
                " first, or give this one a state directory of its own."
            ) from None
        except OSError as error:
            os.close(fd)
            raise StoreError(
                f"{self.path} cannot be locked ({error.strerror}): keep the state on"
                " a local file system."
            ) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd: int | None = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def unwritable(directory: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{directory} cannot be written ({error.strerror}): make it writable for the"
        " user that runs exitd, or choose another state directory."
    )
