"""What callers send: strict JSON with the words of the files."""

import json
from typing import Annotated, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError

from exitd.api.values import Amount, Expires, Name, Price, Size, Word
from exitd.configuration.keys import Keys
from exitd.configuration.validation import fault_sentence
from exitd.core.units import NS_PER_S
from exitd.ports.answers import Question
from exitd.runtime.problems import ControlError, Unusable
from exitd.signals.strict_json import refuse_constant, unique_keys

T = TypeVar("T", bound=BaseModel)


class BadRequest(ControlError):
    status = 400


class CloseBody(Keys):
    quantity: Size | None = Field(None, description="All of it, when left out.")


class ApplyBody(Keys):
    yes: bool = Field(False, description="Levels that are crossed may fire at once.")


WindowMs = Annotated[
    int | None,
    Field(
        ge=1,
        le=60_000,
        strict=True,
        description="How long each signed request is valid, in milliseconds; the "
        "account's own window when left out.",
    ),
]


class FlattenBody(Keys):
    symbol: Word
    account: Word | None = None
    including_ours: bool = False
    window_ms: WindowMs = None
    dry_run: bool = Field(False, description="List what would go; cancel nothing.")


class TakeProfitBody(Keys):
    symbol: Word
    side: Literal["Bid", "Ask"]
    price: Price
    quantity: Amount
    account: Word | None = None
    window_ms: WindowMs = None


class ImportBody(Keys):
    account: Word | None = None
    apply: bool = Field(False, description="Arm, then cancel the native orders.")


class HandoverBody(Keys):
    account: Word | None = None
    apply: bool = Field(False, description="Place native stops, then pause ours.")
    back: bool = Field(False, description="Resume ours, cancel the native stops.")


class TakeoverBody(Keys):
    account: Word | None = None
    apply: bool = Field(False, description="Act again, where nobody else is alive.")


class AnswerBody(Keys):
    question: Annotated[Question, Field(strict=False)]
    answer: Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
    detail: Annotated[str, Field(max_length=200)] = ""
    number_ns: Annotated[int, Field(ge=0, le=600 * NS_PER_S)] | None = None
    ts_ns: Annotated[int, Field(ge=0)]


class AnswersBody(Keys):
    account: Word
    answers: Annotated[list[AnswerBody], Field(max_length=20)]


class TokenBody(Keys):
    name: Name
    scopes: list[Literal["read", "phone", "trade", "admin"]]
    expires: Expires | None = None


async def read_body(request: Request, model: type[T]) -> T:
    """Read a JSON object into a model; no body counts as an empty object.

    Raises:
        BadRequest: It is not JSON.
        Unusable: It is not what the model describes.
    """
    return validated(await read_json(request), model)


async def read_json(request: Request) -> object:
    """Read any JSON; no body counts as an empty object.

    Raises:
        BadRequest: It is not JSON.
    """
    return _decoded(await request.body())


def _decoded(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8") or "{}",
            parse_constant=refuse_constant,
            object_pairs_hook=unique_keys,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "bad_json",
            "the body is not JSON",
            f"send one JSON object in UTF-8 ({short(error)})",
        ) from error


def short(error: Exception) -> str:
    """Say what a parser said, fit for an answer and a log."""
    said = str(error).encode("ascii", "replace").decode()
    return said[:80]


def validated(written: object, model: type[T]) -> T:
    if not isinstance(written, dict):
        raise Unusable(
            "invalid", "the body must be one JSON object", "/docs shows its keys"
        )
    try:
        return model.model_validate(written)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = tuple(fault["loc"])
        said = fault_sentence(model, place, fault)
        if fault["type"] == "extra_forbidden":
            near = said[said.find(" (did you mean") :] if "(did you" in said else ""
            said = f"is not a known key{near}; /docs lists those there are"
        if _is_only_trigger(written, place):
            place = place[2:]
        field = _plain(".".join(str(part) for part in place))
        sentence, _, remedy = _plain(said).partition("; ")
        raise Unusable("invalid", sentence, remedy, field=field) from error


def _is_only_trigger(written: dict[str, object], place: tuple[object, ...]) -> bool:
    """Whether a fault is in a batch of one, which is not counted."""
    batch = written.get("triggers")
    return place[:1] == ("triggers",) and isinstance(batch, list) and len(batch) == 1


def _plain(sentence: str) -> str:
    """Keep a sentence that quotes what was sent fit for an answer and a log."""
    return sentence.encode("utf-8", "replace").decode()[:400]
