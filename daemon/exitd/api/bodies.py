"""What callers send: strict JSON with the words of the files.

Prices and quantities are JSON strings. A JSON number would have gone through a
float somewhere on its way, so it is refused with a sentence that says so.
"""

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field, PlainValidator, ValidationError, WithJsonSchema

from exitd.api.problems import first_fault
from exitd.configuration.exit_rules import NOT_BUILT
from exitd.configuration.keys import CandleWord, Keys, OrderWord, PriceWord
from exitd.configuration.values import (
    read_bound,
    read_client_order_id,
    read_expiry,
    read_name,
    read_number,
    read_price,
    read_quantity,
)
from exitd.core.condition import ConditionKind
from exitd.core.inputs import IfCrossed
from exitd.core.position import Side
from exitd.core.trigger import OrderType, Quantity
from exitd.core.units import ZERO
from exitd.runtime.control.requests import TriggerChange, TriggerRequest
from exitd.runtime.problems import ControlError, Unusable

CONDITIONS = ("stop_loss", "take_profit", "above", "below")
BATCH_MAX = 500
_NOTE_MAX = 200
_TEXT_MAX = 140

T = TypeVar("T", bound=BaseModel)


class BadRequest(ControlError):
    status = 400


def exact(read: Callable[[object], Any], example: str) -> PlainValidator:
    """Let a reader see strings only."""

    def checked(written: object) -> Any:
        if not isinstance(written, str):
            raise ValueError(
                f'write it as a JSON string, such as "{example}"; a JSON number is '
                "not exact"
            )
        return read(written)

    return PlainValidator(checked)


def _string(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


def _read_amount(written: object) -> Any:
    amount = read_number(written)
    if amount <= ZERO:
        raise ValueError("a quantity is above zero")
    return amount


def read_text(written: object) -> str:
    """Read a short text of printable characters."""
    if not isinstance(written, str) or len(written) > _NOTE_MAX:
        raise ValueError(f"write a text of at most {_NOTE_MAX} characters")
    if not written.isprintable():
        raise ValueError("write printable characters only")
    return written


def read_word(written: object) -> str:
    """Read the name of something: an account, a symbol, a position key."""
    if not isinstance(written, str) or not 0 < len(written) <= _TEXT_MAX:
        raise ValueError(f"write a name of at most {_TEXT_MAX} characters")
    if not written.isascii() or not written.isprintable() or " " in written:
        raise ValueError("a name has no spaces and only plain letters and signs")
    return written


Price = Annotated[Any, exact(read_price, "131.25"), _string("131.25")]
Amount = Annotated[Any, exact(_read_amount, "2.5"), _string("2.5")]
Size = Annotated[Quantity, exact(read_quantity, "50%"), _string("50%")]
Limit = Annotated[Any, exact(read_bound, "0.5%"), _string("0.5%")]
Expires = Annotated[Any, exact(read_expiry, "8h"), _string("8h")]
Orders = Annotated[str, exact(read_client_order_id, "all"), _string("all")]
Name = Annotated[str, PlainValidator(read_name), _string("sl")]
Word = Annotated[str, PlainValidator(read_word), _string("SOL_USDC_PERP")]
Note = Annotated[str, PlainValidator(read_text), _string("before the announcement")]


class TriggerBody(Keys):
    """One trigger to arm, in the words of the files."""

    position: Word | None = Field(None, description="A position of the files, by name.")
    name: Name | None = Field(
        None, description="With `position`: the id becomes `position/name`."
    )
    account: Word | None = Field(None, description="Needed where there are several.")
    symbol: Word | None = Field(None, description="The market, as the venue says it.")
    side: Literal["long", "short"] | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    above: Price | None = None
    below: Price | None = None
    do: Literal["close", "cancel", "cancel_and_close", "notify"] | None = None
    orders: Orders | None = None
    close: Size | None = None
    order: OrderWord | None = None
    slippage_limit: Limit | None = None
    price: PriceWord | None = None
    last_close: Literal["running", "closed"] | None = None
    candle: CandleWord | None = None
    expires: Expires | None = None
    note: Note | None = None

    def request(self) -> TriggerRequest:
        """Give what the commands take.

        Raises:
            Unusable: There is not exactly one condition.
        """
        found = [name for name in CONDITIONS if getattr(self, name) is not None]
        if len(found) != 1:
            raise Unusable(
                "one_condition",
                f"a trigger has exactly one condition, and this one has {len(found)}",
                f"write one of {', '.join(CONDITIONS)}",
            )
        return TriggerRequest(
            kind=ConditionKind(found[0]),
            level=getattr(self, found[0]),
            position=self.position or "",
            name=self.name or "",
            account=self.account or "",
            symbol=self.symbol or "",
            side=Side(self.side) if self.side is not None else None,
            do=self.do or "",
            orders=self.orders or "",
            close=self.close,
            order=OrderType(self.order) if self.order is not None else None,
            slippage_limit=self.slippage_limit,
            price=self.price or "",
            candle=self.candle or "",
            closed_candles=self.last_close == "closed",
            expires=self.expires,
            note=self.note or "",
        )


class ArmOptions(Keys):
    if_crossed: Literal["refuse", "fire", "wait"] | None = Field(
        None, description="What becomes of a level that is already crossed."
    )
    if_no_position: Literal["refuse", "wait"] | None = Field(
        None, description="What becomes of a trigger without a position."
    )

    @property
    def crossed(self) -> IfCrossed | None:
        return IfCrossed(self.if_crossed) if self.if_crossed is not None else None


class ArmOneBody(TriggerBody, ArmOptions):
    """One trigger, and how to arm it."""


class ArmBody(ArmOptions):
    """Several triggers: all are armed or none."""

    triggers: Annotated[list[TriggerBody], Field(min_length=1, max_length=BATCH_MAX)]


class AmendBody(Keys):
    """What to change; what is not named stays. `null` takes an expiry away."""

    level: Price | None = None
    close: Size | None = None
    order: OrderWord | None = None
    slippage_limit: Limit | None = None
    expires: Expires | None = None
    note: Note | None = None
    if_crossed: Literal["refuse", "fire", "wait"] | None = None

    def change(self) -> TriggerChange:
        """Give what the commands take.

        Raises:
            Unusable: Nothing is changed, or something is set to nothing.
        """
        said: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name != "if_crossed"
        }
        if not said:
            raise Unusable(
                "nothing_changed", "nothing is named to change", "name a key"
            )
        for name in ("level", "close", "order", "note"):
            if name in said and said[name] is None:
                raise Unusable("bad_value", f"'{name}' cannot be null", "leave it out")
        if said.get("order") is not None:
            said["order"] = OrderType(said["order"])
        return TriggerChange(**said)


