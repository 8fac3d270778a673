"""The contracts, deployed on a chain in this process, and a hand on what happens there.

Deployed once for each version and reverted for each test: that takes a tenth.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3
from web3.logs import DISCARD

COMPILED = Path(__file__).parent / "compiled"
VERSIONS = ("0.8.2", "0.8.4", "0.8.5")
#: Keys of nobody: of the closer, the sub-account's owner and a stranger.
CLOSER_KEY = "0x" + "c1" * 32
CLOSER = Account.from_key(CLOSER_KEY).address
XRP, XRP_NAME = 340, "XRPUSDT"
CLOSE, CANCEL = bytes.fromhex("501e891f"), bytes.fromhex("a63b9363")
ETHER = 10**18


def wei(amount: str | Decimal) -> int:
    return int(Decimal(amount) * ETHER)


class Deployed:
    """One chain with the contracts of one version.

    `owner` owns `sub`, which has delegated both functions to `CLOSER`; `solver` is
    the other side of every quote.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.tester = EthereumTester(backend=PyEVMBackend())
        self.web3 = Web3(EthereumTesterProvider(self.tester))
        accounts = self.web3.eth.accounts
        self.operator, self.owner, self.solver, self.stranger = accounts[:4]
        self._built = json.loads((COMPILED / f"{version}.json").read_text())
        self.trading = self._deploy("trading")
        template = self._deploy("party_a")
        self.multi = self._deploy(
            "multi_account", self.trading.address, template.address
        )
        self.wallet = self._deploy("wallet")
        self.do(self.trading.functions.setSymbol(XRP, XRP_NAME, wei("5")))
        self.sub = self.add_account("first")
        self.delegate(self.sub)
        self.give(CLOSER, "10")
        self._base = self.tester.take_snapshot()

    def reset(self) -> Deployed:
        self.tester.revert_to_snapshot(self._base)
        self._base = self.tester.take_snapshot()
        return self

    def _deploy(self, name: str, *args: object) -> Any:
        built = self._built[name]
        factory = self.web3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
        sent = factory.constructor(*args).transact({"from": self.operator})
        receipt = self.web3.eth.get_transaction_receipt(sent)
        return self.web3.eth.contract(receipt["contractAddress"], abi=built["abi"])

    def do(self, function: Any, sender: str | None = None) -> Any:
        """Carry out a call in a block of its own."""
        sent = function.transact({"from": sender or self.operator, "gas": 2_000_000})
        return self.web3.eth.get_transaction_receipt(sent)

    def add_account(self, name: str) -> str:
        receipt = self.do(self.multi.functions.addAccount(name), self.owner)
        (event,) = self.multi.events.AddAccount().process_receipt(receipt, DISCARD)
        return event["args"]["account"]

    def delegate(self, sub: str, target: str = CLOSER) -> None:
        args: list[object] = [sub, target, [CLOSE, CANCEL]]
        if self.version != "0.8.5":
            args.append(True)
        self.do(self.multi.functions.delegateAccesses(*args), self.owner)

    def propose_revocation(self, sub: str = "", target: str = CLOSER) -> int:
        """Warn that an access will be taken away; when, in seconds of the chain."""
        propose = self.multi.functions.proposeToRevokeAccesses
        self.do(propose(sub or self.sub, target, [CLOSE]), self.owner)
        return self.now_s

    def revoke(self, function: bytes = CLOSE) -> None:
        self.do(self.multi.functions.setAccess(self.sub, CLOSER, function, False))

    def give(self, address: str, ether: str) -> None:
        self.web3.eth.send_transaction(
            {"from": self.operator, "to": address, "value": wei(ether)}
        )

    def open(
        self,
        quantity: str = "100",
        price: str = "2",
        *,
        short: bool = False,
        sub: str | None = None,
        locked: str = "40",
    ) -> int:
        """Open a quote; `locked` is its collateral value, a quarter of it in each."""
        part = wei(locked) // 4
        values = (part, part, 2 * part, part)
        args = (
            sub or self.sub,
            self.solver,
            XRP,
            int(short),
            wei(quantity),
            wei(price),
        )
        self.do(self.trading.functions.openQuote(*args, values))
        return int(self.trading.functions.getNextQuoteId().call())

    def fill(self, quote_id: int, quantity: str, price: str) -> None:
        function = self.trading.functions.fill(quote_id, wei(quantity), wei(price))
        self.do(function, self.solver)

    def try_fill(self, quote_id: int, quantity: str, price: str) -> None:
        """Ask whether the contract would take a fill; raises with its words if not."""
        function = self.trading.functions.fill(quote_id, wei(quantity), wei(price))
        function.call({"from": self.solver})

    def accept_cancel(self, quote_id: int) -> None:
        function = self.trading.functions.acceptCancelCloseRequest(quote_id)
        self.do(function, self.solver)

    def ask_close(
        self,
        quote_id: int,
        quantity: str,
        price: str,
        *,
        order_type: int = 0,
        seconds: int = 300,
    ) -> None:
        """Ask for a close as the owner does from a front-end."""
        deadline = self.now_s + seconds
        call = self.trading.encode_abi(
            "requestToClosePosition",
            args=[quote_id, wei(price), wei(quantity), order_type, deadline],
        )
        self.do(self.multi.functions._call(self.sub, [call]), self.owner)

    def status(self, quote_id: int) -> int:
        return self.quote(quote_id)[16]

    def quote(self, quote_id: int) -> Any:
        return self.trading.functions.getQuote(quote_id).call()

    @property
    def now_s(self) -> int:
        return self.tester.get_block_by_number("latest")["timestamp"]

    @property
    def height(self) -> int:
        return self.tester.get_block_by_number("latest")["number"]

    def pass_time(self, seconds: int) -> None:
        """Mine a block that is so much younger than the newest."""
        wanted = self.now_s + seconds
        self.tester.time_travel(wanted)
        if self.now_s < wanted:
            self.mine()
        assert self.now_s >= wanted

    def mine(self, blocks: int = 1) -> None:
        self.tester.mine_blocks(blocks)


@cache
def _built(version: str) -> Deployed:
    return Deployed(version)


def deployed(version: str = "0.8.4") -> Deployed:
    chain = _built(version).reset()
    # A block is dated by the machine's clock where that is later than its parent: this
    # one takes the jump over the time that other tests have taken.
    chain.mine()
    return chain
