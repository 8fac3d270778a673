"""Which facts and notices a person is told, how loudly, and in what words."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from exitd.core.events import Fact, FactKind
from exitd.core.simulated import is_simulated
from exitd.core.units import text
from exitd.logs import masked
from exitd.ports.alerts import Alert, AlertLevel, Alerts, Delivered
from exitd.ports.notices import Notice, NoticeKind
from exitd.runtime.backstop_words import BACKSTOP_LEVELS, backstop_sentence
from exitd.runtime.entry_words import ENTRY_LEVELS, entry_sentence
from exitd.runtime.unseen_words import unseen_sentence

K = FactKind

PAPER = "PAPER, NOT PROTECTING: "
NOT_WRITTEN = " (not on disk yet: the state directory takes no writes)"


class Telling:
    """Turns facts into alerts; hands them over and never waits."""

    def __init__(self, alerts: Alerts, *, prefix: str = "") -> None:
        """
        Args:
            alerts: Where alerts go.
            prefix: Put before every text: `PAPER, NOT PROTECTING: ` in paper mode.
        """
        self._alerts = alerts
        self._prefix = prefix

    def take(self, facts: Sequence[Fact], is_durable: bool) -> None:
        """Tell what of these a person should know, and what a crash would lose."""
        for fact in facts:
            found = alert_for(fact)
            if found is not None and is_simulated(fact.account):
                found = replace(found, text=PAPER + found.text)
            if found is not None and is_durable:
                self.tell(found)
            elif found is not None:
                self.tell(replace(found, text=found.text + NOT_WRITTEN))

    async def test(self) -> tuple[Delivered, ...]:
        """Send one message to each target, and say what became of each."""
        return await self._alerts.test()

    def tell(self, alert: Alert) -> None:
        self._alerts.tell(
            Alert(
                level=alert.level,
                topic=alert.topic,
                about=alert.about,
                # What a venue or a library said may be in it, and what they were told.
                text=masked(self._prefix + alert.text),
                cleared=alert.cleared,
            )
        )


UNKNOWN = "unknown"
#: How ids begin that nobody chose: of commands and of the API.
MADE_UP = ("trg_", "cls_")
#: Told once in a row of the same, or all in one.
_ONCE = (
    K.ORDER_REFUSED,
    K.BACKSTOP_REFUSED,
    K.TRIGGER_MISSED,
    K.TRIGGER_UNCERTAIN,
)


def alert_for(fact: Fact) -> Alert | None:
    """Give the alert that a fact is worth, if any."""
    level = LEVELS.get(fact.kind)
    if level is None:
        return None
    if fact.kind in _ONCE and fact.fields.get("alert") is False:
        return None
    if fact.kind is K.TRIGGER_ARMED and not fact.fields.get("again"):
        return None
    if fact.kind is K.TRIGGER_WAITING and not fact.fields.get("alert"):
        return None
    entry = fact.fields.get("entry")
    return Alert(
        level=level,
        topic=fact.kind.value,
        about=fact.trigger_id or str(entry or f"{fact.account}/{fact.symbol}"),
        text=_sentence(fact),
    )


def alert_for_notice(notice: Notice) -> Alert:
    """Give the alert of what a venue's adapter has to say, or its end."""
    return Alert(
        level=AlertLevel.INFO if notice.is_over else NOTICE_LEVELS[notice.kind],
        topic=notice.kind.value,
        about=notice.about,
        text=str(notice),
        cleared=notice.is_over,
    )


#: Critical is what keeps closes from going out, or soon will.
NOTICE_LEVELS = {
    NoticeKind.REVOCATION_PROPOSED: AlertLevel.CRITICAL,
    NoticeKind.ACCESS_LOST: AlertLevel.CRITICAL,
    NoticeKind.ADDRESS_WRONG: AlertLevel.CRITICAL,
    NoticeKind.GAS_LOW: AlertLevel.CRITICAL,
    NoticeKind.FEES_CAPPED: AlertLevel.CRITICAL,
    NoticeKind.TRANSACTION_STUCK: AlertLevel.CRITICAL,
    NoticeKind.REQUEST_STUCK: AlertLevel.CRITICAL,
    NoticeKind.NODE_DOUBTED: AlertLevel.WARNING,
    NoticeKind.QUOTE_DISPUTED: AlertLevel.CRITICAL,
    NoticeKind.SYMBOLS_OLD: AlertLevel.WARNING,
    NoticeKind.SESSION_LOST: AlertLevel.CRITICAL,
    NoticeKind.LOGIN_ENDING: AlertLevel.WARNING,
    NoticeKind.QUESTION_DECLINED: AlertLevel.CRITICAL,
    NoticeKind.SYMBOL_AMBIGUOUS: AlertLevel.WARNING,
    NoticeKind.ORDER_AMBIGUOUS: AlertLevel.CRITICAL,
}

