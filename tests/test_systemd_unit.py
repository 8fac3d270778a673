"""The unit says what the daemon relies on; systemd-analyze itself runs in .ci/run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exitd.adapters.system.unit_kinds import for_one_of_several, unit_of
from exitd.adapters.system.units import settings_of
from exitd.cli.exit_codes import ExitCode

FOLDER = Path(__file__).parent.parent / "systemd"


def unit() -> dict[str, dict[str, list[str]]]:
    """Sections, keys and all values of each key; configparser would keep one."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in (FOLDER / "exitd.service").read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return sections


UNIT = unit()
SERVICE = UNIT["Service"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # What makes systemd wait for READY, restart for ever, and kill what hangs.
        ("Type", "notify"),
        ("Restart", "always"),
        ("WatchdogSec", "10"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        # The journal is the record of each fire.
        ("LogRateLimitIntervalSec", "0"),
        # Whoever is in the group may use the socket, and nobody else may look.
        ("User", "exitd"),
        ("Group", "exitd"),
        ("RuntimeDirectoryMode", "0750"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        # Keys do not end up in a core file.
        ("LimitCORE", "0"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("MemoryDenyWriteExecute", "yes"),
    ],
)
def test_given_unit_when_read_then_it_says_what_the_daemon_relies_on(key, value):
    assert SERVICE[key] == [value]


def test_given_several_daemons_when_derived_then_each_has_folders_of_its_own():
    text = (FOLDER / "exitd.service").read_text()

    own, of_one = settings_of(for_one_of_several(text)), settings_of(text)

    changed = {a: b for a, b in zip(of_one, own, strict=True) if a != b}
    assert all("%i" in line for line in changed.values())
    assert {line.partition("=")[0] for line in changed} == {
        *("Description", "ExecStart", "Environment", "LoadCredential"),
        *("StateDirectory", "RuntimeDirectory", "ConfigurationDirectory"),
        "SyslogIdentifier",
    }
    # Whatever names a file or a folder of exitd is its own, but for the program.
    for line in own:
        assert not re.search(r"(?<!/opt)/exitd(/|$)", line), line


@pytest.mark.parametrize(
    ("folder", "unit"),
    [
        ("/etc/exitd", "exitd.service"),
        ("/etc/exitd-second", "exitd@second.service"),
        ("/var/lib/exitd-second", "exitd@second.service"),
        ("/run/exitd-two-words", "exitd@two-words.service"),
        ("/srv/exitd-second", "exitd.service"),
    ],
)
def test_given_a_folder_when_asked_whose_it_is_then_by_its_name(folder, unit):
    assert unit_of(Path("/tmp"), Path(folder)) == unit


def settings_in(name: str) -> list[tuple[str, str]]:
    lines = (FOLDER / name).read_text().splitlines()
    pairs = [line.partition("=") for line in lines if "=" in line and line[0] != "#"]
    return [(key, value) for key, _, value in pairs]


def test_given_the_unit_of_telegram_when_read_then_it_may_do_no_more_than_the_daemon():
    settings = settings_in("exitd-telegram.service")

    locks = re.compile(r"(Protect|Private|Restrict[A-Z]|System|Capab|IPAddr|NoNew|Lim)")
    ours = {pair for pair in settings_in("exitd.service") if locks.match(pair[0])}
    # How much it may open is a matter of what it does.
    ours.discard(("LimitNOFILE", "65536"))
    assert ours <= set(settings)
    assert ("PrivateUsers", "yes") in settings


def test_given_the_unit_of_telegram_when_read_then_it_sees_its_tokens_and_no_key():
    settings = settings_in("exitd-telegram.service")

    loaded = [value for key, value in settings if key == "LoadCredential"]
    assert [value.partition(":")[0] for value in loaded] == [
        "exitd.yaml",
        "telegram_bot_token",
        "telegram_daemon_token",
    ]
    # In the group of the socket, or of the files, it could do everything.
    assert not {"User", "Group", "SupplementaryGroups"} & dict(settings).keys()
    assert ("DynamicUser", "yes") in settings
    assert dict(settings)["ExecStart"].endswith("${CREDENTIALS_DIRECTORY}/exitd.yaml")
    assert ("RestartPreventExitStatus", str(int(ExitCode.CONFIGURATION))) in settings


def test_given_unit_when_it_keeps_failing_then_systemd_never_gives_up():
    assert UNIT["Unit"]["StartLimitIntervalSec"] == ["0"]


def test_given_bad_file_when_started_then_no_check_stands_in_the_way():
    assert "ExecStartPre" not in SERVICE


def test_given_group_when_it_connects_then_the_daemon_can_see_who_it_is():
    assert "PrivateUsers" not in SERVICE


def test_given_unit_when_read_then_no_key_is_in_the_environment():
    names = [value.partition("=")[0] for value in SERVICE["Environment"]]

    assert names == ["EXITD_STATE", "EXITD_SOCKET"]


def made_by_tmpfiles() -> dict[str, tuple[str, str, str]]:
    """Give what tmpfiles makes: the kind, the mode and the user by path."""
    rows = [
        line.split()
        for line in (FOLDER / "exitd.tmpfiles").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    return {path: (kind, mode, user) for kind, path, mode, user, *_ in rows}


def test_given_no_start_yet_when_a_copy_is_put_back_then_its_folder_is_there():
    """`exitd restore` takes the folder of the service only where there is one."""
    (folder,) = SERVICE["StateDirectory"]
    (mode,) = SERVICE["StateDirectoryMode"]
    (user,) = SERVICE["User"]

    assert made_by_tmpfiles()[f"/var/lib/{folder}"] == ("d", mode, user)


def test_given_credentials_when_loaded_then_their_files_are_made_for_root_alone():
    made = made_by_tmpfiles()

    for credential in SERVICE["LoadCredential"]:
        name, _, path = credential.partition(":")
        assert Path(path).name == name
        assert made[path] == ("f", "0400", "root")
    assert made["/etc/exitd/credentials"] == ("d", "0700", "root")


def test_given_option_when_debian_12_would_ignore_it_then_it_is_not_used():
    newer = {"RestartSteps", "RestartMaxDelaySec", "MemoryZSwapMax", "PrivatePIDs"}

    assert not newer & SERVICE.keys()
    assert SERVICE["Type"] != ["notify-reload"]
