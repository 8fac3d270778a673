"""Which values of exitd.yaml are never shown, not even in the line of an error.

Accounts and targets hold secrets, and a key mistyped there may hold one too: in
those sections a value is shown only where it is known to be harmless.
"""

import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from msgspec.structs import replace
from pydantic import BaseModel

from exitd.configuration.brokers import AlpacaAccount
from exitd.configuration.chain_accounts import (
    QuotedSymbol,
    SubAccountEntry,
    SymmioAccount,
)
from exitd.configuration.daemon_file import Account, DaemonFile, Heartbeat
from exitd.configuration.document import Document, Mark, Node
from exitd.configuration.findings import SHOWN_CHARACTERS, mask_tokens
from exitd.configuration.interactive_brokers import InteractiveBrokersAccount
from exitd.configuration.schwab import SchwabAccount
from exitd.configuration.stocks import ListedStock
from exitd.configuration.telegram import Telegram
from exitd.configuration.validation import model_of
from exitd.configuration.webhook import Hours, Route, Size, Webhook

_SHOWN_SECTIONS = frozenset(
    {"version", "mode", "state", "http", "log", "defaults", "policies", "positions"}
)
_SHOWN_KEYS = frozenset(
    (
        set(Account.model_fields)
        | set(Heartbeat.model_fields)
        | set(AlpacaAccount.model_fields)
        | set(SymmioAccount.model_fields)
        | set(QuotedSymbol.model_fields)
        | set(SubAccountEntry.model_fields)
        | set(Webhook.model_fields)
        | set(Route.model_fields)
        | set(Size.model_fields)
        | set(Hours.model_fields)
        | set(InteractiveBrokersAccount.model_fields)
        | set(SchwabAccount.model_fields)
        | set(ListedStock.model_fields)
        | set(Telegram.model_fields)
    )
    - {"key", "secret", "url", "data_url", "nodes", "private_nodes", "auth_key"}
    - {"callback", "account_number", "broker_account", "bot_token", "daemon_token"}
)
#: How deep the values of a section may lie that are shown: those of `symbols` do.
_SHOWN_DEPTH = {"venues": 5, "webhook": 5}
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/?")
_PLACE_KEYS = frozenset({"credential", "file", "env"})
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./-]{1,200}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PLAIN_KEY = re.compile(r"[A-Za-z_-]{1,24}")
_COMMENT = re.compile(r"(^|\s)#.*")
_HIDDEN_CHARACTERS_MIN = 4


_WORD = re.compile(r"[^\s{}\[\],:'\"#]+")


def _known_words(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        inner = model_of(field.annotation)
        if inner is not None:
            yield from _known_words(inner)
        elif get_origin(field.annotation) is Literal:
            yield from (str(word) for word in get_args(field.annotation))


_KNOWN = frozenset(
    word
    for model in (
        DaemonFile,
        AlpacaAccount,
        SymmioAccount,
        InteractiveBrokersAccount,
        SchwabAccount,
    )
    for word in _known_words(model)
)


def _without_comment(line: str) -> str:
    return mask_tokens(_COMMENT.sub(r"\1#", line))


def mask_unknown_words(line: str) -> str:
    """Mask a line of an exitd.yaml that could not be read: what is a secret there?"""
    return _WORD.sub(
        lambda word: word[0] if word[0] in _KNOWN else "*" * len(word[0]), line
    )


def _is_shown(path: tuple[str, ...], text: str) -> bool:
    if not path or path[0] in _SHOWN_SECTIONS:
        return True
    last = path[-1]
    if last in _PLACE_KEYS:
        plain = _PLAIN_PATH if last == "file" else _PLAIN_NAME
        return bool(plain.fullmatch(text)) and mask_tokens(text) == text
    if last in ("url", "nodes") and path[0] == "venues":
        return bool(_PLAIN_URL.fullmatch(text))
    if path[-2:-1] == ("account_ids",):
        return bool(_PLAIN_NAME.fullmatch(text)) and mask_tokens(text) == text
    if last == "type":
        return bool(_PLAIN_KEY.fullmatch(text))
    return last in _SHOWN_KEYS and len(path) <= _SHOWN_DEPTH.get(path[0], 3)


def _is_key_shown(path: tuple[str, ...]) -> bool:
    """Whether a key may be shown; one that was pasted wrongly may hold a secret."""
    if path[-1] in _KNOWN:
        return True
    is_name = path[-2:-1] == ("account_ids",) or path[:-1] in (
        ("venues",),
        ("notify", "targets"),
        ("webhook", "routes"),
    )
    plain = _PLAIN_NAME if is_name else _PLAIN_KEY
    if len(path) == 1 or path[0] in _SHOWN_SECTIONS:
        return bool(_PLAIN_KEY.fullmatch(path[-1]))
    return bool(plain.fullmatch(path[-1])) and mask_tokens(path[-1]) == path[-1]


def _hide(document: Document, mark: Mark, text: str) -> None:
    lines, index, start = document.lines, mark.line - 1, mark.column - 1
    line = lines[index]
    is_one_line = mark.width >= len(text)
    end = start + mark.width if is_one_line else len(line)
    lines[index] = line[:start] + "*" * (end - start) + line[end:]
    if len(text) >= _HIDDEN_CHARACTERS_MIN:
        # The second is how a long text begins in a sentence.
        document.hidden.extend({text, text[:SHOWN_CHARACTERS]})


def mask_secrets(document: Document) -> None:
    """Blank out what of exitd.yaml must not be shown, in place."""
    if document.root is None:
        return
    document.guard = _without_comment
    pending: list[tuple[tuple[str, ...], Node]] = [((), document.root)]
    while pending:
        path, node = pending.pop()
        value = node.value
        if isinstance(value, dict):
            for key, entry in value.items():
                pending.append(((*path, key), entry.node))
                if not _is_key_shown((*path, key)):
                    _hide(document, entry.mark, key)
        elif isinstance(value, list):
            pending.extend((path, item) for item in value)
        elif value is not None and not _is_shown(path, str(value)):
            _hide(document, node.mark, str(value))
    document.hidden.sort(key=len, reverse=True)
    document.findings = [
        replace(finding, message=document.sentence(finding.message))
        for finding in document.findings
    ]