LEVELS: dict[K, AlertLevel] = {
    **ENTRY_LEVELS,
    **BACKSTOP_LEVELS,
    K.TRIGGER_HIT: AlertLevel.WARNING,
    K.TRIGGER_HELD: AlertLevel.WARNING,
    K.TRIGGER_WAITING: AlertLevel.WARNING,
    K.TRIGGER_ARMED: AlertLevel.WARNING,
    K.TRIGGER_MOVED: AlertLevel.INFO,
    K.TRIGGER_CONFIRMING: AlertLevel.WARNING,
    K.TRIGGER_CONDITION_LOST: AlertLevel.INFO,
    K.TRIGGER_UNCERTAIN: AlertLevel.WARNING,
    K.TRIGGER_MISSED: AlertLevel.WARNING,
    K.PRICE_HELD: AlertLevel.WARNING,
    K.PRICE_UNWATCHED: AlertLevel.WARNING,
    K.TRIGGER_DONE: AlertLevel.INFO,
    K.ORDER_FILLED: AlertLevel.INFO,
    K.ORDER_REFUSED: AlertLevel.CRITICAL,
    K.ORDER_IN_DOUBT: AlertLevel.CRITICAL,
    K.ORDER_RESOLVED: AlertLevel.INFO,
    K.ORDER_UNCONFIRMED: AlertLevel.CRITICAL,
    K.ORDER_ALTERED: AlertLevel.CRITICAL,
    K.ORDER_ESCALATED: AlertLevel.WARNING,
    K.POSITION_DOUBTED: AlertLevel.WARNING,
    K.ACCOUNT_CONTRADICTED: AlertLevel.CRITICAL,
    K.ACCOUNT_SHARED: AlertLevel.CRITICAL,
    K.ACCOUNT_TAKEN_OVER: AlertLevel.WARNING,
}


def _sentence(fact: Fact) -> str:
    f = {k: v if isinstance(v, str) else _plain(v) for k, v in fact.fields.items()}
    if "entry" in f:
        return entry_sentence(fact.kind, fact.symbol, f)
    if fact.kind in BACKSTOP_LEVELS:
        return backstop_sentence(fact.kind, fact.symbol, f)
    who = _who(fact)
    match fact.kind:
        case K.TRIGGER_HIT if f.get("cause") == "found":
            return f"{who} had been hit before the last stop: its close is at the venue"
        case K.TRIGGER_HIT:
            market = _watched(fact, f["source"])
            how = "was told to fire" if f.get("cause") == "command" else "was hit"
            level = f", level {f['level']}" if f["level"] != UNKNOWN else ""
            return f"{fact.trigger_id} {how}: {market} at {f['observed']}{level}"
        case K.TRIGGER_HELD:
            return f"{who} has been hit and is not out yet: {f['why']}"
        case K.TRIGGER_WAITING:
            return f"{who} does not watch yet: {f['waiting_for']}"
        case K.TRIGGER_ARMED:
            return f"{who} is on watch again: {f['again']}"
        case K.TRIGGER_MOVED:
            return f"{who} moved to {f['level']}: {f['why']}"
        case K.TRIGGER_CONFIRMING:
            return f"{who}: its level {f['level']} is crossed, and not confirmed yet"
        case K.TRIGGER_CONDITION_LOST:
            return f"{who}: the price came back to {f['observed']}, nothing was sent"
        case K.TRIGGER_UNCERTAIN | K.TRIGGER_MISSED | K.PRICE_HELD | K.PRICE_UNWATCHED:
            return unseen_sentence(fact, f)
        case K.TRIGGER_DONE:
            return f"{who} is done: {f['reason']}, {f['filled']} filled"
        case K.ORDER_FILLED:
            filled = f"{f['filled']} {fact.symbol} filled at {f['average_price']}"
            return f"{fact.trigger_id}: {filled}"
        case K.ORDER_REFUSED:
            return f"{who}: the venue refused its close: {f['message']}"
        case K.ORDER_IN_DOUBT:
            return f"{who}: nobody knows yet whether its close arrived: {f['why']}"
        case K.ORDER_RESOLVED:
            found = fact.fields.get("found")
            outcome = "it had arrived" if found else "it never arrived; trying again"
            return f"{who}: its close in doubt is resolved: {outcome}"
        case K.ORDER_UNCONFIRMED:
            return f"{who}: its close is filled, but the position does not show it"
        case K.ORDER_ALTERED:
            return f"{who}: the venue took another order than was sent; cancelling it"
        case K.ORDER_ESCALATED:
            return f"{who}: its close goes on as {f['to']}"
        case K.ACCOUNT_SHARED:
            return f"{fact.account}: {f['why']}"
        case K.ACCOUNT_TAKEN_OVER:
            paused = f"; held back: {f['paused']}" if f["paused"] else ""
            return f"{fact.account} acts again, as {f['by']} asked{paused}"
        case _:
            return f"{fact.account}/{fact.symbol}: {f.get('why', fact.kind.value)}"


def _who(fact: Fact) -> str:
    """Name a trigger, with its market where its id is made up and tells nothing."""
    id = fact.trigger_id
    return f"{id} ({fact.symbol})" if id.startswith(MADE_UP) and fact.symbol else id


def _watched(fact: Fact, source: str) -> str:
    """Name the market whose price was hit: the symbol alone where it is the own one."""
    market = source.rpartition("/")[0]
    return fact.symbol if market == f"{fact.account}/{fact.symbol}" else market


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return text(value)
    return UNKNOWN if value is None else str(value)
