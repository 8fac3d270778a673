"""The names of accounts that are simulated beside real ones."""

import pytest

from exitd.configuration.values import read_name
from exitd.core.simulated import (
    is_simulated,
    real_account,
    route_account,
    simulated_beside,
)


@pytest.mark.parametrize(
    ("on_paper", "in_live_daemon", "account"),
    [
        (True, True, "main:paper"),
        (True, False, "main"),
        (False, True, "main"),
        (False, False, "main"),
    ],
)
def test_given_a_route_when_its_account_is_asked_for_then_simulated_if_need_be(
    on_paper, in_live_daemon, account
):
    found = route_account("main", on_paper=on_paper, in_live_daemon=in_live_daemon)

    assert found == account
    assert is_simulated(found) is (account != "main")
    assert real_account(found) == "main"


def test_given_a_simulated_account_then_nobody_can_name_a_real_one_like_it():
    with pytest.raises(ValueError, match="is not a name"):
        read_name(simulated_beside("main"))
