"""The daemon's threads take their memory from few heaps, and are few themselves."""

from __future__ import annotations

import subprocess
import sys

from exitd.app.threads import HEAPS, WORKERS, workers

#: Threads that all take memory at one instant; the C library then tells its heaps.
PROGRAM = """
import ctypes, sys, threading
from exitd.app.threads import share_heaps

assert share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)

def take():
    together.wait()
    for _ in range(200):
        libc.malloc(ctypes.c_size_t(2_000))
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def test_given_many_threads_when_they_take_memory_then_from_few_heaps(tmp_path):
    told = tmp_path / "heaps.xml"

    subprocess.run([sys.executable, "-P", "-c", PROGRAM, told], check=True)

    assert 1 <= told.read_text().count("<heap nr=") <= HEAPS


def test_given_more_work_than_threads_when_handed_over_then_no_more_threads():
    with workers() as pool:
        results = [pool.submit(int, n) for n in range(4 * WORKERS)]

        assert [result.result() for result in results] == list(range(4 * WORKERS))
        assert len(pool._threads) <= WORKERS


#: Takes many blocks, frees every other, and tells its pages before and after.
HOLES = """
import ctypes
from exitd.app.threads import give_back

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
blocks = [libc.malloc(ctypes.c_size_t(64_000)) for _ in range(400)]
for block in blocks:
    ctypes.memset(block, 1, 64_000)
for block in blocks[::2]:
    libc.free(block)

def pages():
    return int(open("/proc/self/statm").read().split()[1])

before = pages()
give_back()
print(before - pages())
"""


def test_given_holes_between_what_stays_when_given_back_then_the_system_has_them():
    words = [sys.executable, "-P", "-c", HOLES]
    freed = subprocess.run(words, check=True, capture_output=True, text=True)

    # 200 blocks of 64,000 bytes, less what shares a page with a neighbour.
    assert int(freed.stdout) >= 200 * 14
