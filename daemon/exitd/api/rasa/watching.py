"""The WebSocket of this API: who opens one says what to watch and gets `report`s."""

import asyncio
import contextlib

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from exitd.api.problems import keep_reason, request_id_of
from exitd.api.rasa.callers import BEARER, Subject
from exitd.api.rasa.desk import Desk
from exitd.api.rasa.faults import fault_answer
from exitd.api.rasa.nonces import Pace
from exitd.api.rasa.reports import Reports
from exitd.api.rasa.signed import reader_of
from exitd.api.rasa.watchers import GONE, REFUSED, Watcher
from exitd.errors import StoreError
from exitd.logs import Event, log
from exitd.runtime.control import Control
from exitd.runtime.problems import ControlError, NoRoom, NotFound

PATH = "/ws/v1/subscribe"
_FRAMES_A_MINUTE = 60


class Watching:
    """The application at that path."""

    def __init__(self, control: Control, desk: Desk) -> None:
        self._control = control
        self._desk = desk
        self._reports = Reports(control.daemon, desk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        try:
            if scope["type"] != "websocket" or scope["path"].rstrip("/") != PATH:
                raise NotFound("not_served", f"a WebSocket is served at {PATH} only")
            watcher = self._reports.join(await self._subject(connection))
        except ControlError as error:
            keep_reason(scope, error)
            refused = fault_answer(error, request_id_of(connection))
            await refused(scope, receive, send)
            return
        try:
            await self._serve(WebSocket(scope, receive, send), watcher)
        finally:
            self._reports.leave(watcher)

    async def _subject(
        self, connection: HTTPConnection, *, is_again: bool = False
    ) -> Subject:
        """Say who watches, as for a request that reads."""
        is_open = self._desk.settings.open_reads
        tokens = self._control.tokens
        try:
            return await reader_of(
                connection, tokens, is_open=is_open, is_again=is_again
            )
        except StoreError as error:
            raise NoRoom("store_full", str(error), "look at the disk") from error

    async def _serve(self, socket: WebSocket, watcher: Watcher) -> None:
        # A browser that sends its token as a protocol wants to hear of it.
        protocols = socket.scope.get("subprotocols", [])
        await socket.accept(BEARER if BEARER in protocols else None)
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(self._listen(socket, watcher), name="rasa listens"),
                group.create_task(self._tell(socket, watcher), name="rasa tells"),
            )
            await watcher.over.wait()
            for task in tasks:
                task.cancel()
        if watcher.code != GONE:
            by = watcher.subject.caller.name
            log(Event.WATCHER_DROPPED, by=by, reason=watcher.why)
            with contextlib.suppress(WebSocketDisconnect):
                await socket.close(watcher.code, watcher.why)

    async def _listen(self, socket: WebSocket, watcher: Watcher) -> None:
        pace = Pace(self._control.daemon.clock.monotonic_ns, _FRAMES_A_MINUTE)
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                watcher.let_go(GONE, "closed")
                return
            try:
                pace.note("")
            except ControlError as error:
                watcher.let_go(REFUSED, error.sentence)
                return
            watcher.watch(message.get("text") or "")

    async def _tell(self, socket: WebSocket, watcher: Watcher) -> None:
        while True:
            frame = await watcher.next()
            try:
                # A token that has ended or was revoked tells nothing any more.
                await self._subject(socket, is_again=True)
                await socket.send_text(frame)
            except ControlError as error:
                watcher.let_go(REFUSED, error.sentence)
                return
            except WebSocketDisconnect:
                watcher.let_go(GONE, "closed")
                return
