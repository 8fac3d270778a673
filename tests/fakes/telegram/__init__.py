"""
The Bot API of Telegram on a real socket, with people who write to a bot.

The wire format is that of core.telegram.org/bots/api; what it refuses, and in which
words, is that of the server's own source (github.com/tdlib/telegram-bot-api, Client.cpp
and ClientManager.cpp). It has

- `getMe`, `setMyCommands`, `getMyCommands`
- `getUpdates` with `offset` (also negative), `limit`, `timeout` and `allowed_updates`:
  an update is forgotten once somebody asks from an offset behind it, and a second
  request that waits ends the first with 409
- `setWebhook` and `deleteWebhook`, as far as `getUpdates` is refused between them
- `sendMessage` and `editMessageText` with `parse_mode` HTML, 4096 characters after it
  is parsed, and an `inline_keyboard` whose `callback_data` has 1 to 64 bytes
- `message_thread_id` of `sendMessage`, in groups with `topics`
- `answerCallbackQuery`, once for each press

Arguments come as a query, a form or JSON, as there. Nothing but Python is needed, so
that other people's clients can be set on it. A person writes with `write` and presses
with `press`; what a bot has sent is in `sent`.
"""

from fakes.telegram.serving import Telegram, telegram
from fakes.telegram.world import BOT, TOKEN

__all__ = ["BOT", "TOKEN", "Telegram", "telegram"]
