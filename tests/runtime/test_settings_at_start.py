"""What of exitd.yaml waits for the next start: said, and never taken as done."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.daemons import DAEMON_YAML, POSITIONS_YAML, World, started
from exitd.logs import Event


def waiting(world: World) -> list[str]:
    return [
        alert.text
        for alert in world.heard.alerts
        if alert.topic == Event.CONFIG_HELD and not alert.cleared
    ]


@pytest.mark.parametrize(
    ("before", "after", "section"),
    [
        ("mode: live", "mode: paper", "mode"),
        ("A_SECRET}", "A_SECRET}\n    request_window: 9s", "venues"),
        ("version: 1", "version: 1\nlog: {level: debug}", "log"),
        ("version: 1", "version: 1\nheartbeat: {url: {env: A_KEY}}", "heartbeat"),
        ("version: 1", "version: 1\npolicies: {price_max_age: 9s}", "policies"),
    ],
)
async def test_given_a_section_of_the_start_when_changed_then_a_restart_is_asked_for(
    before: str, after: str, section: str, tmp_path: Path
):
    async with started(tmp_path, exits=POSITIONS_YAML) as world:
        file = world.folder / "config/exitd.yaml"
        file.write_text(DAEMON_YAML.replace(before, after))

        _, planned = await world.daemon.files.plan()
        outcome = await world.daemon.files.reload()

        assert outcome.applied
        (said,) = [str(finding) for finding in planned.findings]
        assert f"warning: the daemon runs with another '{section}'; restart" in said
        assert waiting(world) == [said]
        status = await world.control.standing.status()
        assert status.configuration.restart_for == (section,)
        # Live it is, whatever the file says by now.
        assert not outcome.plan.is_paper

        file.write_text(DAEMON_YAML)
        assert (await world.daemon.files.reload()).plan.findings == ()
        assert len(waiting(world)) == 1
        assert (await world.control.standing.status()).configuration.restart_for == ()


async def test_given_policies_that_are_asked_each_time_when_changed_then_in_force(
    tmp_path: Path,
):
    async with started(tmp_path, exits=POSITIONS_YAML) as world:
        changed = f"{DAEMON_YAML}policies: {{crossed_at_arm_by_api: wait}}\n"
        (world.folder / "config/exitd.yaml").write_text(changed)

        assert (await world.daemon.files.reload()).plan.findings == ()
        assert waiting(world) == []
