"""A brokerage session at the gateway: what must be asked first, and keeping it alive.

Only a person can log in, at the gateway's own page; so a lost session is told to one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from exitd.adapters.interactive_brokers.defaults import VENUE
from exitd.adapters.interactive_brokers.refusals import NO_SESSION, judge
from exitd.adapters.interactive_brokers.wire import (
    ACCOUNTS,
    AUTH,
    ERROR,
    TICKLE,
    WireAuth,
)
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice, NoticeKind

JSON_HEADERS = {"Content-Type": "application/json", "User-Agent": "exitd"}
_HEADERS = {"User-Agent": "exitd"}

T = TypeVar("T")
OnNotice = Callable[[Notice], None]


class Session:
    """One account at one gateway.

    Args:
        account: The name of this entry under `venues:`.
        broker_account: The broker's own name of the account, such as `U1234567`.
        on_notice: Told what only a person can see to.
    """

    def __init__(
        self,
        account: str,
        *,
        rest: RestClient,
        url: str,
        broker_account: str,
        clock: Clock,
        on_notice: OnNotice,
    ) -> None:
        self.account = account
        self.broker_account = broker_account
        self.rest = rest
        self.clock = clock
        self._url = url
        self._on_notice = on_notice
        self._is_open = False
        self._is_told = False

    async def tickle(self) -> str:
        """Keep the session alive; gives what the stream knows it by.

        Raises:
            VenueUnavailable: Nobody is logged in, or the gateway does not answer.
        """
        reply = await self._post("tickle", b"")
        told = decoded(reply, TICKLE, "its session")
        self._judge(told.iserver.auth_status)
        return told.session

    async def open(self) -> None:
        """Ask for what the gateway wants to be asked for before anything else.

        Raises:
            VenueUnavailable: Nobody is logged in, or not into this account.
        """
        if self._is_open:
            return
        reply = await self._post("iserver/auth/status", b"{}")
        self._judge(decoded(reply, AUTH, "its session"))
        reply = await self._get("iserver/accounts")
        accounts = decoded(reply, ACCOUNTS, "its accounts").accounts
        if self.broker_account not in accounts:
            raise VenueUnavailable(
                f"{VENUE} has no account {self.broker_account} for who is logged in;"
                f" correct broker_account of {self.account}, or log in as another"
            )
        await self._get("portfolio/accounts")
        # The first questions about orders and trades are answered with nothing.
        await self._get("iserver/account/orders", {"force": True})
        await self._get("iserver/account/trades", {"days": 7})
        self._is_open = True

    async def read(self, path: str, query: Mapping[str, str | int | bool]) -> Reply:
        """Ask for something in an open session.

        Raises:
            VenueUnavailable: It did not answer, or there is no session.
        """
        await self.open()
        return self._seen(await self._get(path, query))

    async def ask(self, path: str) -> Reply:
        """Ask for something that is a POST without a body."""
        await self.open()
        return self._seen(await self._post(path, b"{}"))

    async def call(self, method: str, path: str, body: bytes | None) -> Reply:
        """Send something that acts, once, as it is.

        Raises:
            VenueUnavailable: Nothing was sent.
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        headers = _HEADERS if body is None else JSON_HEADERS
        return self._seen(await self.rest.call(method, f"/{path}", headers, body))

    async def _get(
        self, path: str, query: Mapping[str, str | int | bool] | None = None
    ) -> Reply:
        return await self.rest.read(f"/{path}", query, _HEADERS)

    async def _post(self, path: str, body: bytes) -> Reply:
        try:
            return await self.rest.call("POST", f"/{path}", JSON_HEADERS, body)
        except OutcomeUnknown as exc:
            raise VenueUnavailable(str(exc)) from exc

    def _seen(self, reply: Reply) -> Reply:
        if reply.status != 200 and judge(reply.status, said(reply)) == NO_SESSION:
            self._is_open = False
        return reply

    def _judge(self, auth: WireAuth) -> None:
        is_good = auth.authenticated and auth.connected and not auth.competing
        if is_good:
            if self._is_told:
                self._tell("is logged in again", is_over=True)
            self._is_told = False
            return
        self._is_open = False
        why = "competes with another login" if auth.competing else "is over"
        if not self._is_told:
            self._tell(f"{why}, so nothing is protected: {self._remedy}")
        self._is_told = True
        raise VenueUnavailable(f"the session with {VENUE} {why}; {self._remedy}")

    @property
    def _remedy(self) -> str:
        return f"log in at {self._url.removesuffix('/v1/api')}"

    def _tell(self, what: str, *, is_over: bool = False) -> None:
        self._on_notice(
            Notice(
                f"{self.account}: the session with {VENUE} {what}",
                kind=NoticeKind.SESSION_LOST,
                about=self.account,
                is_over=is_over,
            )
        )

    def declined(self, why: str) -> None:
        """Tell that a question before an order was answered with no."""
        self._on_notice(
            Notice(
                f"{self.account}: {why}",
                kind=NoticeKind.QUESTION_DECLINED,
                about=self.account,
            )
        )

    def ambiguous(self, why: str) -> None:
        """Tell that a symbol means several stocks."""
        self._on_notice(
            Notice(
                f"{self.account}: {why}",
                kind=NoticeKind.SYMBOL_AMBIGUOUS,
                about=self.account,
            )
        )


def said(reply: Reply) -> str:
    """Read the sentence of a refusal, whatever it is wrapped in."""
    try:
        text = ERROR.decode(reply.body).error
    except (msgspec.DecodeError, ValueError):
        text = "" if reply.status == 200 else reply.body.decode("utf-8", "replace")
    return text.strip()[:300]


def decoded(reply: Reply, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Read the body of a successful answer.

    Raises:
        VenueUnavailable: It is not a success, or not what was asked for.
    """
    told = said(reply)
    if reply.status != 200 or told:
        raise VenueUnavailable(
            f"{VENUE} refused to give {what}: {reply.status} {told}",
            status=reply.status,
        )
    try:
        return decoder.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(
            f"the answer of {VENUE} about {what} cannot be read: {exc}", status=200
        ) from exc
