"""Accounts whose positions are quotes on a chain: whether they can be built, and how.

What speaks to chains comes with an extra, and takes a moment to import. So it is
imported once an account needs it.
"""

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from exitd.adapters.system.clock import SystemClock
from exitd.app.files import Keys
from exitd.configuration.daemon_file import Http
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.configuration.on_chain import OnChain
from exitd.configuration.sources import DAEMON_FILE
from exitd.errors import ConfigurationError
from exitd.extras import how_to_install
from exitd.ports.chain import Chain
from exitd.ports.clock import Clock
from exitd.runtime.accounts import Account
from exitd.runtime.daemon import Daemon

_BUILDER = "exitd.app.quotes"
_LIBRARIES = ("coincurve", "eth_abi", "eth_account", "eth_utils", "rlp")


class _Builder(Protocol):
    def build_quotes(
        self, daemon: Daemon, settings: AccountSettings, keys: Keys, folder: Path
    ) -> tuple[Account, Chain]: ...

    async def examine_chain(
        self, chain: OnChain, clock: Clock
    ) -> tuple[list[str], list[str]]: ...


def why_no_chains() -> str:
    """Say in one sentence that libraries are not installed; empty when all are."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if not missing:
        return ""
    return (
        f"an account on a chain needs {', '.join(missing)}, which is not installed; "
        f"run {how_to_install('symmio')}"
    )


def build_chain_account(
    daemon: Daemon, settings: AccountSettings, keys: Keys, folder: Path
) -> tuple[Account, Chain]:
    """Make an account on a chain, and the chain for the doors of front-ends.

    What need not be asked for again after a start is kept in *folder*.

    Raises:
        ConfigurationError: The extra is not installed, or a secret is not what it
            should be.
    """
    why = why_no_chains()
    if why:
        raise ConfigurationError(f"{settings.name}: {why}")
    return _builder().build_quotes(daemon, settings, keys, folder)


def _builder() -> _Builder:
    return cast(_Builder, importlib.import_module(_BUILDER))


async def check_chain_online(loaded: Loaded, account: AccountSettings) -> list[Finding]:
    """Compare what is configured of a chain with what it says itself.

    Raises:
        VenueUnavailable: No node can be believed.
    """
    chain = account.chain
    if chain is None or why_no_chains():
        return []
    document, path = loaded.document(DAEMON_FILE), ("venues", account.name)
    if not chain.nodes:
        return []
    wrong, doubtful = await _builder().examine_chain(chain, SystemClock())
    return [
        *(document.finding((*path, "chain"), words) for words in wrong),
        *(
            document.finding((*path, "chain"), words, severity=Severity.WARNING)
            for words in doubtful
        ),
    ]


def with_multi_accounts(http: Http, accounts: Mapping[str, AccountSettings]) -> Http:
    """Let the door for front-ends believe the contracts that its account believes."""
    rasa = http.rasa
    chain = accounts[rasa.account].chain if rasa is not None else None
    if rasa is None or chain is None or rasa.multi_accounts:
        return http
    believed = {"multi_accounts": list(chain.multi_accounts)}
    return http.model_copy(update={"rasa": rasa.model_copy(update=believed)})
