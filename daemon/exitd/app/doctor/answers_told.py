"""What venues have answered to `exitd doctor --live`, for people and programs."""

from __future__ import annotations

from exitd.adapters.sqlite.inspecting import note_in
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, Facts, ok, unknown, warn
from exitd.configuration.loaded import AccountSettings
from exitd.core.units import NS_PER_MS
from exitd.errors import StoreError
from exitd.ports.answers import ASKED, Question, VenueAnswer, decoded, joined, note_of
from exitd.runtime.shown import timestamp


def answers_of(scene: Scene, account: AccountSettings) -> tuple[VenueAnswer, ...]:
    """Give what the venue has answered to `exitd doctor --live`."""
    try:
        note = note_in(scene.state, note_of(account.name))
    except (StoreError, OSError):
        note = None
    return joined(decoded(note), ())


def answers(scene: Scene, account: AccountSettings) -> list[Check]:
    """What is known of what the venue's documents leave open."""
    found = answers_of(scene, account)
    checks = [_told(account, one) for one in found if one.is_known]
    unknowns = [one for one in found if not one.is_known]
    if unknowns:
        named = "; ".join(ASKED[one.question] for one in unknowns)
        how = "`exitd doctor --live` asks, with a position of minimum size"
        text = f"unknown what becomes of {named}"
        checks.append(unknown("venue", text, how, account.name))
    return checks


def _told(account: AccountSettings, one: VenueAnswer) -> Check:
    text = f"{ASKED[one.question]}: {in_words(one)}, asked {timestamp(one.ts_ns)[:10]}"
    facts: Facts = {
        "question": one.question.value,
        "answer": one.answer,
        "detail": one.detail,
        "number_ns": one.number_ns,
        "ts_ns": one.ts_ns,
    }
    remedy = _remedy(account, one)
    if remedy:
        return warn("venue", text, remedy, account.name, facts)
    return ok("venue", text, account.name, facts)


def _remedy(account: AccountSettings, one: VenueAnswer) -> str:
    """Say what follows from an answer that is not as exitd takes it; else nothing."""
    match one.question, one.answer:
        case Question.EXPIRED_REQUEST, "accepted":
            return "a close that nobody answered may still arrive: tell the makers"
        case Question.EXPIRED_REQUEST, "refused_otherwise":
            return "exitd does not read that as expired: tell the makers"
        case Question.HISTORY_LAG, _ if (one.number_ns or 0) > account.lag_slack_ns:
            return f"set lag_slack of {account.name} to more than twice that"
    return ""


def in_words(answer: VenueAnswer) -> str:
    """Say an answer, with what the venue said where it said something."""
    word = answer.answer.replace("_", " ")
    if answer.number_ns is not None:
        word += f" ({answer.number_ns // NS_PER_MS} ms)"
    return f"{word} ({answer.detail})" if answer.detail else word
