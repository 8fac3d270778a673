"""Bytes of the chain: held to the general libraries, and to what contracts return."""

from __future__ import annotations

from decimal import Decimal

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain.deployed import VERSIONS, deployed, wei
from exitd.adapters.symmio import calls
from exitd.adapters.symmio.amounts import (
    WORD_MAX,
    from_chain,
    looser_bound,
    step_of,
    to_chain,
)
from exitd.adapters.symmio.events import CLOSE_TOPICS, REVOKE_PROPOSED
from exitd.adapters.symmio.fees import FeePolicy, Fees, Market, bumped, fees_now
from exitd.adapters.symmio.quotes import quote_id_of, read_quote, read_symbol, symbol_of
from exitd.adapters.symmio.reverts import is_revert, reason_of
from exitd.adapters.symmio.wallet import (
    Transaction,
    Wallet,
    hash_of,
    read_transaction,
)
from exitd.core.position import Side
from exitd.errors import ConfigurationError, VenueUnavailable
from exitd.ports.chain import QuoteStatus
from exitd.secret import Secret

ADDRESS = "0x91Cf2D8Ed503EC52768999aA6D8DBeA6e52dbe43"
KEY = "0x" + "11" * 32
words = st.integers(0, WORD_MAX)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (calls.CLOSE, "501e891f"),
        (calls.CANCEL_CLOSE, "a63b9363"),
        (calls.EXPIRE, "f2445cd7"),
        (calls.GET_QUOTE, "cf39918e"),
        (calls.GET_SYMBOL, "6418413c"),
        (calls.THROUGH, "bd367d8e"),
        (calls.ACCESS, "b9c9b3f2"),
        (calls.OWNERS, "022914a7"),
        (calls.SYMMIO_ADDRESS, "7278b28f"),
        (calls.DELEGATE_WITH_STATE, "4ebabea1"),
        (calls.DELEGATE, "55e0660f"),
        (calls.IS_VALID_SIGNATURE, "1626ba7e"),
    ],
)
def test_given_a_function_then_its_known_selector(selector, expected):
    assert selector.hex() == expected


@pytest.mark.parametrize(
    "topic",
    [
        "7f9710cf0d5a0ad968b7fc45b62e78bf71c0ca8ebb71a16128fc27b07fa5608d",
        "c3b89af356874802979a890ae8871f67822871b8d01c66893e9b44ff75ab7445",
        "913f6390eac61b1aff6175281eb759d08736f7cbac052d2fec19a05a619c6c16",
        "8db83f0d58002d6c6c0e3f6250b15ea40435f8b603d72237fd28699b299109a9",
        "fa7483d69b899cf16df47cc736ab853f88135f704980d7d358a9746aead7a321",
        "cfb87430bccfbe2bfb59a3cd29b1e9824928449566da1bdcb700c723135d9069",
        "4592136806a6b35c808441c3ee6c0cb9d919da652ec52ea9b2252ff0160f7035",
        "e56157f1775def7e2f20ef604183092721dbe068b92081e566394323ed4ee0d4",
        "8639d1cdfa19595730d00390f0e8f9222eb0ce5fecca0b3320c091302d5a70e4",
        "5e953fa5755357c1b02f6091f73960ba1496f00741ddcf57e5db189b7d9e730f",
        "1fb3a5866c913789e890348816f52506a678b5027f5a7a525a0c3f1064441a2d",
        "0bc1fd8a0c1b5d47ffa208736a2441c16573c4e4fc7eda2f646e55145b12e38a",
        "1bc5415550efd6263f2cdd78a7deb25a5e804e41bde68092a457abc4d6384295",
        "0183ea1b026f57d871b56583f9dcb01415d727f08b4aab1d307c9e56eecd4140",
        "ddedca33677d8af2aabb861268c30d2c45326d209f838777ae15b2b288e7f32e",
        "9529f5ae1b092edf9e2862bf01f1d80ad51a3309f4da3c12997713f3a0aae8b0",
        "7d6ff4b7e46e472ab66c30c0abef7baa256e71749c81b1b48ef48bb357377cd7",
    ],
)
def test_given_an_event_about_closes_then_it_is_known_by_its_topic(topic):
    assert "0x" + topic in CLOSE_TOPICS


def test_given_the_warning_of_a_revocation_then_its_known_topic():
    assert REVOKE_PROPOSED.startswith("0x64930ca7")


@given(
    quote=words,
    price=words,
    quantity=words,
    kind=st.sampled_from([calls.LIMIT, calls.MARKET]),
    until=words,
)
def test_given_any_close_then_written_as_the_library_does(
    quote, price, quantity, kind, until
):
    call = calls.close_call(quote, price, quantity, kind, until)

    kinds = ["uint256", "uint256", "uint256", "uint8", "uint256"]
    assert call == calls.CLOSE + encode(kinds, [quote, price, quantity, kind, until])


