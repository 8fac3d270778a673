"""What a reload would change, what waits for a person, and how it reads."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import markets
from exitd.configuration.plan import ChangeKind, Plan, plan
from exitd.configuration.plan_text import plan_as_json, render_plan
from exitd.configuration.triggers import definitions
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.trigger import (
    DoneReason,
    TriggerRecord,
    TriggerState,
)

LONG = PositionKey("backpack", "S", Side.LONG)
MARK = PriceSource("backpack", "S", PriceKind.MARK)
INSTRUMENT = Instrument(
    account="backpack",
    symbol="S",
    kind=InstrumentKind.PERPETUAL,
    base="S",
    quote="USDC",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.01"),
    min_quantity=Decimal("0.01"),
)
OPEN = {LONG: PositionRecord(key=LONG, quantity=Decimal(10))}
FLAT: dict[PositionKey, PositionRecord] = {}
LIVE = (
    "version: 1\nmode: live\nvenues:\n  backpack:\n    type: backpack\n"
    "    key: {env: K}\n    secret: {env: S}\n"
)
BASE = ("sl: {stop_loss: 131.25}", "tp: {take_profit: 160, close: 25%}")


class Desk:
    """Loads exits, and plans against the ones that were loaded before."""

    def __init__(self, load_files: Callable[..., Loaded], directory: Path) -> None:
        self.load_files = load_files
        self.directory = directory
        self.daemon = LIVE
        self.price: str | None = "142.49"
        self.positions: dict[PositionKey, PositionRecord] | None = OPEN
        self.now_ns = 0

    def load(self, *exits: str, side: str = "side: long") -> Loaded:
        lines = "".join(f"      {line}\n" for line in exits)
        text = (
            f"positions:\n  sol:\n    venue: backpack\n    symbol: S\n    {side}\n"
            f"    exits:\n{lines}"
        )
        return self.load_files(
            {"conf.d/sol.yaml": text if exits else ""}, daemon=self.daemon
        )

    def running(self, *exits: str, **options: str) -> list[TriggerRecord]:
        made = definitions(self.load(*exits, **options), now_ns=0)
        return [TriggerRecord(definition=d, state=TriggerState.ARMED) for d in made]

    def plan(self, running: list[TriggerRecord], *exits: str, **options: str) -> Plan:
        prices = {MARK: Decimal(self.price)} if self.price else {}
        return plan(
            self.load(*exits, **options),
            running,
            now_ns=self.now_ns,
            known=markets((INSTRUMENT,), prices),
            positions=self.positions,
        )


@pytest.fixture
def desk(load_files: Callable[..., Loaded], tmp_path: Path) -> Desk:
    return Desk(load_files, tmp_path)


def test_b039_given_an_identical_file_when_planned_then_nothing_to_do(
    desk: Desk,
) -> None:
    made = desk.plan(desk.running(*BASE), *BASE)

    assert made.is_empty
    assert not made.waits
    assert made.unchanged == 2
    assert render_plan(made).endswith("nothing to do, 2 exits unchanged")


def test_b039_given_an_entry_that_moved_in_its_file_when_planned_then_nothing_to_do(
    desk: Desk,
) -> None:
    made = desk.plan(desk.running(*BASE), BASE[1], "# a comment", BASE[0])

    assert made.is_empty
    assert {d.id: d.owner for d in made.definitions}["sol/sl"].endswith(":9")


def test_b039_given_a_stop_removed_while_open_when_planned_then_the_set_waits(
    desk: Desk,
) -> None:
    made = desk.plan(desk.running(*BASE), BASE[1])

    (change,) = made.changes
    assert (change.kind, change.id) == (ChangeKind.REMOVED, "sol/sl")
    assert change.waits_because == "removes a stop of an open position"
    assert made.waits


@pytest.mark.parametrize("positions", [FLAT, OPEN, None])
def test_b039_given_a_take_profit_removed_when_planned_then_it_does_not_wait(
    desk: Desk, positions: dict[PositionKey, PositionRecord] | None
) -> None:
    desk.positions = positions

    made = desk.plan(desk.running(*BASE), BASE[0])

    assert [c.kind for c in made.changes] == [ChangeKind.REMOVED]
    assert not made.waits


def test_b039_given_a_stop_removed_without_a_position_when_planned_then_applied(
    desk: Desk,
) -> None:
    desk.positions = FLAT

    assert not desk.plan(desk.running(*BASE), BASE[1]).waits


def test_b039_given_triggers_of_the_api_when_planned_then_they_are_not_touched(
    desk: Desk,
) -> None:
    (mine, _) = desk.running(*BASE)
    api = TriggerRecord(
        definition=replace(mine.definition, id="trg_1", owner="api:bot"),
        state=TriggerState.ARMED,
    )
    hook = TriggerRecord(
        definition=replace(mine.definition, id="trg_2", owner="webhook:tv"),
        state=TriggerState.ARMED,
    )

    made = desk.plan([*desk.running(*BASE), api, hook], *BASE)

    assert made.is_empty
    assert (made.by_api, made.by_webhook) == (1, 1)
    assert (
        "outside the files: 1 set by API or command, 1 by webhook; not touched"
        in render_plan(made)
    )


STOP = "sl: {stop_loss: 131.25, close: 50%}"


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (STOP, "sl: {stop_loss: 131, close: 50%}", "loosens a stop"),
        (STOP, "sl: {stop_loss: 131.25, close: 49%}", "shrinks a stop"),
        (STOP, "sl: {stop_loss: 131.25, close: 5}", "shrinks a stop"),
        ("sl: {stop_loss: 131.25}", STOP, "shrinks a stop"),
        (STOP, "sl: {stop_loss: 131.25, close: 50%, price: last}", "which price"),
        (STOP, "sl: {stop_loss: 131.25, close: 50%, order: limit}", "a limit close"),
        (STOP, "sl: {stop_loss: 131.25, close: 50%, expires: 8h}", "expire earlier"),
        (STOP, "sl: {below: 131.25, do: notify}", "turns a stop into something"),
        (STOP, "sl: {take_profit: 150}", "turns a stop into something"),
        (STOP, "stop: {stop_loss: 131.25, close: 50%}", "removes a stop"),
        (STOP, "sl: {stop_loss: 132, close: 50%}", ""),
        (STOP, "sl: {stop_loss: 131.25, close: rest}", ""),
        (STOP, "sl: {stop_loss: 131.25, close: 51%}", ""),
        (STOP, "sl: {stop_loss: 131.25, close: 100%, once: true}", ""),
        (STOP, "sl: {below: 131.25, do: close, close: 50%}", ""),
    ],
)
def test_given_a_weaker_stop_when_planned_then_the_set_waits_for_a_person(
    before: str, after: str, why: str, desk: Desk
) -> None:
    running = desk.running(before)

    made = desk.plan(running, after, "tp: {take_profit: 200}")

    reasons = [c.waits_because for c in made.changes if c.waits_because]
    assert made.waits is bool(why)
    assert all(why in reason for reason in reasons)
    assert len(reasons) == bool(why)


def test_given_a_short_stop_when_raised_then_it_is_looser(desk: Desk) -> None:
    short = PositionKey("backpack", "S", Side.SHORT)
    desk.positions = {short: PositionRecord(key=short, quantity=Decimal(1))}
    running = desk.running("sl: {stop_loss: 150}", side="side: short")

    looser = desk.plan(running, "sl: {stop_loss: 151}", side="side: short")
    tighter = desk.plan(running, "sl: {stop_loss: 149}", side="side: short")

    assert looser.waits
    assert not tighter.waits


def test_given_a_stop_moved_to_the_other_side_when_planned_then_the_set_waits(
    desk: Desk,
) -> None:
    running = desk.running("sl: {stop_loss: 131}")

    made = desk.plan(running, "sl: {stop_loss: 180}", side="side: short")

    assert "takes a stop away from its position" in made.changes[0].waits_because


def test_given_the_policy_apply_when_a_stop_is_loosened_then_it_does_not_wait(
    desk: Desk,
) -> None:
    running = desk.running(*BASE)
    desk.daemon = LIVE + "policies: {weakening_reload: apply}\n"

    assert not desk.plan(running, BASE[1]).waits


def test_given_a_level_already_crossed_when_planned_then_would_fire_now(
    desk: Desk,
) -> None:
    made = desk.plan(desk.running(*BASE), "sl: {stop_loss: 142.49}", BASE[1])

    (change,) = made.changes
    assert change.would_fire_now
    assert made.fires_now
    assert made.waits
    text = render_plan(made)
    assert "      ! would fire now: mark 142.49, crossed" in text
    assert text.endswith(
        "1 change. All wait for `exitd apply --yes`: some would fire now."
    )


def test_given_no_position_when_a_level_is_crossed_then_nothing_fires(
    desk: Desk,
) -> None:
    desk.positions = FLAT

    made = desk.plan([], "sl: {stop_loss: 150}")

    assert not made.fires_now
    assert desk.plan([], "m: {below: 150, do: cancel}", side="").fires_now


def test_given_the_policy_wait_when_a_level_is_crossed_then_it_does_not_fire(
    desk: Desk,
) -> None:
    desk.daemon = LIVE + "policies: {crossed_at_arm_by_file: wait}\n"

    assert not desk.plan([], "sl: {stop_loss: 150}").waits


def test_given_a_trigger_that_has_fired_when_changed_then_it_does_not_fire_again(
    desk: Desk,
) -> None:
    (armed,) = desk.running("sl: {stop_loss: 131.25}")
    done = replace(armed, state=TriggerState.DONE, reason=DoneReason.FILLED)

    made = desk.plan([done], "sl: {stop_loss: 150}")
    gone = desk.plan([done])

    assert [c.kind for c in made.changes] == [ChangeKind.CHANGED]
    assert not made.waits
    assert gone.is_empty


def test_given_a_trigger_that_its_file_removed_when_it_is_back_then_added(
    desk: Desk,
) -> None:
    (armed,) = desk.running("sl: {stop_loss: 131.25}")
    removed = replace(armed, state=TriggerState.DONE, reason=DoneReason.CANCELLED)

    made = desk.plan([removed], "sl: {stop_loss: 131.25}")

    assert [c.kind for c in made.changes] == [ChangeKind.ADDED]


def test_b037_given_a_new_exit_that_has_expired_when_planned_then_refused(
    desk: Desk,
) -> None:
    expired = "sl: {stop_loss: 131.25, expires: 2020-01-01T00:00:00Z}"
    desk.now_ns = 1_795_176_000_000_000_000

    new = desk.plan([], expired)
    running = desk.running(expired)
    old = desk.plan([replace(running[0], state=TriggerState.DONE)], expired)

    assert new.is_refused
    assert "'sol/sl' would be new, and has expired" in str(new.findings[0])
    assert not old.is_refused
    assert old.is_empty


def test_given_a_name_that_the_api_has_taken_when_planned_then_refused(
    desk: Desk,
) -> None:
    (armed,) = desk.running("sl: {stop_loss: 131.25}")
    api = replace(armed, definition=replace(armed.definition, owner="api:bot"))

    made = desk.plan([api], "sl: {stop_loss: 131.25}")

    assert made.is_refused
    assert "'sol/sl' was armed by api:bot already" in str(made.findings[0])


def test_given_an_invalid_configuration_when_planned_then_nothing_is_removed(
    desk: Desk,
) -> None:
    made = desk.plan(desk.running(*BASE), "sl: {stop_los: 1}")

    assert made.is_refused
    assert made.is_empty
    assert render_plan(made).endswith("not valid; the running set stays as it is")


def test_given_a_paused_trigger_when_planned_then_shown_as_drift(desk: Desk) -> None:
    first, second = desk.running(*BASE)

    made = desk.plan([replace(first, paused=True), second], *BASE)

    assert "paused by hand: sol/sl" in render_plan(made)


def test_given_changes_when_rendered_then_as_in_the_reference(desk: Desk) -> None:
    made = desk.plan(
        desk.running(*BASE), "sl: {stop_loss: 133}", "tp2: {take_profit: 170}"
    )

    assert render_plan(made) == (
        """\