class CloseBody(Keys):
    quantity: Size | None = Field(None, description="All of it, when left out.")


class ApplyBody(Keys):
    yes: bool = Field(False, description="Levels that are crossed may fire at once.")


WindowMs = Annotated[
    int | None,
    Field(
        ge=1,
        le=60_000,
        strict=True,
        description="How long each signed request is valid, in milliseconds; the "
        "account's own window when left out.",
    ),
]


class FlattenBody(Keys):
    symbol: Word
    account: Word | None = None
    including_ours: bool = False
    window_ms: WindowMs = None
    dry_run: bool = Field(False, description="List what would go; cancel nothing.")


class TakeProfitBody(Keys):
    symbol: Word
    side: Literal["Bid", "Ask"]
    price: Price
    quantity: Amount
    account: Word | None = None
    window_ms: WindowMs = None


class ImportBody(Keys):
    account: Word | None = None
    apply: bool = Field(False, description="Arm, then cancel the native orders.")


class HandoverBody(Keys):
    account: Word | None = None
    apply: bool = Field(False, description="Place native stops, then pause ours.")
    back: bool = Field(False, description="Resume ours, cancel the native stops.")


class TokenBody(Keys):
    name: Name
    scopes: list[Literal["read", "trade", "admin"]]
    expires: Expires | None = None


async def read_body(request: Request, model: type[T]) -> T:
    """Read a JSON object into a model; no body counts as an empty object.

    Raises:
        BadRequest: It is not JSON.
        Unusable: It is not what the model describes.
    """
    return validated(_decoded(await request.body()), model)


async def read_arm_body(request: Request) -> ArmOneBody | ArmBody:
    """Read one trigger, or a batch under `triggers`."""
    written = _decoded(await request.body())
    if isinstance(written, dict) and "triggers" in written:
        return validated(written, ArmBody)
    return validated(written, ArmOneBody)


def _decoded(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8") or "{}",
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "bad_json",
            "the body is not JSON",
            f"send one JSON object in UTF-8 ({_short(error)})",
        ) from error


def _short(error: Exception) -> str:
    said = str(error).encode("ascii", "replace").decode()
    return said[:80]


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def validated(written: object, model: type[T]) -> T:
    if not isinstance(written, dict):
        raise Unusable("invalid", "the body must be one JSON object")
    try:
        return model.model_validate(written)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        key = str(fault["loc"][-1]) if fault["loc"] else ""
        if fault["type"] == "extra_forbidden" and key in NOT_BUILT:
            raise Unusable("not_built", NOT_BUILT[key]) from error
        raise Unusable("invalid", _plain(first_fault([fault]))) from error


def _plain(sentence: str) -> str:
    """Keep a sentence that quotes what was sent fit for an answer and a log."""
    return sentence.encode("utf-8", "replace").decode()[:400]
