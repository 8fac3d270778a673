"""What went wrong, in the shape that front-ends of Rasa show to people.

`{"error_code": number, "error_message": string, "error_detail": [string]}`; the detail
begins with the stable word that a problem of the own API has as its `code`.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import Response

from exitd.api.rasa.wire import answer
from exitd.runtime.problems import ControlError, NotFound, Unauthenticated

#: What browsers of other origins may do here; a token is what lets them.
CORS = MappingProxyType(
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": (
            "App-Name, Authorization, Content-Type, Accept, Cache-Control"
        ),
        "Access-Control-Max-Age": "600",
    }
)

ERROR_CODES: Mapping[str, int] = MappingProxyType(
    {
        "bad_json": 1000,
        "missing_field": 1001,
        "bad_number": 1002,
        "bad_address": 1003,
        "bad_text": 1004,
        "bad_word": 1005,
        "no_orders": 1006,
        "too_many_orders": 1007,
        "too_large": 1008,
        "too_deep": 1009,
        "bad_pattern": 1010,
        "unauthenticated": 1100,
        "scope": 1101,
        "rate_limited": 1102,
        "not_served": 1103,
        "missing_delegation": 1104,
        "unknown_multi_account": 1105,
        "too_many_sockets": 1106,
        "not_executable": 1107,
        "unknown_quote": 1200,
        "quote_not_open": 1201,
        "wrong_side": 1202,
        "wrong_symbol": 1203,
        "solver_not_allowed": 1204,
        "no_order": 1205,
        "temporary_quote": 1206,
        "wrong_schema": 1207,
        "no_price": 1208,
        "quantity_zero": 1300,
        "quantity_above_open": 1301,
        "remainder_below_minimum": 1302,
        "below_minimum": 1303,
        "price_zero": 1304,
        "conditional_price_zero": 1305,
        "conditionalPrice_zero": 1305,
        "stop_beyond_target": 1306,
        "unfillable": 1307,
        "too_near": 1308,
        "off_step": 1309,
        "already_crossed": 1310,
        "conflict": 1311,
        "limit": 1312,
        "firing": 1313,
        "recovering": 1400,
        "stopping": 1401,
        "store_full": 1402,
        "chain_unavailable": 1403,
    }
)


_ID = re.compile(r"rasa_\d+_[0-9A-Z]+")


def unauthenticated(why: str = "") -> Unauthenticated:
    """Nobody knows who asks; the same for every cause, so that it tells nothing."""
    return Unauthenticated(
        "unauthenticated",
        "the token or the signature is not valid",
        "log in again",
        why=why,
    )


def unknown_quote(quote_id: int) -> NotFound:
    """There is no such quote for who asks: another's is not known either."""
    return NotFound("unknown_quote", f"you have no quote {quote_id}")


def in_these_words(error: ControlError) -> ControlError:
    """Say what the engine refused to those who know of orders and not of triggers.

    The ids of triggers are ours, and these dialects cannot ask for one to fire at once.
    """
    sentence = _ID.sub("another order", _ID.sub("an order", error.sentence, count=1))
    remedy = _ID.sub("the order", error.remedy)
    if error.code == "already_crossed":
        remedy = "choose another level"
    return type(error)(error.code, sentence, remedy, retry_after_s=error.retry_after_s)


def error_code(error: ControlError) -> int:
    """Give the number of an error; where it has none of its own, its HTTP status."""
    return ERROR_CODES.get(error.code, error.status)


def fault_of(error: ControlError) -> dict[str, object]:
    """Describe an error; v5 clients look at `successful` and `message`."""
    sentence = error.sentence
    if error.remedy:
        sentence = f"{sentence}; {error.remedy}"
    detail = [error.code, *([error.field] if error.field else [])]
    return {
        "error_code": error_code(error),
        "error_message": sentence,
        "error_detail": detail,
        "successful": False,
        "message": sentence,
    }


def fault_answer(error: ControlError, request_id: str = "") -> Response:
    """Answer with an error."""
    response = answer(fault_of(error), error.status)
    response.headers.update(CORS)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
