"""Inputs about triggers that are done and need not stay in memory."""

from msgspec import Struct

from exitd.core.trigger import TriggerRecord


class ForgetDone(Struct, frozen=True):
    """There is time to forget some of what is long done."""

    now_ns: int


class Recall(Struct, frozen=True, kw_only=True):
    """Somebody names these triggers: those that are done stay, or come back, for now.

    `past` are the records of those that were forgotten, as they were stored.
    """

    trigger_ids: tuple[str, ...]
    past: tuple[TriggerRecord, ...] = ()
    now_ns: int
