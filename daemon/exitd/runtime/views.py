"""What people see: one shape each for a trigger, a position, a feed, the daemon.

The HTTP API writes these as they are and the client reads them back. Prices and
quantities are exact decimal text, instants RFC 3339 in UTC, ages milliseconds.
How they come from the engine's records is in `shown`.
"""

from typing import Any

from msgspec import Struct

FieldView = str | int | bool | None


class FireView(Struct, frozen=True, kw_only=True):
    """All that followed one hit.

    `gap_percent` is how far past the level the price was when it was seen.
    `slippage_percent` is the average fill against the level (against the price
    seen where there is no level), positive when it was worse for us; None where
    `watch` names another market, which level and observed price are of.
    `ts_venue` is the venue's clock, `ts_recv`, `ts_hit` and `ts_done` are ours.
    `orders` are the venue's order ids of the attempts still known.
    """

    fire_id: str
    trigger_id: str
    arming: int
    account: str
    symbol: str
    side: str | None
    cause: str
    level: str | None
    observed: str | None
    gap_percent: str | None
    source: str
    watch: str | None
    attempts: int
    filled: str
    average_price: str | None
    slippage_percent: str | None
    fee: str
    fee_asset: str
    pnl: str | None
    cancelled_orders: int
    held_by: str
    orders: tuple[str, ...]
    is_open: bool
    reason: str
    ts_venue: str
    ts_recv: str
    ts_hit: str
    ts_done: str | None


class TriggerView(Struct, frozen=True, kw_only=True):
    """One trigger.

    `state` is waiting, armed, confirming, stale, paused, firing, working, or the
    reason it is done. `level` is the price that would hit it now, `asked` how it was
    written where that is not the level itself. `words` is what was asked for beside
    that, as people write it, and `watch` the other market that it watches.
    `unseen` says why nobody knows what its price did for a while, or is empty; `missed`
    is when the candle began in which it was last crossed while nobody watched.
    `watermark` is the best that a trail has seen, `confirms` when a confirmation is
    complete, `due` when its time comes.
    `distance_percent` is how far the price has to go to the level, in percent of the
    price; negative when it is beyond. `quantity` is as people write it: `100%`, `2.5`
    or `rest`. `file` is where it is written, for a trigger that a file owns.
    """

    id: str
    account: str
    symbol: str
    side: str | None
    position: str | None
    kind: str
    level: str | None
    asked: str
    watermark: str | None
    confirms: str | None
    due: str | None
    unseen: str = ""
    missed: str | None = None
    words: dict[str, str] = {}
    watch: str | None = None
    price_kind: str
    feed: str
    candle: str
    price: str | None
    price_age_ms: int | None
    distance_percent: str | None
    action: str
    quantity: str | None
    order: str | None
    slippage_limit: str | None
    cancels: str | None
    owner: str
    file: str | None
    state: str
    waiting_for: str
    paused: bool
    is_done: bool
    is_stop: bool
    arming: int
    once: bool
    expires: str | None
    note: str
    ts_armed: str | None
    ts_changed: str
    fire: FireView | None


class PositionView(Struct, frozen=True, kw_only=True):
    """One open position.

    `protected_by` are the stops that watch it now; `unprotected` says why it is
    not protected, or not all of it, and is empty when it is. `backstop` is the level of
    the stop that rests at the venue itself.
    """

    key: str
    account: str
    symbol: str
    side: str
    quantity: str
    entry_price: str | None
    mark: str | None
    is_proven: bool
    is_protected: bool
    protected_by: tuple[str, ...]
    unprotected: str
    triggers: tuple[str, ...]
    lifetime: int
    ts_opened: str | None
    backstop: str | None = None


class FeedView(Struct, frozen=True, kw_only=True):
    """One watched price. `age_ms` None: no price. `is_asked`: by REST, for a while."""

    source: str
    account: str
    symbol: str
    price_kind: str
    price: str | None
    age_ms: int | None
    is_stale: bool
    is_asked: bool = False
    triggers: int


class ConfigurationView(Struct, frozen=True, kw_only=True):
    """Which files are in force.

    `held` is why a newer set waits for `exitd apply`, `errors` what is wrong with
    one that was refused; `drift` are the file-owned triggers paused by a command.
    `restart_for` are sections of exitd.yaml that have changed since the start.
    """

    path: str
    digest: str
    is_in_sync: bool
    held: tuple[str, ...]
    errors: tuple[str, ...]
    drift: tuple[str, ...]
    restart_for: tuple[str, ...] = ()
    ts_applied: str | None


