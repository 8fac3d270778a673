"""Chats, the messages in them, and what a bot does there: one method for each call."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from fakes.telegram.html_text import parsed
from fakes.telegram.refused import Refused, bad
from fakes.telegram.updates import Updates

TOKEN = "987654321:AAFakeTokenOfATestBot-not_a_real_one12"
BOT = {
    "id": 987654321,
    "is_bot": True,
    "first_name": "exitd",
    "username": "exitd_test_bot",
}
#: What getMe has besides.
_ABILITIES = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
TEXT_MAX = 4096
CALLBACK_DATA_BYTES_MAX = 64
CALLBACK_TEXT_MAX = 200

Document = dict[str, Any]


class World:
    """All that Telegram knows of one bot."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.updates = Updates(self.changed)
        #: Messages of the bot as they read now, the oldest first.
        self.sent: list[Document] = []
        #: What was shown for each press that was answered.
        self.answered: dict[str, str] = {}
        self.commands: list[Document] = []
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}
        #: By the id of a forum, its topics.
        self.topics: dict[int, set[int]] = {}
        self._chats: dict[int, Document] = {}
        self._message_id = 100
        self._press_id = 4_000_000_000
        self._pressed: set[str] = set()
        self.calls: dict[str, Callable[[Document], Any]] = {
            "getme": lambda _: {**BOT, **_ABILITIES},
            "getupdates": self.updates.get,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_message_text,
            "answercallbackquery": self._answer_callback_query,
            "setmycommands": self._set_my_commands,
            "getmycommands": lambda _: self.commands,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._set_webhook,
        }

    def open_chat(self, chat_id: int, title: str = "") -> Document:
        """A person who pressed *Start*, or a group that the bot was added to."""
        if chat_id > 0:
            chat = {"id": chat_id, "first_name": f"Person {chat_id}", "type": "private"}
        else:
            chat = {"id": chat_id, "title": title or "A group", "type": "group"}
        return self._chats.setdefault(chat_id, chat)

    def write(
        self,
        chat_id: int,
        text: str,
        *,
        user_id: int | None = None,
        age_s: int = 0,
        kind: str = "message",
        **more: Any,
    ) -> int:
        """Somebody writes in a chat; gives the id of the update."""
        message = {
            "message_id": self._next_message_id(),
            "from": person(chat_id if user_id is None else user_id),
            "chat": self.open_chat(chat_id),
            "date": int(time.time()) - age_s,
            "text": text,
            **more,
        }
        if text.startswith("/"):
            length = len(text.split()[0])
            command = {"type": "bot_command", "offset": 0, "length": length}
            message["entities"] = [command]
        return self.updates.add(kind, message)

    def press(
        self, message: Document, label: str, *, user_id: int | None = None
    ) -> str:
        """Somebody presses a button below a message; gives the id of the press."""
        rows = message["reply_markup"]["inline_keyboard"]
        (button,) = [one for row in rows for one in row if one["text"] == label]
        chat_id = message["chat"]["id"]
        with self.changed:
            self._press_id += 1
            press_id = str(self._press_id)
            self._pressed.add(press_id)
        self.updates.add(
            "callback_query",
            {
                "id": press_id,
                "from": person(chat_id if user_id is None else user_id),
                "message": message,
                "chat_instance": str(-chat_id * 7),
                "data": button["callback_data"],
            },
        )
        return press_id

    def call(self, method: str, asked: Document) -> Any:
        """
        Raises:
            Refused: There is no such method, or it says no.
        """
        found = self.calls.get(method.lower())
        if found is None:
            raise Refused(404, "Not Found: method not found")
        return found(asked)

    def _send_message(self, asked: Document) -> Document:
        chat = self._chat(asked)
        message = {
            "message_id": self._next_message_id(),
            "from": BOT,
            "chat": chat,
            "date": int(time.time()),
            **self._topic(chat["id"], int(asked.get("message_thread_id") or 0)),
            **_content(asked),
        }
        with self.changed:
            self.sent.append(message)
            self.changed.notify_all()
        return message

    def _topic(self, chat_id: int, thread_id: int) -> Document:
        if not thread_id:
            return {}
        if thread_id not in self.topics.get(chat_id, ()):
            raise bad("message thread not found")
        return {"is_topic_message": True, "message_thread_id": thread_id}

    def _edit_message_text(self, asked: Document) -> Document:
        chat = self._chat(asked)
        with self.changed:
            number = self._place_of(chat["id"], int(asked.get("message_id") or 0))
            message = self.sent[number]
            kept = {
                name: value
                for name, value in message.items()
                if name not in ("text", "entities", "reply_markup", "edit_date")
            }
            edited = {**kept, **_content(asked)}
            if {**edited, "edit_date": 0} == {**message, "edit_date": 0}:
                raise bad(
                    "message is not modified: specified new message content and reply"
                    " markup are exactly the same as a current content and reply markup"
                    " of the message"
                )
            self.sent[number] = {**edited, "edit_date": int(time.time())}
            self.changed.notify_all()
            return self.sent[number]

    def _place_of(self, chat_id: int, message_id: int) -> int:
        for number, message in enumerate(self.sent):
            if (message["chat"]["id"], message["message_id"]) == (chat_id, message_id):
                return number
        raise bad("message to edit not found")

    def _answer_callback_query(self, asked: Document) -> bool:
        press_id, text = str(asked.get("callback_query_id", "")), asked.get("text", "")
        if len(text) > CALLBACK_TEXT_MAX:
            raise bad("MESSAGE_TOO_LONG")
        with self.changed:
            if press_id not in self._pressed:
                raise bad(
                    "query is too old and response timeout expired or query ID is"
                    " invalid"
                )
            self._pressed.discard(press_id)
            self.answered[press_id] = text
            self.changed.notify_all()
        return True

    def _set_my_commands(self, asked: Document) -> bool:
        rows = asked.get("commands")
        if not isinstance(rows, list):
            raise bad("expected an Array of BotCommand")
        for row in rows:
            name, about = row["command"], row["description"]
            if not (name.isascii() and 1 <= len(name) <= 32 and name == name.lower()):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(about) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = rows
        return True

    def _set_webhook(self, asked: Document) -> bool:
        self.updates.webhook = asked.get("url", "")
        return True

    def _chat(self, asked: Document) -> Document:
        try:
            chat_id = int(asked.get("chat_id") or "")
        except ValueError:
            raise bad("chat_id is empty") from None
        if chat_id in self.moved:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.moved[chat_id],
            )
        if chat_id not in self._chats:
            raise bad("chat not found")
        if chat_id in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return self._chats[chat_id]

    def _next_message_id(self) -> int:
        with self.changed:
            self._message_id += 1
            return self._message_id


