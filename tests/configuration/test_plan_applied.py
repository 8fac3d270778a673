"""What a plan says and what the engine does agree: afterwards nothing is left."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configuration.plan_desk import INSTRUMENT, LONG, Desk
from exitd.configuration.market_checks import Markets
from exitd.configuration.plan import Plan, plan
from exitd.core.engine import Engine
from exitd.core.inputs import ApplyFiles, InstrumentReport, PositionReport
from exitd.core.policy import Policies

EXITS = {
    "sl": ("{stop_loss: 90}", "{stop_loss: 165}", "{stop_loss: 90, close: 50%}"),
    "tp": (
        "{take_profit: 200}",
        "{take_profit: 300, close: 1.004}",
        "{take_profit: 250, close: rest, expires: 8h}",
    ),
    "up": ("{above: 210, do: notify}", "{above: 220, do: cancel, orders: 42}"),
}
Edit = dict[str, int]


class Running:
    """An engine that is fed with what plans say."""

    def __init__(self, quantity: str) -> None:
        self.engine = Engine(Policies())
        self.engine.handle(InstrumentReport(INSTRUMENT, 1))
        self.engine.handle(
            PositionReport(
                key=LONG,
                quantity=Decimal(quantity),
                entry_price=Decimal(100),
                ts_venue_ns=1,
                now_ns=1,
            )
        )

    def plan(self, desk: Desk, edit: Edit) -> Plan:
        state = self.engine.state
        exits = [f"{name}: {EXITS[name][index]}" for name, index in edit.items()]
        return plan(
            desk.load(*exits),
            state.triggers.values(),
            now_ns=2,
            known=Markets(instruments=state.instruments, positions=state.positions),
            positions=state.positions,
        )

    def apply(self, planned: Plan) -> None:
        self.engine.handle(ApplyFiles(definitions=planned.definitions, now_ns=2))


edits = st.lists(
    st.fixed_dictionaries(
        {},
        optional={name: st.integers(0, len(v) - 1) for name, v in EXITS.items()},
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("quantity", ["0", "10"])
@given(edits)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_given_any_edits_when_applied_then_the_next_plan_has_nothing_to_do(
    desk: Desk, quantity: str, several: list[Edit]
) -> None:
    running = Running(quantity)

    for edit in several:
        planned = running.plan(desk, edit)
        assert not planned.is_refused
        running.apply(planned)

        again = running.plan(desk, edit)
        assert again.is_empty
        assert again.unchanged == len(edit)
