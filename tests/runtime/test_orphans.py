"""What is left here of an account that the configuration does not have any more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from exitd.core.backstop import (
    BackstopRecord,
    BackstopState,
    CancelBackstop,
    ListBackstops,
)
from exitd.core.engine import Engine
from exitd.core.intents import (
    Intent,
    Priority,
    ProvePosition,
    RequestEntrySlot,
    RequestSlot,
)
from exitd.core.position import PositionKey, Side
from exitd.logs import Event
from exitd.runtime.orphans import Orphans
from fakes.journal import Journal

KEY = PositionKey("gone", "SOL_USDC_PERP", Side.LONG)
RESTING = BackstopRecord(
    key=KEY, percent=Decimal(3), lifetime=1, level=Decimal(97), client_order_id=7
)


@pytest.mark.parametrize(
    ("intent", "what", "remedy"),
    [
        (CancelBackstop(RESTING), "a backstop", "at the venue by hand"),
        (RequestEntrySlot("gone", "e1"), "an entry", "at the venue by hand"),
        (
            RequestSlot("gone", "S", "sl", 1, Priority.STOP),
            "a trigger",
            "`exitd cancel",
        ),
    ],
)
def test_given_an_account_that_is_gone_then_said_once_with_the_remedy(
    intent: Intent, what: str, remedy: str
):
    orphans, journal = Orphans(), Journal()
    journal.start()

    orphans.note(intent)
    orphans.note(intent)
    (line,) = journal.lines()
    journal.close()

    assert line["event"] == Event.ACCOUNT_CONTRADICTED.value
    assert line["account"] == "gone"
    assert str(line["reason"]).startswith(f"{what} of this account wants to act")
    assert remedy in str(line["reason"])


def test_given_a_backstop_without_an_account_then_shown_until_nothing_is_left():
    state = Engine().state
    orphans = Orphans()
    state.backstops[KEY] = RESTING
    orphans.note(CancelBackstop(RESTING))
    orphans.note(ListBackstops("gone", "SOL_USDC_PERP"))
    orphans.note(RequestEntrySlot("gone", "e1"))
    orphans.note(ProvePosition("gone", "SOL_USDC_PERP"))

    shown = list(orphans.reasons(state))
    state.backstops[KEY] = replace(RESTING, state=BackstopState.OVER)

    assert [reason.partition(" of ")[0] for reason in shown] == ["gone: a backstop"]
    assert list(orphans.reasons(state)) == []
