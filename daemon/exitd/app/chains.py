"""Accounts whose positions are quotes on a chain: whether they can be built, and how.

What speaks to chains comes with an extra, and takes a moment to import. So it is
imported once an account needs it.
"""

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Protocol, cast

from exitd.app.files import Keys
from exitd.configuration.daemon_file import Http
from exitd.configuration.loaded import AccountSettings
from exitd.errors import ConfigurationError
from exitd.ports.chain import Chain
from exitd.runtime.accounts import Account
from exitd.runtime.daemon import Daemon

_BUILDER = "exitd.app.quotes"
_LIBRARIES = ("coincurve", "eth_abi", "eth_account", "eth_utils", "rlp")


class _Builder(Protocol):
    def build_quotes(
        self, daemon: Daemon, settings: AccountSettings, keys: Keys
    ) -> tuple[Account, Chain]: ...


def why_no_chains() -> str:
    """Say in one sentence that libraries are not installed; empty when all are."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if not missing:
        return ""
    return (
        f"an account on a chain needs {', '.join(missing)}, which is not installed; "
        "install exitd[symmio]"
    )


def build_chain_account(
    daemon: Daemon, settings: AccountSettings, keys: Keys
) -> tuple[Account, Chain]:
    """Make an account on a chain, and the chain for the doors of front-ends.

    Raises:
        ConfigurationError: The extra is not installed, or a secret is not what it
            should be.
    """
    why = why_no_chains()
    if why:
        raise ConfigurationError(f"{settings.name}: {why}")
    builder = cast(_Builder, importlib.import_module(_BUILDER))
    return builder.build_quotes(daemon, settings, keys)


def with_multi_accounts(http: Http, accounts: Mapping[str, AccountSettings]) -> Http:
    """Let the door for front-ends believe the contracts that its account believes."""
    rasa = http.rasa
    chain = accounts[rasa.account].chain if rasa is not None else None
    if rasa is None or chain is None or rasa.multi_accounts:
        return http
    believed = {"multi_accounts": list(chain.multi_accounts)}
    return http.model_copy(update={"rasa": rasa.model_copy(update=believed)})
