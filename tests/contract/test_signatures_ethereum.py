"""The `Signatures` port against wallets that sign: messages, hashes, typed data."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.ports.signatures import Signatures

WALLET = Account.from_key("0x" + 63 * "0" + "7")
OTHER = Account.from_key("0x" + 63 * "0" + "8")
PORT: Signatures = EthereumSignatures()
TYPED = {
    "domain": {
        "name": "SymmioConditionalOrder",
        "version": "1",
        "chainId": 8453,
        "verifyingContract": "0x1De09355907249e18eeD89557a2c7fBd58bdCC63",
    },
    "primaryType": "Order",
    "types": {
        "Order": [
            {"name": "quoteId", "type": "int256"},
            {"name": "salt", "type": "uint256"},
            {"name": "price", "type": "string"},
        ]
    },
    "message": {"quoteId": -5, "salt": "12345", "price": "1.5"},
}


def personal(text: str) -> bytes:
    return bytes(WALLET.sign_message(encode_defunct(text=text)).signature)


def typed() -> bytes:
    return bytes(WALLET.sign_message(encode_typed_data(full_message=TYPED)).signature)


def test_given_a_personal_message_then_its_signer_is_found():
    assert PORT.signer_of("hello", personal("hello")) == WALLET.address
    assert PORT.signer_of("hallo", personal("hello")) not in (None, WALLET.address)


def test_given_a_hash_then_it_is_what_wallets_sign():
    # keccak of 0x19, "Ethereum Signed Message:\n", the length and "hello".
    signed = WALLET.sign_message(encode_defunct(text="hello"))

    assert PORT.hash_of("hello") == bytes(signed.message_hash)


def test_given_typed_data_without_its_domain_type_then_its_signer_is_found():
    assert PORT.typed_signer_of(TYPED, typed()) == WALLET.address


@pytest.mark.parametrize(
    "changed",
    [
        {"message": {"quoteId": -6, "salt": "12345", "price": "1.5"}},
        {"domain": {**TYPED["domain"], "chainId": 1}},
    ],
)
def test_given_other_typed_data_then_another_signer(changed):
    found = PORT.typed_signer_of({**TYPED, **changed}, typed())

    assert found not in (None, WALLET.address)


@pytest.mark.parametrize(
    "changed",
    [
        {"message": {"quoteId": "x", "salt": "1", "price": "1"}},
        {"message": {}},
        {"message": {"quoteId": 2**256, "salt": "1", "price": "1"}},
        {"types": {}},
        {"primaryType": "Nothing"},
    ],
)
def test_given_data_that_does_not_fit_its_types_then_nobody_signed_it(changed):
    assert PORT.typed_signer_of({**TYPED, **changed}, typed()) is None


@settings(max_examples=60, deadline=None)
@given(signature=st.binary(max_size=70))
def test_given_any_bytes_as_a_signature_then_never_the_wallet_and_no_error(signature):
    assert PORT.signer_of("hello", signature) != WALLET.address


def test_given_an_address_then_spelled_with_its_checksum():
    assert PORT.checksum(WALLET.address.lower()) == WALLET.address
