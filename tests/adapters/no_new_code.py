"""Runs a program as the unit's MemoryDenyWriteExecute= does: no memory becomes code.

python no_new_code.py PROGRAM ARGUMENT...

Prints `confined` on standard error where the kernel can do that (6.3 and later).
"""

from __future__ import annotations

import ctypes
import os
import sys

#: From linux/prctl.h; what is started inherits it.
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


def main() -> None:
    prctl = ctypes.CDLL(None).prctl
    if prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0:
        os.write(2, b"confined\n")
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
