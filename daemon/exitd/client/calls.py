"""Every request to the daemon, with the type of its answer; sends nothing itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from msgspec import Struct, to_builtins

from exitd.ports.answers import VenueAnswer
from exitd.runtime.answer_views import AnswersView
from exitd.runtime.delivery_views import DeliveriesView
from exitd.runtime.flow_views import (
    FlattenView,
    HandoverView,
    ImportView,
    TakeProfitView,
)
from exitd.runtime.preview_views import PreviewsView
from exitd.runtime.standby_views import TakeoverView
from exitd.runtime.views import (
    ArmedView,
    DetailView,
    ExitsView,
    ExplainView,
    FactsView,
    FeedsView,
    NearestView,
    OrderView,
    PageView,
    PlanView,
    PositionsView,
    StatusView,
    TokensView,
    TokenView,
)

T = TypeVar("T")
Words = Mapping[str, Any]


class ReadyView(Struct, frozen=True):
    ready: bool
    reasons: tuple[str, ...]


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """One request. `accepts` are statuses beside 2xx that carry an answer too."""

    method: str
    path: str
    answers: type[T]
    query: dict[str, str] = {}
    body: dict[str, Any] | None = None
    idempotency_key: str = ""
    timeout_s: float = 30.0
    accepts: tuple[int, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.method not in ("GET", "HEAD")


def _given(**words: str | int | bool | None) -> dict[str, str]:
    """Leave out what was not said; booleans as JSON writes them."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in words.items()
        if value not in (None, "")
    }


def _trigger(id: str, action: str = "") -> str:
    path = f"/v1/triggers/{quote(id, safe='/')}"
    return f"{path}:{action}" if action else path


def status() -> Call[StatusView]:
    return Call(method="GET", path="/v1/status", answers=StatusView)


def ready() -> Call[ReadyView]:
    return Call(method="GET", path="/-/ready", answers=ReadyView, accepts=(503,))


def search(
    *,
    account: str = "",
    symbol: str = "",
    position: str = "",
    state: str = "",
    kind: str = "",
    owner: str = "",
    limit: int = 100,
    after: str = "",
) -> Call[PageView]:
    query = _given(
        account=account,
        symbol=symbol,
        position=position,
        state=state,
        kind=kind,
        owner=owner,
        limit=limit,
        after=after,
    )
    return Call(method="GET", path="/v1/triggers", answers=PageView, query=query)


def nearest(*, limit: int = 100) -> Call[NearestView]:
    """List the triggers nearest to firing, the nearest first."""
    query = _given(limit=limit)
    return Call(method="GET", path="/v1/nearest", answers=NearestView, query=query)


def show(id: str) -> Call[DetailView]:
    return Call(method="GET", path=_trigger(id), answers=DetailView)


def explain(id: str) -> Call[ExplainView]:
    path = f"/v1/explain/{quote(id, safe='/')}"
    return Call(method="GET", path=path, answers=ExplainView)


def positions() -> Call[PositionsView]:
    return Call(method="GET", path="/v1/positions", answers=PositionsView)


def feeds() -> Call[FeedsView]:
    return Call(method="GET", path="/v1/feeds", answers=FeedsView)


def arm(
    triggers: Sequence[Words],
    *,
    if_crossed: str | None = None,
    if_no_position: str | None = None,
    idempotency_key: str = "",
) -> Call[ArmedView]:
    """Arm all or none; each trigger has the words of the files, values as text."""
    options = _given(if_crossed=if_crossed, if_no_position=if_no_position)
    body = {"triggers": [dict(words) for words in triggers], **options}
    return Call(
        method="POST",
        path="/v1/triggers",
        answers=ArmedView,
        body=body,
        idempotency_key=idempotency_key,
    )


def preview(
    triggers: Sequence[Words],
    *,
    if_crossed: str | None = None,
    if_no_position: str | None = None,
) -> Call[PreviewsView]:
    """Say what `arm` would do, or why it would be refused; changes nothing."""
    options = _given(if_crossed=if_crossed, if_no_position=if_no_position)
    body = {"triggers": [dict(words) for words in triggers], **options}
    return Call(method="POST", path="/v1/preview", answers=PreviewsView, body=body)


def preview_change(id: str, changes: Words) -> Call[PreviewsView]:
    """As `preview`, of what `amend` would do."""
    path = _trigger(id, "preview")
    return Call(method="POST", path=path, answers=PreviewsView, body=dict(changes))


def amend(id: str, changes: Words) -> Call[ArmedView]:
    """Change words of a trigger; None takes one away, what is not named stays."""
    return Call(
        method="PATCH", path=_trigger(id), answers=ArmedView, body=dict(changes)
    )


def cancel(id: str, *, abandon: bool = False) -> Call[ArmedView]:
    query = _given(abandon=True) if abandon else {}
    return Call(method="DELETE", path=_trigger(id), answers=ArmedView, query=query)


def pause(id: str) -> Call[ArmedView]:
    return Call(method="POST", path=_trigger(id, "pause"), answers=ArmedView)


def resume(id: str) -> Call[ArmedView]:
    return Call(method="POST", path=_trigger(id, "resume"), answers=ArmedView)


def rearm(id: str) -> Call[ArmedView]:
    return Call(method="POST", path=_trigger(id, "rearm"), answers=ArmedView)


