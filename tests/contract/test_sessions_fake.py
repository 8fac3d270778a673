"""The fake sessions keep the contract that their users rely on."""

import pytest

from contract.sessions_contract import JULY, NOVEMBER, SessionsContract
from fakes.sessions import FakeSessions


@pytest.fixture
def source() -> FakeSessions:
    return FakeSessions({"XNYS": (*JULY, *NOVEMBER)})


class TestFakeSessions(SessionsContract):
    pass
