"""The table of chains that is shipped, and what is wrong with others."""

from __future__ import annotations

import pytest
from eth_utils import to_checksum_address

from exitd.configuration.chain_tables import read_chains
from exitd.configuration.venue_tables import shipped_directory

RAW = (shipped_directory() / "venues" / "symmio.yaml").read_bytes()


def test_given_the_shipped_table_then_base_is_in_it_as_it_should():
    tables, document = read_chains(RAW, "venues/symmio.yaml")

    assert document.findings == []
    assert tables is not None
    base = tables.chains["base"]
    assert base.chain_id == 8453
    assert len(base.nodes) >= 2
    addresses = [base.symmio, *base.multi_accounts.values()]
    for solver in base.solvers.values():
        addresses += solver.addresses
    assert len({a.lower() for a in addresses}) == len(addresses)
    for address in addresses:
        assert address == to_checksum_address(address)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("chain_id: 8453", "chain_id: base"),
        ('symmio: "0x91Cf', 'symmio: "0x91C'),
        ("confirmations: 1", "confirmations: 0"),
        ("fee_most: 5000000000", "fee_most: -1"),
        ("market_bound: 10%", "market_bounds: 10%"),
        ("https://mainnet.base.org", "mainnet.base.org"),
        ("request_window: 180s", "request_window: soon"),
    ],
)
def test_given_a_table_with_a_mistake_then_told_where(before, after):
    text = RAW.decode()
    assert before in text

    tables, document = read_chains(
        text.replace(before, after, 1).encode(), "venues/symmio.yaml"
    )

    assert tables is None
    assert document.findings


@pytest.mark.parametrize("raw", [b"", b"chains:\n", b"chains: 5\n", b"a: [\n"])
def test_given_no_table_then_told(raw):
    tables, document = read_chains(raw, "venues/symmio.yaml")

    assert tables is None
    assert document.findings
