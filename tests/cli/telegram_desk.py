"""A daemon, Telegram, and `exitd telegram` between them, all in one process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from api.daemons import World, served, started
from exitd.adapters.system.clock import SystemClock
from exitd.adapters.telegram.bot import Bot
from exitd.cli.telegram.conversation import Conversation
from exitd.cli.telegram.listening import Listener
from exitd.client import AsyncClient
from exitd.core.units import NS_PER_S
from exitd.secret import Secret
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.telegram import TOKEN, Telegram, telegram
from fakes.telegram.world import Document

ME, FRIEND, STRANGER, GROUP = 111_000_111, 222_000_222, 666_000_666, -1_000_333
LISTED = (ME, FRIEND, GROUP)
STOP = {"symbol": SOL, "side": "long", "stop_loss": "90"}
PROFIT = {"symbol": SOL, "side": "long", "take_profit": "120"}


class Desk:
    """What a test does: write, press, look. Times are those of `clock`."""

    def __init__(
        self,
        world: World,
        there: Telegram,
        clock: ManualClock,
        conversations: dict[int, Conversation],
    ) -> None:
        self.world = world
        self.there = there
        self.clock = clock
        self.conversations = conversations

    async def arm(self, **words: str) -> str:
        async with self.world.unix() as owner:
            answer = await owner.post("/v1/triggers", json=words)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["triggers"][0]["id"])

    async def ask(
        self, text: str, expected: str, *, chat: int = ME, user: int = ME
    ) -> Document:
        """Write something and wait for a new answer that has these words."""
        newest = max((m["message_id"] for m in self.there.sent), default=0)
        self.there.write(chat, text, user_id=user)
        return await asyncio.to_thread(self.there.wait, chat, expected, after=newest)

    async def who(self, event: str, trigger_id: str) -> str:
        """Say by whom something was done to a trigger, as the record has it."""
        async with self.world.unix() as owner:
            query = {"trigger": trigger_id, "event": event}
            facts = (await owner.get("/v1/facts", params=query)).json()["facts"]
        return str(facts[0]["fields"]["by"])

    async def press(self, question: Document, label: str, *, user: int = ME) -> str:
        """Press a button, and wait for what it is answered with; gives that."""
        press_id = self.there.press(question, label, user_id=user)
        await self.until(lambda: press_id in self.there.answered)
        return self.there.answered[press_id]

    async def becomes(self, message: Document, words: str) -> str:
        """Wait until a message reads so; gives all that it reads then."""
        id = message["message_id"]

        def now() -> str:
            return next(m["text"] for m in self.there.sent if m["message_id"] == id)

        await self.until(lambda: words in now())
        return now()

    async def until(self, is_so: Callable[[], Any]) -> None:
        await asyncio.to_thread(self.there.until, is_so, "what a test waits for")

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and what people write be of now all the same."""
        self.clock.advance(seconds * NS_PER_S)
        self.clock.step(-seconds * NS_PER_S)

    async def answered(self) -> None:
        """Wait until all that was heard so far is answered, and that is over."""
        for conversation in self.conversations.values():
            await conversation.drained()

    async def heard(self) -> None:
        """Wait until all that was written is taken, by asking something after it."""
        await self.ask("/status", "ready")
        await self.answered()


@asynccontextmanager
async def desk(
    folder: Path,
    *,
    chats: tuple[int, ...] = LISTED,
    before: Callable[[Telegram], object] = lambda _: None,
    **home: Any,
) -> AsyncIterator[Desk]:
    """Run all of it; *before* is done to Telegram while nobody listens yet."""
    clock = ManualClock(now_ns=SystemClock().now_ns())
    codes = itertools.count(1)
    with telegram() as there:
        for chat in (*chats, STRANGER):
            there.open_chat(chat)
        before(there)
        async with (
            started(folder, **home) as world,
            served(world),
            Bot(Secret(TOKEN), url=there.url) as bot,
            AsyncClient(world.address) as client,
        ):
            conversations = {
                chat: Conversation(chat, bot, client, clock, lambda: f"c{next(codes)}")
                for chat in chats
            }
            listener = Listener(bot, conversations, clock, pauses=_at_once)
            await listener.begin()
            work = [one.run() for one in conversations.values()]
            tasks = [asyncio.create_task(one) for one in (*work, listener.run())]
            found = Desk(world, there, clock, conversations)
            # The first request only forgets what was written before.
            await found.until(lambda: len(there.asked("getUpdates")) >= 2)
            try:
                yield found
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(e, asyncio.CancelledError) for e in ended), ended


def _at_once() -> Iterator[float]:
    while True:
        yield 0.01
