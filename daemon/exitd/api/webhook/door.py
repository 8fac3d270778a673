"""The door of the webhook: one path, one method, and an answer that says it all.

    POST /webhook/{route}    a JSON object, whatever its content type says

Nothing is looked at before its sender, its size and its key are right; nothing is
answered with success before it is on disk; nothing is traded here.
"""

import hashlib
from collections.abc import Callable
from typing import NoReturn

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from exitd.api.guard import MakeId
from exitd.api.headers import protect
from exitd.api.intake import TooLarge, TooSlow, take_in
from exitd.api.senders import Address, Senders, own_place
from exitd.api.webhook import answers
from exitd.api.webhook.ages import too_old
from exitd.api.webhook.limits import WrongKeys
from exitd.api.webhook.refusals import (
    Invalid,
    NoSuchPath,
    NotFromThere,
    Unreadable,
    WrongMethod,
    unauthorized,
)
from exitd.api.webhook.routes import OpenRoute, Routes
from exitd.logs import Event, bound, log
from exitd.ports.alerts import Alert, AlertLevel
from exitd.ports.clock import Clock
from exitd.runtime.audit_log import AuditLog
from exitd.runtime.callers import sender_of_alert
from exitd.runtime.problems import ControlError, TooMany, Unusable
from exitd.runtime.signals.inbox import Draft, Inbox
from exitd.signals.json_form import signal_json
from exitd.signals.model import Signal
from exitd.signals.normalising import normalise
from exitd.signals.reading import BodyTooLarge, UnreadableBody, read_body
from exitd.signals.validating import validate

PREFIX = "/webhook/"
_NAME_SHOWN = 64
#: A shorter key may well stand in a body by chance.
_KEY_TOLD_MIN = 8
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Json = dict[str, object]


