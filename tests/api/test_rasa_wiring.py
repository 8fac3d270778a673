"""The doors of the daemon with `http.rasa` in its file, and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.daemons import ACCOUNT, World, started
from exitd.app.doors import open_doors
from exitd.configuration.daemon_file import Http
from exitd.configuration.load import load
from exitd.metrics.counts import Counts
from exitd.metrics.scraping import Scrapes
from exitd.runtime.durations import Durations
from exitd.settings import Settings
from fakes.chain import FakeChain
from fakes.exchange import SOL


async def prefixes(world: World, http: Http, **chains: FakeChain) -> set[str]:
    scrapes = Scrapes(world.control, Counts(), Durations())
    server, listeners = await open_doors(
        world.daemon,
        world.control,
        http,
        Settings(),
        world.folder,
        chains,
        scrapes=scrapes,
    )
    for listener in listeners:
        listener.remove()
    return {door.prefix for door in server.config.app._doors}  # type: ignore[union-attr]


async def test_given_no_section_then_no_door(tmp_path: Path):
    async with started(tmp_path) as world:
        http = Http(bind="off", socket=str(tmp_path / "s"))

        assert await prefixes(world, http) == set()


@pytest.mark.parametrize("is_on_chain", [False, True])
async def test_given_the_section_then_its_doors(tmp_path: Path, is_on_chain: bool):
    async with started(tmp_path) as world:
        http = Http(
            bind="off",
            socket=str(tmp_path / "s"),
            rasa={"account": ACCOUNT, "symbols": {SOL: 4}},
        )
        chains = {ACCOUNT: FakeChain(ACCOUNT)} if is_on_chain else {}

        found = await prefixes(world, http, **chains)

        assert {"/api/v4", "/api/v5", "/conditional-order", "/login"} <= found


def test_given_an_account_that_is_not_set_up_then_said_where(tmp_path: Path):
    (tmp_path / "exitd.yaml").write_text(
        "version: 1\nmode: paper\nvenues:\n  backpack: {type: backpack}\n"
        "http:\n  rasa: {account: backpak}\n"
    )

    found = load(tmp_path, {}).findings

    assert [str(f).removeprefix(f"{tmp_path}/") for f in found if f.is_error] == [
        "exitd.yaml:6:19: error: venue 'backpak' is not set up under venues: (did you "
        "mean 'backpack'?)"
    ]
