"""Who somebody is on this machine."""

import pwd


def name_of(uid: int) -> str:
    """Name a user of this machine; its number where it has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
