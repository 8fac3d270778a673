"""Bodies that are no JSON object: one sentence each, with place and remedy."""

import json
from decimal import Decimal

import pytest

from exitd.signals.reading import BodyTooLarge, UnreadableBody, read_body

DEEP = b'{"a":' * 20 + b"1" + b"}" * 20
CASES = [
    (b'{"qty": NaN}', "qty is NaN, which is no number in JSON; Pine writes it for"),
    (b'{"m": {"x": [-Infinity]}}', "m.x[0] is -Infinity, which is no number in JSON"),
    (
        b'{"qty": ten}',
        "qty is a word without quotes at line 1, column 9; write numbers in digits",
    ),
    (b'{"a": 1, "b": True}', "b is a word without quotes at line 1, column 15; write"),
    (
        b'{"qty": {{strategy.order.contracts}}}',
        "qty still holds the placeholder {{strategy.order.contracts}} at line 1, column"
        " 10; placeholders are filled in by the message of an alert dialog only; inside"
        " Pine use str.tostring()",
    ),
    (
        b'{"a": 1 // one\n}',
        "a comment stands at line 1, column 9; JSON has no comments; take it out",
    ),
    (b'{ /* one */ "a": 1}', "a comment stands at line 1, column 3; JSON has no"),
    (b'{"a": 1, "a": 2}', '"a" stands twice in one object; keep one of the two'),
    (b'{"m": {"b": 1, "b": 1}}', '"b" stands twice in one object; keep one of the'),
    (b"{'a': 1}", "a single quote stands at line 1, column 2; write names and texts"),
    (b'{"a": 1,}', "a comma stands before the closing } at line 1, column 9; take it"),
    (
        b'{"qty": 1,000}',
        "a number with a comma in it stands at line 1, column 11; write numbers as in"
        " 1000.50",
    ),
    (b'{"a": ', "the body ends too early, at line 1, column 7; close every quote and"),
    (b"", "the body is empty; put the JSON of the alert into its message"),
    (b" \n", "the body is empty; put the JSON of the alert into its message"),
    (b"[1]", 'the body is a list, not an object; send one JSON object such as {"tick'),
    (b'"buy"', "the body is a text, not an object; send one JSON object"),
    (b"buy AAPL", "there is a word without quotes at line 1, column 1; write numbers"),
    (b"null", "the body is null, not an object"),
    (b"true", "the body is true or false, not an object"),
    (b"1", "the body is a number, not an object"),
    (
        b'{"a": "\xff"}',
        "the body is not UTF-8 at byte 8; send one JSON object in UTF-8",
    ),
    (b'{"a": "\\ud800"}', "a has half of a character; send one JSON"),
    (
        b'{"a": "x\ny"}',
        "the body is not JSON at line 1, column 9; send one JSON object",
    ),
    (
        b'{"b":' + DEEP + b"}",
        "the body nests more than 20 objects in one another; send",
    ),
    (b"[" * 60_000, "the body nests more than 20 objects in one another; send a flat"),
    (b'{"a": 1e99999999999999999999}', "a number is larger or smaller than any price"),
    (b'{"a": ' + b"1" * 2_000 + b"}", "a number has 2000 digits; write at most 1000"),
]


@pytest.mark.parametrize(("raw", "sentence"), CASES, ids=lambda case: str(case)[:40])
def test_given_a_body_that_is_no_alert_then_one_sentence_says_where_and_what_to_do(
    raw: bytes, sentence: str
):
    with pytest.raises(UnreadableBody) as caught:
        read_body(raw)

    assert str(caught.value).startswith(sentence)
    assert str(caught.value) == f"{caught.value.fault}; {caught.value.remedy}"
    assert str(caught.value).isprintable()


def test_given_64_kib_then_read_and_one_byte_more_is_too_large():
    raw = b'{"a": "' + b"x" * (64 * 1024 - 9) + b'"}'

    assert len(read_body(raw)) == 1
    with pytest.raises(BodyTooLarge, match="the body has more than 65536 bytes; send"):
        read_body(raw + b" ")


def test_given_depth_20_then_read():
    assert read_body(DEEP)["a"] != {}
    assert read_body(b'{"a": ' + b"[0," * 19 + b"0" + b"]" * 19 + b"}")


def test_given_numbers_then_every_digit_is_kept():
    found = read_body(b'\xef\xbb\xbf{"a": 0.12345678901234567890, "b": 150.50, "c": 7}')

    assert found == {
        "a": Decimal("0.12345678901234567890"),
        "b": Decimal("150.50"),
        "c": Decimal(7),
    }


def test_given_a_fault_beside_the_key_then_the_sentence_does_not_quote_it():
    for raw in (
        b'{"auth_key": "kept", "qty": ten}',
        b'{"auth_key": kept, "qty": 1}',
        b'{"auth_key": "kept" "qty": 1}',
        b'{"auth_key": "kept", "auth_key": "kept"}',
        b'{"auth_key": "kept\n"}',
    ):
        with pytest.raises(UnreadableBody) as caught:
            read_body(raw)
        assert "kept" not in str(caught.value)


def test_given_escapes_of_whole_characters_then_read():
    body = json.dumps({"comment": "😀 ü"}).encode()

    assert read_body(body) == {"comment": "😀 ü"}
