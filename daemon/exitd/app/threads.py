"""The daemon's threads: how many there are, and where they take their memory from.

The C library gives new threads heaps of their own, up to eight for each processor, and
each heap keeps the most that it ever needed: for whichever thread happened to read the
largest files. What the daemon holds would grow for hours, to a multiple of its needs.
"""

import ctypes
import gc
from concurrent.futures import ThreadPoolExecutor

WORKERS = 6
"""Threads that read files and the database; a larger machine makes no more of them."""

HEAPS = 2
"""For all threads; one waits for another where both take memory at one instant."""

# Of malloc.h in glibc.
_M_ARENA_MAX = -8


def share_heaps() -> bool:
    """Let the threads share heaps; False where the C library has no such setting."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, HEAPS))


def give_back() -> None:
    """Look for garbage, and let the system have the pages that nothing is on.

    A file that is read anew takes megabytes for an instant, between what stays: the C
    library keeps the holes unless it is asked (malloc_trim(3), of glibc).
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def workers() -> ThreadPoolExecutor:
    """Make the threads that the loop hands its slow work to."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="exitd-worker")
