"""http.rasa: the door that front-ends of SYMMIO talk to as they do to Rasa."""

import re
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from exitd.configuration.addresses import HostName, HttpUrl
from exitd.configuration.keys import Keys, described
from exitd.configuration.values import DurationValue, NameValue, PercentValue
from exitd.core.units import NS_PER_S, ZERO

_EVM_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}")
_ZERO_ADDRESS = "0x" + 40 * "0"


def read_evm_address(written: object) -> str:
    """Read an address of a chain, as it is written; compare it in lower case."""
    text = written if isinstance(written, str) else ""
    if not _EVM_ADDRESS.fullmatch(text):
        raise ValueError("write an address in quotes: 0x and 40 hexadecimal digits")
    return text


EvmAddress = Annotated[
    str,
    PlainValidator(read_evm_address),
    WithJsonSchema({"type": "string", "pattern": f"^{_EVM_ADDRESS.pattern}$"}),
]
Number = Annotated[int, Field(ge=0, le=2**63 - 1, strict=True)]


class Rasa(Keys):
    """The Rasa-compatible API: `/nonce`, `/login`, `/api/v4`, `/api/v5` and v1."""

    account: NameValue = described(
        ..., "The account under `venues:` whose positions its orders protect."
    )
    domains: list[HostName] = described(
        [],
        "The host names of the front-ends whose users may log in. A login that was "
        "signed for another domain is refused.",
        shown="none",
    )
    login_urls: list[HttpUrl] = described(
        [],
        "What those front-ends have as the address of the hedger; `/login` below it is "
        "what their users sign.",
        shown="none",
    )
    chains: list[Number] = described(
        [],
        "Chain ids that a login may name, besides that of the account.",
        shown="none",
    )
    multi_accounts: list[EvmAddress] = described(
        [],
        "The MultiAccount contracts whose sub-accounts are served. Who owns a "
        "sub-account is read from these only.",
        shown="none",
    )
    symbols: dict[NameValue, Number] = described(
        {},
        "The `symbol_id` of each symbol, where the positions of the account are not "
        "quotes of a chain; `quote_id` is the number of the position then.",
        shown="none",
    )
    party_a: EvmAddress = described(
        _ZERO_ADDRESS,
        "The `party_a_address` of positions that are not quotes of a chain.",
    )
    min_price_distance: PercentValue = described(
        ZERO,
        "Levels nearer to the price than this are refused; front-ends are told.",
        shown="0%",
    )
    min_spread: PercentValue = described(
        ZERO,
        "A stop and a take-profit nearer to each other than this are refused; "
        "front-ends are told.",
        shown="0%",
    )
    request_age: DurationValue = described(
        60 * NS_PER_S, "How old the time in a signed v1 request may be.", shown="60s"
    )
    refuse_unfillable: bool = described(
        False,
        "Refuse an order whose `price` cannot be met at its level. Without it such an "
        "order is accepted with a warning.",
    )
    closed_candles: bool = described(
        False,
        "Let `last_close` be the close of finished candles, not of the running one.",
    )
    open_reads: bool = described(
        False,
        "Let v1 and v5 clients, which send no token when they read, see the orders of "
        "a quote whose number they know; so can anybody else then.",
    )
    signing_name: str = described(
        "SymmioConditionalOrder",
        "The name in the domain of the typed data that v5 clients sign.",
    )
