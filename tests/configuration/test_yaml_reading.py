"""YAML is read strictly: exact, bounded, and with every place remembered."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.configuration.document import Mark, plain
from exitd.configuration.findings import render
from exitd.configuration.yaml import DEPTH_MAX, FILE_BYTES_MAX, parse, scalar


def only_error(raw: bytes) -> str:
    document = parse(raw, "a.yaml")
    assert len(document.findings) == 1
    return str(document.findings[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("131.25", Decimal("131.25")),
        ("0.10", Decimal("0.10")),
        ("0.12345678901234567890", Decimal("0.12345678901234567890")),
        ("-3", -3),
        ("150", 150),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_given_a_plain_scalar_when_read_then_its_value_is_exact(
    text: str, value: object
) -> None:
    read = scalar(text)

    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)


TEXT_IN_YAML_1_2 = (
    "on off yes no y n On NO True TRUE False Null NULL 12:30 1:30 010 0123 0x1F 0o17 "
    "1e3 1E3 1.5e3 .5 5. +5 1_000 1,000 .inf -.inf .nan 2027-01-31 = <<"
)


@pytest.mark.parametrize("text", TEXT_IN_YAML_1_2.split())
def test_given_what_yaml_1_1_turns_into_something_when_read_then_it_stays_text(
    text: str,
) -> None:
    assert scalar(text) == text


def test_given_a_number_too_long_to_be_a_price_when_read_then_it_stays_text() -> None:
    assert scalar("9" * 41) == "9" * 41
    assert scalar("9" * 40) == int("9" * 40)


def test_given_quoted_scalars_when_read_then_they_are_text() -> None:
    document = parse(b"a: '5'\nb: \"true\"\nc: ''", "a.yaml")

    assert plain(document.root) == {"a": "5", "b": "true", "c": ""}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, places=12))
def test_given_any_price_when_read_then_it_round_trips(price: Decimal) -> None:
    text = format(price, "f")

    document = parse(f"p: {text}".encode(), "a.yaml")

    value = plain(document.root)
    assert isinstance(value, dict)
    assert Decimal(str(value["p"])) == price


def test_given_a_file_with_bom_and_crlf_when_read_then_places_are_right() -> None:
    document = parse(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: [1, xy]\r\n", "a.yaml")

    assert plain(document.root) == {"a": 1, "b": {"c": [1, "xy"]}}
    assert document.locate(("b", "c", 1)) == Mark(3, 10, 2)
    assert document.locate(("b", "c"), key=True) == Mark(3, 3, 1)
    assert document.excerpt(3) == "  c: [1, xy]"


def test_given_a_missing_path_when_located_then_the_nearest_part_is_named() -> None:
    document = parse(b"a:\n  b: 1\n", "a.yaml")

    assert document.locate(("a", "nothing", "deeper")) == Mark(1, 1, 1)
    assert not document.has(("a", "nothing"))
    assert document.has(("a", "b"))


def test_given_duplicate_keys_when_read_then_both_lines_are_named() -> None:
    document = parse(b"exits:\n  tp: 1\n  sl: 2\n  tp: 3\n", "a.yaml")

    assert [str(f) for f in document.findings] == [
        "a.yaml:4:3: error: key 'tp' is given twice (first on line 2)"
    ]


@pytest.mark.parametrize(
    ("raw", "place", "part"),
    [
        (b"a: &x 1", "1:4", "anchors"),
        (b"a: 1\nb: *x", "2:4", "aliases"),
        (b"a: !!int 1", "1:4", "tags"),
        (b"!!python/object:os.system {}", "1:1", "tags"),
        (b"<<: {a: 1}", "1:1", "merge keys"),
        (b"a: 1\n---\nb: 2", "2:1", "only one document"),
        (b"a: 1\n--- # again\n", "2:1", "only one document"),
        (b"? [a]\n: b", "1:3", "a key must be plain text"),
        (b"a: {: 1}", "1:5", "a key or a value is missing"),
        (b'a: {"": 1}', "1:5", "a key is missing"),
        (b"\ta: 1", "1:1", "indent with spaces"),
        (b"a: b: c", "1:5", "a second ':'"),
        (b"a: [1, 2\nb: 3", "2:2", "a ',' or ']' is missing"),
        (b"a: 'b", "1:6", "a quote is opened"),
        (b"a: 1\nb: x\x00y", "2:5", "U+0000"),
        (b"a: 1\nb: \x07", "2:4", "U+0007"),
        ("a: \u202e5".encode(), "1:4", "U+202E"),
        (b"a: 1\nb: \xff", "2:1", "not UTF-8"),
        (b"%TAG ! tag:x,2000:\n---\na: 1", "1:1", "%TAG"),
    ],
)
def test_given_what_is_not_supported_when_read_then_one_sentence_names_it(
    raw: bytes, place: str, part: str
) -> None:
    error = only_error(raw)

    assert error.startswith(f"a.yaml:{place}: error: ")
    assert part in error


def bomb() -> bytes:
    levels = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    for i in range(1, 12):
        links = ",".join([f"*a{i - 1}"] * 9)
        levels.append(f"a{i}: &a{i} [{links}]")
    return "\n".join(levels).encode()


@pytest.mark.parametrize(
    "raw",
    [
        bomb(),
        b"[" * FILE_BYTES_MAX,
        b"{a: " * 60_000,
        b"- " * 100_000,
        b"x" * (FILE_BYTES_MAX + 1),
        b"\x00" * FILE_BYTES_MAX,
        b"'" + b"a" * 200_000,
    ],
    ids=["aliases", "lists", "mappings", "dashes", "size", "nul", "open quote"],
)
def test_given_a_bomb_when_read_then_it_is_refused_in_50_ms(raw: bytes) -> None:
    took_ms = []
    for _ in range(3):
        started_ns = time.process_time_ns()  # the machine may be busy with others
        document = parse(raw, "a.yaml")
        took_ms.append((time.process_time_ns() - started_ns) / 1e6)
        assert len(document.findings) == 1

    assert min(took_ms) < 50


def test_given_the_deepest_that_is_allowed_when_read_then_it_is() -> None:
    fits = parse(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, "a.yaml")
    deeper = parse(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "a.yaml")

    assert not fits.findings
    assert "nested more than 20" in str(deeper.findings[0])


def test_given_too_many_values_when_read_then_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exitd.configuration.yaml.NODES_MAX", 10)

    assert "more than 10 values" in only_error(b"a: [1,2,3,4,5,6,7,8,9,10]")


@given(st.binary(max_size=300))
def test_given_any_bytes_when_read_then_there_is_a_document_or_a_finding(
    raw: bytes,
) -> None:
    document = parse(raw, "a.yaml")

    render(document.findings)
    assert document.findings or plain(document.root) is not object


@given(st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~ \n\tab0.", max_size=60))
def test_given_any_punctuation_when_read_then_nothing_is_raised(text: str) -> None:
    render(parse(text.encode(), "a.yaml").findings)
