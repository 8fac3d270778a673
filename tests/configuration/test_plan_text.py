"""How a plan reads, for people and for programs."""

import json

from msgspec.structs import replace

from configuration.plan_desk import BASE, Desk
from exitd.configuration.plan_text import plan_as_json, render_plan


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
