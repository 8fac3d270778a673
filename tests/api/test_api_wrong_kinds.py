"""What is wrong with an exit that is asked for: the field, and a file's sentence."""

from __future__ import annotations

from typing import Any

import pytest

from api.daemons import World
from exitd.client import AsyncClient, DaemonRefused, calls
from fakes.exchange import SOL

LONG = {"symbol": SOL, "side": "long"}
Body = dict[str, Any]


async def refused(client: AsyncClient, body: Body) -> DaemonRefused:
    with pytest.raises(DaemonRefused) as caught:
        await client.ask(calls.arm([{**LONG, **body}]))
    return caught.value


@pytest.mark.parametrize(
    ("body", "field", "says", "code"),
    [
        ({"trailing": "0%"}, "trailing", "above 0%", "invalid"),
        ({"trailing": "100%"}, "trailing", "under 100%", "invalid"),
        ({"trailing": "0.001"}, "trailing", "less than one price step", "off_step"),
        ({"trailing": 5}, "trailing", "JSON string", "invalid"),
        ({"trailing": "2%", "after": "-3%"}, "after", "winning side", "invalid"),
        ({"trailing": "2%", "after": "99"}, "after", "not above the entry", "invalid"),
        (
            {"trailing": "2%", "for": "5s"},
            "for",
            "no effect with 'trailing'",
            "idle_key",
        ),
        (
            {"trailing": "2%", "tighten": {"at": "+5%", "to": "3%"}},
            *("tighten.to", "only narrows", "invalid"),
        ),
        (
            {"trailing": "2%", "tighten": {"at": "+5%"}},
            "tighten.to",
            "missing",
            "invalid",
        ),
        ({"stop_loss": "3%"}, "stop_loss", "carries its sign: +3% or -3%", "invalid"),
        (
            {"stop_loss": "-9% roi"},
            "stop_loss",
            "needs to know the leverage",
            "invalid",
        ),
        (
            {"stop_loss": "95", "leverage": "5"},
            "leverage",
            "a level in roi",
            "idle_key",
        ),
        ({"stop_loss": "95", "entry": "keep"}, "entry", "relative", "idle_key"),
        (
            {"stop_loss": "95", "for": "5"},
            "for",
            "with its unit, such as 5s",
            "invalid",
        ),
        ({"stop_loss": "95", "prices": 1}, "prices", "at least 2", "invalid"),
        (
            {"stop_loss": "95", "prices": 3, "for": "5s"},
            *("prices", "exclude each other", "invalid"),
        ),
        (
            {"stop_loss": "95", "prices": 3, "emergency": "96"},
            *("emergency", "beyond the level", "invalid"),
        ),
        ({"stop_loss": "95", "emergency": "90"}, "emergency", "no effect", "idle_key"),
        ({"stop_loss": "95", "hard": True}, "hard", "add order: limit", "idle_key"),
        (
            {"stop_loss": "95", "twap": {"slices": 5, "every": "30s"}},
            *("twap", "a stop closes at once", "invalid"),
        ),
        ({"stop_loss": "95", "close": "9 EUR"}, "close", "paid in USDC", "bad_close"),
        ({"max_hold": "0s"}, "max_hold", "above zero", "invalid"),
        ({"at_time": "2020-01-01T00:00:00Z"}, "at_time", "has passed", "passed"),
        (
            {"at_time": "15:55 America/NewYork"},
            *("at_time", "did you mean 'America/New_York'?", "invalid"),
        ),
        ({"at_time": "5m before close"}, "at_time", "needs a calendar", "invalid"),
        (
            {"at_time": "5m before close", "calendar": "NYSE"},
            *("calendar", "'NYSE' is not one of", "invalid"),
        ),
        (
            {"above": "99000", "do": "notify", "watch": "binnance/BTCUSDT"},
            *("watch", "venue 'binnance' is not set up", "unknown_venue"),
        ),
        (
            {"stop_loss": "-3%", "watch": "main/BTC_USDC_PERP"},
            *("stop_loss", "write the price there", "invalid"),
        ),
        (
            {"take_profit": "110", "moves": [{"at": "+5%", "to": "entry"}]},
            *("moves", "not a stop with a level", "bad_move"),
        ),
        (
            {"stop_loss": "90", "moves": [{"to": "entry"}]},
            *("moves.0", "exactly one of", "invalid"),
        ),
        (
            {"stop_loss": "90", "moves": [{"after": "trg_none", "to": "entry"}]},
            *("moves", "no trigger 'trg_none'", "bad_move"),
        ),
        (
            {"stop_loss": "90", "moves": [{"at": "-5%", "to": "entry"}]},
            *("moves.0.at", "winning side", "invalid"),
        ),
        ({"stop_loss": "95", "once": True}, "once", "not a known key", "invalid"),
        ({"stop_loss": "95", "trailing": "2%"}, "", "this one has 2", "one_condition"),
        ({"stop_loss": "95", "missed": "wait"}, "missed", "alert, fire", "invalid"),
    ],
)
async def test_b049_given_a_bad_value_when_armed_then_the_field_and_a_files_sentence(
    world: World, body: Body, field: str, says: str, code: str
):
    async with AsyncClient(world.address) as client:
        error = await refused(client, body)
        listed = (await client.ask(calls.search())).triggers

    assert (error.status, error.code) == (422, code)
    assert error.field == field
    assert error.sentence.startswith(f"{field}: " if field else "")
    assert says in str(error)
    assert listed == ()


async def test_given_weak_stops_when_armed_then_notes_as_check_warns(world: World):
    waits = {"stop_loss": "95", "for": "120s"}
    hard = {
        "stop_loss": "90",
        "order": "limit",
        "slippage_limit": "1%",
        "hard": True,
    }
    async with AsyncClient(world.address) as client:
        first = await client.ask(calls.arm([{**LONG, **waits}]))
        second = await client.ask(calls.arm([{**LONG, **hard}]))

    assert "add emergency:" in first.notes[0]
    assert "may never close" in second.notes[0]
