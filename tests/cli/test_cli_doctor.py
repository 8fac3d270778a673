"""`doctor` without `--live`: it looks, says, and changes nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from cli.conftest import Command
from exitd.adapters.network.certificates import Seen
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.adapters.system.unit_kinds import for_one_of_several
from exitd.app.copies import state_folder
from exitd.app.doctor import files, service, state, venues
from exitd.app.doctor.carrying_out import Probe, carry_out, in_thread
from exitd.app.doctor.scene import Scene, look
from exitd.app.doctor.verdict import Check, ok
from exitd.cli.doctoring import Progress, lines_of
from exitd.cli.printing import TABLE_WIDTH
from exitd.core.units import NS_PER_S
from exitd.errors import StoreError
from exitd.ports.answers import Question, VenueAnswer, joined
from exitd.settings import Settings

ROOT = Path(__file__).parents[2]
KEY = "c2VjcmV0LWNhbmFyeS10aGF0LW5vYm9keS1tYXktc2U="
FILES = """\
version: 1
mode: live
venues:
  backpack:
    type: backpack
    url: http://127.0.0.1:9
    ws_url: ws://127.0.0.1:9
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
http: {{bind: off}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files and a state, both as they should be, and nobody at the venue."""
    (tmp_path / "exitd.yaml").write_text(FILES.format(folder=tmp_path))
    for name in ("key", "secret"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(KEY)
    kept = tmp_path / "state"
    kept.mkdir(mode=0o700)

    async def make() -> None:
        loop = asyncio.get_running_loop()
        store = open_store(kept / "exitd.db", SystemClock(), loop, reserve_bytes=0)
        await store.close()

    asyncio.run(make())
    monkeypatch.setenv("EXITD_CONFIG", str(tmp_path / "exitd.yaml"))
    monkeypatch.setenv("EXITD_STATE", str(kept))
    return tmp_path


@pytest.fixture
def scene(folder: Path) -> Scene:
    return looked_at(folder)


def looked_at(folder: Path) -> Scene:
    return look(
        folder / "exitd.yaml",
        Settings(),
        socket=folder / "nobody.sock",
        status=None,
        silence="none",
    )


def verdicts(checks: Sequence[Check]) -> list[str]:
    return [check.verdict.value for check in checks]


def test_given_no_daemon_and_no_venue_then_each_is_told_with_a_remedy(
    command: Command, folder: Path
):
    before = sorted(path.name for path in (folder / "state").iterdir())

    done = command("doctor", "--json")

    assert done.status == 1
    found = {check["check"]: check for check in done.json["checks"]}
    assert found["daemon"]["verdict"] == "unknown"
    assert found["database"]["verdict"] == found["modes"]["verdict"] == "ok"
    assert found["host"]["verdict"] == found["key"]["verdict"] == "fail"
    assert found["backup"]["verdict"] == "warn"
    assert done.json["worst"] == "fail"
    assert sum(done.json["counts"].values()) == len(done.json["checks"])
    assert all(c["remedy"] for c in done.json["checks"] if c["verdict"] == "fail")
    assert set(before) <= {path.name for path in (folder / "state").iterdir()}
    page = (ROOT / "docs" / "operating.md").read_text()
    assert [name for name in found if f"| `{name}` |" not in page] == []


def test_given_the_lines_then_none_is_wide_and_no_secret_is_in_them(
    command: Command, folder: Path
):
    done = command("doctor")

    assert max(map(len, done.out.splitlines())) <= TABLE_WIDTH
    assert KEY not in done.out + done.err
    assert "→" in done.out
    assert "\x1b" not in done.out


def test_given_a_key_that_others_may_read_then_its_mode_is_complained_of(
    folder: Path, scene: Scene
):
    (folder / "key").chmod(0o644)

    (account,) = scene.accounts
    found = asyncio.run(venues.keys(scene, account))

    assert "has mode 0644" in found[0].text
    assert found[0].remedy == f"chmod 600 {folder / 'key'}"


def test_given_a_key_that_is_not_there_then_that_fails(folder: Path, scene: Scene):
    (folder / "secret").unlink()

    (account,) = scene.accounts
    found = asyncio.run(venues.keys(scene, account))

    assert verdicts(found) == ["fail"]
    assert "is not there" in found[0].text


def test_given_a_state_that_others_may_enter_then_that_fails(
    folder: Path, scene: Scene
):
    (folder / "state").chmod(0o755)
    (folder / "state" / "exitd.db").chmod(0o644)

    assert verdicts(files.modes(scene)) == ["fail", "fail"]


def test_given_files_that_anybody_may_write_then_that_fails(folder: Path, scene: Scene):
    (folder / "exitd.yaml").chmod(0o666)

    (found,) = files.modes(scene)

    assert "anybody can say what is protected" in found.text


def test_given_wrong_files_then_their_errors_are_the_check(
    command: Command, folder: Path
):
    (folder / "exitd.yaml").write_text("version: 1\nmode: lively\n")

    found = command("doctor", "--json").json["checks"]

    wrong = [each for each in found if each["check"] == "configuration"]
    assert {each["verdict"] for each in wrong} == {"fail"}
    assert "exitd.yaml:2:7" in " ".join(each["text"] for each in wrong)


def test_given_no_systemd_then_it_is_said_and_does_not_fail(scene: Scene):
    (found,) = service.unit(scene, is_systemd=False)

    assert found.verdict == "unknown"


def test_given_the_shipped_unit_then_it_is_right(scene: Scene, tmp_path: Path):
    shipped = ROOT / "systemd" / "exitd.service"
    (tmp_path / "exitd.service").write_text(
        "# mine\n" + shipped.read_text() + "LoadCredential=my_key:/etc/my_key\n"
    )

    (found,) = service.unit(scene, (tmp_path,), shipped, is_systemd=True)

    assert found.text.startswith(("installed, watchdog 10", "enabled", "disabled"))


def test_given_one_of_several_then_its_own_unit_is_looked_at(
    scene: Scene, tmp_path: Path
):
    shipped = ROOT / "systemd" / "exitd.service"
    second = replace(scene, socket=Path("/run/exitd-second/exitd.sock"))
    (missing,) = service.unit(second, (tmp_path,), shipped, is_systemd=True)
    template = for_one_of_several(shipped.read_text())
    (tmp_path / "exitd@.service").write_text(template)
    found = service.unit(second, (tmp_path,), shipped, is_systemd=True)
    (tmp_path / "exitd@.service").write_text(shipped.read_text())
    (other, *_) = service.unit(second, (tmp_path,), shipped, is_systemd=True)
    (silent,) = service.daemon(replace(second, status=None))

    assert missing.text == "exitd@second.service is not installed"
    assert not [each for each in found if "differs" in each.text]
    assert "differs from the shipped one" in other.text
    assert silent.remedy == "`systemctl start exitd@second`"


def test_given_another_unit_then_each_difference_is_named(scene: Scene, tmp_path: Path):
    (tmp_path / "exitd.service").write_text("[Service]\nExecStart=/bin/exitd\n")
    shipped = tmp_path / "shipped"
    shipped.write_text("[Service]\nExecStart=/opt/exitd\nRestart=always\n")

    found = service.unit(scene, (tmp_path,), shipped, is_systemd=True)

    texts = " ".join(check.text for check in found)
    assert "ExecStart=/bin/exitd; no ExecStart=/opt/exitd; no Restart=always" in texts
    assert "no WatchdogSec=" in texts
    assert "fail" in verdicts(found)
    assert service.unit(scene, (tmp_path / "x",), is_systemd=True)[0].verdict == "warn"


@pytest.mark.parametrize(("days", "verdict"), [(90, "ok"), (6, "warn")])
def test_given_a_certificate_then_the_days_left_are_told(
    scene: Scene, days: int, verdict: str
):
    now_s = scene.clock.now_ns() // NS_PER_S
    seen = Seen(
        host="h",
        addresses=("192.0.2.1",),
        is_loopback=False,
        is_encrypted=True,
        ends_s=now_s + days * 86_400 + 100,
    )

    found = venues.seen_as_check(scene, seen, "h:443")

    assert found.verdict == verdict
    assert found.text == f"1 address, certificate valid for {days} days"
    plain = replace(seen, is_encrypted=False, ends_s=None)
    assert venues.seen_as_check(scene, plain, "h:80").verdict == "warn"


def test_given_a_port_that_another_holds_then_its_program_is_named(
    folder: Path, scene: Scene
):
    path = folder / "exitd.yaml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        path.write_text(path.read_text().replace("off", f'"127.0.0.1:{port}"'))
        held = looked_at(folder)
        taken = service.ports(held)
        lock = StateLock(held.state)
        ours = service.ports(held)
        lock.release()

    free = service.ports(held)

    assert verdicts([*taken, *ours, *free]) == ["fail", "ok", "ok"]
    assert f"(process {os.getpid()})" in taken[0].text
    assert "held by our daemon" in ours[0].text


def test_given_a_lock_then_it_is_said_who_holds_it(scene: Scene):
    assert verdicts(state.lock(scene)) == ["ok"]
    lock = StateLock(scene.state)

    (found,) = state.lock(scene)

    lock.release()
    assert found.verdict == "warn"
    assert "no daemon answers" in found.text


def test_given_a_terminal_and_a_long_wait_then_it_says_what_for(
    capsys: pytest.CaptureFixture[str],
):
    progress = Progress(is_shown=True)
    progress.on_progress(1, 3, ["host", "disk"])
    assert capsys.readouterr().err == ""

    progress.begin()
    progress.on_progress(2, 3, ["disk"])
    progress.end()

    err = capsys.readouterr().err
    assert "1 of 3 checks, waiting for host, disk" in err
    assert err.endswith("\r\x1b[K")


def test_given_copies_then_their_age_is_told(command: Command, scene: Scene):
    assert verdicts(state.copies(scene)) == ["warn"]
    assert command("backup").status == 0

    assert verdicts(state.copies(scene)) == ["ok"]
    assert state.days_or_hours(47) == "47 h"
    assert state.days_or_hours(50) == "2 days"


def test_given_a_probe_that_hangs_then_its_deadline_ends_it_and_no_other():
    async def hangs() -> Sequence[Check]:
        await in_thread(threading.Event().wait)
        return []

    async def fails() -> Sequence[Check]:
        raise StoreError("the disk is gone")

    async def is_right() -> Sequence[Check]:
        return [ok("c", await in_thread(lambda: "well"))]

    seen: list[int] = []
    probes = [
        Probe("a", "x", hangs, deadline_s=0.01),
        Probe("b", "", fails),
        Probe("c", "", is_right),
    ]
    found = asyncio.run(carry_out(probes, lambda ended, *_: seen.append(ended)))

    assert [c.check for c in found] == ["a", "b", "c"]
    assert verdicts(found) == ["fail", "fail", "ok"]
    assert "no answer within 0.01 s" in found[0].text
    assert found[1].text == "the disk is gone"
    assert sorted(seen) == [1, 2, 3]


def test_given_a_shell_that_knows_no_state_then_that_of_the_service_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings()
    of_the_service = tmp_path / "service"
    at_home = tmp_path / ".local" / "state" / "exitd"
    assert state_folder(settings, None, of_the_service) == at_home

    of_the_service.mkdir()

    assert state_folder(settings, None, of_the_service) == of_the_service
    at_home.mkdir(parents=True)
    (at_home / "exitd.db").touch()
    assert state_folder(settings, None, of_the_service) == at_home
    monkeypatch.setenv("EXITD_STATE", str(tmp_path / "named"))
    assert state_folder(Settings(), None, of_the_service) == tmp_path / "named"


def test_given_answers_then_an_unknown_one_hides_none_that_is_known():
    lag = Question.HISTORY_LAG
    known = VenueAnswer(question=lag, answer="shown", number_ns=5, ts_ns=1)
    unknown = VenueAnswer(question=lag, answer="unknown", ts_ns=2)
    newer = VenueAnswer(question=lag, answer="shown", number_ns=9, ts_ns=3)

    def of_lag(*rounds: VenueAnswer) -> VenueAnswer:
        kept: tuple[VenueAnswer, ...] = ()
        for one in rounds:
            kept = joined(kept, [one])
        assert len(kept) == len(Question)
        return next(one for one in kept if one.question is lag)

    assert of_lag(known, unknown) == known
    assert of_lag(unknown, known, newer) == newer


def test_given_a_line_without_a_remedy_then_it_is_one_line():
    check = ok("clock", "kept")

    assert lines_of(check) == ["ok      clock         kept"]
    assert state.milliseconds(1_234_567) == "1.23 ms"
