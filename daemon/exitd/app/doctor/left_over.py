"""Orders that `exitd doctor --live` may have left behind when it was killed.

Before an order leaves, its id is written here; when all are cancelled, this is gone.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, fail, ok, unknown


class LeftOver(Struct, frozen=True):
    """The client ids of orders on one market of an account that may rest.

    A request of them may arrive until `expires_venue_ns`.
    """

    account: str
    symbol: str
    client_order_ids: tuple[int, ...]
    expires_venue_ns: int


class Journal:
    """Says on disk what may rest at the venue, before it can."""

    def __init__(self, folder: Path, account: str) -> None:
        self.path = folder / f"doctor-live-{account}.json"

    def read(self) -> LeftOver | None:
        """
        Raises:
            OSError, msgspec.DecodeError: It is there and cannot be read.
        """
        if not self.path.exists():
            return None
        return msgspec.json.decode(self.path.read_bytes(), type=LeftOver)

    def write(self, left: LeftOver) -> None:
        """Keep it, durable when this returns.

        Raises:
            OSError: It could not be written: then nothing may leave.
        """
        new = self.path.with_name(f"{self.path.name}.new")
        new.touch(mode=0o600)
        with new.open("wb") as file:
            file.write(msgspec.json.encode(left))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def left_over(scene: Scene) -> list[Check]:
    """Whether an asking was killed before it had cancelled its orders."""
    found = []
    for account in scene.accounts:
        if account.type != "backpack":
            continue
        journal = Journal(scene.folder, account.name)
        try:
            left = journal.read()
        except (OSError, msgspec.DecodeError) as error:
            text = f"{journal.path} cannot be read ({type(error).__name__})"
            found.append(unknown("left_over", text, "ask again as root", account.name))
            continue
        if left is not None:
            ids = ", ".join(map(str, left.client_order_ids))
            found.append(
                fail(
                    "left_over",
                    f"`--live` was killed; orders {ids} on {left.symbol} may rest",
                    f"`exitd doctor --live --account {account.name}` cancels them",
                    account.name,
                )
            )
    return found or [ok("left_over", "no order of an earlier --live may rest")]
