"""Alerts on a real socket: what is answered, stored, refused, and never told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from api.webhook.receiver import KEY, OTHER_KEY, alert, receiving
from exitd.core.entry import SignalState


async def test_given_an_alert_then_answered_in_the_shape_of_the_format(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(
            alert(orderType="stop_limit", stopPrice=150.5, limitPrice=151)
        )
        await webhook.rest()
        (record,) = await webhook.desk.stored()

    said = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert said["success"] is True
    assert said["duplicate"] is False
    assert said["message"].startswith(f"Webhook received as {record.id}")
    assert said["webhookEvent"] == {
        "id": record.id,
        "ticker": "AAPL",
        "direction": "long",
        "marketPrice": 150.25,
    }
    assert said["analytics"]["orderType"] == "stop_limit"
    assert said["analytics"]["intendedPrice"] == 151
    assert said["analytics"]["setupCost"] == 0.75
    assert said["validation"]["valid"] is True
    assert said["validation"]["errors"] == []
    assert record.state is SignalState.CARRIED_OUT
    assert webhook.broker.traded == [record.id]


def _all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain; charset=utf-8", "x/y", ""]
)
async def test_given_any_content_type_then_the_body_decides(
    content_type: str, tmp_path: Path
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(alert(), **{"Content-Type": content_type})

    assert answer.status_code == 200


async def test_given_a_key_then_it_is_neither_stored_nor_answered(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answers = [
            await webhook.post(alert()),
            await webhook.post(alert(qty="many")),
            await webhook.post(alert(), route="other"),
            await webhook.post('{"auth_key": "' + KEY + '", //'),
        ]
        await webhook.rest()
        (record,) = await webhook.desk.stored()

    assert [a.status_code for a in answers] == [200, 422, 401, 400]
    assert KEY not in record.body
    assert "auth_key" not in record.body
    assert all(KEY not in a.text for a in answers)
    assert all(KEY not in told.text for told in webhook.desk.told)
    assert KEY.encode() not in _all_bytes(tmp_path)


async def test_given_a_wrong_key_and_an_unknown_route_then_the_same_answer(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answers = [
            await webhook.post(alert(auth_key="wrong")),
            await webhook.post(alert(auth_key=OTHER_KEY)),
            await webhook.post(alert(auth_key=None)),
            await webhook.post(alert(auth_key="")),
            await webhook.post(alert(auth_key=12345)),
            await webhook.post(alert(auth_key=[KEY])),
            await webhook.post(alert(auth_key=KEY + "\x00")),
            await webhook.post(alert(), route="tw"),
            await webhook.post(alert(auth_key="wrong"), route="%00"),
            await webhook.post(alert(auth_key=None), route=""),
        ]
        stored = await webhook.desk.stored()

    def shape(answer: Any) -> tuple[Any, ...]:
        said = answer.json()
        said.pop("requestId")
        headers = dict(answer.headers)
        headers.pop("x-request-id")
        headers.pop("date")
        return answer.status_code, said, headers

    first = shape(answers[0])
    assert first[0] == 401
    assert all(shape(answer) == first for answer in answers[1:])
    assert stored == ()
    assert webhook.desk.told == []


async def test_given_a_key_with_other_letters_than_ascii_then_compared_as_bytes(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(alert(auth_key="schlüssel\ud83d\ude00"))
        half = await webhook.post(
            json.dumps(alert(auth_key="x")).replace('"x"', '"\\ud83d"')
        )

    assert answer.status_code == 401
    assert half.status_code == 400


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("", "the body is empty"),
        ("hello", "without quotes"),
        ("[]", "a list, not an object"),
        ('{"ticker": "AAPL" // the ticker\n}', "a comment stands"),
        ('{"qty": NaN}', "qty is NaN"),
        ('{"qty": Infinity}', "qty is Infinity"),
        ('{"ticker": "A", "ticker": "B"}', "stands twice"),
        ('{"qty": {{strategy.order.contracts}}}', "holds the placeholder"),
        ('{"ticker": "AAPL",}', "a comma stands before"),
        ("{'ticker': 'AAPL'}", "single quote"),
        ('{"a":' * 21 + "1" + "}" * 21, "nests more than 20"),
        ('{"a":' * 30_000, ""),
        (b'\xff{"a": 1}', "not UTF-8"),
        ('{"qty": 1e999}', "larger or smaller"),
    ],
)
async def test_given_what_is_no_alert_then_400_with_one_sentence_and_a_remedy(
    body: str | bytes, part: str, tmp_path: Path
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(body)
        elsewhere = await webhook.post(body, route="nowhere")
        stored = await webhook.desk.stored()

    said = answer.json()
    assert answer.status_code == 400 if len(body) < 65_536 else 413
    assert said["success"] is False
    assert part in said["message"]
    assert said["remedy"]
    assert elsewhere.json()["message"] == said["message"]
    assert stored == ()


async def test_given_an_unreadable_body_for_a_route_then_somebody_is_told(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        await webhook.post('{"qty": NaN}')
        await webhook.post('{"qty": NaN}', route="nowhere")

    (told,) = webhook.desk.told
    assert told.about == "route tv"
    assert "an alert to route tv was not taken: qty is NaN" in told.text


async def test_given_several_errors_then_422_with_all_of_them_in_order(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(
            {"auth_key": KEY, "orderType": "stop_limit", "stopPrice": 151}
        )
        stored = await webhook.desk.stored()

    said = answer.json()
    assert answer.status_code == 422
    assert said["errors"] == [
        "ticker is required",
        "direction is required",
        "limitPrice is required for stop_limit orders",
    ]
    assert said["validation"]["errors"] == said["errors"]
    assert said["validation"]["valid"] is False
    assert all(f["cause"] and f["remedy"] for f in said["validation"]["findings"][:3])
    assert stored == ()
    (told,) = webhook.desk.told
    assert "; ".join(said["errors"]) in told.text
    assert "`exitd webhook preview`" in told.text


async def test_given_one_error_then_people_are_told_its_remedy(tmp_path: Path) -> None:
    async with receiving(tmp_path) as webhook:
        await webhook.post(alert(direction="up"))

    (told,) = webhook.desk.told
    sentence = "direction must be 'long' or 'short'; write \"direction\": \"long\""
    assert sentence in told.text


async def test_given_a_body_that_is_too_large_then_413(tmp_path: Path) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(alert(comment="x" * 65_536))
        fits = await webhook.post(alert(comment="x" * 60_000))
        stranger = await webhook.post(alert(comment="x" * 65_536), route="nowhere")

    assert (answer.status_code, stranger.status_code) == (413, 413)
    (told,) = webhook.desk.told
    assert "route tv was not taken: the body has more than 64 KiB" in told.text
    assert answer.json()["message"] == "the body has more than 64 KiB"
    assert fits.status_code == 200


async def test_given_a_body_that_stops_on_its_way_then_somebody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exitd.api.intake._BODY_S", 0.05)
    async with receiving(tmp_path) as webhook:
        reader, writer = await asyncio.open_connection("127.0.0.1", webhook.port)
        writer.write(
            b"POST /webhook/tv HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
        )
        answer = await reader.read(4_096)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    (told,) = webhook.desk.told
    assert "route tv was not taken: the body did not arrive" in told.text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_given_another_method_then_405_that_names_post(
    method: str, tmp_path: Path
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.client.request(method, "/webhook/tv")
        unknown = await webhook.client.request(method, "/webhook/nowhere")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert unknown.status_code == 405


@pytest.mark.parametrize(
    "path", ["/", "/v1/triggers", "/webhooks/tv", "/docs", "/-/healthy"]
)
async def test_given_another_path_then_nothing_else_is_served_there(
    path: str, tmp_path: Path
) -> None:
    async with receiving(tmp_path) as webhook:
        answers = [
            await webhook.client.get(path),
            await webhook.client.post(path, content=json.dumps(alert())),
        ]

    assert [a.status_code for a in answers] == [404, 404]


async def test_given_a_repetition_then_200_and_duplicate(tmp_path: Path) -> None:
    async with receiving(tmp_path) as webhook:
        first = await webhook.post(alert(clientOrderId="a-1"))
        again = await webhook.post(alert(clientOrderId="a-1"))
        other = await webhook.post(alert(clientOrderId="a-1", qty=5))
        await webhook.rest()

    assert [a.status_code for a in (first, again, other)] == [200, 200, 200]
    assert [a.json()["duplicate"] for a in (first, again, other)] == [
        False,
        True,
        True,
    ]
    assert again.json()["webhookEvent"]["id"] == first.json()["webhookEvent"]["id"]
    assert "another body" in other.json()["message"]
    assert len(webhook.broker.traded) == 1


async def test_given_the_same_body_twice_then_one_trade(tmp_path: Path) -> None:
    async with receiving(tmp_path) as webhook:
        answers = await asyncio.gather(*(webhook.post(alert()) for _ in range(5)))
        await webhook.rest()

    assert sorted(a.json()["duplicate"] for a in answers) == [False] + [True] * 4
    assert len(webhook.broker.traded) == 1


async def test_given_a_slow_broker_then_answered_before_any_trading(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        webhook.broker.is_open.clear()
        answer = await webhook.post(alert())
        (record,) = await webhook.desk.stored()
        assert answer.status_code == 200
        assert record.state is SignalState.ACCEPTED
        assert webhook.broker.traded == []
        webhook.broker.is_open.set()
        await webhook.rest()
        assert webhook.broker.traded == [record.id]


async def test_given_more_than_a_route_takes_then_429_with_when_to_come_again(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path, route={"requests_per_minute": 2}) as webhook:
        answers = [await webhook.post(alert(qty=n)) for n in (1, 2, 3)]
        await webhook.rest()

    assert [a.status_code for a in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 30
    assert len(webhook.broker.traded) == 2
    (told,) = webhook.desk.told
    assert "this route takes 2 alerts a minute" in told.text


async def test_given_strangers_then_the_room_of_a_route_is_not_theirs(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path, route={"requests_per_minute": 1}) as webhook:
        for _ in range(5):
            await webhook.post(alert(auth_key="wrong"))

        assert (await webhook.post(alert())).status_code == 200


async def test_given_many_wrong_keys_from_one_address_then_429(tmp_path: Path) -> None:
    async with receiving(tmp_path, trusted=("127.0.0.1",)) as webhook:
        guesser = {"X-Forwarded-For": "203.0.113.7"}
        guesses = [
            await webhook.post(alert(auth_key="wrong"), **guesser) for _ in range(11)
        ]
        right = await webhook.post(alert(), **guesser)
        owner = await webhook.post(alert(), **{"X-Forwarded-For": "203.0.113.8"})

    assert [a.status_code for a in guesses] == [401] * 10 + [429]
    assert int(guesses[10].headers["retry-after"]) > 0
    assert right.status_code == 429
    assert owner.status_code == 200


async def test_given_a_list_of_senders_then_others_are_refused_before_they_are_read(
    tmp_path: Path,
) -> None:
    async with receiving(
        tmp_path, trusted=("127.0.0.1",), allowed=("tradingview",)
    ) as webhook:
        ours = await webhook.post(alert(), **{"X-Forwarded-For": "52.89.214.238"})
        stranger = await webhook.post(alert(), **{"X-Forwarded-For": "203.0.113.7"})
        liar = await webhook.post(
            alert(), **{"X-Forwarded-For": "52.89.214.238, 203.0.113.7"}
        )
        proxy = await webhook.post(alert())

    assert ours.status_code == 200
    assert [a.status_code for a in (stranger, liar, proxy)] == [403] * 3


async def test_given_it_stops_then_503_and_when_to_come_again(tmp_path: Path) -> None:
    async with receiving(tmp_path) as webhook:
        webhook.desk.close()
        answer = await webhook.post(alert())
        stored = await webhook.desk.stored()

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["success"] is False
    assert stored == ()
    assert webhook.desk.told == []


async def test_given_an_id_that_was_used_long_ago_then_the_answer_says_what_it_becomes(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path, route={"duplicate_horizon": 1}) as webhook:
        await webhook.post(alert(clientOrderId="a-1"))
        again = await webhook.post(alert(clientOrderId="a-1"))
        await webhook.rest()

    assert again.json()["duplicate"] is False
    assert "the broker gets the order as a-1-1" in again.json()["message"]
