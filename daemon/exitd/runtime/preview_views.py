"""What people see of a command before they give it."""

from msgspec import Struct

from exitd.runtime.views import OrderView, TriggerView


class ChangeView(Struct, frozen=True):
    """One key that would change; empty where one side does not have it."""

    key: str
    before: str
    after: str


class PreviewView(Struct, frozen=True, kw_only=True):
    """One trigger as it would stand, and what it would do.

    `summary` is how a plan writes it, `sentences` what `exitd explain` would say of it.
    `order` is what it would send, were it to fire at the price of now; nothing is
    signed, so it has no request. `fires_now`: it would fire as soon as it is asked for.
    """

    trigger: TriggerView
    summary: str
    differences: tuple[ChangeView, ...]
    sentences: tuple[str, ...]
    fires_now: bool
    order: OrderView


class PreviewsView(Struct, frozen=True, kw_only=True):
    """What would come of a command; `notes` are what it would say to the person."""

    previews: tuple[PreviewView, ...]
    notes: tuple[str, ...]