@given(listed=st.lists(st.binary(max_size=200), max_size=4))
def test_given_any_calls_then_put_through_as_the_library_does(listed):
    data = calls.through(ADDRESS, listed)

    expected = encode(["address", "bytes[]"], [ADDRESS, listed])
    assert data == calls.THROUGH + expected


@given(listed=st.lists(words, max_size=4))
def test_given_any_quotes_then_freed_as_the_library_writes_it(listed):
    assert calls.expire_call(listed) == calls.EXPIRE + encode(["uint256[]"], [listed])


@pytest.mark.parametrize("with_state", [True, False])
def test_given_a_delegation_then_written_as_the_library_does(with_state):
    functions = [calls.CLOSE, calls.CANCEL_CLOSE]
    kinds = ["address", "address", "bytes4[]"] + ["bool"] * with_state
    values = [ADDRESS, ADDRESS, functions] + [True] * with_state

    data = calls.delegate_call(ADDRESS, ADDRESS, with_state=with_state)

    assert data[4:] == encode(kinds, values)


@given(data=st.binary(max_size=300), order_id=st.integers(0, 2**32 - 1))
def test_given_a_tag_when_read_then_the_id_and_without_it_none(data, order_id):
    assert calls.tag_of(calls.tagged(data, order_id)) == order_id
    assert calls.MARK in data or calls.tag_of(data) is None


def test_given_a_tagged_call_when_read_back_then_sub_account_and_call():
    inner = calls.cancel_call(7)
    data = calls.tagged(calls.through(ADDRESS, [inner]), 5)

    sub, call = calls.first_call_in(data)

    assert (sub, call) == (ADDRESS.lower(), inner)
    with pytest.raises(ValueError, match="MultiAccount"):
        calls.first_call_in(b"\1\2\3\4")


@given(number=words)
def test_given_any_number_of_the_chain_when_read_and_written_then_the_same(number):
    assert to_chain(from_chain(number)) == number


@pytest.mark.parametrize(
    "amount", ["-1", "1E-19", "0.1234567890123456789", "1E+60", "NaN", "Infinity"]
)
def test_given_what_18_decimals_do_not_hold_then_refused(amount):
    with pytest.raises(ValueError):
        to_chain(Decimal(amount))


def test_given_amounts_then_exact_and_short():
    assert str(from_chain(2187 * 10**15)) == "2.187"
    assert str(from_chain(10**20)) == "100"
    assert to_chain(Decimal("2.1870")) == 2187 * 10**15
    assert [str(step_of(p)) for p in (4, 0)] == ["0.0001", "1"]
    assert step_of(-1) == 10


@pytest.mark.parametrize(("sells", "expected"), [(True, "1.79"), (False, "1.80")])
def test_given_a_bound_of_our_own_then_rounded_away_from_the_price(sells, expected):
    step, least = Decimal("0.01"), Decimal("1E-18")

    price = looser_bound(Decimal("1.799"), step, sells=sells, least=least)

    assert price == Decimal(expected)


def test_given_a_price_below_the_step_when_bound_then_still_above_zero():
    least = Decimal("1E-18")

    price = looser_bound(Decimal("0.001"), Decimal(1), sells=True, least=least)

    assert price == least


@pytest.mark.parametrize("version", VERSIONS)
def test_given_any_version_when_a_quote_is_read_then_the_same_of_it(version):
    chain = deployed(version)
    quote_id = chain.open("7.2", "2.1870", short=True, locked="40")
    chain.ask_close(quote_id, "2", "2.5", order_type=0, seconds=300)
    data = chain.tester.call(
        {
            "from": chain.operator,
            "to": chain.trading.address,
            "data": "0x" + (calls.GET_QUOTE + calls.word(quote_id)).hex(),
        }
    )

    state = read_quote(bytes.fromhex(data[2:]))

    assert state is not None
    quote = state.quote
    assert (quote.quote_id, quote.symbol_id, quote.side) == (quote_id, 340, Side.SHORT)
    assert quote.status is QuoteStatus.CLOSE_PENDING
    assert (quote.quantity, quote.opened_price) == (Decimal("7.2"), Decimal("2.187"))
    assert quote.requested_quantity == 2
    assert quote.requested_price == Decimal("2.5")
    assert quote.deadline_s > chain.now_s
    assert quote.sub_account == chain.sub
    assert quote.solver == chain.solver
    assert state.locked == 40
    assert state.is_limit


@pytest.mark.parametrize("data", [b"", b"\0" * 31, b"\xff" * 900])
def test_given_what_is_no_quote_then_an_error_and_never_none(data):
    with pytest.raises(VenueUnavailable):
        read_quote(data)
    with pytest.raises(VenueUnavailable):
        read_symbol(data)


@pytest.mark.parametrize("symbol", ["XRPUSDT", "#5", "XRPUSDT#", "XRPUSDT#x", "A#-1"])
def test_given_a_name_of_no_quote_then_said(symbol):
    with pytest.raises(ValueError, match="no quote"):
        quote_id_of(symbol)


def test_given_a_quote_then_its_name_and_back():
    assert quote_id_of(symbol_of("XRPUSDT", 179921)) == 179921


