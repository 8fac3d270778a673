"""Who asks, and for which sub-account."""

import ipaddress

from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.types import Scope

from exitd.api.guard import place_of
from exitd.api.listening import Peer
from exitd.api.rasa.faults import unauthenticated
from exitd.runtime.control.running import Caller
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


async def subject_of(request: HTTPConnection, tokens: Tokens, needed: str) -> Subject:
    """Say who asks, by a bearer token or by the unix socket.

    *needed* is the scope that a static token has to have: read or trade.

    Raises:
        Unauthenticated: Nobody knows; the same for whatever reason.
        Forbidden: A static token has not the scope.
    """
    peer: Peer | None = request.scope["state"].get("peer")
    place = place_of(request.scope, peer)
    if peer is not None and peer.is_trusted:
        return _known(request, Subject(Caller(f"cli:{peer.user}", place)))
    kind, _, secret = credentials_of(request).partition(" ")
    if kind.lower() != BEARER or not secret.strip():
        raise unauthenticated()
    try:
        token = await tokens.check(secret.strip(), with_logins=True)
    except Unauthenticated as error:
        raise unauthenticated() from error
    if token.sub_account:
        caller = Caller(f"rasa:{token.sub_account}", place)
        return _known(request, Subject(caller, token.sub_account))
    if needed == "trade" and not {"trade", "admin"} & set(token.scopes):
        raise Forbidden(
            "scope",
            f"the token {token.name} has not the scope trade",
            "make one with `exitd token new NAME --scope trade`",
        )
    return _known(request, Subject(Caller(f"api:{token.name}", place)))


def credentials_of(request: HTTPConnection) -> str:
    """Give what stands in Authorization, or in its place; empty where nothing does."""
    header = request.headers.get("authorization", "")
    protocols = request.scope.get("subprotocols", [])
    if not header and len(protocols) == 2 and protocols[0] == BEARER:
        return " ".join(protocols)
    return header


def signed_subject(request: HTTPConnection, account: str) -> Subject:
    """Give who has signed a request for a sub-account with its owner's wallet."""
    place = place_of(request.scope, request.scope["state"].get("peer"))
    caller = Caller(f"rasa:{account.lower()}", place)
    return _known(request, Subject(caller, account.lower()))


def _known(request: HTTPConnection, subject: Subject) -> Subject:
    # The guard logs who changed something.
    request.scope["state"]["caller"] = subject.caller
    return subject


def pace_key(scope: Scope, account: str) -> str:
    """Say whose requests count together: those of one machine.

    Behind a proxy on this machine all look alike, so there each sub-account counts
    for itself.
    """
    client = scope.get("client")
    host = client[0] if client else ""
    try:
        is_near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_near = True
    return f"{host}/{account.lower()}" if is_near else host
