"""What a venue has answered, as programs see it."""

from msgspec import Struct

from exitd.ports.answers import VenueAnswer


class AnswersView(Struct, frozen=True, kw_only=True):
    """What the venue of an account has answered to `exitd doctor --live`."""

    account: str
    answers: tuple[VenueAnswer, ...]
