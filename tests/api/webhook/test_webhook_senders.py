"""Whose address counts: only what trusted proxies say is believed."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from exitd.api.senders import Senders
from exitd.api.webhook.limits import WRONG_KEYS_PER_MINUTE, RouteLimit, WrongKeys
from fakes.clocks import ManualClock

PROXY = "127.0.0.1"
S = 1_000_000_000


def _address(
    peer: str, forwarded: str | list[str], trusted: tuple[str, ...] = (PROXY,)
) -> str:
    lines = [forwarded] if isinstance(forwarded, str) else forwarded
    headers = Headers(
        raw=[(b"x-forwarded-for", line.encode("latin-1")) for line in lines if line]
    )
    senders = Senders(trusted=trusted, allowed=())
    return str(senders.address_of({"client": (peer, 5)}, headers))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        # Nobody trusts this one: what it says of others is not read.
        ("203.0.113.7", "52.89.214.238", "203.0.113.7"),
        (PROXY, "203.0.113.7", "203.0.113.7"),
        # The proxy added the right-most; what is left of it anybody may have written.
        (PROXY, "52.89.214.238, 203.0.113.7", "203.0.113.7"),
        (PROXY, ["52.89.214.238", "203.0.113.7"], "203.0.113.7"),
        (PROXY, "52.89.214.238, 127.0.0.1", "52.89.214.238"),
        (PROXY, "", PROXY),
        (PROXY, "203.0.113.7:4711", "203.0.113.7"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "2001:db8::7", "2001:db8::7"),
        (PROXY, "::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        (PROXY, "52.89.214.238, somebody", "None"),
        (PROXY, "unknown", "None"),
        ("", "203.0.113.7", "None"),
    ],
)
def test_given_a_peer_and_a_header_then_the_nearest_that_nobody_trusts(
    peer: str, forwarded: str | list[str], found: str
) -> None:
    assert _address(peer, forwarded) == found


def test_given_two_trusted_proxies_then_the_one_before_both() -> None:
    forwarded = "198.51.100.9, 203.0.113.7, 10.1.2.3"

    assert _address(PROXY, forwarded, (PROXY, "10.0.0.0/8")) == "203.0.113.7"


def test_given_a_list_of_senders_then_only_those_and_never_an_unknown_one() -> None:
    senders = Senders(trusted=[PROXY], allowed=["tradingview", "2001:db8::/32"])

    def may(peer: str) -> bool:
        address = senders.address_of({"client": (peer, 1)}, Headers())
        return senders.may_send(address)

    assert may("52.32.178.7")
    assert may("2001:db8::1")
    assert not may("52.32.178.8")
    assert not may("what")
    assert not senders.may_send(None)


def test_given_no_list_then_everybody_may_send() -> None:
    assert Senders(trusted=[], allowed=[]).may_send(None)


def test_given_a_route_limit_when_spent_then_it_says_how_long() -> None:
    clock = ManualClock()
    limit = RouteLimit(60, clock.monotonic_ns)

    assert [limit.wait_s() for _ in range(60)] == [0] * 60
    assert limit.wait_s() == 1
    clock.advance(S)
    assert limit.wait_s() == 0
    assert limit.wait_s() == 1


def test_given_a_limit_of_one_then_one_a_minute() -> None:
    clock = ManualClock()
    limit = RouteLimit(1, clock.monotonic_ns)

    assert limit.wait_s() == 0
    assert limit.wait_s() == 60


def test_given_many_wrong_keys_then_that_address_waits_and_no_other() -> None:
    clock = ManualClock()
    keys = WrongKeys(clock.monotonic_ns)
    senders = Senders(trusted=[], allowed=[])

    def address(peer: str) -> object:
        return senders.address_of({"client": (peer, 1)}, Headers())

    guesser = address("203.0.113.7")
    for _ in range(WRONG_KEYS_PER_MINUTE):
        assert keys.wait_s(guesser) == 0  # type: ignore[arg-type]
        keys.note(guesser)  # type: ignore[arg-type]

    assert keys.wait_s(guesser) > 0  # type: ignore[arg-type]
    assert keys.wait_s(address("203.0.113.8")) == 0  # type: ignore[arg-type]
    clock.advance(60 * S)
    assert keys.wait_s(guesser) == 0  # type: ignore[arg-type]


def test_given_wrong_keys_from_all_over_a_network_of_ipv6_then_it_waits_as_one() -> (
    None
):
    keys = WrongKeys(ManualClock().monotonic_ns)
    senders = Senders(trusted=[], allowed=[])

    def address(peer: str) -> object:
        return senders.address_of({"client": (peer, 1)}, Headers())

    for number in range(WRONG_KEYS_PER_MINUTE):
        keys.note(address(f"2001:db8::{number + 1:x}"))  # type: ignore[arg-type]

    assert keys.wait_s(address("2001:db8::ffff")) > 0  # type: ignore[arg-type]
    assert keys.wait_s(address("2001:db8:0:1::1")) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("shared", ["52.89.214.238", "127.0.0.1"])
def test_given_wrong_keys_from_an_address_that_many_share_then_nobody_is_locked_out(
    shared: str,
) -> None:
    keys = WrongKeys(ManualClock().monotonic_ns)
    senders = Senders(trusted=[], allowed=[])
    address = senders.address_of({"client": (shared, 1)}, Headers())

    for _ in range(10 * WRONG_KEYS_PER_MINUTE):
        keys.note(address)

    assert keys.wait_s(address) == 0


def test_given_guesses_from_very_many_addresses_then_only_so_many_are_kept() -> None:
    keys = WrongKeys(ManualClock().monotonic_ns)
    senders = Senders(trusted=[], allowed=[])

    for number in range(5_000):
        peer = f"203.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        keys.note(senders.address_of({"client": (peer, 1)}, Headers()))

    assert len(keys._buckets._budgets) == 4_096
