"""/metrics: what Prometheus scrapes."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

#: Gives the text and its media type, by what the reader accepts.
Render = Callable[[str], Awaitable[tuple[bytes, str]]]


def metrics_routes(render: Render) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.head("/metrics")
    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        """Everything that is counted and measured, as Prometheus reads it."""
        text, media_type = await render(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": media_type})

    return router
