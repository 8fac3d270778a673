"""`exitd symmio`: the key, and what it prints carried out on a chain."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_account import Account

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


def test_given_a_new_key_when_asked_again_then_its_address_is_the_same(
    command: Command, tmp_path: Path
):
    file = tmp_path / "symmio_key"

    made = command("symmio", "key", str(file), "--new")
    shown = command("symmio", "key", str(file), "--json")

    written = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.out.strip() == Account.from_key(written).address
    assert shown.json == {"address": made.out.strip(), "file": str(file)}
    assert written not in f"{made.out}{made.err}{shown.out}{shown.err}"


def test_given_a_key_that_is_there_when_made_anew_then_refused_and_kept(
    command: Command, tmp_path: Path
):
    file = tmp_path / "symmio_key"
    file.write_text("0x" + "c1" * 32)

    refused = command("symmio", "key", str(file), "--new")

    assert refused.status == 1
    assert "is there already, so no key was made" in refused.err
    assert file.read_text() == "0x" + "c1" * 32


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (None, "is not there; create it"),
        ("0xabc", "is not 32 bytes in hex"),
    ],
)
def test_given_what_is_no_key_when_asked_then_said(
    command: Command, tmp_path: Path, written, sentence
):
    file = tmp_path / "symmio_key"
    if written is not None:
        file.write_text(written)

    refused = command("symmio", "key", str(file))

    assert refused.status != 0
    assert sentence in refused.err


def test_given_a_key_that_others_can_read_when_asked_then_said_as_well(
    command: Command, tmp_path: Path
):
    file = tmp_path / "symmio_key"
    file.write_text("0x" + "c1" * 32)
    file.chmod(0o644)

    told = command("symmio", "key", str(file))

    assert told.status == 0
    assert "run chmod 600 on it" in told.err
