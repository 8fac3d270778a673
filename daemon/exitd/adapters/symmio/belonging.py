"""Whether the configured contracts belong together, and the nodes to their chain.

A MultiAccount of another SYMMIO contract would carry closes to where the quotes are
not. Addresses change when contracts are migrated, so this is read and not believed.
"""

from __future__ import annotations

from msgspec import Struct

from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.node import Node
from exitd.adapters.symmio.nodes import Nodes
from exitd.adapters.symmio.settings import ChainSettings
from exitd.ports.clock import Clock


class Examined(Struct, frozen=True):
    """What is wrong, a sentence each: with the contracts, and with the nodes."""

    contracts: tuple[str, ...]
    nodes: tuple[str, ...]


async def strays(contracts: Contracts, settings: ChainSettings) -> tuple[str, ...]:
    """Say of each MultiAccount that it is one of another contract, or none at all.

    Raises:
        VenueUnavailable: No node answered.
    """
    found = []
    for multi_account in settings.multi_accounts:
        named = await contracts.trading_of(multi_account)
        if named is None:
            found.append(f"{multi_account}: it is no MultiAccount")
        elif named.lower() != settings.symmio.lower():
            found.append(
                f"{multi_account}: it is a MultiAccount of {named}, not of"
                f" {settings.symmio}"
            )
    return tuple(found)


async def examine(settings: ChainSettings, clock: Clock) -> Examined:
    """Ask a chain about all that is configured of it; needs no key.

    Raises:
        VenueUnavailable: No node can be believed.
    """
    nodes = Nodes(
        [Node(url, settings.node_deadline_s) for url in settings.nodes],
        chain_id=settings.chain_id,
        clock=clock,
        tolerance=settings.tolerance,
    )
    try:
        await nodes.survey()
        wrong = await strays(Contracts(nodes, settings), settings)
        troubles = tuple(f"{name}: {why}" for name, why in nodes.troubles.items())
        return Examined(wrong, troubles)
    finally:
        await nodes.close()
