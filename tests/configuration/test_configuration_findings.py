"""Findings print as editors read them, in order, with what is secret blanked out."""

import json

from exitd.configuration.findings import (
    MASK,
    Finding,
    Severity,
    as_json,
    did_you_mean,
    mask_tokens,
    mask_unread_line,
    render,
)

UNKNOWN_KEY = Finding(
    file="bad.yaml",
    line=4,
    column=12,
    width=6,
    message="unknown key 'prices' (did you mean 'price'?)",
    excerpt="defaults: {prices: mark}",
)


def test_given_a_finding_when_rendered_then_carets_stand_under_its_place() -> None:
    assert render([UNKNOWN_KEY]) == (
        "bad.yaml:4:12: error: unknown key 'prices' (did you mean 'price'?)\n"
        "    4 | defaults: {prices: mark}\n"
        "      |            ^^^^^^"
    )


def test_given_findings_when_rendered_then_sorted_and_each_once() -> None:
    later = Finding(file="bad.yaml", line=10, column=1, message="b")
    whole = Finding(file="bad.yaml", severity=Severity.WARNING, message="c")

    lines = render([later, UNKNOWN_KEY, whole, later]).splitlines()

    assert lines[0] == "bad.yaml: warning: c"
    assert lines[-1] == "bad.yaml:10:1: error: b"
    assert len(lines) == 5


def test_given_findings_when_written_as_json_then_every_field_is_there() -> None:
    (written,) = json.loads(json.dumps(as_json([UNKNOWN_KEY])))

    assert written == {
        "file": "bad.yaml",
        "line": 4,
        "column": 12,
        "width": 6,
        "severity": "error",
        "message": "unknown key 'prices' (did you mean 'price'?)",
        "excerpt": "defaults: {prices: mark}",
    }


def test_given_a_place_beyond_the_line_when_rendered_then_one_caret() -> None:
    odd = Finding(file="a", line=1, column=90, width=50, message="m", excerpt="short")

    assert render([odd]).splitlines()[-1] == "      | " + " " * 5 + "^"


def test_given_a_word_far_from_all_when_asked_then_no_hint() -> None:
    assert did_you_mean("lnog", ["long", "short"]) == " (did you mean 'long'?)"
    assert did_you_mean("zebra", ["long", "short"]) == ""


def test_given_key_material_when_shown_then_it_is_masked() -> None:
    key = "vW3lG1mQv8bq0xP9dJ2sT4uY6zA7cE5fH1kL3nM8oR0="

    assert key not in mask_tokens(f"a: {key}, b")
    assert mask_tokens("symbol: SOL_USDC_PERP, name: a-very-long-name-of-mine") == (
        "symbol: SOL_USDC_PERP, name: a-very-long-name-of-mine"
    )
    assert mask_unread_line('secret: "hunter2') == f"secret: {MASK}"
    assert mask_unread_line("key: {credential: x}") == "key: {credential: x}"
