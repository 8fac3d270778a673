"""Flows by hand: flatten, take-profit, import, handover."""

from fastapi import APIRouter, Request, Response

from exitd.api.answers import (
    Shapes,
    answer,
    caller_of,
    idempotency_key,
    unchanged,
)
from exitd.api.bodies import (
    FlattenBody,
    HandoverBody,
    ImportBody,
    TakeProfitBody,
    read_body,
)
from exitd.runtime.control import Control
from exitd.runtime.flow_views import (
    FlattenView,
    HandoverView,
    ImportView,
    TakeProfitView,
)


def flow_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["flows"])

    @router.post(
        "/v1/flatten",
        responses=shapes.gives(FlattenView),
        openapi_extra=shapes.takes(FlattenBody),
    )
    async def flatten(request: Request) -> Response:
        """Cancel the open orders of a market and confirm it; positions stay open."""
        body = await read_body(request, FlattenBody)
        view = await control.by_hand.flatten(
            body.symbol,
            caller_of(request),
            account=body.account or "",
            including_ours=body.including_ours,
            window_ms=body.window_ms,
            dry_run=body.dry_run,
        )
        if body.dry_run:
            unchanged(request)
        return answer(view)

    @router.post(
        "/v1/take-profit",
        responses=shapes.gives(TakeProfitView),
        openapi_extra=shapes.takes(TakeProfitBody),
    )
    async def take_profit(request: Request) -> Response:
        """Rest a reduce-only limit order against an open position."""
        body = await read_body(request, TakeProfitBody)
        view = await control.by_hand.take_profit(
            body.symbol,
            caller_of(request),
            side=body.side,
            price=body.price,
            quantity=body.quantity,
            account=body.account or "",
            window_ms=body.window_ms,
            idempotency_key=idempotency_key(request),
        )
        return answer(view)

    @router.post(
        "/v1/import",
        responses=shapes.gives(ImportView),
        openapi_extra=shapes.takes(ImportBody),
    )
    async def import_exits(request: Request) -> Response:
        """Turn what rests at the venue into exits; `apply` moves them here."""
        body = await read_body(request, ImportBody)
        view = await control.moving.import_exits(
            caller_of(request), account=body.account or "", apply=body.apply
        )
        if not body.apply:
            unchanged(request)
        return answer(view)

    @router.post(
        "/v1/handover",
        responses=shapes.gives(HandoverView),
        openapi_extra=shapes.takes(HandoverBody),
    )
    async def handover(request: Request) -> Response:
        """Rest a native order for each armed exit, then pause ours; or take it back."""
        body = await read_body(request, HandoverBody)
        move = control.moving.take_back if body.back else control.moving.handover
        view = await move(
            caller_of(request), account=body.account or "", apply=body.apply
        )
        if not body.apply:
            unchanged(request)
        return answer(view)

    return router
