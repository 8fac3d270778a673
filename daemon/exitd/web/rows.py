"""One trigger as the page lists it.

Prices are not in it: they come once for each source, and the browser says how far each
level is. So a price costs the daemon the same whether one trigger watches it or all.
"""

from msgspec import Struct

from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.runtime.control.phones import may_pause
from exitd.runtime.shown import Prices, trigger_view


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Words as in `TriggerView`; `source` names the price, `way` it has to come from.

    `may_pause` says whether a token of scope `phone` may pause it.
    """

    id: str
    account: str
    symbol: str
    kind: str
    state: str
    owner: str
    action: str
    source: str
    side: str | None = None
    position: str | None = None
    way: str = ""
    is_spread: bool = False
    level: str | None = None
    asked: str = ""
    watermark: str | None = None
    quantity: str | None = None
    order: str | None = None
    file: str | None = None
    waiting_for: str = ""
    due: str | None = None
    confirms: str | None = None
    words: dict[str, str] = {}
    note: str = ""
    unseen: str = ""
    is_stop: bool = False
    is_done: bool = False
    is_paused: bool = False
    may_pause: bool = False


def row_of(state: State, record: TriggerRecord, prices: Prices) -> Row:
    definition = record.definition
    view = trigger_view(state, record, prices)
    watches = definition.watches_price
    return Row(
        id=view.id,
        account=view.account,
        symbol=view.symbol,
        kind=view.kind,
        state=view.state,
        owner=view.owner,
        action=view.action,
        source=str(definition.source),
        side=view.side,
        position=view.position,
        way=definition.direction.value if watches else "",
        is_spread=definition.source.is_spread,
        level=view.level,
        asked=view.asked,
        watermark=view.watermark,
        quantity=view.quantity,
        order=view.order,
        file=view.file,
        waiting_for=view.waiting_for,
        due=view.due,
        confirms=view.confirms,
        words=view.words,
        note=view.note,
        unseen=view.unseen,
        is_stop=view.is_stop,
        is_done=view.is_done,
        is_paused=view.paused,
        may_pause=may_pause(definition),
    )
