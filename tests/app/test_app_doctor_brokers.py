"""What `doctor` says of a broker's session, and of a login that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.test_app_brokers import IB, SCHWAB
from exitd.adapters.schwab.tokens import Login, LoginFile
from exitd.adapters.system.clock import SystemClock
from exitd.app.doctor import venues
from exitd.app.doctor.scene import Scene, look
from exitd.app.doctor.verdict import Check
from exitd.core.units import NS_PER_HOUR
from exitd.secret import Secret
from exitd.settings import Settings
from fakes.interactive_brokers.door import Gateway, serving
from fakes.schwab.door import KEY, SECRET


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXITD_STATE", str(tmp_path))
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("SECRET", SECRET)
    return tmp_path


def scene_of(folder: Path, text: str, url: str) -> Scene:
    (folder / "exitd.yaml").write_text(text.format(url=url, mode="paper"))
    socket = folder / "nobody.sock"
    return look(folder / "exitd.yaml", Settings(), socket=socket, status=None)


async def key_of(scene: Scene) -> Check:
    (account,) = scene.accounts
    (check,) = await venues.keys(scene, account)
    return check


def logged_in(folder: Path, ago_ns: int) -> Scene:
    login = Login(Secret("a-token"), SystemClock().now_ns() - ago_ns)
    LoginFile(folder / "schwab-schwab.json").write(login)
    return scene_of(folder, SCHWAB, "http://127.0.0.1:9")


async def test_given_a_session_at_the_gateway_then_it_is_seen_and_so_is_its_end(
    state: Path,
):
    async with serving(Gateway()) as gateway:
        scene = scene_of(state, IB, gateway.url)
        assert (
            await key_of(scene)
        ).text == "the gateway has a session, 0 positions seen"

        gateway.is_authenticated = False

        ended = await key_of(scene)
    assert ended.verdict == "fail"
    assert ended.remedy == "log in at the gateway's own page"


async def test_given_nobody_logged_in_at_schwab_then_it_fails(state: Path):
    found = await key_of(scene_of(state, SCHWAB, "http://127.0.0.1:9"))

    assert (found.verdict, found.text) == ("fail", "nobody has logged in")
    assert found.remedy == "exitd schwab login schwab"


@pytest.mark.parametrize(
    ("hours", "verdict", "text"),
    [
        (1, "ok", "a login for 166 hours more"),
        (6 * 24 + 1, "warn", "a login for 22 hours more"),
        (7 * 24, "fail", "the login has ended after seven days"),
    ],
)
async def test_given_a_login_at_schwab_then_it_is_judged_by_its_age(
    state: Path, hours: int, verdict: str, text: str
):
    found = await key_of(logged_in(state, hours * NS_PER_HOUR))

    assert (found.verdict, found.text) == (verdict, text)


async def test_given_a_login_that_cannot_be_read_then_it_fails(state: Path):
    (state / "schwab-schwab.json").write_text("{")

    found = await key_of(scene_of(state, SCHWAB, "http://127.0.0.1:9"))

    assert found.verdict == "fail"
    assert "holds no login" in found.text
