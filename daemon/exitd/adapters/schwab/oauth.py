"""OAuth at Schwab: access tokens from the login, and the login from a person."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Struct

from exitd.adapters.network.rest import RestClient
from exitd.adapters.schwab.defaults import VENUE
from exitd.adapters.schwab.tokens import WARN_NS, Login, LoginFile
from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError, OutcomeUnknown, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice, NoticeKind
from exitd.secret import Secret

#: An access token that ends within this is replaced first.
SPARE_NS = 60 * NS_PER_S
_TOKEN_PATH = "/v1/oauth/token"

OnNotice = Callable[[Notice], None]


class _Granted(Struct, frozen=True):
    access_token: str
    expires_in: int
    refresh_token: str = ""


_GRANTED = msgspec.json.Decoder(_Granted)


class Oauth:
    """Gives access tokens for one account's login.

    Args:
        account: The name of the entry under `venues:`.
        key: The app's key (client id).
        secret: The app's secret.
    """

    def __init__(
        self,
        account: str,
        *,
        rest: RestClient,
        key: Secret,
        secret: Secret,
        login: LoginFile,
        clock: Clock,
        on_notice: OnNotice,
    ) -> None:
        self._account = account
        self._rest = rest
        self._key = key
        self._secret = secret
        self._file = login
        self._clock = clock
        self._on_notice = on_notice
        self._token: Secret | None = None
        self._ends_ns = 0
        self._refreshing = asyncio.Lock()
        self._told: NoticeKind | None = None

    async def access(self) -> Secret:
        """Give a token that is good for a minute at the least.

        Raises:
            VenueUnavailable: There is no login, or it has ended.
        """
        async with self._refreshing:
            now_ns = self._clock.now_ns()
            if self._token is None or now_ns >= self._ends_ns - SPARE_NS:
                await self._refresh(now_ns)
            assert self._token is not None
            return self._token

    def forget(self) -> None:
        """Use this access token no more: it was refused."""
        self._token = None

    async def _refresh(self, now_ns: int) -> None:
        try:
            login = self._file.read()
        except ConfigurationError as exc:
            raise VenueUnavailable(str(exc)) from exc
        if login is None:
            raise self._no_login("nobody has logged in")
        if now_ns >= login.ends_ns:
            raise self._no_login("the login has ended after seven days")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token.reveal(),
        }
        granted = await granted_for(self._rest, self._key, self._secret, form)
        if granted is None:
            raise self._no_login(f"{VENUE} no longer takes the login")
        self._token = Secret(granted.access_token)
        self._ends_ns = now_ns + granted.expires_in * NS_PER_S
        if granted.refresh_token not in ("", login.refresh_token.reveal()):
            renewed = Login(Secret(granted.refresh_token), login.logged_in_ns)
            try:
                self._file.write(renewed)
            except OSError as exc:
                raise VenueUnavailable(
                    f"{self._file.path} cannot be written ({exc.strerror})"
                ) from exc
        self._judge(login, now_ns)

    def _judge(self, login: Login, now_ns: int) -> None:
        is_ending = now_ns >= login.ends_ns - WARN_NS
        if is_ending and self._told is not NoticeKind.LOGIN_ENDING:
            self._tell(
                NoticeKind.LOGIN_ENDING,
                f"the login ends within a day; {self._remedy}",
            )
        elif not is_ending and self._told is not None:
            self._tell(self._told, "logged in again", is_over=True)

    @property
    def _remedy(self) -> str:
        return f"run exitd schwab login {self._account}"

    def _no_login(self, why: str) -> VenueUnavailable:
        if self._told is not NoticeKind.SESSION_LOST:
            self._tell(
                NoticeKind.SESSION_LOST,
                f"{why}, so nothing is protected; {self._remedy}",
            )
        return VenueUnavailable(f"{self._account}: {why}; {self._remedy}")

    def _tell(self, kind: NoticeKind, what: str, *, is_over: bool = False) -> None:
        self._told = None if is_over else kind
        self._on_notice(
            Notice(
                f"{self._account}: {what}",
                kind=kind,
                about=self._account,
                is_over=is_over,
            )
        )


async def granted_for(
    rest: RestClient, key: Secret, secret: Secret, form: dict[str, str]
) -> _Granted | None:
    """Ask for tokens; None when the login is refused.

    Raises:
        VenueUnavailable: There was no usable answer.
    """
    pair = base64.b64encode(f"{key.reveal()}:{secret.reveal()}".encode()).decode()
    headers = {
        "Authorization": f"Basic {pair}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        reply = await rest.call("POST", _TOKEN_PATH, headers, urlencode(form).encode())
    except OutcomeUnknown as exc:
        raise VenueUnavailable(str(exc)) from exc
    if reply.status in (400, 401):
        return None
    if reply.status != 200:
        # Without the body, which may hold what was asked with.
        raise VenueUnavailable(f"{VENUE} gives no token: {reply.status}")
    try:
        return _GRANTED.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(f"the tokens of {VENUE} cannot be read") from exc


def login_url(base: str, key: Secret, callback: str) -> str:
    """Give the address at which a person logs in."""
    query = urlencode({"client_id": key.reveal(), "redirect_uri": callback})
    return f"{base}/v1/oauth/authorize?{query}"


def code_in(pasted: str) -> str:
    """Read the code from the address that the browser ended at.

    Raises:
        ConfigurationError: There is none in it.
    """
    codes = parse_qs(urlsplit(pasted.strip()).query).get("code", [])
    if len(codes) != 1:
        raise ConfigurationError(
            "this address holds no code; paste the whole address that the browser"
            " shows after the login, from https:// on"
        )
    return codes[0]


async def log_in(
    rest: RestClient,
    *,
    key: Secret,
    secret: Secret,
    callback: str,
    code: str,
    file: LoginFile,
    clock: Clock,
) -> None:
    """Turn a code into a login and keep it.

    Raises:
        ConfigurationError: The code is refused; codes live for half a minute.
        VenueUnavailable: There was no usable answer.
        OSError: The file cannot be written.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
    }
    granted = await granted_for(rest, key, secret, form)
    if granted is None or not granted.refresh_token:
        raise ConfigurationError(
            f"{VENUE} refuses the code, or key, secret and callback do not belong"
            " together; log in once more, a code lives for half a minute"
        )
    file.write(Login(Secret(granted.refresh_token), clock.now_ns()))
