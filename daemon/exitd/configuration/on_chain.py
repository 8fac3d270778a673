"""An account on a chain with the table of its chain applied, and what fits neither."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.chain_accounts import (
    WINDOW_NS_MAX,
    WINDOW_NS_MIN,
    QuotedSymbol,
    SymmioAccount,
)
from exitd.configuration.chain_tables import ChainTable, ChainTables
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.secrets import SecretReference
from exitd.core.units import NS_PER_S


class OnChain(Struct, frozen=True, kw_only=True):
    """What an account on a chain is made of; durations in nanoseconds, fees in wei.

    `sub_accounts` are pairs of a sub-account and its MultiAccount, empty where all of
    `multi_accounts` are acted for. `solver_url` is empty where no solver lists its
    symbols.
    """

    chain_id: int
    symmio: str
    multi_accounts: tuple[str, ...]
    sub_accounts: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...]
    private_nodes: tuple[SecretReference, ...]
    node_deadline_ns: int
    poll_ns: int
    block_time_ns: int
    confirmations: int
    request_window_ns: int
    lag_slack_ns: int
    fee_most: int
    fee_least_tip: int
    bump_after: int
    least_closes: int
    market_bound: Decimal
    solver_url: str
    symbols: dict[str, QuotedSymbol]


def on_chain(account: SymmioAccount, tables: ChainTables) -> OnChain:
    """Apply the table of its chain to an account that `check_chain` found right."""
    table = tables.chains[account.chain]
    return OnChain(
        chain_id=table.chain_id,
        symmio=table.symmio,
        multi_accounts=multi_accounts_of(account, table),
        sub_accounts=tuple(
            (
                one.address,
                table.multi_accounts.get(one.multi_account, one.multi_account),
            )
            for one in account.sub_accounts
        ),
        nodes=tuple(account.nodes or table.nodes),
        private_nodes=tuple(account.private_nodes),
        node_deadline_ns=table.node_deadline,
        poll_ns=table.poll,
        block_time_ns=table.block_time,
        confirmations=account.confirmations or table.confirmations,
        request_window_ns=account.request_window or table.request_window,
        lag_slack_ns=account.lag_slack or table.lag_slack,
        fee_most=table.fee_most if account.fee_most is None else account.fee_most,
        fee_least_tip=table.fee_least_tip,
        bump_after=table.bump_after,
        least_closes=account.least_closes or table.least_closes,
        market_bound=table.market_bound
        if account.market_bound is None
        else account.market_bound,
        solver_url=_solver_url(account, table),
        symbols=dict(account.symbols),
    )


def multi_accounts_of(account: SymmioAccount, table: ChainTable) -> tuple[str, ...]:
    """Give the addresses of the contracts whose sub-accounts are acted for."""
    named = account.multi_accounts or table.multi_accounts
    return tuple(table.multi_accounts.get(one, one) for one in named)


def _listing_solvers(table: ChainTable) -> list[str]:
    return [name for name, solver in table.solvers.items() if solver.url is not None]


def _solver_url(account: SymmioAccount, table: ChainTable) -> str:
    named = [account.solver] if account.solver is not None else _listing_solvers(table)
    return (table.solvers[named[0]].url or "") if named else ""


def check_chain(
    document: Document,
    name: str,
    account: SymmioAccount,
    tables: ChainTables,
    mode: str,
) -> Iterator[Finding]:
    """Check an account on a chain against the table of its chain."""
    path: Path = ("venues", name)
    if mode != "live":
        yield document.finding(
            (*path, "type"),
            "quotes on a chain have no paper mode, because nothing simulates them; "
            "write mode: live, or remove this account",
        )
    table = tables.chains.get(account.chain)
    if table is None:
        yield document.finding(
            (*path, "chain"),
            f"venues/symmio.yaml has no chain '{account.chain}'"
            f"{did_you_mean(account.chain, tables.chains)}; name one of "
            f"{', '.join(tables.chains)}, or write a table of your own",
        )
        return
    yield from _check_sub_accounts(document, path, account, table)
    yield from _check_solver(document, path, account, table)
    window_ns = account.request_window or table.request_window
    if not WINDOW_NS_MIN <= window_ns <= WINDOW_NS_MAX:
        yield document.finding(
            (*path, "request_window"),
            f"a close request of {window_ns // NS_PER_S}s is not taken; write "
            f"{WINDOW_NS_MIN // NS_PER_S}s to {WINDOW_NS_MAX // NS_PER_S}s",
        )
    nodes = [*account.private_nodes, *(account.nodes or table.nodes)]
    if len(nodes) < 2:
        yield document.finding(
            (*path, "nodes"),
            "with one node alone nobody notices when it lags or lies; name two, of "
            "different operators",
            severity=Severity.WARNING,
        )


def _check_sub_accounts(
    document: Document, path: Path, account: SymmioAccount, table: ChainTable
) -> Iterator[Finding]:
    unknown = "the chain {0} has no MultiAccount of this name in venues/symmio.yaml{1}"
    named = {table.multi_accounts.get(m, m).lower() for m in account.multi_accounts}
    for index, written in enumerate(account.multi_accounts):
        if not written.startswith("0x") and written not in table.multi_accounts:
            hint = did_you_mean(written, table.multi_accounts)
            place = (*path, "multi_accounts", index)
            yield document.finding(place, unknown.format(account.chain, hint))
    seen: set[str] = set()
    for index, entry in enumerate(account.sub_accounts):
        written, place = entry.multi_account, (*path, "sub_accounts", index)
        found = table.multi_accounts.get(written, written)
        if not found.startswith("0x"):
            hint = did_you_mean(written, table.multi_accounts)
            yield document.finding(
                (*place, "multi_account"), unknown.format(account.chain, hint)
            )
        elif named and found.lower() not in named:
            yield document.finding(
                (*place, "multi_account"),
                "this MultiAccount is not among 'multi_accounts'; add it there, or "
                "leave 'multi_accounts' out",
            )
        if entry.address.lower() in seen:
            yield document.finding(
                (*place, "address"), "this sub-account is there twice; remove one"
            )
        seen.add(entry.address.lower())


def _check_solver(
    document: Document, path: Path, account: SymmioAccount, table: ChainTable
) -> Iterator[Finding]:
    listing = _listing_solvers(table)
    if account.solver is not None and account.solver not in table.solvers:
        yield document.finding(
            (*path, "solver"),
            f"the chain {account.chain} has no solver '{account.solver}' in "
            f"venues/symmio.yaml{did_you_mean(account.solver, table.solvers)}",
        )
    elif account.solver is None and len(listing) > 1:
        yield document.finding(
            path,
            f"several solvers list symbols; write solver: {' or '.join(listing)}",
            key=True,
        )
    elif not _solver_url(account, table) and not account.symbols:
        yield document.finding(
            path,
            "nobody says how many decimals prices and quantities have: the solver has "
            "no 'url' in venues/symmio.yaml; write them under 'symbols'",
            key=True,
        )
