"""/conditional-order: the first dialect, whose requests are signed as text."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exitd.api.rasa.callers import Subject
from exitd.api.rasa.configs import configs_answer
from exitd.api.rasa.desk import Desk, Placement
from exitd.api.rasa.faults import unauthenticated
from exitd.api.rasa.login import signature_of
from exitd.api.rasa.orders import KINDS, read_orders
from exitd.api.rasa.routing import Paths
from exitd.api.rasa.rows import is_live, v1_row
from exitd.api.rasa.signed import Signers, reader_of, signed_for
from exitd.api.rasa.v4 import placed_answer, quote_in_path, removed_answer
from exitd.api.rasa.wire import answer, compact, integer_of, one_of, read_object
from exitd.runtime.control import Control

_SIGNATURE = "transaction_signature"


def v1_routes(control: Control, desk: Desk, signers: Signers, paths: Paths) -> None:
    """Add the routes of v1; each with and without a slash at its end."""

    async def signed(request: Request, body: dict[str, Any]) -> Subject:
        """Give who has signed a body; its signature stands empty in what is signed."""
        sent = body.get(_SIGNATURE)
        if not isinstance(sent, dict) or not sent.get("signature"):
            raise unauthenticated()
        holding = await signed_for(desk, integer_of(body, "quote_id"))
        return await signers.of_text(
            request,
            holding,
            compact({**body, _SIGNATURE: {}}),
            signature_of(sent),
            integer_of(body, "time_stamp"),
        )

    async def place(request: Request) -> Response:
        body = await read_object(request)
        read = read_orders(body)
        placed = Placement(
            quote_id=integer_of(body, "quote_id"),
            orders=[order for order, _ in read],
            sides=[side for _, side in read],
        )
        subject = await signed(request, body)
        return placed_answer(await desk.place(placed, subject))

    async def remove(request: Request) -> Response:
        body = await read_object(request)
        kind = one_of(body, "conditional_order_type", KINDS)
        subject = await signed(request, body)
        await desk.remove(integer_of(body, "quote_id"), kind, subject)
        return removed_answer(kind)

    async def show(request: Request) -> Response:
        is_open = desk.settings.open_reads
        subject = await reader_of(request, control.tokens, is_open=is_open)
        holding, records = await desk.of_quote(quote_in_path(request), subject)
        live = [record for record in records if is_live(record)]
        return answer([v1_row(desk.state, record, holding) for record in live])

    async def configs(request: Request) -> Response:
        return configs_answer(control, desk)

    paths.add("/conditional-order", {"POST": place})
    paths.add("/conditional-order/delete", {"POST": remove})
    paths.add("/conditional-order/dev/configs", {"GET": configs})
    paths.add("/conditional-order/{quote_id}", {"GET": show})
