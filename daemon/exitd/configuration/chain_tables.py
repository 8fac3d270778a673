"""venues/symmio.yaml: chains, the contracts on them, and how they are read.

It has another shape than the tables of exchanges, because a chain has no one address
to speak to.
"""

import functools

from exitd.configuration.addresses import HttpUrl
from exitd.configuration.chain_accounts import ChainId, Wei
from exitd.configuration.document import Document
from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.rasa import EvmAddress
from exitd.configuration.values import DurationValue, NameValue, PercentValue
from exitd.configuration.venue_tables import read_as, shipped_directory

#: The name of the file, which is that of the venue type as well.
CHAINS_FILE = "symmio"
#: The venue type whose table says which prices quotes can be watched by.
PRICES_TYPE = "binance"


class Solver(Keys):
    """Who is on the other side of quotes."""

    addresses: list[EvmAddress] = described(
        ..., "The addresses that it signs with: the party B of its quotes."
    )
    url: HttpUrl | None = described(
        None, "Where its symbols and their decimals are listed.", shown="none"
    )


class ChainTable(Keys):
    """One chain; an account names it and may override what it says."""

    chain_id: ChainId = described(
        ..., "The chain's number; a node of another is refused."
    )
    symmio: EvmAddress = described(..., "The contract that holds the quotes.")
    multi_accounts: dict[NameValue, EvmAddress] = described(
        ..., "The contracts that own sub-accounts; no others are believed."
    )
    solvers: dict[NameValue, Solver] = described(..., "The solvers, by name.")
    nodes: list[HttpUrl] = described(
        ..., "JSON-RPC addresses, in the order in which they are preferred."
    )
    node_deadline: DurationValue = described(..., "How long one question may take.")
    poll: DurationValue = described(..., "How often the chain is looked at.")
    block_time: DurationValue = described(..., "How far apart blocks are.")
    confirmations: Count = described(
        ...,
        "How deep a block is read, the newest being 1. A fill that is undone deeper "
        "than that counts as a fill all the same.",
    )
    request_window: DurationValue = described(
        ..., "How long a close request lives on the chain."
    )
    lag_slack: DurationValue = described(
        ..., "How much longer what is read may still change."
    )
    fee_most: Wei = described(..., "The most that a unit of gas may cost, in wei.")
    fee_least_tip: Wei = described(..., "The least tip for a unit of gas, in wei.")
    bump_after: Count = described(
        ..., "After how many blocks a transaction that waits offers more."
    )
    least_closes: Count = described(
        20,
        "Somebody is told when the key's balance pays for fewer closes than this at "
        "the present fee.",
    )
    market_bound: PercentValue = described(
        ..., "How far from the watched price a market close may be filled."
    )


class ChainTables(Keys):
    """What the file holds."""

    chains: dict[NameValue, ChainTable] = described(..., "The chains, by name.")


def read_chains(raw: bytes, file: str) -> tuple[ChainTables | None, Document]:
    """Read the table of chains; findings are in the document."""
    return read_as(raw, file, ChainTables)


@functools.cache
def shipped_chains() -> ChainTables:
    """Read the table that comes with exitd; a damaged one is a broken installation."""
    path = shipped_directory() / "venues" / f"{CHAINS_FILE}.yaml"
    tables, _document = read_chains(path.read_bytes(), str(path))
    assert tables is not None, f"{path} is damaged; install exitd again"
    return tables