def person(user_id: int) -> Document:
    return {"id": user_id, "is_bot": False, "first_name": f"Person {user_id}"}


def _content(asked: Document) -> Document:
    text, entities = asked.get("text") or "", []
    mode = str(asked.get("parse_mode") or "none").lower()
    if mode == "html":
        text, entities = parsed(text)
    elif mode != "none":
        raise bad("unsupported parse_mode")
    text = text.strip()
    if not text:
        raise bad("message text is empty")
    if len(text) > TEXT_MAX:
        raise bad("message is too long")
    content: Document = {"text": text}
    if entities:
        content["entities"] = entities
    keyboard = _keyboard(asked.get("reply_markup"))
    return {**content, "reply_markup": keyboard} if keyboard else content


def _keyboard(markup: Any) -> Document | None:
    if markup in (None, ""):
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard") or []
    for row in rows:
        if not isinstance(row, list):
            raise bad(
                'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array'
                " of Arrays"
            )
        for button in row:
            data = str(button.get("callback_data", "")).encode()
            if not button.get("text"):
                raise bad("text buttons are unallowed in the inline keyboard")
            if not 1 <= len(data) <= CALLBACK_DATA_BYTES_MAX:
                raise bad("BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if rows else None


def as_argument(text: str) -> Any:
    """Read an argument of a query or a form: objects and lists are JSON there."""
    if text[:1] in ("{", "["):
        return json.loads(text)
    return text
