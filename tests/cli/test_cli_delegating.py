"""`exitd symmio delegate`: carried out on a chain, it lets the key close."""

from __future__ import annotations

import pytest

from chain.deployed import CANCEL, CLOSE, VERSIONS, deployed
from cli.conftest import Command

SUB, CLOSER = "0x" + "a1" * 20, "0x" + "b2" * 20
VIBE = "0x95605c64356572eb5C076Cb9c027c88b527A2059"


@pytest.mark.parametrize("version", VERSIONS)
def test_given_what_it_prints_when_the_owner_sends_it_then_the_key_may_close(
    command: Command, version
):
    chain = deployed(version)
    sub = chain.add_account("another")
    words = ("--to", CLOSER, "--multi-account", chain.multi.address, "--json")

    told = command("symmio", "delegate", sub, *words).json
    data = told["data"]["from 0.8.5" if version == "0.8.5" else "to 0.8.4"]
    chain.web3.eth.send_transaction(
        {"from": chain.owner, "to": told["to"], "data": data, "gas": 500_000}
    )

    may = chain.multi.functions.delegatedAccesses
    closer = chain.web3.to_checksum_address(CLOSER)
    assert may(sub, closer, CLOSE).call()
    assert may(sub, closer, CANCEL).call()
    assert not may(sub, closer, bytes.fromhex("90ca796b")).call()
    assert told["chain_id"] == 8453


def test_given_a_name_of_a_front_end_then_its_contract_is_told(command: Command):
    words = ("--to", CLOSER, "--multi-account", "vibe")

    done = command("symmio", "delegate", SUB, *words)

    assert done.status == 0
    assert VIBE in done.out
    assert "0x4ebabea1" in done.out
    assert "0x55e0660f" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("0x12", "--to", CLOSER, "--multi-account", "vibe"),
        (SUB, "--to", "me", "--multi-account", "vibe"),
        (SUB, "--to", CLOSER, "--multi-account", "vibes"),
        (SUB, "--to", CLOSER, "--multi-account", "vibe", "--chain", "moon"),
    ],
)
def test_given_what_is_no_address_or_chain_then_wrong_usage(command: Command, words):
    done = command("symmio", "delegate", *words)

    assert done.status == 2
    assert done.out == ""
