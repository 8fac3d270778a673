"""/v1/triggers: arm, amend, cancel, pause, resume, rearm, fire.

An id may hold a slash (`sol-core/sl`) and stands in the path as it is; what is to
be done with it follows after a colon: `POST /v1/triggers/sol-core/sl:pause`.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from exitd.api.answers import (
    Shapes,
    answer,
    caller_of,
    idempotency_key,
    unchanged,
)
from exitd.api.bodies import read_body
from exitd.api.trigger_bodies import AmendBody, ArmBody, ArmOneBody, read_arm_body
from exitd.runtime.control import Control
from exitd.runtime.preview_views import PreviewsView
from exitd.runtime.views import ArmedView, DetailView, OrderView

Account = Annotated[str, Query(max_length=64, description="404 if it is another's.")]


def trigger_routes(control: Control, shapes: Shapes) -> APIRouter:
    """Make the routes that change triggers, and the one that shows one."""
    router = APIRouter(tags=["triggers"])
    triggers = control.triggers

    @router.post(
        "/v1/triggers",
        status_code=201,
        responses=shapes.gives(ArmedView, 201),
        openapi_extra=shapes.takes(ArmOneBody, ArmBody),
    )
    async def arm(request: Request) -> Response:
        """Arm one trigger, or a batch of which all are armed or none.

        With an `Idempotency-Key` the same request may be sent again: it gives the
        first answer, and another body under the same key is a conflict.
        """
        body = await read_arm_body(request)
        bodies = body.triggers if isinstance(body, ArmBody) else [body]
        view = await triggers.arm(
            [one.request() for one in bodies],
            caller_of(request),
            if_crossed=body.crossed,
            if_no_position=body.if_no_position,
            idempotency_key=idempotency_key(request),
        )
        return answer(view, 201)

    @router.post(
        "/v1/preview",
        responses=shapes.gives(PreviewsView),
        openapi_extra=shapes.takes(ArmOneBody, ArmBody),
    )
    async def preview(request: Request) -> Response:
        """Say what arming this would do, or why it would be refused; changes nothing.

        How each trigger would stand, how far its level is, and the order that it
        would send, were it to fire at the price of now.
        """
        body = await read_arm_body(request)
        bodies = body.triggers if isinstance(body, ArmBody) else [body]
        view = await control.previews.arm(
            [one.request() for one in bodies],
            caller_of(request),
            if_crossed=body.crossed,
            if_no_position=body.if_no_position,
        )
        unchanged(request)
        return answer(view)

    @router.post(
        "/v1/triggers/{id:path}:preview",
        responses=shapes.gives(PreviewsView),
        openapi_extra=shapes.takes(AmendBody),
    )
    async def preview_change(
        request: Request, id: str, account: Account = ""
    ) -> Response:
        """As `/v1/preview`, of what amending this trigger would do."""
        body = await read_body(request, AmendBody)
        view = await control.previews.amend(
            id, body.change(), if_crossed=body.crossed, account=account
        )
        unchanged(request)
        return answer(view)

    @router.post("/v1/triggers/{id:path}:pause", responses=shapes.gives(ArmedView))
    async def pause(request: Request, id: str, account: Account = "") -> Response:
        """Stop watching until it is resumed; a file's trigger then shows as drift."""
        return answer(await triggers.pause(id, caller_of(request), account=account))

    @router.post("/v1/triggers/{id:path}:resume", responses=shapes.gives(ArmedView))
    async def resume(request: Request, id: str, account: Account = "") -> Response:
        """Watch again; refused where that would fire at once."""
        return answer(await triggers.resume(id, caller_of(request), account=account))

    @router.post("/v1/triggers/{id:path}:rearm", responses=shapes.gives(ArmedView))
    async def rearm(request: Request, id: str, account: Account = "") -> Response:
        """Give a trigger that is done another arming."""
        return answer(await triggers.rearm(id, caller_of(request), account=account))

    @router.post("/v1/triggers/{id:path}:fire", responses=shapes.gives(ArmedView))
    async def fire(request: Request, id: str, account: Account = "") -> Response:
        """Fire an armed trigger now, as if its price had crossed."""
        return answer(await triggers.fire(id, caller_of(request), account=account))

    @router.post("/v1/triggers/{id:path}:dry-run", responses=shapes.gives(OrderView))
    async def dry_run(request: Request, id: str, account: Account = "") -> Response:
        """Show the exact order that firing would send; nothing is sent or changed."""
        unchanged(request)
        return answer(await control.order_if_fired(id, account=account))

    @router.get("/v1/triggers/{id:path}", responses=shapes.gives(DetailView))
    async def show(id: str, account: Account = "") -> Response:
        """Show one trigger with its firings and its latest facts."""
        return answer(await control.reading.show(id, account=account))

    @router.patch(
        "/v1/triggers/{id:path}",
        responses=shapes.gives(ArmedView),
        openapi_extra=shapes.takes(AmendBody),
    )
    async def amend(request: Request, id: str, account: Account = "") -> Response:
        """Change what is named: a level, a trail, a time, how it closes, a note.

        A trail keeps the best price that it has seen; `null` takes a word away.
        """
        body = await read_body(request, AmendBody)
        view = await triggers.amend(
            id,
            body.change(),
            caller_of(request),
            if_crossed=body.crossed,
            account=account,
        )
        return answer(view)

    @router.delete("/v1/triggers/{id:path}", responses=shapes.gives(ArmedView))
    async def cancel(
        request: Request, id: str, account: Account = "", abandon: bool = False
    ) -> Response:
        """Watch no longer. `abandon` gives up a firing and leaves the position."""
        view = await triggers.cancel(
            id, caller_of(request), abandon=abandon, account=account
        )
        return answer(view)

    return router
