"""Front-ends' orders on quotes of a chain, with the daemon as its own process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from chain.deployed import CLOSER
from e2e.chain_house import ChainHouse, chain_house, order
from e2e.house import DaemonProcess

pytestmark = pytest.mark.e2e

CLOSED, CLOSE_PENDING = 7, 5
TAKE_PROFIT = order("take_profit", "2.5", "2.25", conditional_price_type="last_close")
STOP = order("stop_loss", "1.8", "1.62")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[ChainHouse]:
    with chain_house(tmp_path) as found:
        yield found


def armed_quote(front: ChainHouse) -> tuple[DaemonProcess, int]:
    """Start the daemon, log in, and keep both exits of a quote with it."""
    quote_id = front.live.do(lambda chain: chain.open())
    daemon = front.start()
    assert front.log_in().status_code == 200
    answer = front.arm(quote_id, TAKE_PROFIT, STOP)
    assert answer.status_code == 200, answer.text
    # Armed once the first price of the quote's own market has come.
    daemon.log.wait("trigger.armed", count=2)
    return daemon, quote_id


def pending(front: ChainHouse, quote_id: int) -> None:
    front.until(
        lambda: front.live.do(lambda chain: chain.status(quote_id)) == CLOSE_PENDING,
        "the close is asked for on the chain",
    )


def test_b001_b143_given_both_exits_when_the_price_falls_then_one_close_on_chain(
    front: ChainHouse,
):
    daemon, quote_id = armed_quote(front)
    shown = {row["conditional_order_type"]: row for row in front.armed(quote_id)}

    front.price("1.75")
    pending(front, quote_id)
    asked = front.live.do(lambda chain: chain.quote(quote_id))
    front.live.do(lambda chain: chain.fill(quote_id, "100", "1.74"))
    done = daemon.log.wait("trigger.done", reason="filled")

    assert {kind: row["state"] for kind, row in shown.items()} == {
        "take_profit": "new",
        "stop_loss": "new",
    }
    assert done["trigger_id"].startswith(f"rasa_{quote_id}_")
    assert front.live.do(lambda chain: chain.status(quote_id)) == CLOSED
    assert front.live.closes(quote_id) == 1
    assert asked[18] == 1_620_000_000_000_000_000
    front.until(lambda: front.armed(quote_id) == [], "nothing is left of the quote")
    assert daemon.stop() == 0


def test_b111_b143_given_a_kill_while_no_block_has_the_close_then_one_close(
    front: ChainHouse,
):
    first, quote_id = armed_quote(front)
    pool = front.live.pool
    front.live.do(lambda _: setattr(pool, "is_mining", False))

    front.price("1.75")
    first.log.wait("order.sent")
    front.until(lambda: front.live.do(lambda _: bool(pool.seen)), "a node has it")
    first.kill()
    front.live.do(lambda _: setattr(pool, "is_mining", True))
    second = front.start()
    pending(front, quote_id)
    front.live.do(lambda chain: chain.fill(quote_id, "100", "1.74"))
    second.log.wait("trigger.done", reason="filled")

    # Whatever it was outbid by meanwhile was on the same nonce.
    assert front.live.do(lambda chain: chain.tester.get_nonce(CLOSER)) == 1
    assert front.live.closes(quote_id) == 1
    assert front.live.do(lambda chain: chain.status(quote_id)) == CLOSED
    assert second.stop() == 0


def test_b143_given_a_kill_with_the_close_on_chain_when_filled_meanwhile_then_known(
    front: ChainHouse,
):
    first, quote_id = armed_quote(front)

    front.price("2.6")
    pending(front, quote_id)
    first.kill()
    front.live.do(lambda chain: chain.fill(quote_id, "100", "2.59"))
    second = front.start()
    done = second.log.wait("trigger.done", reason="filled")

    assert done["trigger_id"].startswith(f"rasa_{quote_id}_")
    assert front.live.closes(quote_id) == 1
    # The token outlives the daemon, and the quote is shown to its owner.
    front.until(lambda: front.armed(quote_id) == [], "nothing is left of the quote")
    assert second.stop() == 0


def test_b144_given_no_node_at_the_start_then_said_and_not_ready_until_one_is_back(
    front: ChainHouse,
):
    first, quote_id = armed_quote(front)
    first.kill()
    front.live.set_down(True)

    second = front.launch()
    failed = second.log.wait("venue.failed", venue="symmio")
    # Ten seconds are waited for an answer; then what is stored is judged.
    second.log.wait("daemon.ready")
    without = front.status()
    refused = front.arm(quote_id, STOP)
    front.live.set_down(False)
    second.log.wait("venue.recovered", venue="symmio")
    second.log.wait("health.recovered")
    having = front.status()
    front.price("1.75")
    pending(front, quote_id)

    assert "no node can be believed" in failed["reason"]
    assert not without["is_ready"]
    assert "symmio has not been reconciled" in without["reasons"]
    assert refused.status_code == 502
    assert refused.json()["error_message"].startswith("no node of the chain answered")
    assert having["is_ready"], having["reasons"]
    noticed = second.log.of("chain.noticed", topic="chain.node_doubted")
    assert [line["level"] for line in noticed] == ["warning"] * 2 + ["info"] * 2
    assert {line["account"] for line in noticed} == {"symmio"}
    assert front.live.closes(quote_id) == 1


def test_given_no_delegation_when_armed_then_refused_with_the_call_to_make(
    front: ChainHouse,
):
    quote_id = front.live.do(lambda chain: chain.open())
    front.live.do(lambda chain: chain.revoke())
    front.start()
    front.log_in()

    refused = front.arm(quote_id, STOP)
    front.live.do(lambda chain: chain.delegate(chain.sub))
    taken = front.arm(quote_id, STOP)

    assert refused.status_code == 403
    said = json.dumps(refused.json())
    assert f"{CLOSER} may not call requestToClosePosition for {front.sub}" in said
    assert f"delegateAccesses({front.sub}, {CLOSER}, " in said
    assert front.live.chain.multi.address in said
    assert taken.status_code == 200, taken.text


def test_given_a_symbol_without_prices_when_armed_then_refused_and_still_ready(
    front: ChainHouse,
):
    text = front.config.read_text()
    front.config.write_text(text.replace("watch: SOLUSDT", "watch: NOPEUSDT"))
    quote_id = front.live.do(lambda chain: chain.open())
    front.start()
    front.log_in()

    first, second = front.arm(quote_id, STOP), front.arm(quote_id, STOP)

    for refused in (first, second):
        assert refused.status_code == 422
        assert refused.json()["error_message"].startswith(
            f"nobody gives prices of XRPUSDT#{quote_id}: Binance refused"
        )
    assert front.armed(quote_id) == []
    assert front.status()["is_ready"]


def test_given_a_stranger_when_logging_in_then_refused(front: ChainHouse):
    daemon = front.start()

    answer = front.log_in(Account.from_key("0x" + "7" * 64))

    assert answer.status_code == 401
    daemon.log.wait("auth.refused")
    assert front.arm(1, STOP).status_code == 401
    assert daemon.stop() == 0


def test_given_the_files_when_checked_online_then_contracts_and_nodes_are_asked(
    front: ChainHouse,
):
    config = str(front.config.parent)
    good = front.command("check", config, "--online")
    chains = front.config.parent / "venues" / "symmio.yaml"
    chain = front.live.chain
    chains.write_text(
        chains.read_text().replace(chain.multi.address, chain.wallet.address)
    )
    front.live.do(lambda _: setattr(front.live.nodes[1], "chain_id", 1))

    bad = front.command("check", config, "--online")

    assert good.returncode == 0, good.stdout
    assert good.stdout == ""
    assert bad.returncode == 78
    assert f"6:12: error: {chain.wallet.address} under `multi_accounts` is no" in (
        bad.stdout
    )
    assert "it is on chain 1, not" in bad.stdout


def test_given_a_multi_account_of_elsewhere_when_started_then_it_says_so_and_runs(
    front: ChainHouse,
):
    chains = front.config.parent / "venues" / "symmio.yaml"
    multi, wallet = front.live.chain.multi.address, front.live.chain.wallet.address
    chains.write_text(chains.read_text().replace(multi, wallet))

    daemon = front.launch()
    daemon.log.wait("chain.noticed")

    assert f"{wallet} under `multi_accounts` is no MultiAccount" in daemon.log.text()
    assert daemon.stop() == 0
