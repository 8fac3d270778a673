"""What can go wrong between us and the Bot API.

TelegramError              never raised itself
├── BotUnknown             401, 404: the token is none, or is none any more
├── AnotherPoller          409: somebody else asks for the updates of this bot
├── TooMany                429: ask again later
├── NoTelegram             nobody answers, not in time, or 5xx
└── CallRefused            400, 403: this call cannot be done
"""

from exitd.errors import ExitdError


class TelegramError(ExitdError):
    """One sentence; never with the address asked, of which the token is a part."""


class BotUnknown(TelegramError):
    pass


class AnotherPoller(TelegramError):
    pass


class TooMany(TelegramError):
    """`retry_after_s` is how long Telegram wants to be left alone."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NoTelegram(TelegramError):
    pass


class CallRefused(TelegramError):
    pass
