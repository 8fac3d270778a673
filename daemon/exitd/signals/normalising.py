"""Normalising: what an alert said, in any of its dialects, as a `Signal`."""

from collections.abc import Mapping

from exitd.signals.model import Normalised


def normalise(payload: Mapping[str, object]) -> Normalised:
    """
    Bring an alert into the one form, in the order of the format's section 1.3.

    Args:
        payload: What `read_body` gave. Numbers are `Decimal`s or ints; a float is
            refused like any other word, because it is not what was written.

    Returns:
        The signal, and one finding for each field that could not be read. The value
        of `auth_key` is in neither. Normalising `signal_json` again gives the same.
    """
    raise NotImplementedError
