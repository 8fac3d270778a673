"""How long a close on a chain takes to be written and signed.

    python benchmarks/signing.py

That stands between a hit and its send, so the goal is less than a millisecond. Beside
it, the same transaction by the general library.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from eth_account import Account

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.wallet import Transaction, Wallet
from exitd.secret import Secret

KEY = "0x" + "11" * 32
ADDRESS = "0x91Cf2D8Ed503EC52768999aA6D8DBeA6e52dbe43"
ROUNDS = 2_000


def ours(wallet: Wallet, nonce: int) -> bytes:
    call = calls.close_call(179921, 10**18, 10**19, calls.MARKET, 1_800_000_000)
    data = calls.tagged(calls.through(ADDRESS, [call]), nonce)
    transaction = Transaction(
        chain_id=8453,
        nonce=nonce,
        priority_fee=10**6,
        max_fee=10**9,
        gas=600_000,
        to=ADDRESS,
        data=data,
    )
    return wallet.sign(transaction).raw


def the_librarys(account: object, nonce: int) -> bytes:
    call = calls.close_call(179921, 10**18, 10**19, calls.MARKET, 1_800_000_000)
    signed = account.sign_transaction(  # type: ignore[attr-defined]
        {
            "type": 2,
            "chainId": 8453,
            "nonce": nonce,
            "maxPriorityFeePerGas": 10**6,
            "maxFeePerGas": 10**9,
            "gas": 600_000,
            "to": ADDRESS,
            "value": 0,
            "data": calls.through(ADDRESS, [call]),
            "accessList": [],
        }
    )
    return bytes(signed.raw_transaction)


def times_us(work: Callable[[int], bytes], rounds: int) -> list[float]:
    for nonce in range(20):
        work(nonce)
    taken = []
    for nonce in range(rounds):
        began = time.perf_counter_ns()
        work(nonce)
        taken.append((time.perf_counter_ns() - began) / 1_000)
    return sorted(taken)


def main() -> None:
    wallet, account = Wallet(Secret(KEY)), Account.from_key(KEY)
    rows = {
        "exitd": times_us(lambda nonce: ours(wallet, nonce), ROUNDS),
        "eth-account": times_us(lambda nonce: the_librarys(account, nonce), 200),
    }
    print(f"{'':12} {'median':>9} {'p99':>9}  µs for a signed close")
    for name, taken in rows.items():
        p99 = taken[int(len(taken) * 0.99)]
        print(f"{name:12} {statistics.median(taken):9.0f} {p99:9.0f}")


if __name__ == "__main__":
    main()
