"""The reads: lists and search, explain, positions, feeds, status, health."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from exitd.api.answers import Shapes, answer, caller_of, idempotency_key
from exitd.api.bodies import CloseBody, read_body
from exitd.core.trigger import WHOLE
from exitd.runtime.control import Control, Filter
from exitd.runtime.control.reading import PAGE_MAX
from exitd.runtime.views import (
    ArmedView,
    ExplainView,
    FeedsView,
    NearestView,
    PageView,
    PositionsView,
    StatusView,
)

Text = Annotated[str, Query(max_length=140)]
State = Literal[
    "",
    "active",
    "waiting",
    "armed",
    "confirming",
    "stale",
    "paused",
    "firing",
    "working",
    "done",
    "filled",
    "acted",
    "cancelled",
    "expired",
    "retired",
    "abandoned",
]
Kind = Literal[
    "",
    "stop_loss",
    "take_profit",
    "trailing",
    "above",
    "below",
    "at_time",
    "max_hold",
    "now",
]


def reading_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["reading"])

    @router.get("/v1/triggers", responses=shapes.gives(PageView))
    @router.get("/v1/search", responses=shapes.gives(PageView))
    async def search(
        account: Text = "",
        symbol: Text = "",
        position: Text = "",
        state: State = "",
        kind: Kind = "",
        owner: Text = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
        after: Text = "",
    ) -> Response:
        """List triggers by id. `after` is the `next` of the page before.

        Pages stay stable while triggers fire: what is there all the while is seen
        exactly once. `owner` may end in `*`; `state` may be `active` or `done`.
        """
        wanted = Filter(
            account=account,
            symbol=symbol,
            position=position,
            state=state,
            kind=kind,
            owner=owner,
        )
        return answer(await control.reading.search(wanted, limit=limit, after=after))

    @router.get("/v1/nearest", responses=shapes.gives(NearestView))
    async def nearest(
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> Response:
        """List the triggers nearest to firing, the nearest first.

        It costs what is listed, however many triggers there are. What fires or
        confirms comes with them; what has no distance comes last, where there is room.
        """
        return answer(await control.reading.nearest(limit=limit))

    @router.get("/v1/explain/{id:path}", responses=shapes.gives(ExplainView))
    async def explain(id: str, account: Text = "") -> Response:
        """Say why a trigger has or has not fired."""
        return answer(await control.reading.explain(id, account=account))

    @router.get("/v1/positions", responses=shapes.gives(PositionsView))
    async def positions() -> Response:
        """List open positions and what protects them."""
        return answer(await control.reading.positions())

    @router.post(
        "/v1/positions/{key:path}:close",
        responses=shapes.gives(ArmedView),
        openapi_extra=shapes.takes(CloseBody),
    )
    async def close(request: Request, key: str, account: Text = "") -> Response:
        """Close a position now, reduce-only.

        `key` is `account/symbol/side`, the name of a position in the files, a
        symbol, or `*` for every open position.
        """
        body = await read_body(request, CloseBody)
        by = caller_of(request)
        if key == "*":
            done = await control.triggers.close_all(by, account=account)
            triggers = tuple(one for view in done for one in view.triggers)
            notes = tuple(note for view in done for note in view.notes)
            return answer(ArmedView(triggers=triggers, notes=notes))
        view = await control.triggers.close(
            key,
            by,
            quantity=body.quantity or WHOLE,
            account=account,
            idempotency_key=idempotency_key(request),
        )
        return answer(view)

    @router.get("/v1/feeds", responses=shapes.gives(FeedsView))
    async def feeds() -> Response:
        """List the watched prices and how old they are."""
        return answer(await control.reading.feeds())

    @router.get("/v1/status", responses=shapes.gives(StatusView))
    async def status() -> Response:
        """Sum the daemon up."""
        return answer(await control.standing.status())

    return router


class ReadyView(msgspec.Struct, frozen=True):
    ready: bool
    reasons: tuple[str, ...]


class HealthyView(msgspec.Struct, frozen=True):
    healthy: bool


def health_routes(control: Control, shapes: Shapes) -> APIRouter:
    """Make the two questions that watchdogs and load balancers ask."""
    router = APIRouter(tags=["health"])

    async def healthy() -> Response:
        """200 while the evaluation loop turns."""
        turns = control.daemon.is_turning()
        return answer(HealthyView(turns), 200 if turns else 503)

    async def ready() -> Response:
        """200 when recovered, storing and fresh; else 503 with the reasons."""
        reasons = control.daemon.reasons_not_ready()
        return answer(ReadyView(not reasons, reasons), 503 if reasons else 200)

    for path, endpoint, view in (
        ("/-/healthy", healthy, HealthyView),
        ("/-/ready", ready, ReadyView),
    ):
        # Its no is an answer as well, and no problem of whoever asks.
        given = {**shapes.gives(view, 503), **shapes.gives(view)}
        router.add_api_route(path, endpoint, methods=["GET"], responses=given)
        router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
    return router
