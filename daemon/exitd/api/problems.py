"""Answers to what went wrong: RFC 9457 problem details, one shape for all."""

import re
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Scope

from exitd.configuration.findings import did_you_mean, quoted
from exitd.configuration.validation import fault_sentence
from exitd.errors import StoreError, VenueError
from exitd.runtime.problems import ControlError

MEDIA_TYPE = "application/problem+json"
_WORDS = re.compile(r"'([^']*)'")


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong, in one sentence, and what to do about it.

    `code` is stable; `type` leads to it in the documentation. `field` is the part of
    the body that is wrong, such as `triggers.1.tighten.at`; empty where it is none.
    """

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    code: str
    field: str
    request_id: str


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    remedy: str = "",
    field: str = "",
    request_id: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"/docs#problem-{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        remedy=remedy,
        code=code,
        field=field,
        request_id=request_id,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def request_id_of(request: HTTPConnection) -> str:
    found = request.scope.get("state", {}).get("request_id", "")
    return found if isinstance(found, str) else ""


def control_problem(error: ControlError, request_id: str) -> Response:
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return problem_response(
        error.status,
        error.code,
        error.sentence,
        remedy=error.remedy,
        field=error.field,
        request_id=request_id,
        headers=headers,
    )


def keep_reason(scope: Scope, error: ControlError) -> None:
    """Leave word of why a request was refused, for the audit log."""
    scope["state"]["reason"] = error.why or error.code


async def _on_control(request: Request, error: Exception) -> Response:
    assert isinstance(error, ControlError)
    keep_reason(request.scope, error)
    return control_problem(error, request_id_of(request))


async def _on_venue(request: Request, error: Exception) -> Response:
    assert isinstance(error, VenueError)
    return problem_response(
        HTTPStatus.BAD_GATEWAY,
        "venue_failed",
        str(error),
        remedy="look at the venue's status and try again",
        request_id=request_id_of(request),
    )


async def _on_store(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    return problem_response(
        HTTPStatus.INSUFFICIENT_STORAGE,
        "store_failed",
        str(error),
        remedy="look at the disk; what is armed goes on",
        request_id=request_id_of(request),
    )


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    is_elsewhere = status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    remedy = "/docs lists what there is" if is_elsewhere else ""
    return problem_response(
        status,
        status.name.lower(),
        f"{request.method} {request.url.path}: {error.detail}",
        remedy=remedy,
        request_id=request_id_of(request),
        headers=dict(error.headers or {}),
    )


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    place, said = first_fault(error.errors())
    sentence, _, remedy = said.partition("; ")
    return problem_response(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid",
        f"{place}: {sentence}" if place else sentence,
        remedy=remedy,
        field=place,
        request_id=request_id_of(request),
    )


async def _on_bug(request: Request, error: Exception) -> Response:
    # The server logs the traceback; the answer tells nothing of the inside.
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "bug",
        "this is a mistake in exitd; nothing is known about what was done",
        remedy="look at `exitd ls` before trying again, and report the log",
        request_id=request_id_of(request),
    )


def first_fault(faults: Any) -> tuple[str, str]:
    """Say the first thing that is wrong with what was sent: where, and what."""
    fault = faults[0]
    where = fault["loc"][1:] if fault["loc"][:1] == ("query",) else fault["loc"]
    place = ".".join(str(part) for part in where)
    said = fault_sentence(BaseModel, tuple(where), fault)
    if fault["type"] == "literal_error":
        # What is left empty is not asked for, and is no word to write.
        known = [word for word in _WORDS.findall(fault["ctx"]["expected"]) if word]
        written = str(fault["input"])
        said = f"{quoted(written)} is not one of {', '.join(known)}"
        said += did_you_mean(written, known)
    return place, said


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ControlError, _on_control)
    app.add_exception_handler(VenueError, _on_venue)
    app.add_exception_handler(StoreError, _on_store)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_bug)
