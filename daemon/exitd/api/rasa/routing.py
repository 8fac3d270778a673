"""The application behind these doors: paths, errors, and what browsers ask first."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from exitd.api.problems import keep_reason, request_id_of
from exitd.api.rasa.faults import CORS, fault_answer
from exitd.errors import StoreError, VenueError
from exitd.runtime.problems import ControlError, NoRoom, NotFound, VenueFailed

Endpoint = Callable[[Request], Awaitable[Response]]


class NotAllowed(ControlError):
    status = 405


class Paths:
    """Collects endpoints; each path is served with and without a slash at its end.

    A redirect from one to the other would break what browsers ask first.
    """

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.served: dict[str, frozenset[str]] = {}

    def add(self, path: str, endpoints: Mapping[str, Endpoint]) -> None:
        async def endpoint(request: Request) -> Response:
            found = endpoints.get(request.method)
            if found is None:
                raise NotAllowed(
                    "not_allowed", f"{path} takes {' and '.join(endpoints)}"
                )
            return await _answered(found, request)

        self.served[path] = frozenset(endpoints)
        for variant in (path, f"{path}/"):
            route = Route(variant, endpoint)
            # Whatever the method, the endpoint answers in the words of this API.
            route.methods = None
            self.routes.append(route)


async def _answered(endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except VenueError as error:
        failed = VenueFailed("venue_failed", str(error), "try again in a moment")
        raise failed from error
    except StoreError as error:
        raise NoRoom("store_full", str(error), "look at the disk") from error


async def _serve_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotFound("not_served", "there is nothing at this path")


class RasaApp:
    """Everything under the prefixes of this API."""

    def __init__(self, paths: Paths) -> None:
        self._router = Router(
            paths.routes, redirect_slashes=False, default=_serve_nothing
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(CORS)
            await send(message)

        if scope["method"] == "OPTIONS":
            response = Response(status_code=HTTPStatus.NO_CONTENT)
            await response(scope, receive, send_with_cors)
            return
        request = Request(scope)
        try:
            await self._router(scope, receive, send_with_cors)
        except ControlError as error:
            keep_reason(scope, error)
            response = fault_answer(error, request_id_of(request))
            await response(scope, receive, send_with_cors)
