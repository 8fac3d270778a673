"""All of `exitd doctor`: which checks there are, in the order of their lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from exitd.app.doctor import answers_told, files, service, state, venues
from exitd.app.doctor.carrying_out import Probe, Progress, carry_out, in_thread
from exitd.app.doctor.left_over import left_over
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check


async def examine(scene: Scene, on_progress: Progress) -> list[Check]:
    """Carry out every check; changes nothing, here or at a venue."""
    return await carry_out(probes(scene), on_progress)


def probes(scene: Scene) -> list[Probe]:
    here = (
        ("configuration", files.configuration),
        ("daemon", service.daemon),
        ("clock", service.kept_clock),
        ("modes", files.modes),
        ("disk", state.disk),
        ("database", state.database),
        ("lock", state.lock),
        ("backup", state.copies),
        ("unit", service.unit),
        ("port", service.ports),
        ("left_over", left_over),
    )
    found = [Probe(name, "", _blocking(work, scene)) for name, work in here]
    for url in venues.urls(scene):
        found.append(Probe("host", url, partial(venues.host, scene, url)))
    for account in scene.accounts:
        if venues.has_market(account):
            for name, ask in (("clock", venues.clock), ("history", venues.history)):
                found.append(Probe(name, account.name, partial(ask, scene, account)))
        found.append(Probe("key", account.name, partial(venues.keys, scene, account)))
        if account.type == "backpack":
            work = partial(answers_told.answers, account=account)
            found.append(Probe("venue", account.name, _blocking(work, scene)))
    return found


def _blocking(
    work: Callable[[Scene], Sequence[Check]], scene: Scene
) -> Callable[[], Awaitable[Sequence[Check]]]:
    return lambda: in_thread(lambda: work(scene))
