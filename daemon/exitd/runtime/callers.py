"""Who asks for something, as it is written down."""

from msgspec import Struct


class Caller(Struct, frozen=True):
    """Who asks: `cli:<user>` or `api:<token name>`, and from where, in words.

    Attributes:
        is_phone: By a token that may pause take-profits, and change nothing else.
        scope: What allows it: the scopes of the token, or `socket`.
        touched: What has changed so far, by its id; added to as that is done.
        differences: What of it was one thing and is another now; added to likewise.
    """

    name: str
    place: str = ""
    is_phone: bool = False
    scope: str = ""
    touched: list[str] = []
    differences: list[str] = []


def sender_of_alert(route: str, place: str, *touched: str) -> Caller:
    """Give who sent an alert: the key of its route is all that is known of anybody."""
    return Caller(f"webhook:{route}", place, scope="alert", touched=list(touched))
