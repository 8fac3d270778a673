"""Exits of a body: its objects and its flat fields, in one form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from exitd.signals import faults, fields
from exitd.signals.fields import Fields
from exitd.signals.model import LossType, ProfitType, StopLoss, TakeProfit

T = TypeVar("T")
_PROFIT_FIELDS = frozenset(
    {
        "takeProfit",
        "profitTarget",
        "profitTargetType",
        "profitTargetStopPrice",
        "profitTargetLimitPrice",
    }
)
_LOSS_FIELDS = frozenset(
    {
        "stopLoss",
        "stopLossTarget",
        "stopLossLimit",
        "stopLossType",
        "stopLossStopPrice",
        "stopLossLimitPrice",
    }
)
_PROFIT_TYPE = fields.word_of(ProfitType, "E18")
_LOSS_TYPE = fields.word_of(LossType, "E18")


def read_take_profit(body: Fields) -> TakeProfit | None:
    """
    Read the take-profit; None without any field of it.

    Its type is the one that is named, else a touch exit when there is a price to be
    touched, else a limit. A price that its type does not use is kept.
    """
    if not body.has_any(_PROFIT_FIELDS):
        return None
    form = _object(body, "takeProfit", '{"limitPrice": 155}')
    kind = _spelled(body, form, "type", ("profitTargetType",), _PROFIT_TYPE)
    stop_price = _spelled(
        body, form, "stopPrice", ("profitTargetStopPrice",), fields.amount
    )
    limit_price = _spelled(
        body,
        form,
        "limitPrice",
        ("profitTargetLimitPrice", "profitTarget"),
        fields.amount,
    )
    _leave_rest(body, form)
    if kind is None and stop_price is None and limit_price is None:
        return None
    if kind is None:
        kind = ProfitType.LIMIT if stop_price is None else ProfitType.STOP_LIMIT
    return TakeProfit(type=kind, limit_price=limit_price, stop_price=stop_price)


def read_stop_loss(body: Fields) -> StopLoss | None:
    """
    Read the stop-loss; None without any field of it.

    Its type is the one that is named, else a stop-limit when it has a limit, else a
    stop. A price that its type does not use is kept.
    """
    if not body.has_any(_LOSS_FIELDS):
        return None
    form = _object(body, "stopLoss", '{"stopPrice": 145}')
    kind = _spelled(body, form, "type", ("stopLossType",), _LOSS_TYPE)
    stop_price = _spelled(
        body,
        form,
        "stopPrice",
        ("stopLossStopPrice", "stopLossTarget"),
        fields.amount,
    )
    limit_price = _spelled(
        body,
        form,
        "limitPrice",
        ("stopLossLimitPrice", "stopLossLimit"),
        fields.amount,
    )
    _leave_rest(body, form)
    if kind is None and stop_price is None and limit_price is None:
        return None
    if kind is None:
        kind = LossType.STOP if limit_price is None else LossType.STOP_LIMIT
    return StopLoss(type=kind, stop_price=stop_price, limit_price=limit_price)


@dataclass
class _Form:
    """The object form of an exit; its members leave as they are read."""

    name: str
    left: dict[str, object]


def _object(body: Fields, name: str, example: str) -> _Form:
    form = _Form(name, body.take_object(name))
    other = body.take(name)
    if other is not None:
        body.fail(name, faults.not_an_object(name, other, example))
    return form


def _spelled(
    body: Fields,
    form: _Form,
    member: str,
    flat: tuple[str, ...],
    reader: Callable[[str, object], T],
) -> T | None:
    name = f"{form.name}.{member}"
    written = {name: form.left.pop(member, None)}
    written |= {spelling: body.take(spelling) for spelling in flat}
    return body.spelled(name, written, reader)


def _leave_rest(body: Fields, form: _Form) -> None:
    """What the object has besides goes with the fields that the format lacks."""
    if form.left:
        body.rest()[form.name] = form.left
