"""A change counts once it has settled, however it was written."""

import asyncio
import ctypes
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from exitd.configuration.loaded import Loaded
from exitd.configuration.sources import directory_digest
from exitd.configuration.watch import changes

DEADLINE_S = 10.0
OLD = "positions: {a: {venue: b, symbol: S, exits: {x: {below: 1, do: notify}}}}\n"
NEW = OLD.replace("below: 1", "below: 2")


class Watcher:
    """Collects digests in a task; `next` waits for one, with a deadline."""

    def __init__(self, directory: Path, look_every_s: float) -> None:
        self.directory = directory
        self.look_every_s = look_every_s
        self.stop = asyncio.Event()
        self.seen: asyncio.Queue[str] = asyncio.Queue()

    async def run(self, known: str) -> None:
        found = changes(
            self.directory,
            known,
            stop=self.stop,
            settle_s=0.05,
            look_every_s=self.look_every_s,
        )
        async with aclosing(found):
            async for digest in found:
                self.seen.put_nowait(digest)

    async def warm_up(self) -> None:
        """Change a file until that is told twice: by then the kernel tells."""
        path = self.directory / "conf.d" / "warm-up.yaml"
        for round_ in range(2):
            attempts = iter(range(1_000))
            told = ""
            while told != directory_digest(self.directory):
                path.write_text(f"# {round_} {next(attempts)}\n")
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        told = await self.seen.get()

    async def next(self) -> str:
        async with asyncio.timeout(DEADLINE_S):
            return await self.seen.get()


@pytest.fixture
def directory(load_files: Callable[..., Loaded], tmp_path: Path) -> Path:
    load_files(OLD)
    return tmp_path


@asynccontextmanager
async def watching(
    directory: Path, known: str | None = None, look_every_s: float = 60
) -> AsyncIterator[Watcher]:
    watcher = Watcher(directory, look_every_s)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watcher.run(known or directory_digest(directory)))
        try:
            yield watcher
        finally:
            watcher.stop.set()


def write_in_place(path: Path) -> None:
    path.write_text(NEW)


def write_and_rename(path: Path) -> None:
    other = path.with_suffix(".tmp")
    other.write_text(NEW)
    other.replace(path)


def write_as_vim_does(path: Path) -> None:
    swap = path.with_name(f".{path.name}.swp")
    swap.write_text("")
    path.rename(f"{path}~")
    path.write_text(NEW)
    os.unlink(f"{path}~")
    swap.unlink()


def write_in_pieces(path: Path) -> None:
    with path.open("w") as file:
        for character in NEW:
            file.write(character)
            file.flush()


def write_by_a_link(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    target.write_text(NEW)
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    "write",
    [
        write_in_place,
        write_and_rename,
        write_as_vim_does,
        write_in_pieces,
        write_by_a_link,
    ],
)
async def test_given_a_change_when_written_any_way_then_told_once_it_has_settled(
    write: Callable[[Path], None], directory: Path
) -> None:
    async with watching(directory) as watcher:
        await watcher.warm_up()
        write(directory / "conf.d" / "p.yaml")

        assert await watcher.next() == directory_digest(directory)
    assert (directory / "conf.d" / "p.yaml").read_text() == NEW


async def test_given_a_change_since_loading_when_started_then_told(
    directory: Path,
) -> None:
    async with watching(directory, known="what was loaded") as watcher:
        assert await watcher.next() == directory_digest(directory)


async def test_given_files_added_and_removed_when_watched_then_each_is_told(
    directory: Path,
) -> None:
    async with watching(directory) as watcher:
        await watcher.warm_up()
        added = directory / "conf.d" / "new.yaml"
        before = directory_digest(directory)
        added.write_text("positions: {}\n")
        assert await watcher.next() != before
        added.unlink()
        assert await watcher.next() == before


async def test_given_a_directory_made_later_when_watched_then_its_files_are_told(
    directory: Path,
) -> None:
    async with watching(directory) as watcher:
        await watcher.warm_up()
        venues = directory / "venues"
        venues.mkdir()
        (venues / "backpack.yaml").write_text("url: https://a.org\n")
        now = directory_digest(directory)

        assert await watcher.next() == now


async def test_given_other_files_and_equal_content_when_watched_then_not_told(
    directory: Path,
) -> None:
    async with watching(directory) as watcher:
        await watcher.warm_up()
        (directory / "notes.txt").write_text("hello")
        (directory / "conf.d" / ".p.yaml.swp").write_text("x")
        (directory / "conf.d" / "p.yaml").write_text(OLD)
        (directory / "conf.d" / "q.yaml").write_text("positions: {}\n")

        assert await watcher.next() == directory_digest(directory)
        assert watcher.seen.empty()


async def test_given_a_stop_when_nothing_changes_then_it_ends(directory: Path) -> None:
    async with asyncio.timeout(DEADLINE_S):
        async with watching(directory) as watcher:
            watcher.stop.set()


async def test_given_a_writer_that_goes_on_when_reading_then_twice_equal_counts(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter(["half", "more", "whole", "whole", "later"])
    monkeypatch.setattr(
        "exitd.configuration.watch.directory_digest", lambda _: next(readings)
    )

    async with watching(directory, known="old") as watcher:
        assert await watcher.next() == "whole"


async def test_given_a_file_system_that_does_not_tell_when_looked_at_then_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = chain(["old"] * 3, repeat("new"))
    monkeypatch.setattr(
        "exitd.configuration.watch.directory_digest", lambda _: next(readings)
    )

    async with watching(directory, known="old", look_every_s=0.05) as watcher:
        assert await watcher.next() == "new"
    assert watcher.seen.empty()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Let this thread, and those that it starts, reach what everybody may reach."""
    if os.geteuid() != 0:
        yield
        return
    set_user = ctypes.CDLL(None).setfsuid
    set_user(65_534)
    try:
        yield
    finally:
        set_user(0)


@contextmanager
def with_keys() -> Iterator[Path]:
    """Give a configuration that anybody may change, with keys beside it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "credentials").mkdir(mode=0o000)
        (folder / "conf.d").mkdir()
        (folder / "conf.d").chmod(0o777)
        yield folder


async def test_given_a_folder_of_keys_that_is_closed_when_watching_then_edits_are_told(
    directory: Path,
):
    """The daemon's user may not enter `credentials`, which lies beside the files."""
    async with watching(directory) as watcher:
        # All that is imported late has been imported by then.
        await watcher.warm_up()
    with with_keys() as folder, as_nobody():
        async with watching(folder) as watcher:
            await watcher.warm_up()
            (folder / "conf.d" / "p.yaml").write_text(NEW)

            assert await watcher.next() == directory_digest(folder)


async def test_given_a_folder_put_in_the_place_of_another_when_watched_then_told(
    directory: Path,
):
    async with watching(directory) as watcher:
        await watcher.warm_up()
        (directory / "conf.d").rename(directory / "conf.d.old")
        (directory / "conf.d").mkdir()
        assert await watcher.next() == directory_digest(directory)
        await watcher.warm_up()
        (directory / "conf.d" / "p.yaml").write_text(NEW)

        assert await watcher.next() == directory_digest(directory)
