"""What one check of `exitd doctor` came to."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

Facts = Mapping[str, str | int | bool | None]
_NONE: Facts = MappingProxyType({})


class Verdict(StrEnum):
    """`UNKNOWN`: it could not be told here, and nothing says that it is wrong."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


class Check(Struct, frozen=True, kw_only=True):
    """One line: `check` about `about` is so, because of `text`; do `remedy`.

    `facts` are what was measured, for programs: times in the unit that the name ends
    with. The names are stable, see docs/operating.md.
    """

    check: str
    about: str = ""
    verdict: Verdict
    text: str
    remedy: str = ""
    facts: dict[str, str | int | bool | None] = {}


def _check(
    verdict: Verdict, check: str, text: str, remedy: str, about: str, facts: Facts
) -> Check:
    return Check(
        check=check,
        about=about,
        verdict=verdict,
        text=text,
        remedy=remedy,
        facts=dict(facts),
    )


def ok(check: str, text: str, about: str = "", facts: Facts = _NONE) -> Check:
    return _check(Verdict.OK, check, text, "", about, facts)


def unknown(check: str, text: str, remedy: str = "", about: str = "") -> Check:
    return _check(Verdict.UNKNOWN, check, text, remedy, about, _NONE)


def warn(
    check: str, text: str, remedy: str, about: str = "", facts: Facts = _NONE
) -> Check:
    return _check(Verdict.WARN, check, text, remedy, about, facts)


def fail(
    check: str, text: str, remedy: str, about: str = "", facts: Facts = _NONE
) -> Check:
    return _check(Verdict.FAIL, check, text, remedy, about, facts)
