"""/api/v4: the dialect of the page, with a bearer token."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from exitd.api.rasa.callers import subject_of
from exitd.api.rasa.configs import configs_answer
from exitd.api.rasa.desk import Desk, Filter, Placement
from exitd.api.rasa.faults import unknown_quote
from exitd.api.rasa.orders import KINDS, PRICE_TYPES, read_orders
from exitd.api.rasa.routing import Paths
from exitd.api.rasa.rows import LIVE, STATES, is_live, v4_row
from exitd.api.rasa.wire import (
    Json,
    address,
    address_of,
    answer,
    integer,
    integer_of,
    member,
    one_of,
    read_object,
)
from exitd.core.market import PriceKind
from exitd.runtime.control import Control
from exitd.runtime.problems import NotFound, Unusable

PAGE_MAX = 1_000


def v4_routes(control: Control, desk: Desk, paths: Paths) -> None:
    """Add the routes of v4; each with and without a slash at its end."""
    tokens = control.tokens

    async def place(request: Request) -> Response:
        subject = await subject_of(request, tokens, "trade")
        warnings = await desk.place(placement(await read_object(request)), subject)
        return placed_answer(warnings)

    async def show(request: Request) -> Response:
        subject = await subject_of(request, tokens, "read")
        holding, records = await desk.of_quote(quote_in_path(request), subject)
        live = [r for r in records if is_live(r)]
        return answer([v4_row(desk.state, r, holding) for r in live])

    async def remove(request: Request) -> Response:
        subject = await subject_of(request, tokens, "trade")
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise NotFound("no_order", f"there are {' and '.join(KINDS)} only")
        await desk.remove(quote_in_path(request), kind, subject)
        return removed_answer(kind)

    async def search(request: Request) -> Response:
        subject = await subject_of(request, tokens, "read")
        body = await read_object(request)
        start, size = read_page(body)
        found = await desk.search(read_filter(body), subject)
        rows = [v4_row(desk.state, r, h) for r, h in found[start : start + size]]
        return answer({"data": rows, "count": len(found)})

    async def configs(request: Request) -> Response:
        return configs_answer(control, desk)

    async def healthy(request: Request) -> Response:
        reasons = control.daemon.reasons_not_ready()
        body = {"successful": not reasons, "message": "; ".join(reasons) or "ready"}
        return answer(body, 503 if reasons else 200)

    paths.add("/api/v4", {"POST": place})
    paths.add("/api/v4/search", {"POST": search})
    paths.add("/api/v4/configs", {"GET": configs})
    paths.add("/api/v4/healthz", {"GET": healthy})
    paths.add("/api/v4/{quote_id}", {"GET": show})
    paths.add("/api/v4/{quote_id}/{kind}", {"DELETE": remove})


def placement(body: Json) -> Placement:
    """Read the body of a v4 POST.

    Raises:
        Unusable: It is not as it has to be.
    """
    read = read_orders(body)
    multi_account = None
    if body.get("multi_account_address") is not None:
        multi_account = address_of(body, "multi_account_address")
    return Placement(
        quote_id=integer_of(body, "quote_id"),
        orders=[order for order, _ in read],
        sides=[side for _, side in read],
        account=address_of(body, "account_address"),
        symbol_id=integer_of(body, "symbol_id"),
        multi_account=multi_account,
        solvers=_solvers(body),
    )


def _solvers(body: Json) -> Sequence[str]:
    written = member(body, "hedger_whitelist")
    if not isinstance(written, list):
        raise Unusable(
            "bad_address", "must be a list of addresses", field="hedger_whitelist"
        )
    return [address(one, "hedger_whitelist") for one in written]


def quote_in_path(request: Request) -> int:
    written = request.path_params["quote_id"]
    try:
        return integer(written, "quote_id")
    except Unusable as error:
        raise unknown_quote(0) from error


def read_page(body: Json) -> tuple[int, int]:
    """Read where a page begins and how long it is; never cut short below that."""
    start = integer_of(body, "start") if body.get("start") is not None else 0
    size = integer_of(body, "size") if body.get("size") is not None else 200
    if start < 0 or not 0 < size <= PAGE_MAX:
        raise Unusable(
            "bad_number", f"must be from 1 to {PAGE_MAX}, start from 0", field="size"
        )
    return start, size


def read_filter(body: Json) -> Filter:
    """Read what a search is for.

    Raises:
        Unusable: It is not as it has to be.
    """
    states = body.get("state")
    if states is None:
        states = list(LIVE)
    if not isinstance(states, list):
        states = [states]
    words = [one_of({"state": state}, "state", STATES) for state in states]
    kind, price_kind = "", None
    if body.get("conditional_order_type") is not None:
        kind = one_of(body, "conditional_order_type", KINDS)
    if body.get("conditional_price_type") is not None:
        is_market = one_of(body, "conditional_price_type", PRICE_TYPES) == "market"
        price_kind = PriceKind.MARK if is_market else PriceKind.LAST_CLOSE
    has_symbol = body.get("symbol_id") is not None
    has_party = body.get("party_a_address") is not None
    return Filter(
        party_a=address_of(body, "party_a_address") if has_party else "",
        states=words,
        kind=kind,
        symbol_id=integer_of(body, "symbol_id") if has_symbol else None,
        price_kind=price_kind,
    )


def placed_answer(warnings: Sequence[str], **more: object) -> Response:
    """Say that orders were taken in, and what a person should know of them."""
    message = "; ".join(warnings) or "the orders are registered"
    body = {"successful": True, "message": message, "warnings": list(warnings)}
    return answer({**body, **more})


def removed_answer(kind: str) -> Response:
    return answer(
        {"successful": True, "message": f"no {kind.replace('_', '-')} is left"}
    )
