"""/api/v5: the dialect whose requests are signed as typed data."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exitd.api.rasa.callers import Subject
from exitd.api.rasa.configs import configs_answer
from exitd.api.rasa.desk import Desk, Placement
from exitd.api.rasa.faults import unauthenticated, unknown_quote
from exitd.api.rasa.login import signature_of
from exitd.api.rasa.orders import KINDS, PRICE_TYPES, Order, is_limit, side_of
from exitd.api.rasa.routing import Paths
from exitd.api.rasa.rows import coh_id, v5_row
from exitd.api.rasa.signed import Signers, reader_of, signed_for
from exitd.api.rasa.typed import Spec
from exitd.api.rasa.v4 import placed_answer, read_filter, read_page, removed_answer
from exitd.api.rasa.wire import (
    Json,
    Written,
    address_of,
    answer,
    decimal_of,
    decimal_or_zero,
    integer,
    integer_of,
    member,
    one_of,
    read_object,
    text_of,
)
from exitd.core.units import ZERO
from exitd.runtime.control import Control
from exitd.runtime.problems import NotFound, Unusable

_SIDES = (("takeProfit", "take_profit"), ("stopLoss", "stop_loss"))


def v5_routes(
    control: Control,
    desk: Desk,
    signers: Signers,
    specs: tuple[Spec, Spec],
    paths: Paths,
) -> None:
    """Add the routes of v5; *specs* are for an order and for taking one away."""
    of_order, of_cancel = specs

    async def signed(
        request: Request, body: Json, spec: Spec, quote_id: int
    ) -> Subject:
        typed_data = spec.read(body)
        holding = await signed_for(desk, quote_id)
        message = _message(body)
        if spec is of_order and holding.party_a.lower() not in {
            address_of(message, "virtualAccount").lower(),
            address_of(message, "subAccount").lower(),
        }:
            raise unauthenticated()
        return await signers.of_typed_data(
            request,
            holding,
            typed_data,
            signature_of(body),
            salt=str(member(message, "salt")),
        )

    async def place(request: Request) -> Response:
        body = await read_object(request)
        of_order.read(body)
        placed = _placement(_message(body))
        if placed.quote_id <= 0:
            raise Unusable(
                "temporary_quote",
                f"{placed.quote_id} is not the permanent number of a quote",
                "wait until it is open, then use that number",
            )
        subject = await signed(request, body, of_order, placed.quote_id)
        warnings = await desk.place(placed, subject)
        return placed_answer(warnings, coh_quote_id=coh_id(placed.quote_id))

    async def remove(request: Request) -> Response:
        body = await read_object(request)
        of_cancel.read(body)
        message = _message(body)
        quote_id = _quote_of(text_of(message, "cohQuoteId"))
        kind = one_of(message, "conditionalOrderType", KINDS)
        subject = await signed(request, body, of_cancel, quote_id)
        await desk.remove(quote_id, kind, subject)
        return removed_answer(kind)

    async def show(request: Request) -> Response:
        subject = await reader(request)
        written = request.query_params.get("quote_id", "")
        quote_id = integer(written, "quote_id")
        holding, records = await desk.history_of(quote_id, subject)
        if not records:
            # Clients take this, with `successful` in it, for an empty list.
            raise NotFound("no_order", f"quote {quote_id} never had an order")
        return answer([v5_row(desk.state, record, holding) for record in records])

    async def search(request: Request) -> Response:
        subject = await reader(request)
        body = await read_object(request)
        wanted = read_filter(body)
        start, size = read_page(body)
        if not wanted.party_a and not request.headers.get("authorization"):
            # Anybody may ask for what they know of, and not for all there is.
            raise Unusable("missing_field", "is missing", field="party_a_address")
        found = await desk.search(wanted, subject)
        rows = [v5_row(desk.state, r, h) for r, h in found[start : start + size]]
        return answer({"data": rows, "count": len(found)})

    async def reader(request: Request) -> Subject:
        is_open = desk.settings.open_reads
        return await reader_of(request, control.tokens, is_open=is_open)

    async def configs(request: Request) -> Response:
        return configs_answer(control, desk)

    async def order_spec(request: Request) -> Response:
        return answer(of_order.published())

    async def cancel_spec(request: Request) -> Response:
        return answer(of_cancel.published())

    paths.add("/api/v5", {"POST": place, "DELETE": remove, "GET": show})
    paths.add("/api/v5/search", {"POST": search})
    paths.add("/api/v5/configs", {"GET": configs})
    paths.add("/api/v5/signing-spec", {"GET": order_spec})
    paths.add("/api/v5/signing-spec-del", {"GET": cancel_spec})


def _message(body: Json) -> dict[str, Any]:
    message: dict[str, Any] = body["typedData"]["message"]
    return message


def _quote_of(order_id: str) -> int:
    number = order_id.removeprefix("coh")
    if number == order_id or not number.isdecimal() or len(number) > 15:
        raise unknown_quote(0)
    return int(number)


def _placement(message: Json) -> Placement:
    """Read the orders of a message; a leg of zeros is none.

    Raises:
        Unusable: It is not as it has to be.
    """
    legs = [(kind, _leg(message, name)) for name, kind in _SIDES]
    orders = [_order(leg, kind) for kind, leg in legs if not _is_zero(leg)]
    if not _is_zero(_leg(message, "sendQuote")):
        raise Unusable(
            "bad_word", "opening a position is not served here", field="sendQuote"
        )
    if not orders:
        raise Unusable("no_orders", "there is neither a take-profit nor a stop")
    side = side_of({"position_type": member(message, "positionType")})
    return Placement(
        quote_id=integer_of(message, "quoteId"),
        orders=orders,
        sides=[side] * len(orders),
        symbol_id=integer_of(message, "symbolId"),
    )


def _leg(message: Json, name: str) -> dict[str, Any]:
    leg = member(message, name)
    if not isinstance(leg, dict):
        raise Unusable("missing_field", "must be an object", field=name)
    return leg


def _is_zero(leg: Json) -> bool:
    return all(
        decimal_or_zero(leg, name) == ZERO
        for name in ("quantity", "price", "conditionalPrice")
    )


def _order(leg: Json, kind: str) -> Order:
    order_type = member(leg, "orderType")
    if not isinstance(order_type, Written):
        raise Unusable("bad_number", "must be a whole number", field="orderType")
    return Order(
        kind=kind,
        quantity=decimal_of(leg, "quantity"),
        price=decimal_of(leg, "price"),
        level=decimal_of(leg, "conditionalPrice"),
        price_type=one_of(leg, "conditionalPriceType", PRICE_TYPES),
        is_limit=is_limit(integer(order_type, "orderType")),
    )
