"""Whether the chain has at the configured addresses what the configuration says."""

from __future__ import annotations

from exitd.adapters.symmio.multi_accounts import MultiAccounts
from exitd.adapters.symmio.session import Session
from exitd.adapters.symmio.settings import ChainSettings
from exitd.errors import ConfigurationError, VenueUnavailable


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
    findings = [
        f"{session.account}: {finding}"
        for multi_account in settings.multi_accounts
        if (finding := await mismatch(session.multi_accounts, settings, multi_account))
    ]
    if findings:
        raise ConfigurationError(findings)


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
