"""Alerts: routed, throttled, put together, delivered; never in anybody's way."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exitd.adapters.notify.channel import Channel
from exitd.adapters.notify.messages import Message, digest_of, message_of
from exitd.adapters.notify.messenger import Messenger, open_messenger, read_targets
from exitd.adapters.notify.routing import KINDS, kind_of, loudness_of
from exitd.adapters.notify.throttle import KEYS_MAX, Repeated, Throttle
from exitd.adapters.system.clock import SystemClock
from exitd.configuration.daemon_file import AlertEvents, Notify
from exitd.core.events import FactKind
from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError
from exitd.logs.events import Event
from exitd.ports.alerts import Alert, AlertLevel
from exitd.runtime.control.running import until
from exitd.secret import Secret

DEADLINE_S = 10.0
WINDOW_NS = 300 * NS_PER_S


def alert(
    topic: str = "trigger.hit",
    about: str = "sol-core/sl",
    *,
    text: str = "sol-core/sl was hit",
    level: AlertLevel = AlertLevel.WARNING,
    cleared: bool = False,
) -> Alert:
    return Alert(level=level, topic=topic, about=about, text=text, cleared=cleared)


class Recorder:
    """A target that takes everything, when it is let."""

    def __init__(self, name: str = "phone", reason: str = "") -> None:
        self.name = name
        self.reason = reason
        self.messages: list[Message] = []
        self.is_open = threading.Event()
        self.is_open.set()
        self._changed = threading.Condition()

    def deliver(self, message: Message) -> str:
        assert self.is_open.wait(DEADLINE_S)
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()
        return self.reason

    def wait(self, count: int) -> list[Message]:
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.messages) >= count, DEADLINE_S
            ), self.messages
        return self.messages


def messenger(*channels: Recorder | Channel, **events: str) -> Messenger:
    return Messenger(
        channels,
        events=AlertEvents.model_validate(events),
        throttle_ns=WINDOW_NS,
        clock=SystemClock(),
    )


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"json://127.0.0.1:{server.getsockname()[1]}/hush"


# Routing.


def test_given_topics_when_routed_then_every_fact_and_event_has_a_kind():
    kinds = set(AlertEvents.model_fields)

    assert set(KINDS.values()) <= kinds
    assert all(kind_of(topic) in kinds for topic in (*FactKind, *Event))


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("trigger.hit", "hit"),
        ("order.filled", "filled"),
        ("order.in_doubt", "trouble"),
        ("order.refused", "trouble"),
        ("position.unprotected", "unprotected"),
        ("feed.stale", "feed"),
        ("config.rejected", "configuration"),
        ("daemon.ready", "daemon"),
        ("store.full", "trouble"),
        ("never.heard_of", "trouble"),
    ],
)
def test_given_topic_when_routed_then_its_kind(topic: str, kind: str):
    assert kind_of(topic) == kind


def test_given_loudness_by_kind_when_asked_then_it_decides():
    events = AlertEvents.model_validate({"hit": "silent", "filled": "off"})

    assert loudness_of(alert("trigger.hit"), events) == "silent"
    assert loudness_of(alert("order.filled"), events) == "off"
    assert loudness_of(alert("order.refused"), events) == "on"


# Throttling.


def test_given_same_alert_in_its_window_when_taken_then_counted_and_told_later():
    throttle = Throttle(WINDOW_NS)

    assert throttle.take(alert(), 0) == Repeated(alert(), 0)
    assert throttle.take(alert(text="again"), 1) is None
    assert throttle.take(alert(text="and again"), 2) is None
    assert throttle.due(WINDOW_NS - 1) == []
    assert throttle.next_due_ns() == WINDOW_NS
    assert throttle.due(WINDOW_NS) == [Repeated(alert(text="and again"), 2)]
    assert throttle.due(WINDOW_NS + 1) == []
    assert throttle.next_due_ns() is None


def test_given_other_subject_or_topic_when_taken_then_told_at_once():
    throttle = Throttle(WINDOW_NS)
    throttle.take(alert(), 0)

    assert throttle.take(alert(about="btc/sl"), 0) is not None
    assert throttle.take(alert("order.filled"), 0) is not None


def test_given_window_is_over_when_taken_then_told_again():
    throttle = Throttle(WINDOW_NS)
    throttle.take(alert(), 0)

    assert throttle.take(alert(), WINDOW_NS) == Repeated(alert(), 0)


def test_b146_given_hole_when_it_ends_then_told_at_once_and_only_then():
    throttle = Throttle(WINDOW_NS)
    end = alert("position.unprotected", cleared=True)

    assert throttle.take(end, 0) is None
    throttle.take(alert("position.unprotected"), 1)
    throttle.take(alert("position.unprotected"), 2)
    assert throttle.take(end, 3) == Repeated(end, 1)
    assert throttle.take(end, 4) is None
    assert throttle.take(alert("position.unprotected"), 5) is not None


def test_given_endless_subjects_when_taken_then_memory_is_bounded():
    throttle = Throttle(WINDOW_NS)
    for number in range(KEYS_MAX + 10):
        throttle.take(alert(about=str(number)), number)

    assert throttle.take(alert(about=str(KEYS_MAX + 9)), KEYS_MAX + 10) is None
    assert throttle.take(alert(about="0"), KEYS_MAX + 10) is not None


# Messages.


def test_given_alert_when_written_then_level_subject_and_count():
    message = message_of(Repeated(alert(), 3), is_silent=True)

    assert message.title == "exitd warning: sol-core/sl"
    assert message.body == (
        "sol-core/sl was hit (and 3 times before this, not told one by one)"
    )
    assert message.is_silent


def test_given_end_of_an_alert_when_written_then_it_is_no_alarm():
    ended = alert(level=AlertLevel.CRITICAL, cleared=True)

    message = message_of(Repeated(ended, 0), is_silent=False)

    assert message.title.startswith("exitd cleared: ")
    assert message.level is AlertLevel.INFO


def test_given_many_messages_when_put_together_then_worst_first_and_bounded():
    levels = [AlertLevel.INFO] * 50 + [AlertLevel.CRITICAL]
    messages = [
        message_of(Repeated(alert(text=f"n {n}", level=level), 0), is_silent=False)
        for n, level in enumerate(levels)
    ]

    digest = digest_of(messages)

    assert digest.level is AlertLevel.CRITICAL
    assert digest.title == "exitd critical: 51 messages"
    assert digest.body.splitlines()[0] == "- n 50"
    assert "39 more" in digest.body.splitlines()[-1]


# The messenger.


async def test_given_alerts_when_told_then_they_arrive_once():
    phone = Recorder()
    desk = messenger(phone)

    desk.tell(alert())
    desk.tell(alert())
    desk.tell(alert("order.filled", text="filled"))
    phone.wait(2)

    assert await desk.close()
    assert [message.body for message in phone.messages] == [
        "sol-core/sl was hit",
        "filled",
    ]


async def test_given_kinds_that_are_off_or_silent_when_told_then_so_it_is():
    phone = Recorder()
    desk = messenger(phone, hit="off", filled="silent")

    desk.tell(alert())
    desk.tell(alert("order.filled"))
    await desk.close()

    assert [(m.topic, m.is_silent) for m in phone.messages] == [("order.filled", True)]


def is_sorted() -> bool:
    """Whether no desk sorts alerts any more."""
    return all(thread.name != "notify" for thread in threading.enumerate())


async def test_given_burst_when_told_then_few_messages_and_nothing_lost():
    phone = Recorder()
    phone.is_open.clear()
    desk = messenger(phone)

    for number in range(10_000):
        desk.tell(alert(about=f"t{number}", text=f"t{number} was hit"))
    closing = asyncio.create_task(desk.close(DEADLINE_S))
    # It sorts until its end; a phone that answers meanwhile would take them one by one.
    assert await until(is_sorted, within_s=DEADLINE_S)
    phone.is_open.set()
    assert await closing

    assert len(phone.messages) < 50
    told = sum(
        int(m.title.split()[-2]) if m.topic == "digest" else 1 for m in phone.messages
    )
    assert told >= 1_000


async def test_given_no_targets_when_told_then_nothing_at_all():
    desk = messenger()

    desk.tell(alert())

    assert desk.targets == ()
    assert await desk.test() == ()
    assert await desk.close()


async def test_given_test_when_throttled_and_off_then_it_is_sent_all_the_same():
    phone = Recorder()
    desk = messenger(phone, trouble="off")

    desk.tell(alert("notify.test"))
    desk.tell(alert("notify.test"))
    phone.wait(2)

    assert await desk.close()


async def test_given_one_dead_target_when_tested_then_each_has_its_answer():
    desk = messenger(Recorder("phone"), Recorder("mail", reason="refused"))

    found = {d.target: d.reason for d in await desk.test()}

    assert found == {"phone": "", "mail": "refused"}
    assert await desk.close()


async def test_b145_given_channel_that_never_answers_when_told_then_nobody_waits():
    with silent_server() as url:
        dead = Channel("dead", Secret(url), deadline_s=1.0)
        alive = Recorder("alive")
        desk = messenger(dead, alive)

        began = time.perf_counter()
        for number in range(1_000):
            desk.tell(alert(about=f"t{number}"))
        took_s = time.perf_counter() - began
        alive.wait(1)

        # A thousand of them, each far below the time that one fire takes.
        assert took_s < 0.5
        await desk.close(DEADLINE_S)


async def test_b145_given_dead_channel_when_closed_then_the_stop_does_not_wait_long():
    dead = Recorder("dead")
    dead.is_open.clear()
    desk = messenger(dead)
    desk.tell(alert())

    is_out = await desk.close(0.1)
    dead.is_open.set()

    assert not is_out
    dead.wait(1)


async def test_given_configuration_when_opened_then_secrets_come_from_where_it_says():
    notify = Notify.model_validate({"targets": {"phone": {"url": {"env": "PHONE"}}}})

    urls = read_targets(notify, {"PHONE": "json://127.0.0.1:1/x\n"})
    desk = open_messenger(notify, urls, SystemClock())

    assert desk.targets == ("phone",)
    assert await desk.close()
    with pytest.raises(ConfigurationError, match="PHONE is not set"):
        read_targets(notify, {})
