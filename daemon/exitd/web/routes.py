"""`/`, its files, and the stream that it follows.

The page itself says nothing of the daemon to somebody who may not read: beyond loopback
it is an empty shell that asks for a token. That token goes into a header, never into a
cookie, so no other page can use it.
"""

import asyncio
import contextlib
from html import escape
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from exitd.api.origins import Origin
from exitd.runtime.control import Control
from exitd.runtime.control.standing import banner_of
from exitd.runtime.problems import Forbidden, NotFound
from exitd.web.assets import Assets
from exitd.web.audience import Audience, Watcher

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' {styles}; "
    "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_FOR_EVER = "public, max-age=31536000, immutable"
_SIGN_OF_LIFE_S = 15.0
_SEND_S = 10.0


def page_routes(control: Control, audience: Audience) -> APIRouter:
    router = APIRouter(tags=["page"])
    assets = Assets()
    policy = {"Content-Security-Policy": _POLICY.format(styles=assets.styles_source)}

    async def page(request: Request) -> Response:
        may_read = _may_read(request)
        shell = _filled(
            assets.shell,
            assets=f"/assets/{assets.version}",
            version=control.daemon.version if may_read else "",
            banner=banner_of(control.daemon) if may_read else "",
            mode=control.daemon.mode if may_read else "unknown",
        )
        return Response(shell, media_type="text/html; charset=utf-8", headers=policy)

    router.add_api_route("/", page, methods=["GET", "HEAD"], include_in_schema=False)

    @router.get("/assets/{version}/{name:path}", include_in_schema=False)
    async def asset(request: Request, version: str, name: str) -> Response:
        found = assets.files.get(name)
        if found is None or version != assets.version:
            raise NotFound("unknown", "the page has no such file", "load / again")
        headers = {**policy, "Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
        body = found.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = found.zipped
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type=found.media_type, headers=headers)

    @router.get("/v1/stream", include_in_schema=False)
    async def stream(request: Request) -> Response:
        """Follow triggers, prices, feeds and facts as server-sent events.

        The first message is the whole; each further one is what has changed.
        """
        # A page of another origin could not read it, but would take up a place.
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise Forbidden("other_origin", "the stream is for exitd's own page", "")
        return _Stream(audience, audience.join())

    return router


def _may_read(request: Request) -> bool:
    origin: Origin = request.scope["state"]["origin"]
    return origin.is_near


def _filled(shell: str, **words: str) -> str:
    for name, word in words.items():
        shell = shell.replace("{{" + name + "}}", escape(word))
    return shell


class _Stream(Response):
    """Sends what a watcher is given, until either side has enough."""

    media_type = "text/event-stream"

    def __init__(self, audience: Audience, watcher: Watcher) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self.body = b""
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._audience = audience
        self._watcher = watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listening = asyncio.ensure_future(_gone(receive))
        listening.add_done_callback(lambda _: self._watcher.end())
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await self._send_all(send)
        finally:
            self._audience.leave(self._watcher)
            listening.cancel()

    async def _send_all(self, send: Send) -> None:
        part: bytes | None = b": exitd\n\n"
        while part is not None:
            try:
                async with asyncio.timeout(_SEND_S):
                    body = {"type": "http.response.body", "body": part}
                    await send({**body, "more_body": True})
            except TimeoutError:
                break
            try:
                async with asyncio.timeout(_SIGN_OF_LIFE_S):
                    part = await self._watcher.next()
            except TimeoutError:
                part = b": still here\n\n"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SEND_S):
                await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
