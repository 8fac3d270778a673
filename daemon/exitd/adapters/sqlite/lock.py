"""One daemon for one state: an advisory lock on a file beside the database."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from exitd.errors import StoreError, StoreLocked


class StateLock:
    """Held until it is released or the process ends, however it ends.

    The file stays when the lock is released: a second daemon may be about to
    lock it, and two locks on two files of one name exclude nobody. It also
    carries the number of the last batch that was durable, which is how a
    database that lost its log, or was replaced by an older one, gives itself
    away.
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
        self._fd = fd
        give_to_owner(self.path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._batch = self._read_mark()
            self.mark(self._batch)
        except BlockingIOError:
            holder = os.pread(fd, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise StoreLocked(
                f"{path} is held by another exitd (process {holder}): stop that one"
                " first, or give this one a state directory of its own."
            ) from None
        except OSError as error:
            os.close(fd)
            raise StoreError(
                f"{self.path} cannot be locked ({error.strerror}): keep the state on"
                " a local file system with room on it."
            ) from error

    @property
    def batch(self) -> int:
        """The last batch known to have been durable; zero when none is."""
        return self._batch

    def mark(self, batch: int) -> None:
        """Note how far the database came, once it did.

        It is not synced: after a power cut the mark may be behind, never ahead.
        """
        self._batch = batch
        # A mark that cannot be written stays behind, and that is all it does.
        with suppress(OSError):
            os.pwrite(self._fd, f"{os.getpid():<19}\n{batch:<19}\n".encode(), 0)

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read_mark(self) -> int:
        text = os.pread(self._fd, 40, 0)[20:].strip()
        return int(text) if text.isdigit() else 0


def give_to_owner(path: Path) -> None:
    """Where root makes a file in the folder of another user, give it to that user.

    A state that root has put back, or its lock, would be closed to the daemon.
    """
    if os.geteuid() != 0:
        return
    folder = path.parent.stat()
    with suppress(OSError):
        os.chown(path, folder.st_uid, folder.st_gid)


def unwritable(directory: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{directory} cannot be written ({error.strerror}): make it writable for the"
        " user that runs exitd, or choose another state directory."
    )
