"""Where a request comes from: what is believed of proxies, and who is near."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from api.daemons import ME, World, served, started
from exitd.api.listening import Listener, Peer
from exitd.api.origins import Origin, Origins

PROXY = "127.0.0.1"


class Nothing:
    """In the place of a socket that nobody asks."""


def origin(
    client: str,
    *,
    trusted: tuple[str, ...] = (),
    is_loopback: bool = True,
    **headers: str,
) -> Origin:
    listener = Listener(Nothing(), is_unix=False, is_loopback=is_loopback)  # type: ignore[arg-type]
    scope = {"client": (client, 4_242), "state": {"listener": listener}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Origins(trusted).of(scope, Headers({"host": "localhost", **named}))


def test_given_this_machine_when_it_asks_by_its_own_name_then_near():
    found = origin(PROXY)

    assert found.is_near
    assert (found.place, found.counted_as) == ("127.0.0.1:4242", PROXY)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "exitd.example.org"},
        {"x_forwarded_for": "203.0.113.7"},
        {"forwarded": "for=203.0.113.7"},
        {"x_real_ip": "203.0.113.7"},
        {"via": "1.1 proxy"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_given_a_proxy_on_this_machine_when_it_asks_for_others_then_not_near(
    headers: dict[str, str],
):
    assert not origin(PROXY, **headers).is_near


def test_given_a_door_to_other_machines_when_asked_then_not_near():
    assert not origin(PROXY, is_loopback=False).is_near


def test_given_a_trusted_proxy_when_it_says_for_whom_then_that_one_is_counted():
    found = origin(PROXY, trusted=(PROXY,), x_forwarded_for="203.0.113.7")

    assert found.place == "203.0.113.7 through 127.0.0.1:4242"
    assert found.counted_as == "203.0.113.7"
    assert not found.is_shared


def test_given_any_other_proxy_when_it_says_for_whom_then_it_is_not_believed():
    found = origin(PROXY, x_forwarded_for="203.0.113.7")

    assert (found.place, found.counted_as) == ("127.0.0.1:4242", PROXY)
    assert found.is_shared


def test_given_addresses_of_one_network_of_ipv6_when_counted_then_they_are_one():
    one, two = (origin(a, is_loopback=False) for a in ("2001:db8::1", "2001:db8::2"))

    assert one.counted_as == two.counted_as == "2001:db8::/64"


def test_given_a_unix_peer_when_it_asks_then_user_and_process_are_known():
    scope = {"state": {"peer": Peer(1_000, "ada", is_trusted=True, pid=77)}}

    found = Origins().of(scope, Headers({}))

    assert found.place == "unix socket, uid 1000, pid 77"
    assert found.is_near
    assert found.is_unix


async def test_given_a_proxy_with_a_name_of_its_own_when_it_reads_then_by_token_only(
    tmp_path: Path,
):
    name = "exitd.example.org"
    async with started(tmp_path) as world, served(world, allowed_hosts=[name]):
        made = await world.control.tokens.create("phone", ["read"], ME)
        async with world.tcp() as raw, world.tcp(made.secret or "") as phone:
            strange = await raw.get("/v1/status", headers={"Host": name})
            passed_on = await raw.get(
                "/v1/status", headers={"X-Forwarded-For": "203.0.113.7"}
            )
            health = await raw.get("/-/healthy", headers={"Host": name})
            known = await phone.get("/v1/status", headers={"Host": name})

    assert strange.status_code == passed_on.status_code == 401
    assert health.status_code == known.status_code == 200


async def test_given_a_unix_socket_when_asked_then_the_process_is_this_one(
    world: World,
):
    async with world.unix() as raw:
        await raw.post("/v1/triggers", json={})
        page = await raw.get("/v1/facts", params={"event": "change.refused"})

    (fact,) = page.json()["facts"]
    place = f"unix socket, uid {os.getuid()}, pid {os.getpid()}"
    assert fact["fields"]["place"] == place
