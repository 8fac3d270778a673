"""The normal form as JSON: numbers are JSON numbers with exact digits."""

import msgspec

from exitd.signals.model import Signal
from exitd.signals.normalising import normalise
from exitd.signals.reading import read_stored

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def signal_json(signal: Signal) -> str:
    """Write a signal as it is stored and shown."""
    return _ENCODER.encode(signal).decode()


def signal_of(text: str) -> Signal:
    """
    Read what `signal_json` wrote.

    Raises:
        UnreadableBody: It did not write that.
    """
    return normalise(read_stored(text)).signal
