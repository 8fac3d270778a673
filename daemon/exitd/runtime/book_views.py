"""The books as the API gives them."""

from msgspec import Struct


class BookRow(Struct, frozen=True, kw_only=True):
    """One line of the books; what is not known is empty, never zero.

    `kind` is `fill`, `funding`, or `untraced`: what an order reported as filled and
    no execution accounts for. `time` is the venue's, UTC, all nine digits.
    `position` is the side of the position, `lifetime` and `position_id` tell its
    lives apart. `quantity` is in base units; `price`, `entry_price`, `level`,
    `observed` and `slippage` are `quote` per base unit, `realised_pnl` and `funding`
    in `quote`, `fee` in `fee_asset`. `realised_pnl` is this row's share, so that a
    column adds up; a fee in `quote` is taken off in it, no other is, and neither are
    funding and the fees of the entry. `slippage` is positive where the fill was
    worse than the level; an exit that watched another market has none, as its `level`
    and `observed` are prices of that one.
    """

    kind: str
    time: str
    account: str
    symbol: str
    position: str = ""
    lifetime: str = ""
    position_id: str = ""
    side: str = ""
    quantity: str = ""
    price: str = ""
    quote: str = ""
    fee: str = ""
    fee_asset: str = ""
    entry_price: str = ""
    realised_pnl: str = ""
    funding: str = ""
    client_order_id: str = ""
    venue_order_id: str = ""
    trade_id: str = ""
    fire_id: str = ""
    trigger_id: str = ""
    level: str = ""
    observed: str = ""
    slippage: str = ""


class BooksView(Struct, frozen=True, kw_only=True):
    """Fills and funding of a time, oldest first."""

    rows: tuple[BookRow, ...]


class DifferenceView(Struct, frozen=True, kw_only=True):
    """One row that is not the same in the books and in the venue's history.

    `found` is `here` or `venue` for a row that exists on one side only, and `both`
    for one that says different things; `why` is one sentence.
    """

    found: str
    kind: str
    time: str
    account: str
    symbol: str
    id: str
    quantity: str
    price: str
    why: str


class ReconciledView(Struct, frozen=True, kw_only=True):
    """The books beside the venue's history.

    `agreed` rows are the same on both sides. `differences` of the last seconds are
    counted as `recent` instead: the venue may not list them yet.
    """

    since: str
    until: str
    agreed: int
    recent: int
    differences: tuple[DifferenceView, ...]
