"""Requests that carry a signature instead of a token: v1 and v5."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import HTTPConnection, Request

from exitd.api.rasa.callers import (
    ANYBODY,
    Subject,
    credentials_of,
    pace_key,
    signed_subject,
    subject_of,
)
from exitd.api.rasa.desk import Desk
from exitd.api.rasa.faults import unauthenticated
from exitd.api.rasa.holdings import Holding
from exitd.api.rasa.nonces import Pace
from exitd.api.rasa.owners import Owners
from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock
from exitd.ports.signatures import Signatures
from exitd.ports.store import Store
from exitd.runtime.control.tokens import Tokens
from exitd.runtime.problems import NotFound

_SIGNED_A_MINUTE = 60


class Signers:
    """Says for whom a signed request is: the owner of the quote that it names."""

    def __init__(
        self,
        *,
        owners: Owners,
        signatures: Signatures,
        store: Store,
        clock: Clock,
        request_age_ns: int,
    ) -> None:
        self._owners = owners
        self._signatures = signatures
        self._store = store
        self._clock = clock
        self._request_age_ns = request_age_ns
        self._pace = Pace(clock.monotonic_ns, _SIGNED_A_MINUTE)

    async def of_text(
        self,
        request: Request,
        holding: Holding,
        text: str,
        signature: bytes,
        time_stamp_s: int,
    ) -> Subject:
        """Give the owner who has signed *text* just now, for the first time.

        Raises:
            Unauthenticated: Nobody who may has; the same for whatever reason.
            TooMany: There were too many such requests.
        """
        age_ns = abs(self._clock.now_ns() - time_stamp_s * NS_PER_S)
        if age_ns > self._request_age_ns:
            raise unauthenticated("the time stamp")
        return await self._owner(
            request,
            holding,
            lambda: self._signatures.signer_of(text, signature),
            used=text.encode(),
        )

    async def of_typed_data(
        self,
        request: Request,
        holding: Holding,
        typed_data: Mapping[str, Any],
        signature: bytes,
        *,
        salt: str,
    ) -> Subject:
        """Give the owner who has signed typed data with a salt not seen before.

        Raises:
            Unauthenticated: Nobody who may has; the same for whatever reason.
            TooMany: There were too many such requests.
        """
        return await self._owner(
            request,
            holding,
            lambda: self._signatures.typed_signer_of(typed_data, signature),
            used=f"{typed_data['primaryType']}/{salt}".encode(),
        )

    async def _owner(
        self,
        request: Request,
        holding: Holding,
        recover: Callable[[], str | None],
        *,
        used: bytes,
    ) -> Subject:
        self._pace.note(pace_key(request.scope, holding.party_a))
        signer = await asyncio.to_thread(recover)
        owned = await self._owners.find(holding.party_a)
        if owned is None:
            # What the chain tells everybody, and no owner's signature would change.
            await self._owners.check_reach(holding.party_a)
        if signer is None or owned is None or signer.lower() != owned.wallet.lower():
            raise unauthenticated("the signature")
        digest = hashlib.sha256(signer.lower().encode() + b"/" + used).hexdigest()
        name = f"rasa/signed/{digest}"
        if await self._store.note(name) is not None:
            raise unauthenticated("the request was sent before")
        await self._store.put_note(name, b"used")
        return signed_subject(request, holding.party_a)


async def signed_for(desk: Desk, quote_id: int) -> Holding:
    """Find what a request is signed for, before it is known whether by its owner.

    Raises:
        Unauthenticated: There is no such quote; nobody can have signed for it.
    """
    try:
        holding, _ = await desk.of_quote(quote_id, ANYBODY)
    except NotFound as error:
        raise unauthenticated() from error
    return holding


async def reader_of(
    request: HTTPConnection, tokens: Tokens, *, is_open: bool, is_again: bool = False
) -> Subject:
    """Say who reads: anybody where reads are open, else who has a token.

    *is_again*: of a connection that was counted when it was opened.

    Raises:
        Unauthenticated: Reads are not open, and there is no valid token.
    """
    if is_open and not credentials_of(request):
        return ANYBODY
    return await subject_of(request, tokens, "read", is_again=is_again)
