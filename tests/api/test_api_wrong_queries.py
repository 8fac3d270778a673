"""What is wrong behind the `?` of a path, and what of the request as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from api.daemons import World


async def problem(world: World, method: str, path: str, **more: Any) -> dict[str, Any]:
    async with world.unix() as client:
        answer = await client.request(method, path, **more)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == found["status"]
    return {name: found[name] for name in ("status", "detail", "remedy", "field")}


@pytest.mark.parametrize(
    ("path", "field", "said"),
    [
        ("triggers?limit=0", "limit", "write at least 1"),
        ("triggers?limit=501", "limit", "write at most 500"),
        ("triggers?limit=many", "limit", "write a whole number"),
        ("facts?wait=long", "wait", "write a number"),
        ("facts?oldest_first=perhaps", "oldest_first", "write true or false"),
        (f"triggers?symbol={'x' * 141}", "symbol", "write at most 140 characters"),
        (
            "triggers?kind=stop_los",
            "kind",
            "'stop_los' is not one of stop_loss, take_profit, trailing, above, below, "
            "at_time, max_hold, now (did you mean 'stop_loss'?)",
        ),
    ],
)
async def test_given_a_wrong_value_when_asked_then_the_word_and_what_to_write(
    world: World, path: str, field: str, said: str
):
    found = await problem(world, "GET", f"/v1/{path}")

    assert found == {
        "status": 422,
        "detail": f"{field}: {said}",
        "remedy": "",
        "field": field,
    }


@pytest.mark.parametrize(
    ("written", "near"),
    [("order.fill", " (did you mean 'order.filled'?)"), ("nothing.*", "")],
)
async def test_given_an_event_that_there_is_none_of_when_asked_then_the_nearest(
    world: World, written: str, near: str
):
    found = await problem(world, "GET", f"/v1/facts?event={written}")

    assert found == {
        "status": 422,
        "detail": f"event: there is no event '{written}'{near}",
        "remedy": "docs/log-events.md lists them; one may end in *",
        "field": "event",
    }


async def test_given_a_misspelt_word_when_asked_then_refused_with_the_nearest(
    world: World,
):
    found = await problem(world, "GET", "/v1/triggers?sybmol=SOL_USDC_PERP")

    assert found == {
        "status": 422,
        "detail": "sybmol: is not read by /v1/triggers (did you mean 'symbol'?)",
        "remedy": "leave it out; /docs lists the words there are",
        "field": "sybmol",
    }


async def test_given_words_that_no_route_has_when_changed_then_nothing_is_changed(
    world: World,
):
    stop = {"symbol": "SOL_USDC_PERP", "side": "long", "stop_loss": "95"}

    found = await problem(world, "POST", "/v1/triggers?dry_run=true", json=stop)

    assert found["status"] == 422
    assert world.daemon.loop.engine.state.triggers == {}


async def test_given_a_misspelt_key_when_armed_then_refused_with_the_nearest(
    world: World,
):
    stop = {"symbol": "SOL_USDC_PERP", "side": "long", "stop_los": "95"}

    found = await problem(world, "POST", "/v1/triggers", json=stop)

    assert (found["detail"], found["remedy"]) == (
        "stop_los: is not a known key (did you mean 'stop_loss'?)",
        "/docs lists those there are",
    )


async def test_given_an_empty_batch_when_armed_then_in_plain_words(world: World):
    found = await problem(world, "POST", "/v1/triggers", json={"triggers": []})

    assert found["detail"] == "triggers: write at least 1"


@pytest.mark.parametrize("path", ["/v1/triggers", "/v1/preview", "/v1/flatten"])
async def test_given_no_object_when_sent_then_told_where_its_keys_are(
    world: World, path: str
):
    found = await problem(world, "POST", path, json=[])

    assert (found["detail"], found["remedy"]) == (
        "the body must be one JSON object",
        "/docs shows its keys",
    )


async def test_given_no_such_method_when_asked_then_told_where_they_are(world: World):
    found = await problem(world, "PUT", "/v1/triggers")

    assert (found["status"], found["remedy"]) == (405, "/docs lists what there is")