class StatusView(Struct, frozen=True, kw_only=True):
    """The daemon at a glance. `banner` is `LIVE` or why nothing is protected.

    `triggers` and `entries` count them by state; entries that are over are left out.
    `answers` says of each venue that was asked by `exitd doctor --live` how much is
    known.
    """

    mode: str
    banner: str
    version: str
    is_ready: bool
    reasons: tuple[str, ...]
    uptime_s: int
    triggers: dict[str, int]
    entries: dict[str, int] = {}
    positions: int
    unprotected: tuple[str, ...]
    feeds: tuple[FeedView, ...]
    last_exit: FireView | None
    configuration: ConfigurationView
    store: str
    store_backlog: int
    answers: dict[str, str] = {}
    ts_now: str


class FactView(Struct, frozen=True, kw_only=True):
    """One fact of the history; `seq` rises with each."""

    seq: int
    ts: str
    event: str
    account: str
    symbol: str
    trigger_id: str
    fire_id: str
    fields: dict[str, FieldView]


class FactsView(Struct, frozen=True, kw_only=True):
    """A page of facts; ask again with `after=last_seq` for what follows."""

    facts: tuple[FactView, ...]
    last_seq: int


class DetailView(Struct, frozen=True, kw_only=True):
    """One trigger with its firings and its latest facts, newest first.

    `written` are its words, as `exitd amend` takes them.
    """

    trigger: TriggerView
    written: dict[str, str] = {}
    fires: tuple[FireView, ...]
    facts: tuple[FactView, ...]


class ExplainView(Struct, frozen=True, kw_only=True):
    """Why a trigger has or has not fired; `sentences` say it in words."""

    trigger: TriggerView
    sentences: tuple[str, ...]
    facts: tuple[FactView, ...]


class PageView(Struct, frozen=True, kw_only=True):
    """One page of triggers, by id; `next` is the cursor of the page after it."""

    triggers: tuple[TriggerView, ...]
    next: str | None


class NearestView(Struct, frozen=True, kw_only=True):
    """The triggers nearest to firing; `more` are active too, and left out."""

    triggers: tuple[TriggerView, ...]
    more: int


class PositionsView(Struct, frozen=True, kw_only=True):
    positions: tuple[PositionView, ...]


class FeedsView(Struct, frozen=True, kw_only=True):
    feeds: tuple[FeedView, ...]


class ArmedView(Struct, frozen=True, kw_only=True):
    """What a change did; `notes` are sentences for the person who asked."""

    triggers: tuple[TriggerView, ...]
    notes: tuple[str, ...]


class OrderView(Struct, frozen=True, kw_only=True):
    """The order that a trigger would send now; nothing was sent or changed.

    `request` is the exact request as JSON text, its signature masked. `order`
    fields are None where nothing would be sent; `notes` say why.
    """

    trigger_id: str
    account: str
    symbol: str
    side: str | None
    quantity: str | None
    order: str | None
    price: str | None
    time_in_force: str | None
    client_order_id: int | None
    reduce_only: bool
    request: str | None
    notes: tuple[str, ...]


class ExitFillView(Struct, frozen=True, kw_only=True):
    trade_id: str
    venue_order_id: str
    quantity: str
    price: str
    fee: str
    fee_asset: str
    is_maker: bool | None
    ts_venue: str


class ExitView(Struct, frozen=True, kw_only=True):
    """A firing with its fills, for export."""

    fire: FireView
    fills: tuple[ExitFillView, ...]


class ExitsView(Struct, frozen=True, kw_only=True):
    exits: tuple[ExitView, ...]


class TokenView(Struct, frozen=True, kw_only=True):
    """An API token; `secret` is set once, in the answer that made it."""

    name: str
    scopes: tuple[str, ...]
    ts_created: str
    expires: str | None
    is_expired: bool = False
    secret: str | None = None


class TokensView(Struct, frozen=True, kw_only=True):
    tokens: tuple[TokenView, ...]


class PlanView(Struct, frozen=True, kw_only=True):
    """What the files would change, or have changed when `is_applied`.

    `text` is the plan as people read it, `plan` as programs do. `waits`: the whole
    set waits for `exitd apply`; `fires_now`: applying it needs `--yes`; `drift` are
    the file-owned triggers that a command has paused. `refused` is one sentence
    where the set was valid and could not be applied all the same.
    """

    text: str
    plan: dict[str, Any]
    is_empty: bool
    is_refused: bool
    waits: bool
    fires_now: bool
    drift: tuple[str, ...]
    is_applied: bool
    refused: str
