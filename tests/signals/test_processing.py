"""One payload, as a sender wrote it: read as at the door, with the same findings."""

from __future__ import annotations

import json

import pytest

from exitd.signals import generate_example, process
from exitd.signals.reading import BODY_BYTES_MAX, UnreadableBody, read_body

BODY = '{"ticker":"AAPL","direction":"long","auth_key":"k","qty":%s}'


@pytest.mark.parametrize("as_bytes", [True, False])
def test_given_a_body_as_it_came_when_processed_then_as_its_object(as_bytes):
    text = BODY % "0.1234567890123456789"
    body = read_body(text.encode())

    done = process(text.encode() if as_bytes else text)

    assert done == process(body)
    assert done.response.success
    assert str(done.signal.qty) == "0.1234567890123456789"


def test_given_an_example_as_text_when_processed_then_its_costs():
    text = json.dumps(generate_example("limit"), default=str)

    assert process(text, "148.5").analysis.total_cost is not None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BODY % "NaN", "qty is NaN, which is no number in JSON"),
        (BODY % '1,"qty":2', '"qty" stands twice in one object'),
        (
            BODY % "{{strategy.order.contracts}}",
            "qty still holds the placeholder {{strategy.order.contracts}} "
            "at line 1, column 59",
        ),
        (BODY % "ten", "qty is a word without quotes at line 1, column 58"),
        ("", "the body is empty"),
        ("[]", "the body is a list, not an object"),
        (b"\xff", "the body is not UTF-8 at byte 1"),
        ("\ud800", "the body is not UTF-8 at byte 1"),
        (" " * (BODY_BYTES_MAX + 1), "the body has more than 65536 bytes"),
    ],
)
def test_given_a_body_that_cannot_be_read_when_processed_then_the_doors_sentence(
    body, message
):
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    with pytest.raises(UnreadableBody) as refused:
        read_body(raw)

    done = process(body)

    (finding,) = done.validation.errors
    assert done.response.errors == (message,) == (refused.value.fault,)
    assert finding.remedy.lower() == refused.value.remedy.lower()
    assert finding.cause
    assert (done.response.success, done.platform_order) == (False, None)
    assert done.transform_error == message


def test_given_a_placeholder_within_quotes_when_processed_then_the_fields_own_error():
    done = process(BODY.replace("AAPL", "{{ticker}}") % "1")

    assert done.response.errors == ("ticker still holds the placeholder {{ticker}}",)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (None, "the body is null, not an object"),
        ([{"ticker": "AAPL"}], "the body is a list, not an object"),
        (5, "the body is a number, not an object"),
        (True, "the body is true or false, not an object"),
        ({"AAPL"}, "the body is of the type set, not an object"),
    ],
)
def test_given_no_object_at_all_when_processed_then_that_is_its_error(payload, message):
    done = process(payload)

    assert not done.response.success
    assert done.response.errors == (message,)
    assert done.platform_order is None


@pytest.mark.parametrize("order_type", ["markett", "", None])
def test_given_no_order_type_when_an_example_is_asked_for_then_those_there_are(
    order_type,
):
    with pytest.raises(ValueError, match="market, limit, stop, stop_limit, trailing"):
        generate_example(order_type)
