"""
Masks every loaded secret in a finished line, in each form that it could have there,
and whatever looks like a token of ours, of which nothing but a hash is loaded.

It works on the last bytes before they leave, so that nothing gets past it: nested
values, names of fields, the text of an exception from a library.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from exitd.secret import MASK, TOKEN_PATTERN, TOKEN_PREFIX, Secret

# Masking shorter texts would make every line unreadable and protect nothing.
SECRET_CHARS_MIN = 6
# In an answer that a program reads, a short one could be a price or a word by chance.
BLANKED_CHARS_MIN = 16

_TOKEN_BEGINS = TOKEN_PREFIX.encode()
_TOKEN = re.compile(TOKEN_PATTERN.encode())
_BLOCK = 16
_LONG = 2 * _BLOCK - 1


def forms_of(secret: Secret) -> frozenset[str]:
    """
    Give each text that would give *secret* away, the plain one among them.

    A secret that is itself base64, as a venue's keys are, is also known by its bytes.
    Base64 is known at all three alignments, which finds it inside a longer text such
    as the header of HTTP Basic authentication.
    """
    text = secret.reveal()
    if len(text) < SECRET_CHARS_MIN:
        return frozenset()
    forms = {text, text.strip(), quote(text, safe=""), quote_plus(text)}
    forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms |= {repr(text)[1:-1]}
    forms |= _byte_forms(text.encode())
    with contextlib.suppress(binascii.Error, ValueError):
        forms |= _byte_forms(base64.b64decode(text, validate=True))
    return frozenset(form for form in forms if len(form) >= SECRET_CHARS_MIN)


def _byte_forms(raw: bytes) -> set[str]:
    forms = {raw.hex(), raw.hex().upper(), repr(raw)[2:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        forms |= {whole, whole.rstrip("="), quote(whole, safe="")}
        for shift in range(3):
            shifted = encode(b"\0" * shift + raw).decode()
            # Only the characters that depend on the secret alone.
            forms.add(shifted[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6])
    return forms


class Redactor:
    """Knows the secrets; `mask` is called once for each line."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._forms: tuple[bytes, ...] = ()
        self._short: tuple[bytes, ...] = ()
        self._strong: tuple[bytes, ...] = ()
        self._blocks: frozenset[bytes] = frozenset()
        self.learn(secrets)

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Mask these too, from the next line on."""
        forms = set(self._forms)
        for secret in secrets:
            forms |= {form.encode("utf-8", "replace") for form in forms_of(secret)}
        # The longest first, so that no tail of one is left by a shorter.
        self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        self._short = tuple(form for form in self._forms if len(form) < _LONG)
        self._strong = tuple(f for f in self._forms if len(f) >= BLANKED_CHARS_MIN)
        self._blocks = frozenset(
            form[start : start + _BLOCK]
            for form in self._forms
            if len(form) >= _LONG
            for start in range(len(form) - _BLOCK + 1)
        )

    def mask(self, line: bytes) -> bytes:
        if self._may_give_away(line):
            for form in self._forms:
                line = line.replace(form, MASK.encode())
        return _TOKEN.sub(MASK.encode(), line) if _TOKEN_BEGINS in line else line

    def blank(self, data: bytes) -> bytes:
        """Put as many stars in the place of each long secret: for what has a length."""
        if self._strong and self._may_give_away(data):
            for form in self._strong:
                data = data.replace(form, b"*" * len(form))
        return data

    def _may_give_away(self, line: bytes) -> bool:
        """
        Say no only when no form is there; at a cost that does not grow with secrets.

        Whatever is at least `_LONG` bytes long and somewhere in the line covers one
        of the line's blocks wholly, so one look per block is enough.
        """
        if self._blocks and not self._blocks.isdisjoint(
            [line[start : start + _BLOCK] for start in range(0, len(line), _BLOCK)]
        ):
            return True
        for form in self._short:  # noqa: SIM110 – any() costs as much as the rest
            if form in line:
                return True
        return False
