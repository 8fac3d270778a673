"""Who asks, and for which sub-account."""

from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.types import Scope

from exitd.api.origins import Origin
from exitd.api.permits import socket_caller, token_caller, token_of
from exitd.api.rasa.faults import unauthenticated
from exitd.runtime.callers import Caller
from exitd.runtime.control.tokens import Tokens
from exitd.runtime.problems import Forbidden, Unauthenticated

#: Browsers cannot send a header with a WebSocket: two protocols, this and the token.
BEARER = "bearer"


class Subject(Struct, frozen=True):
    """Who asks. `sub_account` is the only one that they see, in lower case.

    It is empty for the operator's own tokens and socket, which see all.
    """

    caller: Caller
    sub_account: str = ""

    def sees(self, party_a: str) -> bool:
        return not self.sub_account or self.sub_account == party_a.lower()


#: Who reads where anybody may.
ANYBODY = Subject(Caller("rasa:anybody"))


async def subject_of(
    request: HTTPConnection, tokens: Tokens, needed: str, *, is_again: bool = False
) -> Subject:
    """Say who asks, by a bearer token or by the unix socket.

    Args:
        needed: The scope that a static token has to have: read or trade.
        is_again: Of a connection that was counted when it was opened.

    Raises:
        Unauthenticated: Nobody knows; the same for whatever reason.
        Forbidden: A static token has not the scope.
        TooMany: The token was used too often, or its address was wrong too often.
    """
    scope = request.scope
    known = socket_caller(scope)
    if known is not None:
        return _known(request, Subject(known))
    kind, _, secret = credentials_of(request).partition(" ")
    if kind.lower() != BEARER or not secret.strip():
        raise unauthenticated()
    try:
        token = await token_of(
            scope, tokens, secret.strip(), with_logins=True, is_again=is_again
        )
    except Unauthenticated as error:
        raise unauthenticated(error.code) from error
    origin: Origin = scope["state"]["origin"]
    if token.sub_account:
        caller = Caller(f"rasa:{token.sub_account}", origin.place, scope="login")
        return _known(request, Subject(caller, token.sub_account))
    by = token_caller(token, origin)
    if needed == "trade" and not {"trade", "admin"} & set(token.scopes):
        scope["state"]["refused_caller"] = by
        raise Forbidden(
            "scope",
            f"the token {token.name} has not the scope trade",
            "make one with `exitd token new NAME --scope trade`",
        )
    return _known(request, Subject(by))


def credentials_of(request: HTTPConnection) -> str:
    """Give what stands in Authorization, or in its place; empty where nothing does."""
    header = request.headers.get("authorization", "")
    protocols = request.scope.get("subprotocols", [])
    if not header and len(protocols) == 2 and protocols[0] == BEARER:
        return " ".join(protocols)
    return header


def signed_subject(request: HTTPConnection, account: str) -> Subject:
    """Give who has signed a request for a sub-account with its owner's wallet."""
    origin: Origin = request.scope["state"]["origin"]
    caller = Caller(f"rasa:{account.lower()}", origin.place, scope="signed")
    return _known(request, Subject(caller, account.lower()))


def _known(request: HTTPConnection, subject: Subject) -> Subject:
    # The guard writes down who changed something.
    request.scope["state"]["caller"] = subject.caller
    return subject


def pace_key(scope: Scope, account: str) -> str:
    """Say whose requests count together: those of one machine.

    Behind a proxy on this machine all look alike, so there each sub-account counts
    for itself.
    """
    origin: Origin = scope["state"]["origin"]
    if origin.is_shared:
        return f"{origin.counted_as}/{account.lower()}"
    return origin.counted_as
