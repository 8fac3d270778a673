"""Alerts to a real daemon: on a port of their own, and known again after a kill."""

from __future__ import annotations

import json
from http.client import HTTPConnection

import pytest

from e2e.house import House
from e2e.ports import free_port
from e2e.webhook_house import KEY, add_webhook, alert, post

pytestmark = pytest.mark.e2e


def test_b111_given_a_kill_after_the_answer_then_the_alert_is_still_known(home: House):
    port = add_webhook(home)
    daemon = home.start()

    status, said = post(port, alert(1))
    daemon.kill()
    again = home.start()
    status_again, said_again = post(port, alert(1))

    assert (status, said["duplicate"]) == (200, False)
    assert (status_again, said_again["duplicate"]) == (200, True)
    assert said_again["webhookEvent"]["id"] == said["webhookEvent"]["id"]
    again.log.wait("webhook.duplicated", route="tv")
    lines = home.command("events", "--by", "webhook:tv", "--json")
    (line,) = json.loads(lines.stdout)["facts"]
    assert line["fields"]["changed"] == said["webhookEvent"]["id"]
    assert again.stop() == 0
    assert KEY not in daemon.log.text() + again.log.text()
    assert KEY not in str(said) + str(said_again)


def test_given_a_webhook_then_nothing_else_is_served_there_and_it_nowhere_else(
    home: House,
):
    port, other = add_webhook(home), free_port()
    home.config.write_text(
        home.config.read_text().replace('bind: "off"', f"bind: 127.0.0.1:{other}")
    )
    daemon = home.start()

    def status_of(at: int, method: str, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", at, timeout=5)
        connection.request(method, path, alert(1) if method == "POST" else None)
        status = connection.getresponse().status
        connection.close()
        return status

    assert status_of(port, "GET", "/v1/triggers") == 404
    assert status_of(port, "GET", "/-/healthy") == 404
    assert status_of(other, "POST", "/webhook/tv") == 401
    assert status_of(other, "GET", "/webhook/tv") == 404
    assert daemon.log.of("webhook.accepted") == []
    assert daemon.stop() == 0


def test_given_an_auth_key_that_is_not_there_then_the_daemon_says_so(home: House):
    add_webhook(home)
    (home.folder / "tv_key").unlink()

    daemon = home.launch()

    assert daemon.wait() == 78
    assert "tv_key is not there; create it" in daemon.log.text()
