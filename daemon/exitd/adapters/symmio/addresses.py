"""Whether the chain has at the configured addresses what the configuration says."""

from __future__ import annotations

from msgspec import Struct

from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.multi_accounts import MultiAccounts
from exitd.adapters.symmio.node import Node
from exitd.adapters.symmio.nodes import Nodes
from exitd.adapters.symmio.session import Session
from exitd.adapters.symmio.settings import ChainSettings
from exitd.errors import ConfigurationError, VenueUnavailable
from exitd.ports.clock import Clock


class Examined(Struct, frozen=True):
    """What is wrong, a sentence each: with the contracts, and with the nodes."""

    contracts: tuple[str, ...]
    nodes: tuple[str, ...]


async def check(session: Session) -> None:
    """Compare chain and contracts with the configuration, before anything is sent.

    Raises:
        ConfigurationError: They differ; each finding names both.
        VenueUnavailable: It could not be read.
    """
    settings = session.settings
    try:
        await session.look()
    except VenueUnavailable as exc:
        others = session.nodes.other_chains
        if not others:
            raise
        raise ConfigurationError(
            f"{session.account}: `chain_id` is {settings.chain_id}, and the nodes are"
            f" on chain {', '.join(map(str, others))}: one of the two is wrong"
        ) from exc
    findings = await _mismatches(session.multi_accounts, settings)
    if findings:
        raise ConfigurationError(f"{session.account}: {found}" for found in findings)


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
        contracts = Contracts(nodes, settings)
        multi_accounts = MultiAccounts(contracts, settings.multi_accounts)
        wrong = await _mismatches(multi_accounts, settings)
        troubles = tuple(f"{name}: {why}" for name, why in nodes.troubles.items())
        return Examined(wrong, troubles)
    finally:
        await nodes.close()


async def _mismatches(
    multi_accounts: MultiAccounts, settings: ChainSettings
) -> tuple[str, ...]:
    found = [
        await mismatch(multi_accounts, settings, one) for one in settings.multi_accounts
    ]
    return tuple(sentence for sentence in found if sentence)


async def mismatch(
    multi_accounts: MultiAccounts, settings: ChainSettings, multi_account: str
) -> str:
    """Say why a MultiAccount's closes would not reach `symmio`; empty if they do.

    Raises:
        VenueUnavailable: It could not be read.
    """
    symmio = settings.symmio
    closes_at = await multi_accounts.symmio(multi_account)
    if closes_at is None:
        return (
            f"{multi_account} under `multi_accounts` is no MultiAccount of `symmio`"
            f" {symmio}: it has no symmioAddress()"
        )
    if closes_at.lower() != symmio.lower():
        return (
            f"the MultiAccount {multi_account} closes at {closes_at}, and `symmio` is"
            f" {symmio}: correct one of them, or take it out of `multi_accounts`"
        )
    return ""
