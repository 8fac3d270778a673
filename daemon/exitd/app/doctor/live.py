"""`exitd doctor --live`: the account, the ground, the ids, and the answers kept."""

from __future__ import annotations

import asyncio
import fcntl
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.adapters.backpack.asking import AskedBackpack
from exitd.adapters.sqlite.inspecting import holder_of, inspect, note_in
from exitd.adapters.sqlite.noting import keep_note
from exitd.app.doctor.left_over import Journal, LeftOver
from exitd.app.doctor.scene import Scene
from exitd.app.files import read_keys
from exitd.configuration.loaded import AccountSettings
from exitd.core.position import Side
from exitd.core.units import NS_PER_HOUR, NS_PER_MS, text
from exitd.errors import ConfigurationError, ExitdError, StoreError, VenueUnavailable
from exitd.ports.answers import VenueAnswer, decoded, encoded, joined, note_of
from exitd.runtime.asking.ground import FAR_PERCENT, Ground, choose
from exitd.runtime.asking.ids import AskedIds, tag_of
from exitd.runtime.asking.orders import AskedOrders
from exitd.runtime.asking.questions import Asking
from exitd.runtime.standby import STANDBY, Kept

TYPE = "backpack"
_MARKS = 3


class CannotAsk(ExitdError):
    """Nothing was sent; one sentence with the remedy."""


class Desk(Struct, frozen=True):
    """An account that is asked, and the journal of what may rest there."""

    scene: Scene
    account: AccountSettings
    venue: AskedBackpack
    journal: Journal


def chosen_account(scene: Scene, name: str) -> AccountSettings:
    """
    Raises:
        CannotAsk: None of this name and kind, several, or nothing may be sent.
        ConfigurationError: The files are not valid.
    """
    if scene.loaded.settings is None:
        raise ConfigurationError(str(each) for each in scene.loaded.findings)
    fit = [one for one in scene.accounts if one.type == TYPE and one.secrets]
    names = ", ".join(one.name for one in fit)
    if name:
        fit = [one for one in fit if one.name == name]
    if not scene.is_live:
        raise CannotAsk("mode is paper, and nothing is sent; write mode: live")
    if len(fit) != 1:
        why = f"name one of {names} with --account" if names else "name its keys"
        raise CannotAsk(f"there is not one account of Backpack to ask; {why}")
    _refuse_unkept(scene)
    _refuse_standing_by(scene, fit[0].name)
    return fit[0]


def _refuse_unkept(scene: Scene) -> None:
    """Refuse to ask what could not be kept."""
    if scene.status is not None:
        return
    if not scene.state.exists():
        raise CannotAsk(
            f"there is no {scene.state} to keep the answers in; start the daemon once"
        )
    holder = holder_of(scene.state)
    if holder is not None:
        raise CannotAsk(
            f"process {holder} holds {scene.state} and does not answer at "
            f"{scene.socket}; name its socket in EXITD_SOCKET, or stop it"
        )


@contextmanager
def alone(scene: Scene, account: AccountSettings) -> Iterator[None]:
    """Keep a second asking of the same account out.

    Raises:
        CannotAsk: There is one, or the state's folder is closed to this user.
    """
    path = scene.folder / f"doctor-live-{account.name}.lock"
    try:
        path.touch(mode=0o600)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise CannotAsk(
            f"{account.name} is being asked already; wait until that is done"
        ) from error


def _refuse_standing_by(scene: Scene, account: str) -> None:
    try:
        note = note_in(scene.state, STANDBY)
    except StoreError:
        return
    if note is not None and account in msgspec.json.decode(note, type=Kept).accounts:
        raise CannotAsk(
            f"{account} stands by, as another exitd may act for it; nothing is sent "
            "before `exitd takeover`"
        )


@asynccontextmanager
async def opened(scene: Scene, account: AccountSettings) -> AsyncIterator[Desk]:
    """
    Raises:
        ConfigurationError: A key is not there.
        VenueUnavailable: The venue does not tell its time.
    """
    keys = read_keys([account], scene.environment)[account.name]
    venue = AskedBackpack(
        account.name,
        key=keys[0].reveal(),
        secret=keys[1],
        clock=scene.clock,
        url=account.url,
        ws_url=account.ws_url,
        window_ms=account.request_window_ns // NS_PER_MS,
        lag_slack_ns=account.lag_slack_ns,
    )
    try:
        await venue.sync_clock()
        yield Desk(scene, account, venue, Journal(scene.folder, account.name))
    finally:
        await venue.close()


