"""What a reload would change, and what of it waits for a person."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from configuration.plan_desk import BASE, FLAT, LIVE, OPEN, Desk
from exitd.configuration.plan import ChangeKind
from exitd.configuration.plan_text import render_plan
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState


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


def test_b033_given_an_armed_level_beyond_the_price_when_changed_then_what_it_watches(
    desk: Desk,
) -> None:
    running = desk.running("sl: {stop_loss: 150, for: 15m, emergency: 90}")

    close = desk.plan(
        running, "sl: {stop_loss: 150, for: 15m, emergency: 90, close: 5}"
    )
    sooner = desk.plan(running, "sl: {stop_loss: 150, for: 5m, emergency: 90}")

    assert len(close.changes) == 1
    assert not close.fires_now
    assert sooner.fires_now


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


def test_b025_given_a_quantity_off_the_step_when_planned_then_as_it_is_stored(
    desk: Desk,
) -> None:
    asked = "sl: {stop_loss: 131, close: 1.004, do: cancel_and_close}"
    stored = "sl: {stop_loss: 131, close: 1, do: cancel_and_close}"

    made = desk.plan(desk.running(stored), asked)

    assert made.is_empty
    assert desk.plan(desk.running("sl: {stop_loss: 131, close: 2}"), asked).waits
    plain = desk.plan([], "sl: {stop_loss: 131, close: 1.004}")
    assert plain.changes[0].summary == "stop_loss 131, close 1"


def test_given_an_account_taken_away_when_triggers_need_it_then_refused(
    desk: Desk,
) -> None:
    (armed,) = desk.running("m: {below: 1, do: notify}", side="")
    elsewhere = replace(armed.definition, account="old")
    by_api = replace(armed, definition=replace(elsewhere, id="t", owner="api:bot"))
    firing = replace(armed, definition=elsewhere, state=TriggerState.FIRING)
    idle = replace(armed, definition=elsewhere)

    refused = desk.plan([by_api, firing], *BASE)

    assert [f.line for f in refused.findings if f.is_error] == [3, 3]
    assert "venue 'old' is gone, and 't' (armed, by api:bot)" in render_plan(refused)
    assert not desk.plan([idle], *BASE).is_refused
