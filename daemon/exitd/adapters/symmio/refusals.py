"""What the contracts' refusals mean for the next attempt: one table."""

from __future__ import annotations

from types import MappingProxyType

from exitd.core.attempt import RefusalKind as Kind
from exitd.ports.chain import QuoteStatus
from exitd.ports.venue import Refusal

NO_REASON = "the contract gave no reason"
#: Instead of the inner contract's reason, where MultiAccount is of 0.8.2.
VEILED = "MultiAccount: Error occurred"

BY_REASON = MappingProxyType(
    {
        "Pausable: Global paused": Kind.HALTED,
        "Pausable: PartyA actions paused": Kind.HALTED,
        "Pausable: paused": Kind.HALTED,
        "Accessibility: Should be partyA of quote": Kind.INVALID,
        "Accessibility: PartyA isn't solvent": Kind.HALTED,
        "Accessibility: PartyB isn't solvent": Kind.HALTED,
        # Closed or liquidated: there is nothing left to close.
        "Accessibility: Invalid state": Kind.NOT_REDUCED,
        # Another close of this quote is pending: the contract takes one at a time.
        "PartyAFacet: Invalid state": Kind.OWN_ORDERS,
        "PartyAFacet: Low deadline": Kind.EXPIRED,
        "PartyAFacet: Invalid quantityToClose": Kind.NOT_REDUCED,
        "PartyAFacet: Remaining quote value is low": Kind.INVALID,
        "LibQuote: Remaining quote value is low": Kind.INVALID,
        "MultiAccount: Unauthorized access": Kind.UNAUTHORIZED,
        "MultiAccount: Invalid call data": Kind.INVALID,
        VEILED: Kind.BUSY,
    }
)

#: A quote in one of these has nothing to close; the rest have a close pending.
_GONE = frozenset(
    {QuoteStatus.CLOSED, QuoteStatus.LIQUIDATED, QuoteStatus.LIQUIDATED_PENDING}
)


def refusal_of(reason: str) -> Refusal:
    """Read a contract's no; what is not in the table is tried again and told."""
    kind = BY_REASON.get(reason, Kind.BUSY)
    return Refusal(kind, reason or NO_REASON, reason or NO_REASON)


def not_held(status: QuoteStatus) -> Refusal:
    """Refuse a close of a quote that the contract would not take in this state."""
    kind = Kind.NOT_REDUCED if status in _GONE else Kind.INVALID
    return Refusal(kind, "not_open", f"the quote is {status.value}: nothing to close")
