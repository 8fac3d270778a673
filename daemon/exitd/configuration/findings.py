"""What is wrong with a configuration: where, how badly, and what to do about it.

A finding prints as `file:line:column: error: sentence`, which editors and CI
problem matchers read, followed by the line and carets under the place.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Finding(Struct, frozen=True, kw_only=True):
    """One sentence about one place.

    `line` and `column` count from 1; a `line` of 0 means the file as a whole.
    `excerpt` is the source line, secrets masked, empty where there is none.
    """

    file: str
    line: int = 0
    column: int = 0
    width: int = 1
    severity: Severity = Severity.ERROR
    message: str
    excerpt: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.severity}: {self.message}"


MASK = "********"
# How much of what somebody wrote is repeated in a sentence.
SHOWN_CHARACTERS = 37

# A run of key material: long, of one alphabet, and not a word or a number.
_TOKEN = re.compile(r"[A-Za-z0-9+/_=.~-]{20,}")
_SECRET_PAIR = re.compile(
    r"(?i)(\b[\w-]*(?:key|secret|token|pass|url|auth)[\w-]*['\"]?\s*:\s*)"
    r"(?!\s*[{\[]|\s*$).*$"
)


def _mask_token(match: re.Match[str]) -> str:
    token = match.group()
    is_mixed = any(c.isdigit() for c in token) and any(c.isalpha() for c in token)
    has_cases = any(c.isupper() for c in token) and any(c.islower() for c in token)
    return MASK if is_mixed and (has_cases or len(token) >= 32) else token


def mask_tokens(text: str) -> str:
    """Blank out whatever could be key material in a text that is shown."""
    return _TOKEN.sub(_mask_token, text)


def mask_unread_line(line: str) -> str:
    """Mask a line that could not be read as YAML, where nothing is known of it."""
    return mask_tokens(_SECRET_PAIR.sub(rf"\1{MASK}", line))


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """Give ` (did you mean 'x'?)` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(written, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


def quoted(written: object) -> str:
    """Quote what somebody wrote, shortened, key material blanked out."""
    shown = mask_tokens(str(written)[:600]).replace("\n", " ")
    is_long = len(shown) > SHOWN_CHARACTERS + 3
    return f"'{shown[:SHOWN_CHARACTERS]}…'" if is_long else f"'{shown}'"


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort as a reader meets them, each place and sentence once."""
    unique = dict.fromkeys(findings)
    return tuple(
        sorted(unique, key=lambda f: (f.file, f.line, f.column, f.severity, f.message))
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.is_error for finding in findings)


def _excerpt(finding: Finding) -> list[str]:
    gutter = f"{finding.line:>5} | "
    shown = finding.excerpt[:160]
    start = min(max(finding.column - 1, 0), len(shown))
    width = max(1, min(finding.width, max(len(shown) - start, 1)))
    return [gutter + shown, " " * (len(gutter) - 2) + "| " + " " * start + "^" * width]


def render(findings: Sequence[Finding]) -> str:
    """Write findings for a terminal; empty for none, no trailing newline."""
    lines: list[str] = []
    for finding in in_order(findings):
        lines.append(str(finding))
        if finding.line and finding.excerpt:
            lines.extend(_excerpt(finding))
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> list[dict[str, str | int]]:
    """Give the `--json` form: one object per finding, in the order of `render`."""
    return [
        {
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "width": finding.width,
            "severity": finding.severity.value,
            "message": finding.message,
            "excerpt": finding.excerpt,
        }
        for finding in in_order(findings)
    ]
