"""What the Bot API sends, as far as it is read (core.telegram.org/bots/api)."""

from typing import Any

import msgspec
from msgspec import Struct, field


class User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    username: str = ""


class Chat(Struct, frozen=True):
    """`type` is private, group, supergroup or channel."""

    id: int
    type: str = ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"


class Message(Struct, frozen=True, kw_only=True):
    """`date` is in seconds since 1970, zero where the message cannot be read.

    A reply where there are no topics has a `message_thread_id` too, and nothing can be
    sent to it.
    """

    message_id: int
    date: int
    chat: Chat
    sender: User | None = field(default=None, name="from")
    text: str = ""
    forward_origin: Any = None
    is_topic_message: bool = False
    message_thread_id: int = 0

    @property
    def topic_id(self) -> int:
        """The topic of a forum that it is in; zero in any other chat."""
        return self.message_thread_id if self.is_topic_message else 0

    @property
    def is_forwarded(self) -> bool:
        return self.forward_origin is not None


class Press(Struct, frozen=True, kw_only=True):
    """A button below a message was pressed: a `callback_query`."""

    id: str
    sender: User = field(name="from")
    message: Message | None = None
    data: str = ""


class Update(Struct, frozen=True, kw_only=True):
    """Something that happened; what was not asked for, or not understood, is empty."""

    update_id: int
    message: Message | None = None
    press: Press | None = field(default=None, name="callback_query")


class Parameters(Struct, frozen=True):
    retry_after: int = 0
    migrate_to_chat_id: int = 0


class Answer(Struct, frozen=True):
    """Every answer of the Bot API."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    description: str = ""
    error_code: int = 0
    parameters: Parameters = Parameters()


class _OnlyId(Struct, frozen=True):
    update_id: int


def update_in(raw: msgspec.Raw) -> Update:
    """Read one update; one of an unknown shape must not keep back those behind it.

    Raises:
        msgspec.DecodeError: It has not even an id.
    """
    try:
        return msgspec.json.decode(raw, type=Update)
    except msgspec.DecodeError:
        return Update(update_id=msgspec.json.decode(raw, type=_OnlyId).update_id)
