"""What wants to act on an account that the configuration does not have any more."""

from collections.abc import Iterator

from exitd.core.backstop import CancelBackstop, ListBackstops, PlaceBackstop
from exitd.core.intents import (
    AboutEntry,
    CancelLeg,
    Intent,
    RequestEntrySlot,
)
from exitd.core.state import State
from exitd.logs import Event, log

_OF_BACKSTOPS = (PlaceBackstop, CancelBackstop, ListBackstops)
_OF_ENTRIES = (AboutEntry, RequestEntrySlot, CancelLeg)


_TRIGGER, _BACKSTOP, _ENTRY = "a trigger", "a backstop", "an entry"
_REMEDIES = {
    _TRIGGER: "give it up with `exitd cancel ID --abandon`",
    _BACKSTOP: "cancel it at the venue by hand",
    _ENTRY: "cancel it at the venue by hand",
}


class Orphans:
    """Says once of each account what of it is left here, and remembers it.

    All of it stays as it is, for the day the account is back.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def note(self, intent: Intent) -> None:
        """Take note of an intent that nobody can carry out."""
        what = _TRIGGER
        if isinstance(intent, _OF_BACKSTOPS):
            what = _BACKSTOP
        elif isinstance(intent, _OF_ENTRIES):
            what = _ENTRY
        account = intent.account
        if (account, what) in self._known:
            return
        reason = (
            f"{what} of this account wants to act, and the configuration has no such "
            f"account; write it under venues: again until nothing of it is left, or "
            f"{_REMEDIES[what]}"
        )
        self._known[account, what] = reason
        log(Event.ACCOUNT_CONTRADICTED, account=account, reason=reason)

    def reasons(self, state: State) -> Iterator[str]:
        """Give what has been said and still holds, each with its account."""
        for (account, what), reason in self._known.items():
            if _is_left(state, account, what):
                yield f"{account}: {reason}"


def _is_left(state: State, account: str, what: str) -> bool:
    if what == _BACKSTOP:
        backstops = state.backstops.values()
        return any(b.key.account == account and not b.is_over for b in backstops)
    if what == _ENTRY:
        entries = state.entries.values()
        return any(e.order.account == account and not e.is_ended for e in entries)
    return any(fired.account == account for fired in state.fires.values())
