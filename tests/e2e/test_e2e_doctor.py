"""`exitd doctor` beside a running daemon, and `--live` that is broken off."""

import json
import os
import signal
import subprocess
from typing import Any

import pytest

from e2e.house import DEADLINE_S, EXITD, House

pytestmark = pytest.mark.e2e


def doctor(home: House, *words: str) -> subprocess.CompletedProcess[str]:
    return home.command("doctor", "--config", str(home.config), *words)


def ask_live(home: House) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*EXITD, "doctor", "--live", "--yes", "--config", str(home.config)],
        env=home.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def resting(home: House) -> list[dict[str, Any]]:
    return [row for row in home.ask("orders") if row["status"] == "New"]


def verdicts(home: House) -> dict[str, str]:
    checks = json.loads(doctor(home, "--json").stdout)["checks"]
    return {check["check"]: check["verdict"] for check in checks}


def test_given_a_daemon_when_its_venue_is_asked_then_it_is_not_disturbed(home: House):
    home.open_position("0.01")
    daemon = home.start()
    daemon.log.wait("trigger.armed", trigger_id="sol-core/sl")
    found = verdicts(home)
    assert found["daemon"] == found["lock"] == found["key"] == "ok"
    assert found["database"] == "ok"
    assert found["venue"] == "unknown"

    asked = home.command("doctor", "--live", "--yes", "--json")

    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout)["answers"]
    assert [one for one in answers if one["answer"] == "unknown"] == []
    assert resting(home) == []
    assert home.held() == "0.01"
    assert "7 of 7 questions answered" in home.command("status").stdout
    assert verdicts(home)["venue"] == "ok"
    assert daemon.log.of("account.contradicted") == []
    assert daemon.log.of("account.shared") == []
    home.price("131.20")
    daemon.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")
    assert home.held() == "0"
    assert verdicts(home)["history"] == "ok"
    assert daemon.stop() == 0


def test_given_ctrl_c_while_asked_then_all_is_cancelled(home: House):
    home.open_position("0.01")
    assert home.start().stop() == 0
    home.exchange.post(
        "/sim/faults",
        {
            "kind": "delay",
            "delay_ms": 1_000,
            "method": "GET",
            "path": "/wapi/v1/history/orders",
            "count": 50,
        },
    )
    asking = ask_live(home)
    home.until(lambda: bool(home.ledger()), "an order was placed")

    asking.send_signal(signal.SIGINT)

    _, said = asking.communicate(timeout=DEADLINE_S)
    assert asking.returncode == 1
    assert "breaking off" in said
    assert resting(home) == []
    assert verdicts(home)["left_over"] == "ok"


def test_given_kill_9_while_asked_then_the_next_one_cancels(home: House):
    home.open_position("0.01")
    assert home.start().stop() == 0
    where = {"method": "GET", "path": "/api/v1/orders", "count": 50}
    home.exchange.post("/sim/faults", {"kind": "delay", "delay_ms": 2_000, **where})
    asking = ask_live(home)
    home.until(lambda: bool(resting(home)), "an order rests")

    os.kill(asking.pid, signal.SIGKILL)

    asking.communicate(timeout=DEADLINE_S)
    assert resting(home)
    assert verdicts(home)["left_over"] == "fail"
    home.exchange.clear_faults()
    again = doctor(home, "--live", "--yes")
    assert again.returncode == 0, again.stderr
    assert "killed are cancelled" in again.stderr
    assert resting(home) == []
