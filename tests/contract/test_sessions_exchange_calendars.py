"""The sessions of exchange_calendars keep the contract; the hours are the real ones."""

import os

import pytest

from contract.sessions_contract import SessionsContract
from exitd.adapters.calendars.asking import ExchangeCalendars


@pytest.fixture
def source() -> ExchangeCalendars:
    return ExchangeCalendars(os.environ)


class TestExchangeCalendars(SessionsContract):
    pass
