"""Two owners: neither sees nor changes anything of the other, whatever they send."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.rasa_world import ALICE, BOB, RasaWorld, body, order, rasa_started
from exitd.api.rasa.faults import ERROR_CODES

ALICES, BOBS, NOBODYS = 179921, 200, 999
#: What tells that a quote is there; nothing of it may be in what another is told.
_STOP = "1.8123"


Call = tuple[str, str, Any]


def calls(quote_id: int) -> list[tuple[str, str, Any]]:
    """Give every call of the API about a quote."""
    posted = body(order(), quote_id=quote_id, account_address=ALICE)
    foreign = body(order(), quote_id=quote_id, account_address=BOB)
    return [
        ("GET", f"/api/v4/{quote_id}/", None),
        ("GET", f"/api/v4/{quote_id}", None),
        ("DELETE", f"/api/v4/{quote_id}/stop_loss", None),
        ("DELETE", f"/api/v4/{quote_id}/take_profit/", None),
        ("POST", "/api/v4/", posted),
        ("POST", "/api/v4", foreign),
        ("POST", "/api/v4/search/", {"party_a_address": BOB}),
        ("POST", "/api/v4/search", {"state": ["new", "canceled", "triggered"]}),
        ("POST", "/api/v4/search", {"symbol_id": 4}),
    ]


def told(answer: Any, quote_id: int) -> tuple[int, str]:
    return answer.status_code, answer.text.replace(f"quote {quote_id}", "<quote>")


async def bobs_stop(rasa: RasaWorld) -> tuple[str, ...]:
    state = rasa.world.daemon.loop.engine.state
    return tuple(
        f"{id} {record.state} {record.definition.level}"
        for id, record in sorted(state.triggers.items())
        if id.startswith(f"rasa_{BOBS}_")
    )


async def set_up(rasa: RasaWorld) -> tuple[str, str]:
    alice, bob = await rasa.log_in(ALICE), await rasa.log_in(BOB)
    async with rasa.caller(bob) as raw:
        sent = body(order(conditional_price=_STOP), quote_id=BOBS, account_address=BOB)
        assert (await raw.post("/api/v4/", json=sent)).status_code == 200
    return alice, bob


async def try_call(
    rasa: RasaWorld,
    token: str,
    call: Call,
    instead: Call,
) -> None:
    """Ask for what is Bob's, and for what is nobody's; the answers are the same."""
    before = await bobs_stop(rasa)
    async with rasa.caller(token) as raw:
        mine = await raw.request(call[0], call[1], json=call[2])
        nobodys = await raw.request(instead[0], instead[1], json=instead[2])
    assert told(mine, BOBS) == told(nobodys, NOBODYS)
    assert _STOP not in mine.text
    assert BOB.lower() not in mine.text.lower()
    assert await bobs_stop(rasa) == before


def test_b143_given_two_owners_and_any_route_then_neither_is_told_of_the_other(
    tmp_path_factory: Any,
):
    with asyncio.Runner() as runner:
        started = rasa_started(tmp_path_factory.mktemp("owners"))
        rasa = runner.run(started.__aenter__())
        alice, bob = runner.run(set_up(rasa))
        both = list(zip(calls(BOBS), calls(NOBODYS), strict=True))
        searches = st.fixed_dictionaries(
            {},
            optional={
                "party_a_address": st.sampled_from([BOB, BOB.lower(), ALICE]),
                "state": st.lists(
                    st.sampled_from(["new", "canceled", "killed", "triggered"])
                ),
                "symbol_id": st.sampled_from([4, 5]),
                "start": st.integers(0, 3),
                "size": st.integers(1, 9),
            },
        ).map(lambda wanted: ("POST", "/api/v4/search/", wanted))

        @settings(
            max_examples=60,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(pair=st.one_of(st.sampled_from(both), searches.map(lambda s: (s, s))))
        def isolated(pair: tuple[tuple[str, str, Any], tuple[str, str, Any]]) -> None:
            runner.run(try_call(rasa, alice, *pair))

        try:
            isolated()
            # And Bob's own are there all the while.
            runner.run(_check_own(rasa, bob))
        finally:
            runner.run(started.__aexit__(None, None, None))


async def _check_own(rasa: RasaWorld, bob: str) -> None:
    async with rasa.caller(bob) as raw:
        shown = (await raw.get(f"/api/v4/{BOBS}")).json()
        assert [json.dumps(r["conditional_order_price"]) for r in shown] == [_STOP]
        assert (await raw.get(f"/api/v4/{ALICES}")).status_code == 404
        foreign = await raw.post("/api/v4", json=body(quote_id=BOBS))
        assert foreign.json()["error_code"] == ERROR_CODES["unauthenticated"]
