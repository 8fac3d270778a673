"""Whether closes could go out now: what the key pays for, the fees, what is stuck."""

from __future__ import annotations

from decimal import Decimal

from exitd.adapters.symmio.amounts import from_chain
from exitd.adapters.symmio.outbox import Flight
from exitd.adapters.symmio.session import Session
from exitd.core.units import text
from exitd.ports.notices import NoticeKind

#: A millionth of an ether, in wei.
_LEAST_SHOWN = 10**12
_GWEI = Decimal(10**9)
#: A base fee changes by an eighth a block at the most.
_EIGHTHS = 8


async def look_out(session: Session) -> None:
    """Tell what keeps closes from going out, or soon will, and its end.

    Raises:
        VenueUnavailable: The balance could not be read; the rest is told.
    """
    _tell_stuck(session)
    _tell_fees(session)
    await _tell_gas(session)


async def _tell_gas(session: Session) -> None:
    """Tell when the key pays for too few closes at the present fee.

    By what nodes want to see before they take one: all its gas at its most. Told is
    the end with a quarter more, so that a fee that goes up and down tells it once.
    """
    key, least = session.key, session.settings.least_closes
    balance = await session.contracts.balance(key.wallet.address)
    closes = balance // max(session.settings.gas * key.fees().max_fee, 1)
    ether = text(from_chain(balance - balance % _LEAST_SHOWN))
    if closes < least:
        session.notices.begin(
            NoticeKind.GAS_LOW,
            "",
            f"the key {key.wallet.address} has {ether} ether, which pays for {closes}"
            f" closes at the present fee: fewer than {least}; send ether to it, or"
            " change `least_closes`",
        )
    elif closes * 4 >= least * 5:
        session.notices.end(
            NoticeKind.GAS_LOW, "", f"the key pays for {closes} closes again"
        )


def _tell_fees(session: Session) -> None:
    asked, most = session.key.market.base_fee, session.settings.fees.most
    if asked > most:
        session.notices.begin(
            NoticeKind.FEES_CAPPED,
            "",
            f"the chain asks {_gwei(asked)} gwei for a unit of gas, more than the most"
            f" that may be paid, {_gwei(most)}: closes cannot go out; raise `fee_most`"
            " and restart, or wait until the fees fall",
        )
    elif asked * (_EIGHTHS + 1) <= most * _EIGHTHS:
        session.notices.end(
            NoticeKind.FEES_CAPPED,
            "",
            f"the chain asks {_gwei(asked)} gwei for a unit of gas: closes go out",
        )


def _tell_stuck(session: Session) -> None:
    """Tell of what waits in no block although it offers all that it may."""
    kind = NoticeKind.TRANSACTION_STUCK
    stuck = {_name(f): f for f in session.outbox.flights.values() if f.is_stuck}
    for name, flight in stuck.items():
        offered = _gwei(flight.transaction.max_fee)
        session.notices.begin(
            kind,
            name,
            f"{_what(flight)} waits in no block, and may not offer more than its"
            f" {offered} gwei for a unit of gas; what has a later nonce waits behind"
            " it. Raise `fee_most` and restart, or wait until the fees fall",
        )
    for name in session.notices.standing(kind):
        if name not in stuck:
            session.notices.end(kind, name, f"{name} does not wait any more")


def _name(flight: Flight) -> str:
    return f"nonce-{flight.nonce}"


def _what(flight: Flight) -> str:
    if flight.is_void or flight.order is None:
        return f"the transaction with nonce {flight.nonce}"
    return f"the close of {flight.order.symbol} (nonce {flight.nonce})"


def _gwei(wei: int) -> str:
    return text(Decimal(wei) / _GWEI)
