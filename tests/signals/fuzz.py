"""
Generated bodies through the whole of `exitd.signals`.

    python tests/signals/fuzz.py [N] [SEED]

For each of N bodies (100,000) nothing is raised but `UnreadableBody`; the same body
gives the same findings; the normal form normalised is the normal form; what is written
is JSON; and the secret is nowhere in it.
"""

import multiprocessing
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from exitd.signals.json_form import signal_json, signal_of
from exitd.signals.normalising import normalise
from exitd.signals.previewing import preview, preview_json
from exitd.signals.reading import UnreadableBody, read_body
from exitd.signals.validating import validate
from signals.bodies import SECRET, body

SEED = 5
PART = 1_000
# Of how many bodies one is read twice: whether that depends on anything else.
AGAIN = 4
NAMED = f'"auth_key": "{SECRET}"'.encode()


def outcome(raw: bytes) -> str:
    """Say what became of a body; checks on the way what must hold for each."""
    said = ""
    payload = None
    try:
        payload = read_body(raw)
    except UnreadableBody as error:
        said = str(error)
    if payload is None:
        assert SECRET not in said, raw
        return "unreadable"
    seen = preview(payload)
    written = preview_json(seen)
    # Damage may have given it another name: then nobody can know what it is.
    is_named = raw.count(NAMED) == raw.count(SECRET.encode())
    assert SECRET not in written or not is_named, raw
    assert isinstance(msgspec.json.decode(written), dict), raw
    assert signal_of(signal_json(seen.signal)) == seen.signal, raw
    if len(raw) % AGAIN == 0:
        again = normalise(read_body(raw))
        assert again.signal == seen.signal, raw
        assert validate(again) == seen.validation, raw
    if not seen.validation.valid:
        return "invalid"
    ordered = [name for name, order in seen.orders.items() if "order" in order]
    return "ordered" if ordered else "valid"


def fuzz(count: int, seed: int = SEED) -> Counter[str]:
    """Count what became of *count* bodies."""
    dice = random.Random(seed)
    return Counter(outcome(body(dice)) for _ in range(count))


def at_once(count: int, seed: int) -> Counter[str]:
    """The same with all processors; the bodies do not depend on how many there are."""
    parts = [
        (min(PART, count - begun), seed + begun) for begun in range(0, count, PART)
    ]
    with multiprocessing.get_context("fork").Pool() as pool:
        return sum(pool.starmap(fuzz, parts, chunksize=1), Counter())


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    found = at_once(*(given + [100_000, SEED][len(given) :]))
    sys.stdout.write(
        ", ".join(f"{number} {word}" for word, number in found.most_common()) + "\n"
    )
