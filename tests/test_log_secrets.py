"""What never stands on a line of the log: a secret, or a character that acts."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.logs import Event, log
from exitd.logs.redaction import Redactor, forms_of
from exitd.logs.rendering import LINE_BYTES_MAX, to_console, to_json, to_logfmt
from exitd.secret import Secret
from fakes.journal import Journal

KEY = base64.b64encode(bytes(range(100, 132))).decode()


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal()
    yield journal
    journal.close()


def leaks(secret: str) -> list[str]:
    """Texts that give *secret* away."""
    raw = secret.encode()
    return [
        secret,
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.b64encode(b"user:" + raw + b"@host").decode(),
        raw.hex(),
        raw.hex().upper(),
        quote(secret, safe=""),
        repr(secret),
        json.dumps({"token": secret}),
    ]


@pytest.mark.parametrize(
    "secret",
    [KEY, "correct horse battery staple", 'p"w\\with\nodd\tsigns', "grün-ü-🔑"],
)
@pytest.mark.parametrize("format", ["json", "logfmt", "console"])
def test_b148_given_secret_in_any_form_when_logged_anywhere_then_it_is_masked(
    journal, secret, format
):
    journal.start(secrets=[Secret(secret)], level="debug", format=format)

    for leak in leaks(secret):
        log(
            Event.VENUE_FAILED,
            reason=f"GET /x?key={leak} failed",
            nested={"list": [leak, {leak: 1}]},
            symbol=leak,
        )

    text = journal.text()
    assert "venue.failed" in text
    assert "***" in text
    for form in forms_of(Secret(secret)):
        assert form not in text


def test_b148_given_secret_in_an_exception_when_logged_then_it_is_masked(journal):
    journal.start(secrets=[Secret(KEY)])
    key_of_caller = KEY

    try:
        raise ValueError(f"bad key {key_of_caller}")
    except ValueError as exc:
        log(Event.DAEMON_CRASHED, exc_info=exc)

    text = journal.text()
    assert "ValueError: bad key ***" in text
    assert KEY not in text


CRASH = """
import sys, threading, time
from exitd.logs import configure
from exitd.secret import Secret
key = sys.argv[1]
with configure(
    format="json", secrets=[Secret(key)], now_ns=time.time_ns,
    monotonic_ns=time.monotonic_ns,
):
    thread = threading.Thread(target=int, args=(key,))
    thread.start()
    thread.join()
    raise ValueError(f"bad key {key}")
"""


def test_b148_given_secret_when_the_process_crashes_then_no_output_has_it():
    done = subprocess.run(
        [sys.executable, "-c", CRASH, KEY], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert json.loads(done.stdout)["event"] == "daemon.crashed"
    assert "ValueError: bad key ***" in done.stderr
    assert "invalid literal for int() with base 10: '***'" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_given_log_that_is_closed_when_all_is_well_then_python_prints_as_before(
    journal,
):
    before = (sys.excepthook, threading.excepthook)
    running = journal.start()
    between = (sys.excepthook, threading.excepthook)

    running.close()

    assert before != between
    assert (sys.excepthook, threading.excepthook) == before


def test_b148_given_key_that_is_base64_when_its_bytes_are_logged_then_masked(journal):
    running = journal.start()
    running.protect([Secret(KEY)])

    log(Event.VENUE_FAILED, reason=base64.b64decode(KEY).hex())

    assert journal.lines()[0]["reason"] == "***"


@given(
    before=st.text(max_size=40),
    secret=st.text(st.characters(codec="ascii", min_codepoint=33), min_size=6),
    after=st.text(max_size=40),
)
def test_b148_given_any_secret_at_any_place_when_masked_then_it_is_gone(
    before, secret, after
):
    redactor = Redactor([Secret(secret)])

    line = redactor.mask(to_json({"reason": before + secret + after}))

    assert to_json({"reason": secret})[11:-2] not in line


def test_b148_given_a_token_of_ours_when_logged_anywhere_then_it_is_masked(journal):
    journal.start()
    token = "exitd_" + "aB3_-" * 8 + "xyz"

    log(Event.VENUE_FAILED, reason=f"GET /x?token={token} failed", venue=token)

    text = journal.text()
    assert token not in text
    assert "GET /x?token=*** failed" in text
    # What merely begins like one stays.
    log(Event.VENUE_FAILED, reason="exitd_orders_total")
    assert "exitd_orders_total" in journal.text()


def test_given_secret_object_when_logged_or_shown_then_it_reads_as_stars(journal):
    journal.start()
    secret = Secret("short")

    log(Event.TOKEN_CREATED, name=secret, scopes={"a": [secret]})

    assert journal.lines()[0]["name"] == "***"
    assert f"{secret} {secret!r} {secret:>9}" == "*** *** ***"


def test_given_secrets_when_compared_then_only_equal_secrets_are_equal():
    assert Secret("grün") == Secret("grün")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")


ATTACK = "x\n<0>forged\r\x1b[2J\x9b2J\x7f\u2028\u202e"


@pytest.mark.parametrize("render", [to_json, to_logfmt, to_console])
def test_given_control_characters_when_rendered_then_they_are_harmless(
    render: Callable[[dict[str, object]], bytes],
):
    line = render({"ts": "t" * 27, "level": "info", "event": ATTACK, "k": ATTACK})

    # The colours are our own.
    text = re.sub(r"\x1b\[[0-9;]*m", "", line.decode())
    assert text.isprintable()
    assert "forged" in text


def test_given_line_beyond_the_bound_when_logged_then_it_is_cut_and_still_json(journal):
    journal.start()

    log(Event.TRIGGER_HIT, trigger_id="a/b", reason="x" * 100_000, items=["y"] * 50_000)

    text = journal.text()
    assert len(text) <= LINE_BYTES_MAX + 1
    line = json.loads(text)
    assert line["trigger_id"] == "a/b"
    assert line["cut_from_bytes"] > 100_000


@pytest.mark.parametrize("value", ["\ud800", 2**80, {"deep": "\ud800"}, b"raw", {1, 2}])
def test_given_value_that_json_has_not_when_logged_then_it_is_a_line_all_the_same(
    journal, value
):
    journal.start()

    log(Event.TRIGGER_HIT, value=value)

    assert journal.lines()[0]["event"] == "trigger.hit"
