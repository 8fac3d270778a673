"""Puts the Rasa-compatible API together: its doors, for the guard."""

import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from exitd.api.guard import Door
from exitd.api.rasa.callers import pace_key, signed_subject
from exitd.api.rasa.described import described
from exitd.api.rasa.desk import Desk
from exitd.api.rasa.faults import fault_answer
from exitd.api.rasa.holdings import ChainHoldings, PositionHoldings
from exitd.api.rasa.login import Logins
from exitd.api.rasa.owners import Owners
from exitd.api.rasa.routing import Paths, RasaApp
from exitd.api.rasa.signed import Signers
from exitd.api.rasa.typed import CANCEL, ORDER, Spec
from exitd.api.rasa.v1 import v1_routes
from exitd.api.rasa.v4 import v4_routes
from exitd.api.rasa.v5 import v5_routes
from exitd.api.rasa.watching import Watching
from exitd.api.rasa.wire import address, answer, read_object
from exitd.configuration.rasa import Rasa
from exitd.ports.chain import Chain
from exitd.ports.signatures import Signatures
from exitd.runtime.control import Control

_PREFIXES = ("/api/v4", "/api/v5", "/conditional-order", "/nonce/", "/login")


def rasa_doors(
    control: Control,
    settings: Rasa,
    *,
    chain: Chain | None = None,
    signatures: Signatures | None = None,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[Door, ...]:
    """Make the doors of this API.

    Args:
        chain: Where the positions of the account are quotes of a chain; without it
            they are positions of a venue, and only static tokens let anybody in.
        signatures: Needed with *chain*.
    """
    daemon, paths = control.daemon, Paths()
    if chain is None:
        positions = PositionHoldings(
            daemon, settings.account, settings.symbols, settings.party_a
        )
        desk = Desk(control, positions, settings)
    else:
        assert signatures is not None, "wallets sign where there is a chain"
        owners = Owners(chain, settings.multi_accounts)
        desk = Desk(control, ChainHoldings(daemon, chain), settings, owners)
        logins = Logins(
            settings=settings,
            tokens=control.tokens,
            chain=chain,
            owners=owners,
            signatures=signatures,
            clock=daemon.clock,
            random_bytes=random_bytes,
        )
        _login_routes(logins, paths)
        signers = Signers(
            owners=owners,
            signatures=signatures,
            store=daemon.store,
            clock=daemon.clock,
            request_age_ns=settings.request_age,
        )
        v1_routes(control, desk, signers, paths)
        v5_routes(control, desk, signers, _specs(settings, chain), paths)
    v4_routes(control, desk, paths)
    app = RasaApp(paths)
    return (
        *(_door(prefix, app, paths) for prefix in _PREFIXES),
        Door("/ws/", Watching(control, desk), fault_answer, has_sockets=True),
    )


def _door(prefix: str, app: RasaApp, paths: Paths) -> Door:
    served = {p: ms for p, ms in paths.served.items() if p.startswith(prefix)}
    return Door(prefix, app, fault_answer, described=described(served))


def _specs(settings: Rasa, chain: Chain) -> tuple[Spec, Spec]:
    name, number, contract = settings.signing_name, chain.chain_id, chain.closer
    return (
        Spec(ORDER, name=name, chain=number, contract=contract),
        Spec(CANCEL, name=name, chain=number, contract=contract),
    )


def _login_routes(logins: Logins, paths: Paths) -> None:
    async def nonce(request: Request) -> Response:
        account = address(request.path_params["account"], "account")
        given = logins.nonce(account, pace_key(request.scope, account))
        return answer({"nonce": given})

    async def log_in(request: Request) -> Response:
        body = await read_object(request)
        account = str(body.get("account_address", ""))[:64]
        token = await logins.log_in(body, pace_key(request.scope, account))
        signed_subject(request, account).caller.touched.append("login")
        return answer({"access_token": token})

    paths.add("/nonce/{account}", {"GET": nonce})
    paths.add("/login", {"POST": log_in})
