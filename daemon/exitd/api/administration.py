"""Files, tokens and tests: what an administrator does."""

from fastapi import APIRouter, Request, Response

from exitd.api.answers import Shapes, answer, caller_of, unchanged
from exitd.api.bodies import (
    AnswersBody,
    ApplyBody,
    TakeoverBody,
    TokenBody,
    read_body,
)
from exitd.ports.answers import VenueAnswer
from exitd.runtime.answer_views import AnswersView
from exitd.runtime.control import Control
from exitd.runtime.control.requests import expires_ns
from exitd.runtime.delivery_views import DeliveriesView
from exitd.runtime.standby_views import TakeoverView
from exitd.runtime.views import (
    PlanView,
    TokensView,
    TokenView,
)


def administration_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["administration"])

    @router.get("/v1/plan", responses=shapes.gives(PlanView))
    async def plan() -> Response:
        """Read the files and say what they would change; changes nothing."""
        return answer(await control.files.plan())

    @router.post(
        "/v1/apply",
        responses=shapes.gives(PlanView),
        openapi_extra=shapes.takes(ApplyBody),
    )
    async def apply(request: Request) -> Response:
        """Put the files in force, what weakens a stop included."""
        body = await read_body(request, ApplyBody)
        view = await control.files.apply(caller_of(request), yes=body.yes)
        if not view.is_applied:
            unchanged(request, _why_held(view))
        return answer(view)

    @router.post("/v1/reload", responses=shapes.gives(PlanView))
    async def reload(request: Request) -> Response:
        """Read the files again; what needs a person's agreement waits for apply."""
        view = await control.files.reload(caller_of(request))
        if not view.is_applied:
            unchanged(request, _why_held(view))
        return answer(view)

    @router.post(
        "/v1/takeover",
        responses=shapes.gives(TakeoverView),
        openapi_extra=shapes.takes(TakeoverBody),
    )
    async def takeover(request: Request) -> Response:
        """Say what another exitd did on accounts that stand by, and take them over."""
        body = await read_body(request, TakeoverBody)
        view = await control.takeover.take_over(
            caller_of(request), account=body.account or "", apply=body.apply
        )
        if not body.apply:
            unchanged(request)
        return answer(view)

    @router.post(
        "/v1/answers",
        responses=shapes.gives(AnswersView),
        openapi_extra=shapes.takes(AnswersBody),
    )
    async def keep_answers(request: Request) -> Response:
        """Keep what a venue has answered to `exitd doctor --live`."""
        body = await read_body(request, AnswersBody)
        answers = [VenueAnswer(**each.model_dump()) for each in body.answers]
        return answer(await control.answers.keep(body.account, answers))

    @router.get("/v1/tokens", responses=shapes.gives(TokensView))
    async def tokens() -> Response:
        """List tokens; their secrets are not kept."""
        return answer(await control.tokens.list())

    @router.post(
        "/v1/tokens",
        status_code=201,
        responses=shapes.gives(TokenView, 201),
        openapi_extra=shapes.takes(TokenBody),
    )
    async def create(request: Request) -> Response:
        """Make a token. Its secret is in this answer and is never shown again."""
        body = await read_body(request, TokenBody)
        view = await control.tokens.create(
            body.name,
            body.scopes,
            caller_of(request),
            expires_ns=expires_ns(body.expires, control.daemon.clock.now_ns()),
        )
        return answer(view, 201)

    @router.delete("/v1/tokens/{name}", responses=shapes.gives(TokensView))
    async def revoke(request: Request, name: str) -> Response:
        """Make a token void at once."""
        await control.tokens.revoke(name, caller_of(request))
        return answer(await control.tokens.list())

    @router.post("/v1/notify/test", responses=shapes.gives(DeliveriesView))
    async def notify_test() -> Response:
        """Send one message to everybody who is told, and say who got it."""
        return answer(await control.notify_test())

    return router


def _why_held(view: PlanView) -> str:
    return view.refused or ("rejected" if view.is_refused else "held")
