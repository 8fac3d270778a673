"""From an entry of `type: symmio` to an account and its chain."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from exitd.adapters.symmio.addresses import examine
from exitd.adapters.symmio.fees import FeePolicy
from exitd.adapters.symmio.nodes import Tolerance
from exitd.adapters.symmio.settings import ChainSettings, Precision
from exitd.adapters.symmio.venue import SymmioVenue
from exitd.adapters.system.chance import share
from exitd.app.files import Keys
from exitd.app.venues import quote_prices
from exitd.configuration.addresses import read_http_url
from exitd.configuration.chain_accounts import QuotedSymbol
from exitd.configuration.loaded import AccountSettings
from exitd.configuration.on_chain import OnChain
from exitd.core.state import State
from exitd.core.trigger import TriggerState
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import ConfigurationError
from exitd.logs import Event, log_at
from exitd.ports.chain import Chain
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.daemon import Daemon
from exitd.runtime.supervise import backoff
from exitd.runtime.telling import alert_for_notice
from exitd.secret import Secret

#: Nodes have limits of their own, and one question of ours is several of theirs.
_REQUESTS_PER_MINUTE, _BURST = 1_200, 100


def build_quotes(
    daemon: Daemon, settings: AccountSettings, keys: Keys, folder: Path
) -> tuple[Account, Chain]:
    """Join the quotes of a key on a chain, and the prices that they are watched by.

    What the solver lists is kept in *folder*.

    Raises:
        ConfigurationError: The key is none, or a node's address.
    """
    chain = settings.chain
    assert chain is not None
    max_age_ns = daemon.loop.engine.state.policies.price_max_age_ns
    prices = quote_prices(settings, daemon.clock, max_age_ns)
    venue = SymmioVenue(
        settings.name,
        secret=keys[0],
        settings=chain_settings(chain, _private_nodes(settings.name, keys[1:])),
        clock=daemon.clock,
        price_of=prices.price_of,
        solver=chain.solver_url,
        precisions=_precisions(chain.symbols),
        folder=folder,
        on_notice=partial(_on_notice, daemon, settings.name),
        signed_before=lambda: under_way(daemon.loop.engine.state, settings.name),
    )
    account = Account(
        venue,
        prices,
        daemon.loop,
        budget=RateBudget(_REQUESTS_PER_MINUTE, _BURST, _BURST // 4),
        spawn=daemon.spawn,
        waits=lambda: backoff(share),
        before_catching_up=_recalling(daemon, venue),
    )
    return account, venue.chain


def _private_nodes(name: str, secrets: Keys) -> tuple[str, ...]:
    return tuple(_node(name, secret) for secret in secrets)


def _node(name: str, secret: Secret) -> str:
    try:
        return read_http_url(secret.reveal())
    except ValueError as error:
        # Without the address, which holds a key.
        raise ConfigurationError(
            f"{name}: a secret under 'private_nodes' is no address of a node: {error}"
        ) from None


def chain_settings(chain: OnChain, private_nodes: tuple[str, ...]) -> ChainSettings:
    """Say in the adapter's own words what the configuration says of a chain."""
    return ChainSettings(
        chain_id=chain.chain_id,
        symmio=chain.symmio,
        multi_accounts=chain.multi_accounts,
        sub_accounts=chain.sub_accounts,
        nodes=(*private_nodes, *chain.nodes),
        node_deadline_s=chain.node_deadline_ns / NS_PER_S,
        poll_s=chain.poll_ns / NS_PER_S,
        window_ns=chain.request_window_ns,
        confirmations=chain.confirmations,
        bump_after=chain.bump_after,
        market_bound=chain.market_bound,
        least_closes=chain.least_closes,
        lag_slack_ns=chain.lag_slack_ns,
        fees=FeePolicy(most=chain.fee_most, least_tip=chain.fee_least_tip),
        tolerance=Tolerance(block_ms=max(chain.block_time_ns // NS_PER_MS, 1)),
    )


def _precisions(symbols: dict[str, QuotedSymbol]) -> dict[str, Precision]:
    return {
        name: Precision(
            price=symbol.price_decimals,
            quantity=symbol.quantity_decimals,
            min_quantity=symbol.min_quantity,
            max_quantity=symbol.max_quantity,
        )
        for name, symbol in symbols.items()
        if symbol.price_decimals is not None and symbol.quantity_decimals is not None
    }


def _recalling(daemon: Daemon, venue: SymmioVenue) -> Callable[[], Awaitable[None]]:
    async def recall() -> None:
        state = daemon.loop.engine.state
        await venue.chain.recall(known_quotes(state, venue.account))

    return recall


def known_quotes(state: State, account: str) -> list[str]:
    """Name the quotes that are held, protected or being closed, as far as is known."""
    symbols = {
        key.symbol
        for key, position in state.positions.items()
        if key.account == account and position.is_open
    }
    symbols.update(
        record.definition.symbol
        for record in state.triggers.values()
        if record.definition.account == account
        and record.state is not TriggerState.DONE
    )
    symbols.update(
        attempt.order.symbol
        for attempt in state.attempts.values()
        if attempt.order.account == account and not attempt.is_ended
    )
    return sorted(symbols)


def under_way(state: State, account: str) -> list[bytes]:
    """Give the signed bytes of all attempts of an account that have not ended."""
    return [
        attempt.signed
        for attempt in state.attempts.values()
        if attempt.order.account == account and attempt.signed and not attempt.is_ended
    ]


def _on_notice(daemon: Daemon, account: str, notice: Notice) -> None:
    """Write down and tell what only a person can see to, or its end."""
    level = "info" if notice.is_over else "warning"
    topic = notice.kind.value
    log_at(level, Event.CHAIN_NOTICED, account=account, topic=topic, reason=str(notice))
    daemon.telling.tell(alert_for_notice(notice))


async def examine_chain(chain: OnChain, clock: Clock) -> tuple[list[str], list[str]]:
    """Ask a chain about its contracts and its public nodes; gives what is wrong.

    Raises:
        VenueUnavailable: No node can be believed.
    """
    found = await examine(chain_settings(chain, ()), clock)
    return list(found.contracts), list(found.nodes)