class WebhookDoor:
    """The application that the listener of the webhook serves."""

    def __init__(
        self,
        routes: Routes,
        inbox: Inbox,
        *,
        senders: Senders,
        clock: Clock,
        audit_log: AuditLog,
        tell: Callable[[Alert], None],
        make_id: MakeId,
    ) -> None:
        self._routes = routes
        self._inbox = inbox
        self._senders = senders
        self._clock = clock
        self._audit_log = audit_log
        self._tell = tell
        self._make_id = make_id
        self._wrong_keys = WrongKeys(clock.monotonic_ns)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        request_id = self._make_id()
        with bound(request_id=request_id):
            try:
                response = await self._take(scope, receive)
            except ControlError as error:
                response = answers.refused(error, request_id)
        response.headers["X-Request-ID"] = request_id
        protect(response.headers)
        await response(scope, receive, send)

    def stop(self) -> None:
        """Nothing here is answered for ever."""

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        path: str = scope["path"]
        if not path.startswith(PREFIX):
            raise NoSuchPath("not_found", "only /webhook/<route> is served here")
        if scope["method"] != "POST":
            raise WrongMethod("method_not_allowed", "alerts are sent by POST")
        name = path.removeprefix(PREFIX).removesuffix("/")
        address = self._senders.address_of(scope, headers)
        if not self._senders.may_send(address):
            self._turn_away(name, address, "not_allowed_from_there")
            raise NotFromThere(
                "not_allowed_from_there",
                "alerts are not taken from this address",
                "add it to webhook.allow_ips, or the proxy to webhook.trusted_proxies",
            )
        payload = await self._payload(name, address, headers, receive)
        key = payload.pop("auth_key", None)
        route = self._open(name, address, key)
        try:
            return await self._receive(route, payload, _written(key), address)
        except ControlError as error:
            self._lose(route.name, address, error)

    async def _payload(
        self, name: str, address: Address | None, headers: Headers, receive: Receive
    ) -> Json:
        """Read the body.

        Raises:
            TooLarge: It has more than 64 KiB.
            TooSlow: It did not arrive in time.
            Unreadable: It is not one JSON object.
        """
        refused: ControlError
        try:
            return read_body(await take_in(headers, receive))
        except (BodyTooLarge, TooLarge):
            refused = TooLarge(
                "too_large", "the body has more than 64 KiB", "send a smaller one"
            )
        except TooSlow as error:
            refused = error
        except UnreadableBody as error:
            refused = Unreadable("unreadable", error.fault, error.remedy)
        if self._routes.named(name) is not None:
            self._lose(name, address, refused, is_known=False)
        raise refused

    def _open(self, name: str, address: Address | None, key: object) -> OpenRoute:
        """Give the route if this is its key.

        Raises:
            Unauthorized: There is no such route, or the key is another.
            TooMany: Too many wrong keys came from there, or too many alerts.
        """
        wait_s = self._wrong_keys.wait_s(address)
        if wait_s:
            self._turn_away(name, address, "too many wrong keys")
            raise _too_often("too many wrong keys came from this address", wait_s)
        route = self._routes.opened(name, key)
        if route is None:
            self._wrong_keys.note(address)
            self._turn_away(name, address, "unauthorized")
            raise unauthorized()
        wait_s = route.limit.wait_s()
        if wait_s:
            most = route.settings.requests_per_minute
            refused = _too_often(f"this route takes {most} alerts a minute", wait_s)
            self._lose(name, address, refused)
        return route

    async def _receive(
        self, route: OpenRoute, payload: Json, key: bytes, address: Address | None
    ) -> Response:
        settings = route.settings
        canonical = _ENCODER.encode(payload)
        if len(key) >= _KEY_TOLD_MIN and key in canonical:
            raise Unusable(
                "auth_key_repeated",
                "the auth_key stands in another field too, and would be stored with it",
                "take it out there",
            )
        normalised = normalise(payload)
        validation = validate(
            normalised,
            needs_auth_key=False,
            platform=normalised.signal.broker_platform or route.platform,
            asset_class=route.asset_class,
            is_strict=not settings.relaxed_stop_limit,
            may_be_native=settings.exits == "native" and not route.is_paper,
        )
        if not validation.valid:
            raise Invalid(validation)
        signal = normalised.signal
        taken = await self._inbox.receive(
            Draft(
                route=route.name,
                ticker=signal.ticker or "",
                body=signal_json(signal),
                digest=hashlib.sha256(canonical).hexdigest(),
                client_order_id=signal.client_order_id or "",
                is_paper=route.is_paper,
                sender=str(address),
            ),
            stale=self._staleness(route, signal),
        )
        return answers.accepted(taken, signal, validation)

    def _staleness(self, route: OpenRoute, signal: Signal) -> str:
        most_ns = route.settings.max_age
        return "" if most_ns is None else too_old(signal, most_ns, self._clock.now_ns())

    def _turn_away(self, name: str, address: Address | None, reason: str) -> None:
        """Write down who was not let in."""
        counted_as = "unknown" if address is None else str(own_place(address))
        what = f"alert to {name[:_NAME_SHOWN]}"
        self._audit_log.turned_away(str(address), what, reason, counted_as=counted_as)

    def _lose(
        self,
        name: str,
        address: Address | None,
        error: ControlError,
        *,
        is_known: bool = True,
    ) -> NoReturn:
        """Tell somebody of an alert that is lost: its sender does not show the answer.

        Args:
            is_known: It had the key of the route.

        Raises:
            ControlError: Always, *error*.
        """
        log(Event.WEBHOOK_REFUSED, route=name, reason=str(error), ip=str(address))
        if is_known:
            by = sender_of_alert(name, str(address))
            self._audit_log.refused(by, "alert", error.code)
        else:
            self._turn_away(name, address, error.code)
        if error.code == "stopping":
            # It comes again, and then it is taken.
            raise error
        self._tell(
            Alert(
                level=AlertLevel.WARNING,
                topic=Event.WEBHOOK_REFUSED.value,
                about=f"route {name}",
                text=f"an alert to route {name} was not taken: {error}",
            )
        )
        raise error


def _written(key: object) -> bytes:
    """Give a key as it stands between the quotes of JSON."""
    return _ENCODER.encode(key)[1:-1]


def _too_often(why: str, wait_s: int) -> TooMany:
    return TooMany("too_often", why, f"send again in {wait_s} s", retry_after_s=wait_s)
