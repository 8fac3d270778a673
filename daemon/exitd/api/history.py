"""Facts as they come, by page, by waiting or as a stream; exits with their fills."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from msgspec.structs import replace

from exitd.api.answers import Shapes, answer
from exitd.api.books import read_time
from exitd.configuration.findings import did_you_mean, quoted
from exitd.core.events import FactKind
from exitd.core.units import NS_PER_DAY
from exitd.ports.store import FactQuery
from exitd.runtime.control import Control
from exitd.runtime.control.history import FACTS_MAX, WAIT_S_MAX
from exitd.runtime.problems import Unusable
from exitd.runtime.views import ExitsView, FactsView

_SEQ_MAX = 2**62
_SIGN_OF_LIFE_S = 15.0

Text = Annotated[str, Query(max_length=200)]
After = Annotated[int, Query(ge=0, le=_SEQ_MAX)]


def history_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["history"])

    @router.get("/v1/facts", responses=shapes.gives(FactsView))
    async def facts(
        after: After = 0,
        trigger: Text = "",
        fire: Text = "",
        event: Text = "",
        by: Text = "",
        limit: Annotated[int, Query(ge=1, le=FACTS_MAX)] = 100,
        oldest_first: bool = False,
        wait: Annotated[float, Query(ge=0, le=WAIT_S_MAX)] = 0.0,
    ) -> Response:
        """List facts, newest first; `event` may end in `*`.

        `by` is who asked, such as `api:phone`; with `event=change.*` that is the audit
        log, and `event=auth.refused` lists who was turned away.

        With `wait` (seconds) the answer comes once there is a fact after `after`,
        or empty when the time is over. Follow on with `after=last_seq`.
        """
        query = FactQuery(
            after_seq=after,
            trigger_id=trigger,
            fire_id=fire,
            event=_known_event(event),
            by=by,
            limit=limit,
            oldest_first=oldest_first or wait > 0,
        )
        return answer(await control.history.facts(query, wait_s=wait))

    @router.get("/v1/facts/stream", responses=shapes.gives(FactsView))
    async def stream(
        request: Request,
        after: After | None = None,
        trigger: Text = "",
        event: Text = "",
    ) -> Response:
        """Stream facts as server-sent events, from `after` or from now on.

        A reconnecting reader sends the `Last-Event-ID` that it saw.
        """
        seen = request.headers.get("last-event-id", "")
        if seen.isascii() and seen.isdigit() and int(seen) <= _SEQ_MAX:
            after = int(seen)
        if after is None:
            after = await control.history.last_seq()
        query = FactQuery(
            after_seq=after,
            trigger_id=trigger,
            event=_known_event(event),
            limit=FACTS_MAX,
            oldest_first=True,
        )
        return StreamingResponse(
            _events(control, query), media_type="text/event-stream"
        )

    @router.get("/v1/exits", responses=shapes.gives(ExitsView))
    async def exits(
        since: Annotated[str, Query(alias="from", max_length=40)] = "",
        until: Annotated[str, Query(alias="to", max_length=40)] = "",
    ) -> Response:
        """List firings with their fills, by the instant of the hit; a day by default.

        `from` and `to` are times with a zone, such as 2027-01-31T16:00:00Z.
        """
        to_ns = read_time("to", until) or control.daemon.clock.now_ns() + 1
        from_ns = read_time("from", since) or to_ns - NS_PER_DAY
        return answer(await control.history.exits(from_ns, to_ns))

    return router


def _known_event(written: str) -> str:
    """Let no history look empty because the name of an event is misspelt.

    Raises:
        Unusable: Nothing that is written down has this name, or begins so.
    """
    begins = written.removesuffix("*")
    names = [kind.value for kind in FactKind]
    found = [name for name in names if name.startswith(begins)]
    if written and not (found if begins != written else written in names):
        raise Unusable(
            "invalid",
            f"there is no event {quoted(written)}{did_you_mean(written, names)}",
            "docs/log-events.md lists them; one may end in *",
            field="event",
        )
    return written


async def _events(control: Control, query: FactQuery) -> AsyncIterator[bytes]:
    yield b": exitd\n\n"
    while not control.history.is_over:
        try:
            async with asyncio.timeout(_SIGN_OF_LIFE_S):
                page = await control.history.next_facts(query)
        except TimeoutError:
            yield b": still here\n\n"
            continue
        for fact in page.facts:
            body = msgspec.json.encode(fact)
            yield b"id: %d\nevent: fact\ndata: %s\n\n" % (fact.seq, body)
        query = replace(query, after_seq=page.last_seq)
