"""A state that was put back from a copy: it stands by until it is told to take over."""

import json
import os

import pytest

from e2e.house import House

pytestmark = pytest.mark.e2e


def test_b107_given_a_copy_put_back_when_taken_over_then_one_close(home: House):
    first = home.start_armed()
    copied = str(home.folder / "copy.db")
    assert home.command("backup", copied).returncode == 0
    assert "held by another" in home.command("restore", copied, "--yes").stderr
    assert first.stop() == 0
    restored = home.command("restore", copied, "--yes")
    assert restored.returncode == 0, restored.stderr

    second = home.start()
    second.log.wait("account.standing_by")
    home.price("131.20")
    second.log.wait("trigger.hit", trigger_id="sol-core/sl")
    assert "STANDBY, NOT PROTECTING" in home.command("status").stdout
    refused = home.command("close", "sol-core", "--yes")
    assert "exitd takeover" in refused.stderr
    looked = home.command("takeover", "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert "0 orders of another exitd" in looked.stdout
    assert home.command("takeover").returncode == 1
    assert home.ledger() == []

    done = home.command("takeover", "--yes")

    assert done.returncode == 0, done.stderr
    second.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")
    assert [row["executedQuantity"] for row in home.ledger()] == ["10"]
    assert home.held() == "0"
    assert second.stop() == 0
    third = home.start()
    assert third.log.of("account.standing_by") == []
    made = home.command("events", "--event", "change.made", "--json")
    changes = [each["fields"] for each in json.loads(made.stdout)["facts"]]
    put_back = [each for each in changes if each["what"] == f"restore of {copied}"]
    assert [each["by"].partition(":")[0] for each in put_back] == ["cli"]
    assert put_back[0]["place"].startswith(f"this machine, uid {os.geteuid()}, pid ")
    assert third.stop() == 0