def error_data(reason: str) -> str:
    selector = keccak(text="Error(string)")[:4]
    return "0x" + (selector + encode(["string"], [reason])).hex()


LOW = "PartyAFacet: Low deadline"


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (f"execution reverted: {LOW}", error_data(LOW)),
        (f"execution reverted: {LOW}", None),
        ("execution reverted", error_data(LOW)),
        ("execution reverted", {"data": error_data(LOW)}),
        ("Internal error", {"originalError": {"data": error_data(LOW)}}),
        ("Reverted " + error_data(LOW), "Reverted " + error_data(LOW)),
        (
            "VM Exception while processing transaction: reverted with reason string"
            f" '{LOW}'",
            None,
        ),
        (
            f"Error: VM Exception while processing transaction: revert {LOW}",
            None,
        ),
        (f"execution reverted: revert: {LOW}", None),
        (LOW, None),
    ],
)
def test_given_any_kind_of_node_when_reverted_then_the_contracts_own_words(
    message, data
):
    assert reason_of(message, data) == LOW


@pytest.mark.parametrize(
    ("message", "data", "reason"),
    [
        ("execution reverted", "0x", ""),
        ("execution reverted", None, ""),
        ("execution reverted: 0x", None, ""),
        (
            "execution reverted",
            "0x4e487b71" + "00" * 31 + "11",
            "Panic(0x11)",
        ),
        ("execution reverted", "0x08c379a0" + "ff" * 32, ""),
    ],
)
def test_given_no_words_when_reverted_then_none_made_up(message, data, reason):
    assert reason_of(message, data) == reason


@pytest.mark.parametrize(
    ("code", "message", "data", "expected"),
    [
        (3, "whatever", None, True),
        (-32000, "execution reverted", None, True),
        (-32015, "VM execution error.", error_data(LOW), True),
        (-32000, "header not found", None, False),
        (-32000, "nonce too low", "0x", False),
        (-32005, "limit exceeded", {"see": "https://example.org"}, False),
    ],
)
def test_given_an_error_then_the_contracts_no_is_told_from_the_nodes(
    code, message, data, expected
):
    assert is_revert(code, message, data) is expected


transactions = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**40),
    priority_fee=st.integers(0, 2**60),
    max_fee=st.integers(0, 2**60),
    gas=st.integers(21_000, 2**30),
    to=st.just(ADDRESS),
    data=st.binary(max_size=400),
)


@given(transaction=transactions)
def test_given_any_transaction_when_signed_then_as_the_library_signs_it(transaction):
    signed = Wallet(Secret(KEY)).sign(transaction)

    expected = Account.from_key(KEY).sign_transaction(
        {
            "type": 2,
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "maxPriorityFeePerGas": transaction.priority_fee,
            "maxFeePerGas": transaction.max_fee,
            "gas": transaction.gas,
            "to": transaction.to,
            "value": 0,
            "data": transaction.data,
            "accessList": [],
        }
    )
    assert signed.raw == bytes(expected.raw_transaction)
    assert signed.hash == "0x" + bytes(expected.hash).hex()
    assert read_transaction(signed.raw) == transaction
    assert hash_of(signed.raw) == signed.hash


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x02", b"\x02\xc0", b"\x02\x80abc"])
def test_given_what_is_no_transaction_when_read_then_said(raw):
    with pytest.raises(ValueError, match="transaction"):
        read_transaction(raw)


@pytest.mark.parametrize("secret", ["", "xyz", "0x11", "11" * 31, "00" * 32])
def test_given_no_key_then_refused_without_showing_it(secret):
    with pytest.raises(ConfigurationError) as caught:
        Wallet(Secret(secret))

    assert not secret or secret not in str(caught.value)
    assert caught.value.__cause__ is None


POLICY = FeePolicy(most=1_000, least_tip=10)


@pytest.mark.parametrize(
    ("base", "tip", "expected"),
    [(100, 50, Fees(250, 50)), (100, 1, Fees(210, 10)), (900, 50, Fees(1_000, 50))],
)
def test_given_what_the_chain_asks_then_fees_within_the_most(base, tip, expected):
    assert fees_now(Market(base, tip), POLICY) == expected


@given(base=st.integers(0, 400), tip=st.integers(0, 400), most=st.integers(1, 400))
def test_given_any_fees_when_bumped_then_both_an_eighth_more_or_not_at_all(
    base, tip, most
):
    before = Fees(most, min(tip, most))

    after = bumped(before, Market(base, tip), POLICY)

    if after is not None:
        assert after.max_fee * 8 >= before.max_fee * 9
        assert after.priority_fee * 8 >= before.priority_fee * 9
        assert after.priority_fee <= after.max_fee <= POLICY.most


def test_given_the_most_when_bumped_then_no_more():
    assert bumped(Fees(1_000, 100), Market(1, 1), POLICY) is None


def test_given_the_wei_of_the_tests_then_ours():
    assert wei("2.187") == to_chain(Decimal("2.187"))
