"""API tokens: made once, shown once, kept only as a hash."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable

from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.store import TokenRecord
from exitd.runtime.callers import Caller
from exitd.runtime.control.phones import PHONE
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import (
    Conflict,
    NotFound,
    Unauthenticated,
    Unusable,
)
from exitd.runtime.shown import timestamp, timestamp_or_none
from exitd.runtime.views import TokensView, TokenView
from exitd.secret import TOKEN_PREFIX

EXPIRED = "token_expired"
SCOPES = ("read", PHONE, "trade", "admin")
_NAMED = ", ".join(SCOPES[:-1])
_SECRET_BYTES = 32
_REFRESH_NS = 5 * NS_PER_S
#: Tokens of one sub-account that are valid at a time.
_LOGINS_MAX = 10


class Tokens:
    """Makes, lists, revokes and checks tokens."""

    def __init__(self, daemon: Daemon, random_bytes: Callable[[int], bytes]) -> None:
        self._daemon = daemon
        self._random_bytes = random_bytes
        self._known: tuple[TokenRecord, ...] | None = None
        self._ts_known_ns = 0

    async def create(
        self,
        name: str,
        scopes: Iterable[str],
        by: Caller,
        *,
        expires_ns: int | None = None,
    ) -> TokenView:
        """Make a token; its secret is in this answer and nowhere else.

        Raises:
            Conflict: The name is taken.
            Unusable: A scope is unknown, or the expiry has passed.
        """
        wanted = tuple(scope for scope in SCOPES if scope in set(scopes))
        if not wanted or set(scopes) - set(SCOPES):
            raise Unusable(
                "bad_scope",
                f"a token has scopes of {_NAMED} and {SCOPES[-1]}",
                "name one",
            )
        now_ns = self._daemon.clock.now_ns()
        if expires_ns is not None and expires_ns <= now_ns:
            raise Unusable("expired", "the expiry lies in the past", "give a later one")
        if any(token.name == name for token in await self._daemon.store.tokens()):
            raise Conflict(
                "exists",
                f"there is a token {name} already",
                "revoke it or use another name",
            )
        random = self._random_bytes(_SECRET_BYTES)
        secret = TOKEN_PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode()
        token = TokenRecord(name, _digest(secret), wanted, now_ns, expires_ns)
        await self._daemon.store.put_token(token)
        self._known = None
        by.touched.append(f"token:{name}")
        log(Event.TOKEN_CREATED, name=name, scopes=list(wanted), by=by.name)
        return _view(token, now_ns, secret)

    async def log_in(self, sub_account: str, expires_ns: int) -> str:
        """Make a token for one sub-account; gives its secret, which is kept nowhere.

        The oldest gives way where there are many of one sub-account.
        """
        now_ns = self._daemon.clock.now_ns()
        mine = []
        for token in await self._daemon.store.tokens():
            if token.sub_account and _is_over(token, now_ns):
                await self._daemon.store.drop_token(token.name)
            elif token.sub_account == sub_account:
                mine.append(token)
        mine.sort(key=lambda token: token.ts_created_ns)
        for token in mine[: max(len(mine) - _LOGINS_MAX + 1, 0)]:
            await self._daemon.store.drop_token(token.name)
        random = self._random_bytes(_SECRET_BYTES)
        secret = TOKEN_PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode()
        digest = _digest(secret)
        name = f"login-{sub_account}-{digest[:8]}"
        await self._daemon.store.put_token(
            TokenRecord(name, digest, (), now_ns, expires_ns, sub_account)
        )
        self._known = None
        log(Event.TOKEN_CREATED, name=name, scopes=[], by=sub_account)
        return secret

    async def revoke(self, name: str, by: Caller) -> None:
        """Make a token void at once.

        Raises:
            NotFound: There is no token of this name.
        """
        if not await self._daemon.store.drop_token(name):
            raise NotFound(
                "unknown", f"there is no token {name}", "`exitd token ls` lists them"
            )
        self._known = None
        by.touched.append(f"token:{name}")
        log(Event.TOKEN_REVOKED, name=name, by=by.name)

    async def list(self) -> TokensView:
        now_ns = self._daemon.clock.now_ns()
        tokens = await self._daemon.store.tokens()
        return TokensView(tokens=tuple(_view(token, now_ns) for token in tokens))

    async def check(self, secret: str, *, with_logins: bool = False) -> TokenRecord:
        """Give the token that *secret* belongs to.

        Those of logins are valid only where *with_logins* says so.

        Raises:
            Unauthenticated: None does, or it has expired. Only who holds a token learns
                that it has; all else is refused in the same words.
        """
        now_ns = self._daemon.clock.now_ns()
        given = _digest(secret).encode()
        found = None
        for token in await self._all(now_ns):
            # Every token is compared, so that the time taken tells nothing.
            if hmac.compare_digest(token.digest.encode(), given):
                found = token
        if found is None or (found.sub_account and not with_logins):
            raise Unauthenticated(
                "bad_token",
                "the token is not valid",
                "make one with `exitd token new`",
            )
        if _is_over(found, now_ns):
            raise Unauthenticated(
                EXPIRED,
                f"the token {found.name} expired at {timestamp(found.expires_ns or 0)}",
                "revoke it and make another with `exitd token new`",
            )
        return found

    async def any_valid(self) -> bool:
        """Whether there is a token that has not expired."""
        now_ns = self._daemon.clock.now_ns()
        tokens = await self._daemon.store.tokens()
        return any(not t.sub_account and not _is_over(t, now_ns) for t in tokens)

    async def _all(self, now_ns: int) -> tuple[TokenRecord, ...]:
        if self._known is None or now_ns - self._ts_known_ns > _REFRESH_NS:
            self._known = await self._daemon.store.tokens()
            self._ts_known_ns = now_ns
        return self._known


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _is_over(token: TokenRecord, now_ns: int) -> bool:
    return token.expires_ns is not None and token.expires_ns <= now_ns


def _view(token: TokenRecord, now_ns: int, secret: str | None = None) -> TokenView:
    return TokenView(
        name=token.name,
        scopes=token.scopes,
        ts_created=timestamp(token.ts_created_ns),
        expires=timestamp_or_none(token.expires_ns),
        is_expired=_is_over(token, now_ns),
        secret=secret,
    )
