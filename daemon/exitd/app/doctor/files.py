"""The configuration, and who may read and write the files of a daemon."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from exitd.adapters.system.users import name_of
from exitd.app.doctor.counting import counted
from exitd.app.doctor.scene import CREDENTIALS, Scene
from exitd.app.doctor.verdict import Check, Verdict, fail, ok, unknown, warn
from exitd.app.installed import check_installed
from exitd.configuration.findings import Severity, in_order

_SHOWN = 5
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def configuration(scene: Scene) -> list[Check]:
    """What `exitd check` finds, the errors first."""
    loaded = scene.loaded
    findings = in_order((*loaded.findings, *check_installed(loaded)))
    errors = [each for each in findings if each.severity is Severity.ERROR]
    warnings = [each for each in findings if each.severity is not Severity.ERROR]
    checks = [
        Check(
            check="configuration",
            verdict=Verdict.FAIL if finding in errors else Verdict.WARN,
            text=str(finding),
            remedy="mend that line; `exitd check` shows all",
        )
        for finding in (*errors, *warnings)[:_SHOWN]
    ]
    if checks:
        return checks
    exits = sum(len(position.exits) for position in loaded.positions)
    positions = len(loaded.positions)
    mode = loaded.settings.file.mode if loaded.settings is not None else "unknown"
    said = "" if scene.is_live else ", PAPER, NOT PROTECTING"
    text = (
        f"{counted(len(loaded.files), 'file')}, {counted(positions, 'position')}, "
        f"{counted(exits, 'exit')}{said}"
    )
    return [
        ok(
            "configuration",
            text,
            facts={"mode": mode, "positions": positions, "exits": exits},
        )
    ]


def modes(scene: Scene) -> list[Check]:
    """Who may read the state and write the files, and whose the state is."""
    complaints = [*_of_state(scene), *_of_configuration(scene)]
    if complaints:
        return complaints
    if not os.access(scene.folder, os.X_OK):
        remedy = "ask again as root or as the daemon's user"
        return [unknown("modes", f"{scene.folder} is closed to you", remedy)]
    return [ok("modes", "state and files are the daemon's and root's alone")]


def _of_state(scene: Scene) -> Iterator[Check]:
    folder = scene.folder
    if not folder.is_dir():
        return
    found = folder.stat()
    if found.st_mode & _OTHERS:
        yield fail(
            "modes",
            f"{folder} has mode {stat.S_IMODE(found.st_mode):04o}: others may enter",
            f"chmod 700 {folder}",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(folder.glob(f"{scene.state.name}*")):
        mine = path.stat()
        if mine.st_mode & _OTHERS:
            mode = stat.S_IMODE(mine.st_mode)
            yield fail(
                "modes",
                f"{path} has mode {mode:04o}: others may read it",
                f"chmod 600 {path}",
            )
        if mine.st_uid != found.st_uid:
            owner, right = name_of(mine.st_uid), name_of(found.st_uid)
            yield fail(
                "modes",
                f"{path} is of {owner}, its folder of {right}, who cannot write it",
                f"chown {right}: {path}",
            )


def _of_configuration(scene: Scene) -> Iterator[Check]:
    folder = scene.loaded.directory
    named = [folder, *(folder / file.name for file in scene.loaded.files)]
    for path in (*named, folder / CREDENTIALS):
        if not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & stat.S_IWOTH:
            yield fail(
                "modes",
                f"{path} has mode {mode:04o}: anybody can say what is protected",
                f"chmod o-w {path}",
            )
        elif path.name == CREDENTIALS and mode & _OTHERS:
            yield warn(
                "modes",
                f"{path} has mode {mode:04o}: others see which keys there are",
                f"chmod 700 {path}",
            )


def owners(scene: Scene) -> Sequence[int]:
    """Who may own a secret: root, whoever asks, and the user of the daemon."""
    found = {0, os.geteuid()}
    if scene.folder.is_dir():
        found.add(scene.folder.stat().st_uid)
    return sorted(found)


def owner_complaint(path: Path, allowed: Sequence[int]) -> str:
    """Say what is wrong with the owner of a secret; empty when nothing is."""
    uid = path.stat().st_uid
    return "" if uid in allowed else f"{path} is owned by {name_of(uid)}"
