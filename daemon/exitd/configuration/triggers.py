"""From checked positions to the triggers that the engine arms."""

from collections.abc import Iterable, Mapping

from exitd.configuration.loaded import Loaded
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.values import After, Instant
from exitd.core.market import PriceSource
from exitd.core.trigger import (
    Action,
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    OrderType,
    TriggerDefinition,
)

OWNER_PREFIX = "file:"


def trigger_id(position: CheckedPosition, exit_: CheckedExit) -> str:
    """Give the identity that survives every edit but a renaming."""
    return f"{position.name}/{exit_.name}"


def price_source(position: CheckedPosition, exit_: CheckedExit) -> PriceSource:
    """Give which price an exit of a position watches; perhaps another venue's."""
    return exit_.source


def _cancel(exit_: CheckedExit) -> Cancel:
    if exit_.orders in ("all", "limit", "trigger"):
        return Cancel(CancelScope(exit_.orders))
    return Cancel(CancelScope.ONE, exit_.orders)


def _close(exit_: CheckedExit) -> Close:
    words = exit_.wording
    order = OrderType(words.order)
    # A default of slippage_limit waits for limit closes; market closes have none.
    limit = words.slippage_limit if order is OrderType.LIMIT else None
    return Close(
        quantity=words.close,
        order=order,
        slippage_limit=limit,
        is_hard=exit_.is_hard,
        patience_ns=exit_.patience_ns,
        twap=exit_.twap,
    )


def action(exit_: CheckedExit) -> Action:
    match exit_.action:
        case "close":
            return _close(exit_)
        case "cancel":
            return _cancel(exit_)
        case "cancel_and_close":
            return CancelAndClose(_cancel(exit_), _close(exit_))
        case "notify":
            return Notify()


def _expiry(
    exit_: CheckedExit, now_ns: int, running: TriggerDefinition | None
) -> tuple[int | None, str]:
    """Give when an exit expires and how that was written.

    A duration counts from when it was first loaded: a reload does not start it
    again unless it was changed.
    """
    expiry = exit_.expiry
    if expiry is None:
        return None, ""
    if isinstance(expiry, Instant):
        return expiry.ts_ns, ""
    assert isinstance(expiry, After)
    note = f"expires {expiry.written} after it was first loaded"
    if running is not None and running.note == note:
        return running.expires_ns, note
    return now_ns + expiry.duration_ns, note


def definition(
    position: CheckedPosition,
    exit_: CheckedExit,
    *,
    now_ns: int,
    running: TriggerDefinition | None = None,
) -> TriggerDefinition:
    """Make the trigger of one exit; *running* is what goes by its id now."""
    expires_ns, note = _expiry(exit_, now_ns, running)
    return TriggerDefinition(
        id=trigger_id(position, exit_),
        owner=f"{OWNER_PREFIX}{position.file}:{exit_.line}",
        account=position.venue,
        symbol=position.symbol,
        side=position.side,
        source=exit_.source,
        condition=exit_.condition,
        action=action(exit_),
        confirmation=exit_.confirmation,
        moves=tuple(m.move for m in position.moves if m.exit == exit_.name),
        before_liquidation=exit_.before_liquidation,
        missed=exit_.missed,
        expires_ns=expires_ns,
        template=position.side is not None,
        once=exit_.once,
        note=note,
    )


def definitions(
    loaded: Loaded,
    *,
    now_ns: int,
    running: Iterable[TriggerDefinition] | Mapping[str, TriggerDefinition] = (),
) -> tuple[TriggerDefinition, ...]:
    """
    Make the triggers of all files, in the order of the files.

    Args:
        now_ns: UTC; where a relative expiry begins.
        running: The triggers that are known now, so that a relative expiry goes on.
    """
    if isinstance(running, Mapping):
        known = running
    else:
        known = {trigger.id: trigger for trigger in running}
    return tuple(
        definition(
            position,
            exit_,
            now_ns=now_ns,
            running=known.get(trigger_id(position, exit_)),
        )
        for position in loaded.positions
        for exit_ in position.exits
    )
