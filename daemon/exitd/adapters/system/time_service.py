"""Whether something keeps this machine's clock: the kernel knows, and tells."""

import ctypes
import os

from msgspec import Struct

#: `status` in `struct timex` (linux/timex.h): the clock is not synchronised.
_STA_UNSYNC = 0x0040
#: What `adjtimex` returns then.
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`; the kernel writes 208 bytes."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


class TimeService(Struct, frozen=True):
    """What the kernel knows of its clock; `error_us` is the most it may be off."""

    is_synchronised: bool
    error_us: int


def time_service() -> TimeService | None:
    """Ask the kernel, which changes nothing; None where it does not say."""
    buffer = _Timex()
    try:
        ask = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = int(ask(ctypes.byref(buffer)))
    if state < 0:
        return None
    is_off = state == _TIME_ERROR or bool(buffer.status & _STA_UNSYNC)
    return TimeService(not is_off, int(buffer.maxerror))


def runs_systemd() -> bool:
    """Whether systemd runs this machine, as sd_booted(3) tells it."""
    return os.path.isdir("/run/systemd/system")
