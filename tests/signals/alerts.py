"""Alerts for tests: a good one, changed field by field."""

import json
from decimal import Decimal
from typing import Any

from exitd.core.ticket import Ticket
from exitd.signals.model import Normalised, Validation
from exitd.signals.normalising import normalise
from exitd.signals.reading import read_body
from exitd.signals.tickets import NoTicket, ticket_of
from exitd.signals.validating import validate

GOOD: dict[str, Any] = {
    "ticker": "AAPL",
    "direction": "long",
    "auth_key": "k",
    "qty": 10,
    "marketPrice": "100",
}


def normalised(**changes: Any) -> Normalised:
    """Normalise a good alert with these fields; None takes one out."""
    body = {**GOOD, **changes}
    return normalise(read_body(json.dumps(body).encode()))


def validated(**changes: Any) -> Validation:
    return validate(normalised(**changes))


def errors(**changes: Any) -> list[str]:
    return [finding.message for finding in validated(**changes).errors]


def warnings(**changes: Any) -> list[str]:
    return [finding.message for finding in validated(**changes).warnings]


def ticket(**changes: Any) -> Ticket:
    found = ticket_of(normalised(**changes).signal)
    assert not isinstance(found, NoTicket)
    return found


def dec(text: str) -> Decimal:
    return Decimal(text)