conf.d/sol.yaml
  ~ sol/sl   stop_loss 131.25 -> 133       mark 142.49, 6.7% away
  - sol/tp   take_profit 160, close 25%    mark 142.49, 12.3% away
  + sol/tp2  take_profit 170, close 100%   mark 142.49, 19.3% away
nothing protects sol if this machine dies: it has no backstop
3 changes. `exitd apply` to run them."""
    )


def test_given_paper_mode_when_rendered_then_it_says_so_first(desk: Desk) -> None:
    desk.daemon = "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"

    made = desk.plan([], *BASE)

    assert render_plan(made).startswith("PAPER, NOT PROTECTING")
    assert plan_as_json(made)["protecting"] is False


def test_given_a_plan_when_written_as_json_then_it_is_plain(desk: Desk) -> None:
    made = desk.plan(desk.running(*BASE), "sl: {stop_loss: 130}", BASE[1])

    written = json.loads(json.dumps(plan_as_json(made)))

    assert written["waits"] is True
    assert written["changes"] == [
        {
            "kind": "changed",
            "id": "sol/sl",
            "file": "conf.d/sol.yaml",
            "line": 7,
            "summary": "stop_loss 130, close 100%",
            "differences": [{"key": "stop_loss", "before": "131.25", "after": "130"}],
            "distance": "mark 142.49, 8.8% away",
            "would_fire_now": False,
            "waits_because": "loosens a stop of an open position",
        }
    ]
    assert written["without_backstop"] == ["sol"]


def test_given_no_price_when_planned_then_no_distance(desk: Desk) -> None:
    desk.price = None

    made = desk.plan([], *BASE)

    assert [c.distance for c in made.changes] == ["", ""]
    assert not made.waits


def test_given_a_price_near_an_armed_level_when_planned_then_it_is_not_refused(
    desk: Desk,
) -> None:
    desk.daemon = LIVE + "policies: {min_distance: 2%}\n"
    running = desk.running(*BASE)
    desk.price = "132"

    same = desk.plan(running, *BASE)
    new = desk.plan(running, *BASE, "b: {stop_loss: 131}")

    assert not same.is_refused
    assert [f.line for f in new.findings] == [9]
    assert new.is_refused
