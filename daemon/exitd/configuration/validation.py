"""From a document to its model: what does not fit becomes findings in plain words."""

import types
import typing
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exitd.configuration.daemon_file import ACCOUNT_MODELS, DaemonFile
from exitd.configuration.document import Document, Node, Path, Plain, plain
from exitd.configuration.findings import Finding, did_you_mean, quoted

M = TypeVar("M", bound=BaseModel)

# What people write for a key of another name.
_SYNONYMS = {
    "sl": "stop_loss",
    "stop": "stop_loss",
    "stoploss": "stop_loss",
    "tp": "take_profit",
    "target": "take_profit",
    "trail": "trailing",
    "trailing_stop": "trailing",
    "size": "close",
    "quantity": "close",
    "qty": "close",
    "amount": "close",
    "action": "do",
    "type": "order",
    "order_type": "order",
    "slippage": "slippage_limit",
    "account": "venue",
    "exchange": "venue",
    "market": "symbol",
    "pair": "symbol",
    "instrument": "symbol",
    "expiry": "expires",
    "trigger_price": "price",
}
_DAEMON_KEYS = frozenset(DaemonFile.model_fields) - {"defaults"}


def model_of(annotation: object) -> type[BaseModel] | None:
    """Give the model inside `M`, `M | None`, `dict[str, M]` or `list[M]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType, dict, list, typing.Annotated):
        for part in reversed(typing.get_args(annotation)):
            found = model_of(part)
            if found is not None:
                return found
    return None


def key_names(model: type[BaseModel]) -> list[str]:
    """Give the keys of a model as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Path, kind: str) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    is_key = True
    if kind and len(path) > 1:
        current, path = ACCOUNT_MODELS[kind], path[2:]
    for step in path:
        if current is None:
            return None
        if not is_key:
            is_key = True
            continue
        field = next(
            (f for n, f in current.model_fields.items() if (f.alias or n) == step), None
        )
        if field is None:
            return None
        is_key = typing.get_origin(field.annotation) not in (dict, list)
        current = model_of(field.annotation)
    return current


def _unknown_key(root: type[BaseModel], path: Path, kind: str) -> str:
    written = str(path[-1])
    model = _model_at(root, path[:-1], kind)
    known = key_names(model) if model is not None else []
    if len(path) == 1 and written == "positions":
        return "positions belong in a file of their own under conf.d/, not here"
    if len(path) == 1 and "positions" in known and written in _DAEMON_KEYS:
        return f"'{written}' belongs in exitd.yaml, not in a file of positions"
    synonym = _SYNONYMS.get(written)
    if synonym in known:
        return f"unknown key {quoted(written)} (did you mean '{synonym}'?)"
    return f"unknown key {quoted(written)}{did_you_mean(written, known)}"


def _expected(error: ErrorDetails) -> list[str]:
    context = error.get("ctx", {})
    written = str(context.get("expected", context.get("expected_tags", "")))
    words = written.replace(" or ", ", ").split(", ")
    return [word.strip("'") for word in words]


def _wrong_word(error: ErrorDetails) -> str:
    expected = _expected(error)
    written = error.get("ctx", {}).get("tag", error["input"])
    if error["loc"] == ("version",):
        return f"this exitd reads version {expected[0]}, not {quoted(written)}"
    shown = "true" if written is True else "false" if written is False else written
    return (
        f"{quoted(shown)} is not {'one of ' if len(expected) > 1 else ''}"
        f"{', '.join(expected)}{did_you_mean(str(shown), expected)}"
    )


_SENTENCES = {
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "float_parsing": "write a number",
    "string_type": "write text; a number needs quotes to be text",
    "dict_type": "keys belong here, such as {key: value}",
    "model_type": "keys belong here, such as {key: value}",
    "model_attributes_type": "keys belong here, such as {key: value}",
    "list_type": "a list belongs here, such as [a, b]",
}


