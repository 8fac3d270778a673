"""telegram: whose commands `exitd telegram` takes, and what it shows for itself."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt, field_validator

from exitd.configuration.addresses import HttpUrl
from exitd.configuration.keys import Keys, described
from exitd.configuration.secrets import SecretReference

#: Ids of users and chats fit into 52 bits (core.telegram.org/bots/api#chat).
_ID_MAX = 2**52 - 1
CHATS_MAX = 50


def _is_an_id(number: int) -> int:
    if number == 0:
        raise ValueError("0 is no chat; the log of `exitd telegram` shows the ids")
    return number


ChatId = Annotated[StrictInt, Field(ge=-_ID_MAX, le=_ID_MAX), AfterValidator(_is_an_id)]


class Telegram(Keys):
    """Commands from a phone. `exitd telegram` reads this; the daemon does not."""

    bot_token: SecretReference = described(
        ..., "Where the token of the bot is that BotFather gave."
    )
    daemon_token: SecretReference | None = described(
        None,
        "Where the token is that it shows to the daemon, over `http.bind`. Its scope "
        "is what Telegram may do: `read` looks, `phone` pauses take-profits too, "
        "`trade` pauses, cancels and flattens. Without it the socket is used, which "
        "needs none.",
        shown="none",
    )
    chats: list[ChatId] = described(
        ...,
        "Who is answered: the ids of people, above zero, and of groups, below. In a "
        "group, those of its members are answered who are listed themselves.",
    )
    url: HttpUrl = described(
        "https://api.telegram.org",
        "The Bot API; another for a Bot API server of your own.",
    )

    @field_validator("chats")
    @classmethod
    def _names_somebody(cls, chats: list[int]) -> list[int]:
        if not any(chat > 0 for chat in chats):
            raise ValueError(
                "nobody would be answered; list the id of a person, which is above zero"
            )
        if len(chats) > CHATS_MAX:
            raise ValueError(f"list at most {CHATS_MAX} chats")
        if len(set(chats)) < len(chats):
            raise ValueError("a chat is listed twice; once is enough")
        return chats