def fire(id: str) -> Call[ArmedView]:
    return Call(method="POST", path=_trigger(id, "fire"), answers=ArmedView)


def order_if_fired(id: str) -> Call[OrderView]:
    return Call(method="POST", path=_trigger(id, "dry-run"), answers=OrderView)


def close(
    position: str, *, quantity: str | None = None, idempotency_key: str = ""
) -> Call[ArmedView]:
    """Close a position, by key, name or symbol; `*` closes all."""
    return Call(
        method="POST",
        path=f"/v1/positions/{quote(position, safe='/*')}:close",
        answers=ArmedView,
        body={**_given(quantity=quantity)},
        idempotency_key=idempotency_key,
    )


def plan() -> Call[PlanView]:
    return Call(method="GET", path="/v1/plan", answers=PlanView)


def apply(*, yes: bool = False) -> Call[PlanView]:
    return Call(method="POST", path="/v1/apply", answers=PlanView, body={"yes": yes})


def reload() -> Call[PlanView]:
    return Call(method="POST", path="/v1/reload", answers=PlanView)


def takeover(*, account: str = "", apply: bool = False) -> Call[TakeoverView]:
    body = {"apply": apply, **_given(account=account)}
    return Call(
        method="POST",
        path="/v1/takeover",
        answers=TakeoverView,
        body=body,
        timeout_s=300.0,
    )


def keep_answers(account: str, answers: Sequence[VenueAnswer]) -> Call[AnswersView]:
    """Keep what a venue has answered to `exitd doctor --live`."""
    written: list[dict[str, Any]] = [to_builtins(each) for each in answers]
    return Call(
        method="POST",
        path="/v1/answers",
        answers=AnswersView,
        body={"account": account, "answers": written},
    )


def flatten(
    symbol: str,
    *,
    account: str = "",
    including_ours: bool = False,
    window_ms: int | None = None,
    dry_run: bool = False,
) -> Call[FlattenView]:
    """Cancel a market's open orders; positions stay open."""
    body = {
        "symbol": symbol,
        "including_ours": including_ours,
        "window_ms": window_ms,
        "dry_run": dry_run,
        **_given(account=account),
    }
    return Call(
        method="POST",
        path="/v1/flatten",
        answers=FlattenView,
        body=body,
        timeout_s=60.0,
    )


def take_profit(
    symbol: str,
    *,
    side: str,
    price: str,
    quantity: str,
    account: str = "",
    window_ms: int | None = None,
    idempotency_key: str = "",
) -> Call[TakeProfitView]:
    """Rest a reduce-only limit order; *side* is `Bid` or `Ask`."""
    body = {
        "symbol": symbol,
        "side": side,
        "price": price,
        "quantity": quantity,
        "window_ms": window_ms,
        **_given(account=account),
    }
    return Call(
        method="POST",
        path="/v1/take-profit",
        answers=TakeProfitView,
        body=body,
        idempotency_key=idempotency_key,
        timeout_s=60.0,
    )


def import_exits(*, account: str = "", apply: bool = False) -> Call[ImportView]:
    body = {"apply": apply, **_given(account=account)}
    return Call(
        method="POST", path="/v1/import", answers=ImportView, body=body, timeout_s=120.0
    )


def handover(
    *, account: str = "", apply: bool = False, back: bool = False
) -> Call[HandoverView]:
    """Rest native stops in place of ours; *back* undoes it."""
    body = {"apply": apply, "back": back, **_given(account=account)}
    return Call(
        method="POST",
        path="/v1/handover",
        answers=HandoverView,
        body=body,
        timeout_s=120.0,
    )


def facts(
    *,
    after: int = 0,
    trigger: str = "",
    fire: str = "",
    event: str = "",
    by: str = "",
    limit: int = 100,
    oldest_first: bool = False,
    wait_s: float = 0.0,
) -> Call[FactsView]:
    """List facts, or wait up to 30 s for the next ones."""
    query = _given(
        after=after,
        trigger=trigger,
        fire=fire,
        event=event,
        by=by,
        limit=limit,
        oldest_first=oldest_first,
    )
    if wait_s:
        query["wait"] = str(wait_s)
    return Call(
        method="GET",
        path="/v1/facts",
        answers=FactsView,
        query=query,
        timeout_s=30.0 + wait_s,
    )


def exits(*, since: str = "", until: str = "") -> Call[ExitsView]:
    """List firings with fills; both are times with a zone."""
    query = _given(to=until) | ({"from": since} if since else {})
    return Call(method="GET", path="/v1/exits", answers=ExitsView, query=query)


def tokens() -> Call[TokensView]:
    return Call(method="GET", path="/v1/tokens", answers=TokensView)


def create_token(
    name: str, scopes: Sequence[str], *, expires: str = ""
) -> Call[TokenView]:
    body = {"name": name, "scopes": list(scopes), **_given(expires=expires)}
    return Call(method="POST", path="/v1/tokens", answers=TokenView, body=body)


def revoke_token(name: str) -> Call[TokensView]:
    path = f"/v1/tokens/{quote(name, safe='')}"
    return Call(method="DELETE", path=path, answers=TokensView)


def notify_test() -> Call[DeliveriesView]:
    return Call(method="POST", path="/v1/notify/test", answers=DeliveriesView)
