"""The audit log of a real daemon, read by the command that people use."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.house import POSITIONS_FILE, House, house
from e2e.ports import free_port

pytestmark = pytest.mark.e2e


PLACE = f"127.0.0.1:{free_port()}"


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, bind=PLACE) as made:
        yield made


def test_given_changes_by_all_doors_when_listed_then_who_did_what_from_where(
    open_house: House,
):
    home = open_house
    daemon = home.start_armed()
    secret = home.command("token", "new", "bot", "--scope", "trade", "--expires", "30d")
    token = secret.stdout.strip()

    home.environment |= {"EXITD_URL": f"http://{PLACE}", "EXITD_TOKEN": token}
    paused = home.command("pause", "sol-core/tp1")
    home.environment["EXITD_TOKEN"] = "exitd_wrong"
    refused = home.command("resume", "sol-core/tp1")
    del home.environment["EXITD_URL"], home.environment["EXITD_TOKEN"]
    home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "132.25"))
    daemon.log.wait("change.made", by="files", count=2)
    home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "133.25"))
    daemon.signal(signal.SIGHUP)
    daemon.log.wait("change.made", by="files", count=3)
    listed = home.command("events", "--event", "change.*", "--json")
    by_bot = home.command("events", "--by", "api:bot")
    away = home.command("events", "--event", "auth.refused", "--json")

    assert (paused.returncode, refused.returncode) == (0, 1)
    found = [fact["fields"] for fact in json.loads(listed.stdout)["facts"]]
    asked = [(each["by"], each["what"], each["changed"]) for each in found]
    user = asked[1][0]
    both = "sol-core/sl sol-core/tp1"
    assert asked[:3] == [
        ("files", "reload", both),
        (user, "POST /v1/tokens", "token:bot"),
        ("api:bot", "POST /v1/triggers/sol-core/tp1:pause", "sol-core/tp1"),
    ]
    assert asked[3] == ("files", "reload", "sol-core/sl")
    assert user.startswith("cli:")
    assert found[1]["place"].startswith(f"unix socket, uid {os.getuid()}, pid ")
    assert found[2]["place"].startswith("127.0.0.1:")
    assert "api:bot" in by_bot.stdout
    (stranger,) = json.loads(away.stdout)["facts"]
    assert stranger["fields"]["reason"] == "bad_token"
    assert token not in listed.stdout + by_bot.stdout + daemon.log.text()
    assert daemon.stop() == 0
