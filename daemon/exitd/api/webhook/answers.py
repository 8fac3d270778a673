"""What a sender is answered, in the shape of the format; numbers keep their digits."""

from decimal import Decimal
from http import HTTPStatus

import msgspec
from msgspec import Struct
from starlette.responses import Response

from exitd.api.webhook.refusals import Invalid
from exitd.core.entry import SignalRecord
from exitd.core.ticket import TicketType
from exitd.runtime.problems import ControlError
from exitd.runtime.signals.inbox import Taken
from exitd.signals.analysing import analyse, analysis_json
from exitd.signals.model import Direction, Finding, Json, Signal, Validation

USE_LIMITS = "Consider using limit orders for better price control"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class EventView(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The alert as it was understood; `id` is that of its record."""

    id: str
    ticker: str | None
    direction: Direction | None
    market_price: Decimal | None = None


class FindingView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One error or warning; a warning has a `meaning` and an `action` instead."""

    message: str
    field: str = ""
    cause: str = ""
    remedy: str = ""
    meaning: str = ""
    action: str = ""


class ValidationView(Struct, frozen=True, kw_only=True):
    valid: bool
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[FindingView, ...]


class AcceptedView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert that is stored, or that repeats one which is (`duplicate`)."""

    success: bool = True
    message: str
    duplicate: bool
    webhook_event: EventView
    analytics: Json
    validation: ValidationView


class RefusedView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert that was not taken; nothing of it was stored."""

    success: bool = False
    message: str
    code: str
    remedy: str
    errors: tuple[str, ...]
    validation: ValidationView | None = None
    request_id: str = ""


def accepted(taken: Taken, signal: Signal, validation: Validation) -> Response:
    view = AcceptedView(
        message=_message(taken),
        duplicate=taken.is_duplicate,
        webhook_event=EventView(
            id=taken.record.id,
            ticker=signal.ticker,
            direction=signal.direction,
            market_price=signal.market_price,
        ),
        analytics=_analytics(signal),
        validation=_shown(validation),
    )
    return _answer(view, HTTPStatus.OK)


def refused(error: ControlError, request_id: str) -> Response:
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    validation = error.validation if isinstance(error, Invalid) else None
    errors = (
        (error.sentence,)
        if validation is None
        else tuple(finding.message for finding in validation.errors)
    )
    view = RefusedView(
        message=error.sentence,
        code=error.code,
        remedy=error.remedy,
        errors=errors,
        validation=None if validation is None else _shown(validation),
        request_id=request_id,
    )
    return _answer(view, error.status, headers)


def _analytics(signal: Signal) -> Json:
    """Say what is known before any fill; the quality is not, and is never guessed."""
    analysis = analyse(signal)
    is_market = analysis.order_type is TicketType.MARKET
    return {
        "orderType": analysis.order_type,
        "marketPrice": analysis.market_price,
        "intendedPrice": analysis.intended_price,
        "setupCost": analysis.setup_cost,
        "executionQuality": analysis.execution_quality,
        **analysis_json(analysis),
        "recommendations": [USE_LIMITS] if is_market else [],
    }


def _message(taken: Taken) -> str:
    record = taken.record
    if taken.is_duplicate and not taken.is_same:
        return (
            f"Duplicate of {record.id}, which had this clientOrderId and another body; "
            "nothing is done twice"
        )
    if taken.is_duplicate:
        return f"Duplicate of {record.id}; nothing is done twice"
    return f"Webhook received as {record.id}; it is carried out now{_again(record)}"


def _again(record: SignalRecord) -> str:
    if not record.again:
        return ""
    return (
        f". Its clientOrderId was used before, so that the broker gets the order as "
        f"{record.broker_id}"
    )


def _shown(validation: Validation) -> ValidationView:
    return ValidationView(
        valid=validation.valid,
        errors=tuple(finding.message for finding in validation.errors),
        warnings=tuple(finding.message for finding in validation.warnings),
        findings=(
            *(_error(finding) for finding in validation.errors),
            *(_warning(finding) for finding in validation.warnings),
        ),
    )


def _error(finding: Finding) -> FindingView:
    return FindingView(
        message=finding.message,
        field=finding.field,
        cause=finding.cause,
        remedy=finding.remedy,
    )


def _warning(finding: Finding) -> FindingView:
    return FindingView(
        message=finding.message,
        field=finding.field,
        meaning=finding.cause,
        action=finding.remedy,
    )


def _answer(
    view: Struct, status: int, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        _ENCODER.encode(view),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )
