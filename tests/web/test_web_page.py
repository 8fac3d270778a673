"""The page as it is served: its files, its headers, and who may see what."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from api import daemons
from api.daemons import World, started
from exitd.web.assets import STATIC, Assets
from web.looking import Page, shown

LINKED = re.compile(r'(?:href|src)="([^"]+)"')
IMPORTED = re.compile(r'(?:from|import\()\s*"(\./[^"]+)"')


@pytest.fixture
def beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the port count as one that other machines reach."""
    real = daemons.listen_tcp

    def open_to_all(host: str, port: int) -> object:
        listener = real(host, port)
        return type(listener)(listener.socket, is_unix=False, is_loopback=False)

    monkeypatch.setattr(daemons, "listen_tcp", open_to_all)


async def test_given_the_page_when_loaded_then_it_says_whether_it_protects(page: Page):
    async with page.world.tcp() as raw:
        shell = await raw.get("/")

    assert shell.headers["content-type"] == "text/html; charset=utf-8"
    assert ">LIVE</span>" in shell.text
    assert 'data-mode="live"' in shell.text
    assert "{{assets}}" not in shell.text


async def test_given_the_page_when_loaded_then_every_file_it_names_is_there(page: Page):
    async with page.world.tcp() as raw:
        shell = (await raw.get("/")).text
        named = [name for name in LINKED.findall(shell) if name.startswith("/")]
        answers = [await raw.get(name) for name in named]

    assert len(named) > 1
    assert {answer.status_code for answer in answers} == {200}
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)
    assert all(answer.headers["content-encoding"] == "gzip" for answer in answers)


async def test_given_the_page_when_loaded_then_nothing_is_from_elsewhere_or_unsaid(
    page: Page,
):
    async with page.world.tcp() as raw:
        shell = await raw.get("/")

    policy = shell.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    (styles,) = re.findall(r"<style>(.*?)</style>", shell.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", shell.text)
    outside = {name for name in LINKED.findall(shell.text) if "//" in name}
    assert outside == {"https://www.tradingview.com/"}


async def test_given_another_version_when_its_files_are_asked_for_then_404(page: Page):
    async with page.world.tcp() as raw:
        old = await raw.get("/assets/000000000000/main.js")
        out = await raw.get(f"/assets/{Assets().version}/../routes.py")

    assert old.status_code == 404
    assert out.status_code == 404


async def test_given_a_browser_that_takes_no_gzip_when_it_asks_then_the_plain_file(
    page: Page,
):
    async with page.world.tcp() as raw:
        path = f"/assets/{Assets().version}/main.js"
        answer = await raw.get(path, headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.text == (STATIC / "main.js").read_text()


async def test_given_a_door_to_others_when_asked_without_token_then_a_bare_shell(
    tmp_path: Path, beyond: None
):
    async with started(tmp_path) as world, shown(world), world.tcp() as raw:
        shell = await raw.get("/")
        files = await raw.get(f"/assets/{Assets().version}/main.js")
        refused = [await raw.get(path) for path in ("/v1/stream", "/v1/status")]
        changed = await raw.post("/")

    assert shell.status_code == files.status_code == 200
    assert "LIVE" not in shell.text
    assert world.daemon.version not in shell.text
    assert [answer.status_code for answer in refused] == [401, 401]
    assert changed.status_code == 401


async def test_given_a_door_to_other_machines_when_asked_with_a_token_then_the_stream(
    tmp_path: Path, beyond: None
):
    async with started(tmp_path) as world, shown(world):
        made = await world.control.tokens.create("phone", ["read"], daemons.ME)
        assert made.secret is not None
        async with (
            world.tcp(made.secret) as raw,
            raw.stream("GET", "/v1/stream") as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")


async def test_given_another_host_name_when_the_page_is_asked_for_then_refused(
    world: World,
):
    async with shown(world), world.tcp() as raw:
        answer = await raw.get("/", headers={"Host": "evil.example"})

    assert answer.status_code == 421


MODULES = sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_given_a_module_when_read_then_it_is_short_and_asks_nobody_else(path: Path):
    text = path.read_text()

    assert len(text.splitlines()) <= 400
    assert text.startswith("// "), "its first line says what it is for"
    assert [n for n in IMPORTED.findall(text) if not (STATIC / n).exists()] == []
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert not re.search(r"https?://", text)


def test_given_what_is_vendored_then_each_has_its_licence():
    folder = STATIC / "vendor"
    libraries = {path.stem for path in folder.glob("*js")}

    assert libraries == {"lightweight-charts", "uplot"}
    assert {path.stem for path in folder.glob("*.LICENSE")} == libraries
    assert "TradingView" in (folder / "lightweight-charts.NOTICE").read_text()
