"""The shipped unit, as it is for one person and for one of several daemons.

There is one file, systemd/exitd.service; what the others have of their own is here.
"""

from pathlib import Path

UNIT, TEMPLATE = "exitd.service", "exitd@.service"
#: Beside the machine's; one person's manager cannot give it a user of its own.
TELEGRAM_UNIT = "exitd-telegram.service"
#: What a unit of one person's manager cannot have: it has no other user to become.
_MACHINE_ONLY = (
    "User=",
    "Group=",
    "StateDirectory",
    "RuntimeDirectory",
    "ConfigurationDirectory",
    "OOMScoreAdjust=",
    "AmbientCapabilities=",
    "CapabilityBoundingSet=",
    "DevicePolicy=",
    "IPAddressDeny=",
    "PrivateDevices=",
    "PrivateMounts=",
    "PrivateTmp=",
    "ProcSubset=",
    "Protect",
    "RestrictNamespaces=",
)
#: What each of several daemons has of its own; `%i` is its name (systemd.unit(5)).
_OF_ITS_OWN = (
    ("Description=exitd,", "Description=exitd %i,"),
    ("/etc/exitd/", "/etc/exitd-%i/"),
    ("%S/exitd\n", "%S/exitd-%i\n"),
    ("%t/exitd/", "%t/exitd-%i/"),
    ("StateDirectory=exitd\n", "StateDirectory=exitd-%i\n"),
    ("RuntimeDirectory=exitd\n", "RuntimeDirectory=exitd-%i\n"),
    ("ConfigurationDirectory=exitd\n", "ConfigurationDirectory=exitd-%i\n"),
    ("SyslogIdentifier=exitd\n", "SyslogIdentifier=exitd-%i\n"),
)
_HEAD = """\
# One more exitd on this machine: exitd@NAME has files, state and a socket of its own,
# in /etc/exitd-NAME, /var/lib/exitd-NAME and /run/exitd-NAME. All but these is as in
# exitd.service, of which it is made. How to set one up: systemd/README.md.
"""
#: Where the folders of its own lie, by which one of several is known.
_PLACES = (Path("/etc"), Path("/var/lib"), Path("/run"))
_PREFIX = "exitd-"


def unit_of(*folders: Path) -> str:
    """Name the unit of the daemon whose files, state or socket these folders hold."""
    for folder in folders:
        name = folder.name.removeprefix(_PREFIX)
        if folder.parent in _PLACES and name != folder.name:
            return f"exitd@{name}.service"
    return UNIT


def for_one_of_several(unit: str) -> str:
    """Make the machine's unit the template of one for each of several daemons."""
    _, _, rest = unit.partition("\n")
    for of_one, of_several in _OF_ITS_OWN:
        assert of_one in rest, of_one
        rest = rest.replace(of_one, of_several)
    return _HEAD + rest


def for_one_person(unit: str) -> str:
    """Make the machine's unit one for somebody's own manager (systemd.exec(5))."""
    head, *rest = unit.splitlines()
    # The comments are about what the machine's unit has, and go with it.
    left_out = (*_MACHINE_ONLY, "SystemCallFilter=~", "#")
    kept = [line for line in rest if not line.startswith(left_out)]
    return (
        "\n".join((head, *kept))
        .replace("\n\n\n", "\n\n")
        .replace("/etc/exitd/", "%h/.config/exitd/")
        .replace("EXITD_STATE=%S/exitd", "EXITD_STATE=%h/.local/state/exitd")
        .replace(
            "EXITD_SOCKET=%t/exitd/exitd.sock",
            "EXITD_SOCKET=%h/.local/state/exitd/exitd.sock",
        )
        .replace("WantedBy=multi-user.target", "WantedBy=default.target")
        + "\n"
    )
