"""Symbols of markets."""

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.findings import quoted

_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
#: A market of a venue, as venue/symbol.
MARKET_PATTERN = rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,63}}/{_SYMBOL.pattern}"


def read_symbol(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _SYMBOL.fullmatch(text):
        raise ValueError(
            f"{quoted(written)} is not a symbol; write it as the venue does, "
            "such as SOL_USDC_PERP"
        )
    return text


Symbol = Annotated[
    str,
    PlainValidator(read_symbol),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_SYMBOL.pattern}$",
            "examples": ["SOL_USDC_PERP"],
        }
    ),
]
