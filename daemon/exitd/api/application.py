"""Puts the API together: routes, guard, problems, documentation."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter, Depends, FastAPI

from exitd.api.administration import administration_routes
from exitd.api.answers import Shapes
from exitd.api.books import book_routes
from exitd.api.costs import cost_routes
from exitd.api.documentation import documentation_routes
from exitd.api.entries import entry_routes, signal_routes
from exitd.api.flows import flow_routes
from exitd.api.guard import Answered, Door, Guard, tell_nobody
from exitd.api.history import history_routes
from exitd.api.limits import RateLimits
from exitd.api.problems import Problem, add_problem_handlers
from exitd.api.queries import refuse_unknown_words
from exitd.api.reading import health_routes, reading_routes
from exitd.api.triggers import trigger_routes
from exitd.errors import ConfigurationError
from exitd.runtime.control import Control
from exitd.runtime.control.identifiers import Identifiers

DEFAULT_RATES = RateLimits()
_ROUTES = (
    health_routes,
    reading_routes,
    trigger_routes,
    entry_routes,
    signal_routes,
    flow_routes,
    history_routes,
    book_routes,
    cost_routes,
    administration_routes,
)
_DESCRIPTION = (
    "Prices and quantities are decimal strings. Every change over TCP needs a token"
    " with its scope; problems are RFC 9457 with a stable `code`."
)


def make_app(
    control: Control,
    *,
    allowed_hosts: Iterable[str] = (),
    trusted_proxies: Iterable[str] = (),
    rates: RateLimits = DEFAULT_RATES,
    identifiers: Identifiers,
    doors: Iterable[Door] = (),
    routers: Iterable[APIRouter] = (),
    on_answered: Callable[[Answered], None] = tell_nobody,
) -> Guard:
    """Make the application that `HttpServer` serves.

    Args:
        allowed_hosts: Names in a Host header besides this machine's own.
        trusted_proxies: Addresses of proxies that are believed whom they speak for.
        rates: How often a token, or an address, may ask.
        identifiers: Makes the ids of requests.
        doors: Other applications, under prefixes of their own, that know for
            themselves who may do what.
        routers: More routes behind the same guard: the page, the metrics.
        on_answered: Sees each request once it is answered, to count it.
    """
    app = FastAPI(
        title="exitd",
        version=control.daemon.version,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(refuse_unknown_words)],
    )
    shapes = Shapes()
    add_problem_handlers(app)
    for made in _ROUTES:
        app.include_router(made(control, shapes))
    for router in routers:
        app.include_router(router)
    app.include_router(documentation_routes(lambda: app.openapi()))
    doors = tuple(doors)
    app.openapi = shapes.document(  # type: ignore[method-assign]
        app, Problem, [door.described for door in doors]
    )
    return Guard(
        app,
        tokens=control.tokens,
        audit_log=control.daemon.audit_log,
        allowed_hosts=tuple(allowed_hosts),
        trusted_proxies=trusted_proxies,
        rates=rates,
        make_id=lambda: identifiers.next("req"),
        monotonic_ns=control.daemon.clock.monotonic_ns,
        on_stop=control.history.close,
        doors=doors,
        on_answered=on_answered,
    )


async def refuse_open_door(control: Control, bind: str, *, is_loopback: bool) -> None:
    """Serve other machines only where there is a token to ask them for.

    Raises:
        ConfigurationError: *bind* reaches beyond this machine and no token is valid.
    """
    if not is_loopback and not await control.tokens.any_valid():
        raise ConfigurationError(
            f"http.bind is {bind}, which other machines can reach, and there is no "
            "token; start it on 127.0.0.1, make one with `exitd token new`, and bind"
            " beyond it then"
        )
