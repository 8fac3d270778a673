"""
Generated bodies through the whole of `exitd.signals`.

    python tests/signals/fuzz.py [N] [SEED]

For each of N bodies (100,000) nothing is raised but `UnreadableBody`; the same body
gives the same findings; the normal form normalised is the normal form; what is written
is JSON; and the secret is nowhere in it.
"""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from exitd.signals.json_form import signal_json, signal_of
from exitd.signals.normalising import normalise
from exitd.signals.previewing import preview, preview_json
from exitd.signals.reading import UnreadableBody, read_body
from exitd.signals.validating import validate
from signals.bodies import SECRET, body

SEED = 5


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
    is_named = raw.count(b"auth_key") == raw.count(SECRET.encode())
    assert SECRET not in written or not is_named, raw
    assert isinstance(json.loads(written), dict), raw
    normalised = normalise(payload)
    assert normalised.signal == seen.signal, raw
    assert validate(normalised) == seen.validation, raw
    assert signal_of(signal_json(seen.signal)) == seen.signal, raw
    if not seen.validation.valid:
        return "invalid"
    ordered = [name for name, order in seen.orders.items() if "order" in order]
    return "ordered" if ordered else "valid"


def fuzz(count: int, seed: int = SEED) -> dict[str, int]:
    """Count what became of *count* bodies."""
    dice = random.Random(seed)
    counted = dict.fromkeys(("unreadable", "invalid", "valid", "ordered"), 0)
    for _ in range(count):
        counted[outcome(body(dice))] += 1
    return counted


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    found = fuzz(given[0] if given else 100_000, given[1] if len(given) > 1 else SEED)
    sys.stdout.write(
        ", ".join(f"{number} {word}" for word, number in found.items()) + "\n"
    )
