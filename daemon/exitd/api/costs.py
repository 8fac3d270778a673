"""What orders cost: entries and exits, from the alert to the fill."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from exitd.api.answers import Shapes, answer
from exitd.api.books import From, To, times_of
from exitd.runtime.control import Control
from exitd.runtime.control.costs import Only
from exitd.runtime.cost_views import CostsView

Word = Annotated[str, Query(max_length=200)]


def cost_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["history"])

    @router.get("/v1/analytics", responses=shapes.gives(CostsView))
    async def analytics(
        since: From = "",
        until: To = "",
        route: Word = "",
        symbol: Word = "",
        strategy: Word = "",
        mode: Literal["", "live", "paper"] = "",
    ) -> Response:
        """Say what each entry and exit cost, oldest first, and how that is spread.

        `from` and `to` are times with a zone, by when the alert came in or the exit
        was hit; a day by default. Without `route`, `symbol`, `strategy` or `mode` it is
        any; the strategy is the `metadata.strategy` of the alert. What was simulated
        (`paper`) and what was sent (`live`) are never in one group.
        """
        only = Only(route=route, symbol=symbol, strategy=strategy, mode=mode)
        times = times_of(control, since, until)
        return answer(await control.costs.between(*times, only))

    return router
