"""From a request to the trigger that it asks for."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration import exit_keys
from exitd.core.condition import Tighten
from exitd.core.trigger import Action, CancelAndClose, Close, TriggerDefinition, Twap
from exitd.runtime.control.asked_exit import AskedExit, Words, read_exit
from exitd.runtime.control.requests import Market, TriggerRequest, expires_ns

#: Words that a request has under the name that a file has them under.
_SAME = (
    "trailing",
    "at_time",
    "max_hold",
    "after",
    "step",
    "deviation",
    "for_",
    "prices",
    "emergency",
    "calendar",
    "before_liquidation",
    "missed",
    "entry",
    "leverage",
    "watch",
    "do",
    "orders",
    "close",
    "slippage_limit",
    "hard",
    "patience",
    "price",
    "candle",
)


def asked_for(
    request: TriggerRequest,
    market: Market,
    *,
    id: str,
    owner: str,
    now_ns: int,
    follows: bool = True,
) -> AskedExit:
    """Make the trigger that a request asks for.

    *follows* says whether levels follow the entry price where no word does.

    Raises:
        Unusable: Its words do not go together.
    """
    asked = read_exit(
        _words(request), request.moves, market, id=id, now_ns=now_ns, follows=follows
    )
    made = replace(
        asked.definition,
        owner=owner,
        expires_ns=expires_ns(request.expires, now_ns),
        note=request.note,
    )
    unwritten = Unwritten(request.window_ns, request.bound)
    return replace(asked, definition=with_unwritten(made, unwritten))


def _words(request: TriggerRequest) -> Words:
    said: Words = {name: getattr(request, name) for name in _SAME}
    if request.kind is not None:
        said[request.kind.value] = request.level
    if request.tighten is not None:
        said["tighten"] = tighten_key(request.tighten)
    if request.twap is not None:
        said["twap"] = twap_key(request.twap)
    if request.order is not None:
        said["order"] = request.order.value
    if request.closed_candles:
        said["last_close"] = "closed"
    return {name: value for name, value in said.items() if value not in (None, "")}


def tighten_key(tighten: Tighten) -> exit_keys.Tighten:
    return exit_keys.Tighten.model_construct(at=tighten.at, to=tighten.to)


def twap_key(twap: Twap) -> exit_keys.Twap:
    return exit_keys.Twap.model_construct(slices=twap.slices, every=twap.every_ns)


class Unwritten(Struct, frozen=True):
    """What a close may have that no file has a word for."""

    window_ns: int | None = None
    bound: Decimal | None = None


def unwritten_of(close: Close | None) -> Unwritten:
    return Unwritten() if close is None else Unwritten(close.window_ns, close.bound)


def with_unwritten(
    definition: TriggerDefinition, unwritten: Unwritten
) -> TriggerDefinition:
    """Give a close what no file has a word for."""
    close = definition.close
    if close is None or unwritten_of(close) == unwritten:
        return definition
    action: Action = replace(
        close, window_ns=unwritten.window_ns, bound=unwritten.bound
    )
    if isinstance(definition.action, CancelAndClose):
        assert isinstance(action, Close)
        action = replace(definition.action, close=action)
    return replace(definition, action=action)
