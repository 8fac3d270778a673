"""Accounts at brokers with the tables of their brokers applied."""

from collections.abc import Mapping

from msgspec import Struct

from exitd.configuration.broker_tables import BrokerTable
from exitd.configuration.interactive_brokers import InteractiveBrokersAccount
from exitd.configuration.keys import Keys
from exitd.configuration.schwab import SchwabAccount
from exitd.configuration.stocks import ListedStock, Stock


class AtInteractiveBrokers(Struct, frozen=True, kw_only=True):
    """An account with its table applied; durations in nanoseconds."""

    broker_account: str
    symbols: dict[str, ListedStock]
    confirmed: tuple[str, ...]
    poll_ns: int


def at_interactive_brokers(
    account: InteractiveBrokersAccount, table: BrokerTable
) -> AtInteractiveBrokers:
    """Apply the table to an account; what the account says wins."""
    return AtInteractiveBrokers(
        broker_account=account.broker_account,
        symbols=dict(account.symbols),
        confirmed=tuple(table.confirmed),
        poll_ns=account.poll or table.poll,
    )


class AtSchwab(Struct, frozen=True, kw_only=True):
    """An account with its table applied; durations in nanoseconds.

    `login_file` is empty where it is kept in the state directory.
    """

    account_number: str
    callback: str
    login_file: str
    symbols: dict[str, Stock]
    poll_ns: int
    quotes_ns: int


def at_schwab(account: SchwabAccount, table: BrokerTable) -> AtSchwab:
    """Apply the table to an account; what the account says wins."""
    return AtSchwab(
        account_number=account.account_number,
        callback=account.callback,
        login_file=account.login_file or "",
        symbols=dict(account.symbols),
        poll_ns=account.poll or table.poll,
        quotes_ns=table.quotes,
    )


def listed_symbols(venues: Mapping[str, Keys]) -> dict[str, tuple[str, ...]]:
    """Give the symbols that each account at a broker lists, by its name."""
    return {
        name: tuple(account.symbols)
        for name, account in venues.items()
        if isinstance(account, InteractiveBrokersAccount | SchwabAccount)
    }
