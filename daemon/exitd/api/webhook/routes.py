"""The routes as the door knows them: their keys, compared without telling anything."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

from exitd.api.webhook.limits import RouteLimit
from exitd.configuration.webhook import Route
from exitd.core.ticket import AssetClass
from exitd.secret import Secret

MakeDigest = Callable[[str], bytes]


class OpenRoute:
    """A route with its key, of which only the SHA-256 is kept.

    `platform` is the broker that warnings are about, where the first account of the
    route is one; `is_paper`, that it trades on a simulated account.
    """

    def __init__(
        self,
        name: str,
        settings: Route,
        key: Secret,
        *,
        is_paper: bool,
        platform: str | None,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self.name = name
        self.settings = settings
        self.digest = digest_of(key.reveal())
        self.limit = RouteLimit(settings.requests_per_minute, monotonic_ns)
        self.is_paper = is_paper
        self.platform = platform
        word = settings.asset_class
        self.asset_class = None if word is None else AssetClass(word)


class Routes:
    """Finds the route that a sender means, if it knows its key.

    A route that is not there takes as long as one that is, and is refused in the same
    words: the key is compared with one that nobody can have.
    """

    def __init__(self, routes: Mapping[str, OpenRoute]) -> None:
        self._routes = routes
        self._nobodys = hashlib.sha256(secrets.token_bytes(32)).digest()

    def named(self, name: str) -> OpenRoute | None:
        return self._routes.get(name)

    def opened(self, name: str, key: object) -> OpenRoute | None:
        """Give the route, or None if there is none or the key is another."""
        route = self._routes.get(name)
        expected = self._nobodys if route is None else route.digest
        given = digest_of(key if isinstance(key, str) else "")
        is_right = hmac.compare_digest(given, expected)
        return route if is_right else None


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
