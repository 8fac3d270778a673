"""What is said of a stock under the `symbols` of an account at a broker."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from exitd.configuration.chain_accounts import BaseQuantity
from exitd.configuration.keys import Keys, described
from exitd.configuration.values import AmountValue

ContractId = Annotated[int, Field(strict=True, ge=1, le=2**53)]
CENT = Decimal("0.01")


class Stock(Keys):
    """A stock that may be traded. All of it is optional: `AAPL: {}`."""

    price_step: AmountValue = described(
        CENT,
        "The price step; below a dollar `0.0001`, where it is traded so.",
        shown="0.01",
    )


class ListedStock(Stock):
    """A stock at Interactive Brokers. All of it is optional: `AAPL: {}`."""

    conid: ContractId | None = described(
        None,
        "The contract, where several stocks have this name.",
        shown="looked up",
    )
    quantity_step: BaseQuantity = described(
        Decimal(1),
        "The quantity step; less than 1 only where the account may hold fractions.",
        shown="1",
    )
