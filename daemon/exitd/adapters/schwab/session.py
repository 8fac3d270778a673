"""One account's access: its token, its hash and its connection together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient
from exitd.adapters.schwab.defaults import VENUE
from exitd.adapters.schwab.oauth import Oauth, OnNotice
from exitd.adapters.schwab.wire import ERRORS, NUMBERS
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice, NoticeKind

T = TypeVar("T")
Query = Mapping[str, str | int | bool]


class Session:
    """Args:
    account: The name of this entry under `venues:`.
    account_number: The broker's number of it; its hash is looked up.
    """

    def __init__(
        self,
        account: str,
        *,
        account_number: str,
        rest: RestClient,
        oauth: Oauth,
        clock: Clock,
        on_notice: OnNotice,
    ) -> None:
        self.account = account
        self.rest = rest
        self.clock = clock
        self._number = account_number
        self._oauth = oauth
        self._on_notice = on_notice
        self._hash = ""

    async def home(self) -> str:
        """Give the path of the account, by the hash that stands for its number.

        Raises:
            VenueUnavailable: The login has no such account, or nobody answered.
        """
        if not self._hash:
            reply = await self.read("/trader/v1/accounts/accountNumbers", {})
            numbers = decoded(reply, NUMBERS, "the accounts")
            found = {one.account_number: one.hash_value for one in numbers}
            if self._number not in found:
                # Without the numbers: they are nobody's business.
                raise VenueUnavailable(
                    f"the login at {VENUE} has no account of that number; correct"
                    f" account_number of {self.account}"
                )
            self._hash = found[self._number]
        return f"/trader/v1/accounts/{self._hash}"

    async def read(self, path: str, query: Query) -> Reply:
        """Ask for something.

        Raises:
            VenueUnavailable: No whole answer came, or there is no login.
        """
        return self._seen(await self.rest.read(path, query, await self._headers()))

    async def call(self, method: str, path: str, body: bytes | None) -> Reply:
        """Send something that acts, once, as it is.

        Raises:
            VenueUnavailable: Nothing was sent.
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        headers = await self._headers()
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._seen(await self.rest.call(method, path, headers, body))

    async def _headers(self) -> dict[str, str]:
        token = await self._oauth.access()
        return {
            "Authorization": f"Bearer {token.reveal()}",
            "Accept": "application/json",
        }

    def _seen(self, reply: Reply) -> Reply:
        if reply.status == 401:
            self._oauth.forget()
        return reply

    def tell(self, kind: NoticeKind, why: str, about: str) -> None:
        self._on_notice(
            Notice(f"{self.account}: {why}", kind=kind, about=f"{self.account}/{about}")
        )


def said(reply: Reply) -> str:
    """Read the sentences of a refusal, in whichever of its shapes they come."""
    try:
        told = ERRORS.decode(reply.body)
    except (msgspec.DecodeError, ValueError):
        return reply.body[:200].decode("utf-8", "replace").strip()
    rest = bytes(told.errors).decode("utf-8", "replace")
    return f"{told.message} {rest}".strip()[:300]


def decoded(reply: Reply, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Read the body of a successful answer.

    Raises:
        VenueUnavailable: It is not a success, or not what was asked for.
    """
    if reply.status != 200:
        raise VenueUnavailable(
            f"{VENUE} refused to give {what}: {reply.status} {said(reply)}",
            status=reply.status,
        )
    try:
        return decoder.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(
            f"the answer of {VENUE} about {what} cannot be read: {exc}", status=200
        ) from exc