def fault_sentence(
    root: type[BaseModel], path: Path, error: ErrorDetails, account_type: str = ""
) -> str:
    """Say in plain words what pydantic found at *path* of a *root*."""
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown_key(root, path, account_type)
    if kind == "missing":
        return f"'{path[-1]}' is missing"
    if kind in ("literal_error", "union_tag_invalid"):
        return _wrong_word(error)
    if kind == "value_error":
        return str(error.get("ctx", {}).get("error", error["msg"]))
    if kind == "greater_than_equal":
        return f"write at least {error['ctx']['ge']}"
    if kind == "less_than_equal":
        return f"write at most {error['ctx']['le']:,}"
    if kind == "too_short":
        return f"write at least {error['ctx']['min_length']}"
    if kind == "too_long":
        return f"write at most {error['ctx']['max_length']:,}"
    if kind == "string_too_long":
        return f"write at most {error['ctx']['max_length']:,} characters"
    return _SENTENCES.get(kind, error["msg"])


def _place(root: type[BaseModel], error: ErrorDetails) -> tuple[Path, str]:
    """Give where in the file something is wrong, and in which type of account."""
    path: Path = tuple(error["loc"])
    if error["type"].startswith("union_tag_"):
        return (*path, "type"), ""
    if root is DaemonFile and path[:1] == ("venues",) and len(path) > 2:
        is_typed = path[2] in ACCOUNT_MODELS
        return ((*path[:2], *path[3:]), str(path[2])) if is_typed else (path, "")
    return path, ""


def _finding(document: Document, root: type[BaseModel], error: ErrorDetails) -> Finding:
    path, kind = _place(root, error)
    if path and path[-1] == "[key]":
        sentence = fault_sentence(root, path[:-1], error)
        return document.finding(path[:-1], sentence, key=True)
    if error["type"] == "union_tag_not_found":
        return document.finding(path[:-1], "'type' is missing", key=True)
    sentence = fault_sentence(root, path, error, kind)
    if error["type"] == "missing":
        return document.finding(path[:-1], sentence, key=True)
    return document.finding(path, sentence, key=error["type"] == "extra_forbidden")


def _without_nulls(
    document: Document, node: Node, sections: frozenset[str], findings: list[Finding]
) -> Plain:
    """Refuse keys without a value; a whole section may be empty."""
    value = plain(node)
    if not isinstance(value, dict):
        return value
    for name in [name for name in sections if name in value and value[name] is None]:
        del value[name]
    pending: list[tuple[Path, Plain]] = [((), value)]
    while pending:
        path, held = pending.pop()
        if isinstance(held, list):
            pending += [((*path, index), item) for index, item in enumerate(held)]
            continue
        items = held.items() if isinstance(held, dict) else ()
        for name, inner in list(items):
            if isinstance(inner, dict | list):
                pending.append(((*path, name), inner))
            elif inner is None:
                findings.append(
                    document.finding(
                        (*path, name),
                        f"{quoted(name)} has no value; write one or remove the key",
                        key=True,
                    )
                )
                assert isinstance(held, dict)
                del held[name]
    return value


def _drop(data: Plain, paths: list[Path], depth: int) -> None:
    """Take out the parts in which something is wrong, *depth* keys deep."""
    for path in paths:
        held, cut = data, path[:depth]
        for step in cut[:-1]:
            held = held.get(str(step)) if isinstance(held, dict) else None
        if isinstance(held, dict) and cut:
            held.pop(str(cut[-1]), None)


def validate(
    document: Document, model: type[M], *, sections: frozenset[str], depth: int
) -> tuple[M | None, list[Finding]]:
    """
    Make a model of a document.

    Where something is wrong, the parts that hold it (*depth* keys deep) are left
    out, so that what is right can still be checked for the rest.
    """
    findings: list[Finding] = []
    if document.root is None:
        return None, findings
    data = _without_nulls(document, document.root, sections, findings)
    if not isinstance(data, dict):
        findings.append(document.finding((), "a file holds keys, such as 'key: value'"))
        return None, findings
    try:
        return model.model_validate(data), findings
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        path, _ = _place(model, detail)
        missing = ("missing", "union_tag_not_found")
        if not (detail["type"] in missing and document.has(path)):
            findings.append(_finding(document, model, detail))
    _drop(data, [tuple(d["loc"]) for d in details], depth)
    try:
        return model.model_validate(data), findings
    except ValidationError:
        return None, findings
