"""Faults: what can be wrong with a field of a body, each as a finding."""

from exitd.signals.model import Finding
from exitd.signals.reading import PLACEHOLDER_REMEDY, UnreadableBody

SHOWN_MAX = 40


def shown(value: object) -> str:
    """Quote a value in a sentence: short, printable, on one line."""
    said = str(value)[: SHOWN_MAX + 1].encode("ascii", "replace").decode()
    plain = said
    if not said.isprintable():
        plain = "".join(char if char.isprintable() else "?" for char in said)
    return plain if len(plain) <= SHOWN_MAX else f"{plain[: SHOWN_MAX - 3]}..."


def unreadable(error: UnreadableBody) -> Finding:
    """Say what is wrong with a body of which nothing can be used, and where."""
    return Finding(
        rule="",
        message=error.fault,
        cause="It is not one JSON object that can be read",
        remedy=f"{error.remedy[:1].upper()}{error.remedy[1:]}",
        field="",
    )


def not_a_number(name: str, value: object) -> Finding:
    if str(value).strip().lower() in ("nan", "na", "inf", "infinity", "-infinity"):
        cause = "Pine writes NaN for a value that is not there yet"
        remedy = f"Test it with na() before sending, or leave {name} out"
    else:
        cause = f"It is {shown(_as_json(value))}, which is not a number in digits"
        remedy = f'Write digits with a point, such as "{name}": 150.25'
    return Finding(
        rule="",
        message=f"{name} must be a number",
        cause=cause,
        remedy=remedy,
        field=name,
    )


def not_above_zero(name: str, value: object) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must be greater than 0",
        cause=f"It is {shown(value)}",
        remedy=f"Correct {name}, or leave it out",
        field=name,
    )


def out_of_range(name: str) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must be below 1000000000000000 and have at most 28 digits",
        cause="No price and no amount is like that",
        remedy=f"Correct {name}",
        field=name,
    )


def not_a_text(name: str, value: object, example: str) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must be a string",
        cause=f"It is {shown(_as_json(value))}",
        remedy=f'Write it in double quotes: "{name}": "{example}"',
        field=name,
    )


def key_not_a_text() -> Finding:
    """Say that no key is like that, without a word of what it is."""
    return Finding(
        rule="",
        message="auth_key must be a string",
        cause="It stands without quotes; keys are compared as texts",
        remedy='Write it in double quotes: "auth_key": "your_key"',
        field="auth_key",
    )


def not_printable(name: str, most: int, example: str) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must have at most {most} printable characters",
        cause="It is longer, or has characters that cannot be seen",
        remedy=f'Shorten it: "{name}": "{example}"',
        field=name,
    )


def not_an_object(name: str, value: object, example: str) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must be an object",
        cause=f"It is {shown(_as_json(value))}",
        remedy=f'Write "{name}": {example}',
        field=name,
    )


def not_true_or_false(name: str, value: object) -> Finding:
    return Finding(
        rule="",
        message=f"{name} must be true or false",
        cause=f"It is {shown(_as_json(value))}",
        remedy=f'Write "{name}": false',
        field=name,
    )


def not_one_of(
    rule: str, name: str, message: str, value: object, example: str
) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        cause=f"It is {shown(_as_json(value))}",
        remedy=f'Write "{name}": "{example}"',
        field=name,
    )


def conflicting(first: str, second: str) -> Finding:
    return Finding(
        rule="",
        message=f"conflicting values for {first} and {second}",
        cause="Both spell the same thing, and they differ",
        remedy=f"Keep {first} and leave {second} out",
        field=first,
    )


def placeholder_left(name: str, placeholder: str) -> Finding:
    return Finding(
        rule="",
        message=f"{name} still holds the placeholder {shown(placeholder)}",
        cause="TradingView has put no value in its place",
        remedy=f"{PLACEHOLDER_REMEDY[:1].upper()}{PLACEHOLDER_REMEDY[1:]}",
        field=name,
    )


def _as_json(value: object) -> str:
    match value:
        case str():
            return f"'{value}'"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return str(value)
