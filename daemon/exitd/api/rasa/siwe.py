"""The text that a wallet signs to log in (EIP-4361), made out of our configuration.

The body of a login carries no message, so it is rebuilt here. What a request says of
its own origin is never a part of it: a page elsewhere could make its visitors sign a
text for its own name and log in with it.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from exitd.core.units import NS_PER_S

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)"
)


class Asked(Struct, frozen=True, kw_only=True):
    """What the body of a login says, as it is written there."""

    account: str
    nonce: str
    issued_at: str
    expiration_time: str
    signature: bytes
    is_smart_wallet: bool


def siwe_texts(
    asked: Asked,
    wallet: str,
    *,
    domains: Iterable[str],
    login_urls: Iterable[str],
    chains: Iterable[int],
) -> Iterator[str]:
    """Give every text that *wallet* may have signed, and no other.

    Front-ends put `/login` behind the address that they were given, which ends in a
    slash or does not.
    """
    uris = [f"{url}{slash}login" for url in login_urls for slash in ("/", "//")]
    for domain in domains:
        for uri in uris:
            for chain in chains:
                yield siwe_text(asked, wallet, domain=domain, uri=uri, chain=chain)


def siwe_text(asked: Asked, wallet: str, *, domain: str, uri: str, chain: int) -> str:
    """Write the text as JavaScript's `siwe` does; *wallet* in its EIP-55 spelling."""
    return (
        f"{domain} wants you to sign in with your Ethereum account:\n"
        f"{wallet}\n\n"
        f"msg: {asked.account}\n\n"
        f"URI: {uri}\n"
        "Version: 1\n"
        f"Chain ID: {chain}\n"
        f"Nonce: {asked.nonce}\n"
        f"Issued At: {asked.issued_at}\n"
        f"Expiration Time: {asked.expiration_time}"
    )


def instant_ns(written: str) -> int | None:
    """Read an RFC 3339 instant as UTC nanoseconds; None where it is none."""
    found = _INSTANT.fullmatch(written)
    if found is None or not written.isascii():
        return None
    zone = "+00:00" if found[3] == "Z" else found[3]
    try:
        whole = datetime.fromisoformat(found[1] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    fraction = (found[2] or "").ljust(9, "0")
    since = whole - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = since.days * 86_400 + since.seconds
    return seconds * NS_PER_S + int(fraction)
