"""How long it takes to sign a close for a chain, and to check who has logged in.

    python benchmarks/signing.py [--json]

The first stands between a hit and its send, the second before every order of a
front-end; the goal of each is less than a millisecond. `eth-account` is what one would
pick otherwise: its own way of doing the same, and nothing around it.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from worlds import machine

from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.adapters.symmio import calls
from exitd.adapters.symmio.wallet import Transaction, Wallet
from exitd.api.rasa.siwe import Asked, siwe_texts
from exitd.secret import Secret

KEY = "0x" + "11" * 32
ADDRESS = "0x91Cf2D8Ed503EC52768999aA6D8DBeA6e52dbe43"
GOAL_US = 1_000
WARM_UP = 50


def close_data(nonce: int) -> bytes:
    call = calls.close_call(179921, 10**18, 10**19, calls.MARKET, 1_800_000_000)
    return calls.tagged(calls.through(ADDRESS, [call]), nonce)


def sign_close() -> Callable[[int], object]:
    wallet = Wallet(Secret(KEY))

    def sign(nonce: int) -> object:
        transaction = Transaction(
            chain_id=8453,
            nonce=nonce,
            priority_fee=10**6,
            max_fee=10**9,
            gas=600_000,
            to=ADDRESS,
            data=close_data(nonce),
        )
        return wallet.sign(transaction).raw

    return sign


def sign_close_by_the_library() -> Callable[[int], object]:
    account = Account.from_key(KEY)

    def sign(nonce: int) -> object:
        fields = {
            "type": 2,
            "chainId": 8453,
            "nonce": nonce,
            "maxPriorityFeePerGas": 10**6,
            "maxFeePerGas": 10**9,
            "gas": 600_000,
            "to": ADDRESS,
            "value": 0,
            "data": close_data(nonce),
            "accessList": [],
        }
        return account.sign_transaction(fields).raw_transaction

    return sign


def a_login() -> tuple[Asked, str, str]:
    """A login, the wallet that has signed it, and the text that it has signed."""
    account = Account.from_key(KEY)
    asked = Asked(
        account=ADDRESS,
        nonce="7yKzqV0aQm2t8WcX7yKzqV0aQm2t8WcX",
        issued_at="2026-11-20T10:00:00.000Z",
        expiration_time="2026-11-20T11:00:00.000Z",
        signature=b"",
        is_smart_wallet=False,
    )
    text = texts_of(asked, account.address)[0]
    signature = bytes(account.sign_message(encode_defunct(text=text)).signature)
    signed = Asked(
        account=asked.account,
        nonce=asked.nonce,
        issued_at=asked.issued_at,
        expiration_time=asked.expiration_time,
        signature=signature,
        is_smart_wallet=False,
    )
    return signed, account.address, text


def texts_of(asked: Asked, wallet: str) -> list[str]:
    """Give what can have been signed: one domain, one address, one chain."""
    urls, chains = ["https://exits.example.org"], [8453]
    domains = ["app.example.org"]
    found = siwe_texts(asked, wallet, domains=domains, login_urls=urls, chains=chains)
    return list(found)


def check_login() -> Callable[[int], object]:
    asked, wallet, _ = a_login()
    signatures = EthereumSignatures()

    def check(_: int) -> object:
        text = texts_of(asked, signatures.checksum(wallet))[0]
        signer = signatures.signer_of(text, asked.signature)
        assert signer == wallet
        return signer

    return check


def check_login_by_the_library() -> Callable[[int], object]:
    asked, wallet, text = a_login()

    def check(_: int) -> object:
        message = encode_defunct(text=text)
        signer = Account.recover_message(message, signature=asked.signature)
        assert signer == wallet
        return signer

    return check


WORK: dict[str, dict[str, Callable[[], Callable[[int], object]]]] = {
    "close_signed": {"exitd": sign_close, "eth-account": sign_close_by_the_library},
    "login_checked": {"exitd": check_login, "eth-account": check_login_by_the_library},
}


def times_us(work: Callable[[int], object], rounds: int) -> list[float]:
    for nonce in range(WARM_UP):
        work(nonce)
    taken = []
    for nonce in range(rounds):
        began = time.perf_counter_ns()
        work(nonce)
        taken.append((time.perf_counter_ns() - began) / 1_000)
    return sorted(taken)


def measure(rounds: int) -> dict[str, Any]:
    result: dict[str, Any] = {"machine": machine(), "goal_us": GOAL_US}
    for what, contenders in WORK.items():
        result[what] = {}
        for name, prepare in contenders.items():
            taken = times_us(prepare(), rounds)
            result[what][name] = {
                "median_us": round(statistics.median(taken)),
                "p99_us": round(taken[int(len(taken) * 0.99)]),
            }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"{'':14} {'':12} {'median':>9} {'p99':>9}  µs (goal {GOAL_US:,})")
    for what in WORK:
        for name, row in result[what].items():
            words = what.replace("_", " ")
            print(f"{words:14} {name:12} {row['median_us']:9,} {row['p99_us']:9,}")


if __name__ == "__main__":
    sys.exit(main())
