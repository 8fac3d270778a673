"""The daemon itself, its unit, its ports and this machine's clock."""

from __future__ import annotations

from pathlib import Path

import exitd
from exitd.adapters.sqlite.inspecting import holder_of
from exitd.adapters.system.listeners import holder_of_port
from exitd.adapters.system.time_service import runs_systemd, time_service
from exitd.adapters.system.unit_kinds import UNIT, for_one_of_several
from exitd.adapters.system.units import FOLDERS, Unit, find_unit, settings_of
from exitd.app.doctor.counting import counted
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, Facts, fail, ok, unknown, warn
from exitd.core.units import NS_PER_US
from exitd.runtime.views import StatusView

SHIPPED = Path(exitd.__file__).parents[2] / "systemd" / UNIT
#: A line that everybody writes for keys of their own.
_OWN = ("LoadCredential=", "LoadCredentialEncrypted=")
_SHOWN = 3


def daemon(scene: Scene) -> list[Check]:
    """What a running daemon says of itself."""
    status = scene.status
    if status is None:
        remedy = f"`systemctl start {_short(scene.unit)}`"
        return [unknown("daemon", scene.silence, remedy)]
    facts: Facts = {"version": status.version, "uptime_s": status.uptime_s}
    checks = []
    if status.is_ready and status.banner == "LIVE":
        held = counted(status.positions, "open position")
        text = f"exitd {status.version} is ready, {held}"
        checks.append(ok("daemon", text, facts=facts))
    elif status.is_ready:
        remedy = "write mode: live when it is to protect"
        checks.append(warn("daemon", status.banner, remedy, facts=facts))
    for reason in status.reasons:
        log = f"journalctl -u {_short(scene.unit)}"
        remedy = f"`exitd status`, and the log: `{log}`"
        checks.append(fail("daemon", f"not ready: {reason}", remedy, facts=facts))
    checks += [
        fail("daemon", f"NOT PROTECTED: {hole}", "give it a stop, see `exitd plan`")
        for hole in status.unprotected
    ]
    return [*checks, *_feeds(status)]


def _feeds(status: StatusView) -> list[Check]:
    stale = [feed.source for feed in status.feeds if feed.is_stale]
    if stale:
        named = ", ".join(stale[:_SHOWN])
        remedy = "see `exitd status`; nothing of it fires but by the second source"
        return [
            fail(
                "feeds", f"no fresh price: {named}", remedy, facts={"stale": len(stale)}
            )
        ]
    if not status.feeds:
        return []
    return [
        ok(
            "feeds",
            f"{counted(len(status.feeds), 'price')} watched, all fresh",
            facts={"stale": 0},
        )
    ]


def kept_clock(scene: Scene) -> list[Check]:
    """Whether something keeps this machine's clock."""
    del scene
    found = time_service()
    if found is None:
        return [unknown("clock", "the kernel does not say whether it is kept")]
    remedy = "`timedatectl set-ntp true`, or run chrony"
    facts = {
        "is_synchronised": found.is_synchronised,
        "error_us": found.error_us,
    }
    if not found.is_synchronised:
        text = "nothing keeps this machine's clock"
        return [warn("clock", text, remedy, facts=facts)]
    most = found.error_us * NS_PER_US // 1_000_000
    return [ok("clock", f"kept; off by {most} ms at the most", facts=facts)]


def unit(
    scene: Scene,
    folders: tuple[Path, ...] = FOLDERS,
    shipped: Path = SHIPPED,
    *,
    is_systemd: bool | None = None,
) -> list[Check]:
    """Whether systemd starts the daemon, watches it, and by which unit."""
    runs = runs_systemd() if is_systemd is None else is_systemd
    if not runs:
        text = "systemd does not run this machine: nothing starts exitd again"
        return [unknown("unit", text, "see that something else does")]
    name = scene.unit
    found = find_unit(name, folders)
    how = "see systemd/README.md"
    if found is None:
        return [warn("unit", f"{name} is not installed", how)]
    checks = [*_differences(found, _shipped_as(name, shipped), shipped)]
    if found.enabled and found.enabled != "enabled":
        text = f"{name} is {found.enabled}: a boot does not start it"
        checks.append(warn("unit", text, f"`systemctl enable {name}`"))
    if found.setting("WatchdogSec") in ("", "0"):
        text = "no WatchdogSec=: a daemon that hangs is not started again"
        checks.append(warn("unit", text, "take it over from the shipped unit"))
    if found.setting("Restart") != "always":
        text = "no Restart=always: a daemon that ends stays away"
        checks.append(fail("unit", text, "take it over from the shipped unit"))
    if checks:
        return checks
    watchdog = found.setting("WatchdogSec")
    drop_ins = f", {len(found.drop_ins)} drop-ins" if found.drop_ins else ""
    text = f"{found.enabled or 'installed'}, watchdog {watchdog} s{drop_ins}"
    return [ok("unit", text, facts={"path": str(found.path), "active": found.active})]


def _short(name: str) -> str:
    """Give a unit as people name it to systemctl."""
    return name.removesuffix(".service")


def _shipped_as(name: str, shipped: Path) -> str:
    """Give the text that a unit of this name should have; empty if nobody knows."""
    if not shipped.is_file():
        return ""
    text = shipped.read_text()
    return text if name == UNIT else for_one_of_several(text)


def _differences(found: Unit, text: str, shipped: Path) -> list[Check]:
    if not text:
        return []
    mine, theirs = settings_of(found.text), settings_of(text)
    other = [line for line in mine if line not in theirs]
    other += [f"no {line}" for line in theirs if line not in mine]
    other = [line for line in other if not line.removeprefix("no ").startswith(_OWN)]
    if not other:
        return []
    more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
    return [
        warn(
            "unit",
            f"{found.path} differs from the shipped one: "
            f"{'; '.join(other[:_SHOWN])}{more}",
            f"compare it with {shipped}; own settings belong into a drop-in",
            facts={"differences": len(other)},
        )
    ]


def ports(scene: Scene) -> list[Check]:
    """Whether each place to listen at is free, or held by our own daemon."""
    files = scene.loaded.settings
    if files is None:
        return []
    places = {"http": files.file.http.bind}
    if files.file.webhook.routes:
        places["webhook"] = files.file.webhook.bind
    try:
        ours = holder_of(scene.state)
    except OSError:
        ours = None
    return [
        _port(scene, name, place, ours)
        for name, place in places.items()
        if place != "off"
    ]


def _port(scene: Scene, name: str, place: str, ours: int | None) -> Check:
    host, _, port = place.rpartition(":")
    holder = holder_of_port(host.strip("[]"), int(port))
    about = f"{name} {place}"
    if holder is None:
        if scene.status is None:
            return ok("port", "free", about)
        remedy = "`exitd status` says which files are in force; restart after a change"
        return warn("port", "a daemon runs, and nobody listens there", remedy, about)
    if holder.pid is None:
        if scene.status is not None:
            return ok("port", "held; root sees by whom", about)
        return unknown("port", "held by somebody", "ask again as root", about)
    if holder.pid == ours:
        return ok(
            "port", f"held by our daemon, process {ours}", about, facts={"pid": ours}
        )
    return fail(
        "port",
        f"held by {holder.command} (process {holder.pid}): exitd does not start",
        f"stop that, or choose another place for {name}: bind",
        about,
        facts={"pid": holder.pid},
    )
