"""Who asks, and whether they may: by the peer of the unix socket, or by a token."""

import re

from starlette.datastructures import Headers
from starlette.types import Scope

from exitd.api.limits import Limits
from exitd.api.listening import Peer
from exitd.api.origins import Origin
from exitd.ports.store import TokenRecord
from exitd.runtime.callers import Caller
from exitd.runtime.control.phones import PHONE
from exitd.runtime.control.tokens import EXPIRED, Tokens
from exitd.runtime.problems import Forbidden, Unauthenticated

READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: A phone may do what `_PHONE_PATH` says besides; of which triggers is decided there.
_RANKS = {"read": 0, PHONE: 0, "trade": 1, "admin": 2}
_PHONE_PATH = re.compile(r"/v1/triggers/.+:(?:pause|resume)")
_ADMIN_PATHS = (
    "/v1/tokens",
    "/v1/apply",
    "/v1/reload",
    "/v1/takeover",
    "/v1/answers",
)
#: What says nothing of anybody's triggers; the page is an empty shell by itself.
_OPEN_PATHS = frozenset({"/-/healthy", "/-/ready", "/"})
_OPEN_PREFIX = "/assets/"
#: Asked to learn whether the daemon lives: that never depends on who else asks.
_UNLIMITED_PATHS = frozenset({"/-/healthy", "/-/ready"})

SOCKET = "socket"


def scope_needed(method: str, path: str) -> str:
    """Give the scope that a request needs: read, trade or admin."""
    if path.startswith(_ADMIN_PATHS):
        return "admin"
    return "read" if method in READS else "trade"


async def caller_of(scope: Scope, headers: Headers, tokens: Tokens) -> Caller | None:
    """Say who asks; None for a read that needs nobody.

    Raises:
        Unauthenticated: A token is needed, and there is no valid one.
        Forbidden: The token has not the scope.
        TooMany: It, or this address, has asked too often.
    """
    origin: Origin = scope["state"]["origin"]
    needed = scope_needed(scope["method"], scope["path"])
    known = socket_caller(scope)
    if known is not None:
        return known
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if secret and kind.lower() == "bearer":
        token = await token_of(scope, tokens, secret.strip())
        has_rank = max(_RANKS[given] for given in token.scopes) >= _RANKS[needed]
        is_phone = not has_rank and PHONE in token.scopes and _is_for_phone(scope)
        by = token_caller(token, origin, is_phone=is_phone)
        if not has_rank and not is_phone:
            scope["state"]["refused_caller"] = by
            raise Forbidden(
                "scope",
                f"the token {token.name} has not the scope {needed}",
                f"make one with `exitd token new NAME --scope {needed}`",
            )
        return by
    if not _is_unlimited(scope):
        scope["state"]["limits"].count_address(origin)
    is_open = needed == "read" and origin.is_near
    if not is_open and not _is_for_all(scope):
        raise Unauthenticated(
            "bad_token",
            "the token is not valid",
            "make one with `exitd token new`",
        )
    return None


def socket_caller(scope: Scope) -> Caller | None:
    """Give who the kernel vouches for, if that is who asks."""
    peer: Peer | None = scope["state"].get("peer")
    if peer is None or not peer.is_trusted:
        return None
    origin: Origin = scope["state"]["origin"]
    return Caller(f"cli:{peer.user}", origin.place, scope=SOCKET)


def token_caller(
    token: TokenRecord, origin: Origin, *, is_phone: bool = False
) -> Caller:
    scope = " ".join(token.scopes)
    return Caller(f"api:{token.name}", origin.place, is_phone, scope)


async def token_of(
    scope: Scope,
    tokens: Tokens,
    secret: str,
    *,
    with_logins: bool = False,
    is_again: bool = False,
) -> TokenRecord:
    """Give the token that *secret* belongs to, within the limits of who asks.

    *is_again*: of a connection that was counted when it was opened.

    Raises:
        Unauthenticated: There is no such token, or it has expired.
        TooMany: It was used too often, or too many wrong ones came from there.
    """
    if is_again:
        return await tokens.check(secret, with_logins=with_logins)
    origin: Origin = scope["state"]["origin"]
    limits: Limits = scope["state"]["limits"]
    limits.refuse_guesser(origin)
    try:
        token = await tokens.check(secret, with_logins=with_logins)
    except Unauthenticated as error:
        # One that has expired is no guess: a page that was left open sends it.
        if error.code == EXPIRED:
            limits.count_address(origin)
        else:
            limits.count_wrong(origin)
        raise
    limits.count_token(token.name, origin)
    return token


def _is_for_phone(scope: Scope) -> bool:
    return scope["method"] == "POST" and bool(_PHONE_PATH.fullmatch(scope["path"]))


def _is_for_all(scope: Scope) -> bool:
    path: str = scope["path"]
    is_named = path in _OPEN_PATHS or path.startswith(_OPEN_PREFIX)
    return scope["method"] in READS and is_named


def _is_unlimited(scope: Scope) -> bool:
    return scope["method"] in READS and scope["path"] in _UNLIMITED_PATHS
