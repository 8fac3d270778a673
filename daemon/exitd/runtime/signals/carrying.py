"""Carrying an alert out: an entry, a close, or a refusal with a sentence; once.

What was begun before a crash is found again by the alert's id: as an entry, in memory
or in the store, or as its trigger. Nothing else is needed to make it once.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from exitd.configuration.webhook import Route
from exitd.core.entry import SignalRecord, SignalState
from exitd.core.entry_inputs import Enter
from exitd.core.inputs import Arm, ClosePosition, Command, IfCrossed
from exitd.core.simulated import is_simulated, route_account
from exitd.core.state import Accepted, Reply
from exitd.core.trigger import DoneReason, TriggerRecord
from exitd.core.units import NS_PER_DAY
from exitd.errors import StoreFull, VenueUnavailable
from exitd.ports.sessions import Sessions, SessionsUnknown
from exitd.ports.store import Store
from exitd.runtime.accounts import Account
from exitd.runtime.loop import EngineLoop
from exitd.runtime.signals.counting import OrdersOfDay
from exitd.runtime.signals.deciding import Asked, decide, symbol_for
from exitd.runtime.signals.limits import Counted
from exitd.runtime.signals.plans import (
    Plan,
    PlanClose,
    PlanEntry,
    PlanNothing,
    PlanTrigger,
)
from exitd.runtime.signals.routing import account_of
from exitd.signals.json_form import signal_of


class Carrier:
    """Carries out the alerts of every route."""

    def __init__(
        self,
        *,
        loop: EngineLoop,
        store: Store,
        accounts: Mapping[str, Account],
        routes: Mapping[str, Route],
        kinds: Mapping[str, str],
        sessions: Callable[[], Sessions],
        is_live: bool,
    ) -> None:
        """
        Args:
            accounts: By name, the simulated ones beside real ones among them.
            kinds: The type of each account under `venues:`.
            sessions: Who knows the hours of exchanges.
            is_live: Whether the daemon is live; else every account is simulated.
        """
        self._loop = loop
        self._store = store
        self._accounts = accounts
        self._routes = routes
        self._kinds = kinds
        self._sessions = sessions
        self._is_live = is_live
        self._orders = OrdersOfDay(routes)

    async def load(self) -> None:
        """Read what went out before the start; `carry_out` after it."""
        await self._orders.load(self._store, self._loop.clock.now_ns())

    async def carry_out(
        self, record: SignalRecord, *, is_first: bool = False
    ) -> SignalRecord:
        """Do what an alert asks for, and give its record as it ended.

        Args:
            is_first: It was never carried out, also by no daemon before this one: what
                is long done need not be read to know that.

        Raises:
            VenueError: Not now; the same is to be carried out later.
        """
        if not is_first:
            begun = await self._begun(record)
            if begun is not None:
                self._orders.add(begun)
                return begun
        record, plan = await self._planned(record)
        if isinstance(plan, PlanNothing):
            return self._refused(record, plan.sentence)
        # Before anything is waited for: alerts about other tickers are decided too.
        self._orders.add(record)
        done = record
        try:
            done = await self._do(record, plan)
        finally:
            if done.state is not SignalState.CARRIED_OUT:
                self._orders.take_back(record)
        return done

    async def _planned(self, record: SignalRecord) -> tuple[SignalRecord, Plan]:
        """Decide what is to be done; the record names the account, once it is known.

        Raises:
            VenueError: What is held there is not known yet.
        """
        route = self._routes.get(record.route)
        if route is None:
            why = f"there is no route {record.route} any more"
            return record, PlanNothing(sentence=why)
        signal = signal_of(record.body)
        chosen, why = account_of(signal, record.route, route, self._kinds)
        if why:
            return record, PlanNothing(sentence=why)
        name = route_account(
            chosen, on_paper=record.is_paper, in_live_daemon=self._is_live
        )
        account = self._accounts.get(name)
        if account is None:
            return record, PlanNothing(sentence=f"the account {name} is not running")
        record = replace(record, account=name)
        await self._know(account, symbol_for(signal, route))
        asked = Asked(
            signal=signal,
            record=record,
            route_name=record.route,
            route=route,
            account=name,
            kind=self._kinds[chosen],
            is_paper=not self._is_live or is_simulated(name),
            can_enter=account.entering.entries is not None,
        )
        sessions, unknown = await self._sessions_of(route)
        now_ns = self._loop.clock.now_ns()
        counted = Counted(
            now_ns=now_ns,
            orders=self._orders.count(record.route, now_ns),
            sessions=sessions,
            unknown=unknown,
        )
        return record, decide(asked, self._loop.engine.state, counted)

    async def _begun(self, record: SignalRecord) -> SignalRecord | None:
        """Find what was begun for an alert before; None if nothing was."""
        close_id = f"{record.id}/close"
        await self._loop.past.recall([close_id])
        trigger = self._loop.engine.state.triggers.get(close_id)
        if trigger is not None and not self._was_withdrawn(record, trigger):
            done = replace(record, account=trigger.definition.account)
            outcome = f"close {close_id}, begun before"
            return self._done(done, outcome, trigger_ids=(close_id,))
        if trigger is None and record.id in self._loop.engine.state.idempotency:
            # Nothing was held: it took back what would have opened a position.
            return self._done(record, "close of what had not opened", trigger_ids=())
        entry = self._loop.engine.state.entries.get(record.id)
        if entry is None:
            stored = await self._store.entries_by_id([record.id])
            entry = stored.get(record.id)
        if entry is None:
            return None
        ids = tuple(definition.id for definition in entry.exits)
        done = replace(record, account=entry.order.account, entry_id=entry.id)
        return self._done(done, f"entry {entry.id}, begun before", trigger_ids=ids)

    def _was_withdrawn(self, record: SignalRecord, trigger: TriggerRecord) -> bool:
        """Whether a close was taken back because the disk had no room for it.

        Then its key is taken back too; one that somebody cancelled keeps it.
        """
        is_known = record.id in self._loop.engine.state.idempotency
        return trigger.reason is DoneReason.CANCELLED and not is_known

    async def _know(self, account: Account, symbol: str) -> None:
        """See to it that what is held is known, before anything is decided by it.

        Raises:
            VenueError: It is not, so far.
        """
        if not account.is_reconciled:
            raise VenueUnavailable(
                f"{account.name} has not said what is held there; it is asked again"
            )
        state = self._loop.engine.state
        is_known = (account.name, symbol) in state.instruments
        if not is_known:
            await account.inquiry.read_instruments(symbol)
        if not account.is_stream_up or not account.venue.capabilities.reduce_only:
            await account.inquiry.read_position(symbol)

    async def _sessions_of(
        self, route: Route
    ) -> tuple[Sequence[tuple[int, int]] | None, str]:
        """Ask for the sessions that a route goes by, or give why nobody knows them."""
        calendar = route.hours.calendar if route.hours is not None else None
        if calendar is None:
            return None, ""
        now_ns = self._loop.clock.now_ns()
        try:
            sessions = await self._sessions().sessions(
                calendar, now_ns - NS_PER_DAY, now_ns + NS_PER_DAY
            )
        except SessionsUnknown as error:
            return None, str(error)
        return sessions, ""

    async def _do(
        self, record: SignalRecord, plan: PlanEntry | PlanClose | PlanTrigger
    ) -> SignalRecord:
        reply = await self._command(
            _command_of(plan, record, self._loop.clock.now_ns())
        )
        if not isinstance(reply, Accepted):
            return self._refused(record, reply.sentence)
        notes = "".join(f"; {note}" for note in reply.notes)
        entry_id = record.id if isinstance(plan, PlanEntry) else ""
        return self._done(
            replace(record, entry_id=entry_id),
            plan.sentence + notes,
            trigger_ids=reply.trigger_ids,
        )

    async def _command(self, command: Command) -> Reply:
        """Carry out a command; what it led to is durable when it returns.

        Raises:
            VenueError: The disk has no room for it now.
        """
        try:
            return await self._loop.command(command)
        except StoreFull as error:
            raise VenueUnavailable(str(error)) from error

    def _refused(self, record: SignalRecord, why: str) -> SignalRecord:
        return self._ended(record, SignalState.REFUSED, why)

    def _done(
        self, record: SignalRecord, outcome: str, *, trigger_ids: tuple[str, ...]
    ) -> SignalRecord:
        done = replace(record, trigger_ids=trigger_ids)
        return self._ended(done, SignalState.CARRIED_OUT, outcome)

    def _ended(
        self, record: SignalRecord, state: SignalState, outcome: str
    ) -> SignalRecord:
        now_ns = self._loop.clock.now_ns()
        return replace(record, state=state, outcome=outcome, ts_done_ns=now_ns)


def _command_of(
    plan: PlanEntry | PlanClose | PlanTrigger, record: SignalRecord, now_ns: int
) -> Command:
    match plan:
        case PlanEntry():
            return Enter(
                order=plan.order,
                exits=plan.exits,
                not_after_ns=plan.not_after_ns,
                market_price=plan.market_price,
                now_ns=now_ns,
            )
        case PlanClose():
            return ClosePosition(
                id=plan.id,
                owner=plan.owner,
                key=plan.key,
                quantity=plan.quantity,
                source=plan.source,
                idempotency_key=record.id,
                now_ns=now_ns,
            )
        case PlanTrigger():
            return Arm(
                definitions=(plan.definition,),
                if_crossed=IfCrossed.FIRE,
                idempotency_key=record.id,
                now_ns=now_ns,
            )
