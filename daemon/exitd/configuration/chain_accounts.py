"""An account whose positions are quotes on a chain, as exitd.yaml names it."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from exitd.configuration.addresses import HttpUrl, WebSocketUrl
from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.rasa import EvmAddress, read_evm_address
from exitd.configuration.secrets import SecretReference
from exitd.configuration.symbols import Symbol
from exitd.configuration.values import (
    DurationValue,
    NameValue,
    PercentValue,
    read_name,
    read_number,
)
from exitd.core.units import NS_PER_S, ZERO

#: How long a close request may live on a chain.
WINDOW_NS_MIN, WINDOW_NS_MAX = 30 * NS_PER_S, 600 * NS_PER_S

Wei = Annotated[int, Field(strict=True, ge=0, le=10**15)]
ChainId = Annotated[int, Field(strict=True, ge=1, le=2**53)]
Decimals = Annotated[int, Field(strict=True, ge=0, le=18)]


def read_multi_account(written: object) -> str:
    """Read a MultiAccount: its name in the table of the chain, or its address."""
    if isinstance(written, str) and written.startswith("0x"):
        return read_evm_address(written)
    try:
        return read_name(written)
    except ValueError:
        raise ValueError(
            "write the name of a MultiAccount in venues/symmio.yaml, or its address "
            "in quotes"
        ) from None


def read_base_quantity(written: object) -> Decimal:
    """Read a quantity in base units, above zero."""
    quantity = read_number(written)
    if quantity <= ZERO:
        raise ValueError("a quantity is above zero")
    return quantity


MultiAccountValue = Annotated[
    str, PlainValidator(read_multi_account), WithJsonSchema({"type": "string"})
]
BaseQuantity = Annotated[
    Decimal,
    PlainValidator(read_base_quantity),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]


class SubAccountEntry(Keys):
    """A sub-account (the contract's party A) that is acted for."""

    address: EvmAddress = described(..., "The address of the sub-account.")
    multi_account: MultiAccountValue = described(
        ..., "The MultiAccount that made it: a name in the table, or an address."
    )


class QuotedSymbol(Keys):
    """What is known of a symbol of the contract. All of it is optional."""

    watch: Symbol | None = described(
        None,
        "The symbol at Binance (USD-M futures) whose prices are those of this one.",
        shown="the same name",
        examples=["XRPUSDT"],
    )
    price_decimals: Decimals | None = described(
        None,
        "How many decimals the solver takes in a price; with `quantity_decimals`.",
        shown="as the solver lists it",
    )
    quantity_decimals: Decimals | None = described(
        None,
        "How many decimals the solver takes in a quantity; with `price_decimals`.",
        shown="as the solver lists it",
    )
    min_quantity: BaseQuantity | None = described(
        None,
        "The least that a close may be, in base units; with the decimals.",
        shown="one quantity step",
    )
    max_quantity: BaseQuantity | None = described(
        None,
        "The most that a close may be, in base units; with the decimals.",
        shown="none",
    )

    @model_validator(mode="after")
    def _decimals_together(self) -> "QuotedSymbol":
        if (self.price_decimals is None) != (self.quantity_decimals is None):
            raise ValueError(
                "'price_decimals' and 'quantity_decimals' go together; write both or "
                "neither"
            )
        has_bounds = self.min_quantity is not None or self.max_quantity is not None
        if has_bounds and self.price_decimals is None:
            raise ValueError(
                "'min_quantity' and 'max_quantity' need the decimals beside them"
            )
        return self


class QuotePrices(Keys):
    """Where the prices of quotes come from: Binance's USD-M futures."""

    url: HttpUrl | None = described(
        None,
        "The REST address, with `ws_url` or not at all.",
        shown="from `venues/binance.yaml`",
    )
    ws_url: WebSocketUrl | None = described(
        None,
        "The stream address, with `url` or not at all.",
        shown="from `venues/binance.yaml`",
    )

    @model_validator(mode="after")
    def _pair(self) -> "QuotePrices":
        if (self.url is None) != (self.ws_url is None):
            raise ValueError(
                "'url' and 'ws_url' go together, or prices would be of different "
                "exchanges; write both or neither"
            )
        return self


class SymmioAccount(Keys):
    """An account whose positions are quotes of SYMMIO on a chain (`type: symmio`).

    Front-ends arm its orders through `http.rasa`. What is shown as from the table is
    what `venues/symmio.yaml` says of the chain.
    """

    type: Literal["symmio"] = described(
        ..., "Quotes on a chain; what is known of chains is in `venues/symmio.yaml`."
    )
    chain: NameValue = described(..., "The chain, by its name in the table.")
    key: SecretReference = described(
        ...,
        "The private key (32 bytes in hex) whose address sub-accounts delegate their "
        "closes to. It pays the gas, and can neither open nor withdraw.",
    )
    multi_accounts: list[MultiAccountValue] = described(
        [],
        "The front-ends' contracts whose sub-accounts are acted for, by their names in "
        "the table or by address; no others are believed.",
        shown="all in the table",
    )
    sub_accounts: list[SubAccountEntry] = described(
        [],
        "The sub-accounts that are acted for, and no others.",
        shown="all of `multi_accounts`",
    )
    solver: NameValue | None = described(
        None,
        "The solver whose listing says what decimals its symbols have, by its name in "
        "the table.",
        shown="the only one in the table with a listing",
    )
    symbols: dict[Symbol, QuotedSymbol] = described(
        {},
        "Symbols of the contract of which more has to be said, by name.",
        shown="none",
    )
    prices: QuotePrices = described(QuotePrices(), "Where prices come from.")
    nodes: list[HttpUrl] = described(
        [],
        "JSON-RPC addresses, in the order in which they are preferred.",
        shown="from the table",
    )
    private_nodes: list[SecretReference] = described(
        [],
        "Where the JSON-RPC addresses are that hold a key of yours; preferred to "
        "`nodes`.",
        shown="none",
    )
    confirmations: Count | None = described(
        None,
        "How deep a block is read, the newest being 1. A fill that is undone deeper "
        "than that counts as a fill all the same.",
        shown="from the table",
    )
    request_window: DurationValue | None = described(
        None,
        "How long a close request lives on the chain, 30s to 10m.",
        shown="from the table",
    )
    lag_slack: DurationValue | None = described(
        None, "How much longer what is read may still change.", shown="from the table"
    )
    fee_most: Wei | None = described(
        None, "The most that a unit of gas may cost, in wei.", shown="from the table"
    )
    least_closes: Count | None = described(
        None,
        "Somebody is told when the key's balance pays for fewer closes than this at "
        "the present fee.",
        shown="from the table",
    )
    market_bound: PercentValue | None = described(
        None,
        "How far from the watched price a market close may be filled.",
        shown="from the table",
    )