async def find_ground(desk: Desk) -> Ground | None:
    """Choose the position to ask with; None where there is none that can be reduced.

    Raises:
        VenueUnavailable: The venue did not answer, or gives no price of now.
    """
    venue = desk.venue
    positions, instruments = await venue.positions(), await venue.instruments()
    found = choose(positions, instruments)
    if found is None:
        return None
    position, instrument = found
    return Ground(
        account=desk.account.name,
        symbol=instrument.symbol,
        side=position.key.side,
        position=position.quantity,
        least=instrument.min_quantity,
        quantity_step=instrument.quantity_step,
        price_step=instrument.price_step,
        mark=await _mark(venue, instrument.symbol),
    )


async def _mark(venue: AskedBackpack, symbol: str) -> Decimal:
    for _ in range(_MARKS):
        mark = await venue.mark_price(symbol)
        if mark is not None:
            return mark
        await asyncio.sleep(1)
    raise VenueUnavailable(f"there is no price of {symbol} of now; ask again later")


async def prepare(desk: Desk, ground: Ground) -> Asking:
    """Choose ids that are nobody's, and make ready; nothing is sent yet.

    Raises:
        VenueUnavailable: The venue did not say which ids are in use.
    """
    venue, scene = desk.venue, desk.scene
    since_ns = venue.venue_now_ns() - 24 * NS_PER_HOUR
    seen = [
        *await venue.open_orders(),
        *await venue.orders_since(since_ns, ground.symbol),
    ]
    taken = {tag_of(o.client_order_id) for o in seen if o.client_order_id is not None}
    if scene.state.exists():
        taken |= set(inspect(scene.state).tags.values())
    ids = AskedIds(taken, secrets.randbelow)

    def note(client_order_ids: Sequence[int], expires_ns: int) -> None:
        ids = tuple(client_order_ids)
        desk.journal.write(LeftOver(ground.account, ground.symbol, ids, expires_ns))

    return Asking(venue, ground, ids, scene.clock, note=note, pause=asyncio.sleep)


async def take_back(desk: Desk, orders: AskedOrders) -> tuple[str, ...]:
    """Cancel what was placed; the journal is kept as long as something may rest."""
    left = await orders.take_back()
    if not left:
        desk.journal.clear()
    return left


async def take_back_earlier(desk: Desk) -> tuple[str, ...] | None:
    """Cancel what an earlier asking left behind; None where it left nothing.

    Raises:
        CannotAsk: The journal cannot be read.
    """
    try:
        left = desk.journal.read()
    except (OSError, msgspec.DecodeError) as error:
        raise CannotAsk(
            f"{desk.journal.path} cannot be read ({error}); see at the venue whether "
            "orders rest that you did not place, then remove it"
        ) from error
    if left is None:
        return None
    ground = Ground(
        account=left.account,
        symbol=left.symbol,
        side=Side.LONG,
        position=Decimal(0),
        least=Decimal(0),
        quantity_step=Decimal(1),
        price_step=Decimal(1),
        mark=Decimal(1),
    )
    orders = AskedOrders(
        desk.venue, ground, FAR_PERCENT[0], note=lambda *_: None, pause=asyncio.sleep
    )
    orders.adopt(left.client_order_ids, left.expires_venue_ns)
    return await take_back(desk, orders)


def keep(scene: Scene, account: str, answers: Sequence[VenueAnswer]) -> None:
    """Keep answers in a state that no daemon uses.

    Raises:
        StoreError: They could not be written; a daemon that runs writes them itself.
    """
    if not scene.state.exists():
        raise StoreError(f"{scene.state} is not there yet; start the daemon once")
    before = decoded(note_in(scene.state, note_of(account)))
    keep_note(scene.state, note_of(account), encoded(joined(before, answers)))


def order_of(ground: Ground) -> str:
    """Say the order that is asked with; nothing else leaves but cancels."""
    price = text(ground.price(FAR_PERCENT[0]))
    return (
        f"{ground.close_side.value} {text(ground.least)} {ground.symbol}, limit "
        f"{price}, reduce-only, post-only"
    )


def plan_of(ground: Ground) -> list[str]:
    """Say what would be sent, in the order in which it leaves."""
    plan = [
        "that order, signed 65 s ago: it has to be refused",
        "a cancel of a client id that nobody has used",
        "that order: it rests",
    ]
    if ground.is_least:
        plan.append("that order, beside the first one: is there room?")
    plan += [
        "that order with the client id of the first one",
        "a cancel of the first one; the history is read until it shows it",
        "that order with the client id of the first one, again",
    ]
    if ground.is_least:
        plan.append(f"that order, but {text(ground.oversize)}: above the position")
    return [*plan, "a cancel of each that was taken, until none rests"]
