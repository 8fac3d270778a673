"""Logging in with a wallet: a nonce, a signed text, and a token for one sub-account."""

import asyncio
from collections.abc import Callable

from exitd.api.rasa.faults import unauthenticated
from exitd.api.rasa.nonces import Nonces, Pace
from exitd.api.rasa.owners import Owned, Owners
from exitd.api.rasa.siwe import Asked, instant_ns, siwe_texts
from exitd.api.rasa.wire import Json, address_of, text_of
from exitd.configuration.rasa import Rasa
from exitd.core.units import NS_PER_DAY, NS_PER_S
from exitd.errors import VenueError
from exitd.ports.chain import Chain
from exitd.ports.clock import Clock
from exitd.ports.signatures import Signatures
from exitd.runtime.control.tokens import Tokens

_ISSUED_WITHIN_NS = 300 * NS_PER_S
_SIGNATURE_MAX = 2 * 4_096
_SMART_WALLET_S = 2.0
_NONCES_A_MINUTE = 30
_LOGINS_A_MINUTE = 10


class Logins:
    """Gives nonces and tokens."""

    def __init__(
        self,
        *,
        settings: Rasa,
        tokens: Tokens,
        chain: Chain,
        owners: Owners,
        signatures: Signatures,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._chain = chain
        self._owners = owners
        self._signatures = signatures
        self._clock = clock
        self._nonces = Nonces(clock.monotonic_ns, random_bytes)
        self._nonce_pace = Pace(clock.monotonic_ns, _NONCES_A_MINUTE)
        self._login_pace = Pace(clock.monotonic_ns, _LOGINS_A_MINUTE)

    def nonce(self, account: str, place: str) -> str:
        """Give a nonce for a sub-account.

        Raises:
            TooMany: *place*, or somebody for this sub-account, has asked too often.
        """
        self._nonce_pace.note(place)
        return self._nonces.give(account.lower())

    async def log_in(self, body: Json, place: str) -> str:
        """Give a token that ends when the client said, after a day at the latest.

        Raises:
            Unauthenticated: The wallet of the sub-account has not signed this.
            TooMany: *place* has tried too often.
            Unusable: The body is not that of a login.
            VenueFailed: Nobody could say whose the sub-account is.
        """
        self._login_pace.note(place)
        account = address_of(body, "account_address")
        nonce = text_of(body, "nonce")
        # Used up whatever follows, so that nothing can be tried twice with it.
        is_ours = self._nonces.take(account.lower(), nonce)
        asked = _read(body, account, nonce)
        now_ns = self._clock.now_ns()
        expires_ns = _expires_ns(asked, now_ns)
        if not is_ours or expires_ns is None:
            raise unauthenticated("the nonce or a time")
        owned = await self._owners.find(account)
        if owned is None:
            raise unauthenticated("nobody owns the sub-account")
        if not await self._has_signed(asked, owned):
            raise unauthenticated("the signature")
        return await self._tokens.log_in(account.lower(), expires_ns)

    async def _has_signed(self, asked: Asked, owned: Owned) -> bool:
        wallet = self._signatures.checksum(owned.wallet)
        texts = tuple(
            siwe_texts(
                asked,
                wallet,
                domains=self._settings.domains,
                login_urls=self._settings.login_urls,
                chains=dict.fromkeys((self._chain.chain_id, *self._settings.chains)),
            )
        )
        if asked.is_smart_wallet:
            return await self._accepts(wallet, texts, asked.signature)
        # Each takes a millisecond or more, which prices need not wait for.
        return await asyncio.to_thread(self._signed, wallet, texts, asked.signature)

    def _signed(self, wallet: str, texts: tuple[str, ...], signature: bytes) -> bool:
        signers = (self._signatures.signer_of(text, signature) for text in texts)
        return any(s is not None and s.lower() == wallet.lower() for s in signers)

    async def _accepts(
        self, wallet: str, texts: tuple[str, ...], signature: bytes
    ) -> bool:
        try:
            async with asyncio.timeout(_SMART_WALLET_S):
                if not await self._chain.is_contract(wallet):
                    return False
                for text in texts:
                    hashed = self._signatures.hash_of(text)
                    if await self._chain.accepts_signature(wallet, hashed, signature):
                        return True
        except (TimeoutError, VenueError):
            return False
        return False


def _read(body: Json, account: str, nonce: str) -> Asked:
    return Asked(
        account=account,
        nonce=nonce,
        issued_at=text_of(body, "issued_at"),
        expiration_time=text_of(body, "expiration_time"),
        signature=signature_of(body),
        is_smart_wallet=body.get("sign_type") is not None,
    )


def signature_of(body: Json, name: str = "signature") -> bytes:
    """Read a signature in hexadecimal; one that is none is nobody's."""
    written = text_of(body, name, _SIGNATURE_MAX)
    try:
        return bytes.fromhex(written.removeprefix("0x"))
    except ValueError:
        return b""


def _expires_ns(asked: Asked, now_ns: int) -> int | None:
    """Give when the token ends; None where its times cannot be."""
    issued_ns = instant_ns(asked.issued_at)
    expires_ns = instant_ns(asked.expiration_time)
    if issued_ns is None or expires_ns is None:
        return None
    if abs(now_ns - issued_ns) > _ISSUED_WITHIN_NS or expires_ns <= now_ns:
        return None
    return min(expires_ns, now_ns + NS_PER_DAY)
