"""Whether front-ends can reach the quotes of an account, and its own are theirs."""

from collections.abc import Iterator

from exitd.configuration.chain_accounts import SymmioAccount
from exitd.configuration.chain_tables import ChainTables
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.on_chain import multi_accounts_of
from exitd.configuration.rasa import Rasa

WARNING = Severity.WARNING
_OF_POSITIONS = ("symbols", "party_a")
_OF_LOGINS = ("domains", "login_urls")


def check_served_quotes(
    document: Document, file: DaemonFile, chains: ChainTables
) -> Iterator[Finding]:
    """Compare `http.rasa` with the accounts on chains."""
    rasa = file.http.rasa
    for name, account in file.venues.items():
        if isinstance(account, SymmioAccount):
            if rasa is None or rasa.account != name:
                yield document.finding(
                    ("venues", name),
                    f"no order can reach {name}: front-ends come in by http.rasa, "
                    f"which does not say account: {name}",
                    severity=WARNING,
                    key=True,
                )
            elif account.chain in chains.chains:
                yield from _served(document, rasa, account, chains)


def _served(
    document: Document, rasa: Rasa, account: SymmioAccount, chains: ChainTables
) -> Iterator[Finding]:
    path: Path = ("http", "rasa")
    for word in _OF_POSITIONS:
        if word in rasa.model_fields_set:
            yield document.finding(
                (*path, word),
                f"'{word}' has no effect: the positions of {rasa.account} are quotes "
                "of a chain; remove it",
                key=True,
            )
    for word in _OF_LOGINS:
        if not getattr(rasa, word):
            yield document.finding(
                path,
                f"nobody can log in: write {word}, the front-ends' own",
                severity=WARNING,
                key=True,
            )
    table = chains.chains[account.chain]
    ours = {one.lower() for one in multi_accounts_of(account, table)}
    for index, written in enumerate(rasa.multi_accounts):
        if written.lower() not in ours:
            yield document.finding(
                (*path, "multi_accounts", index),
                f"this is none of the 'multi_accounts' of {rasa.account}; add it "
                "there, or leave 'multi_accounts' out here",
            )
