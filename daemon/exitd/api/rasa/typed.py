"""What v5 clients sign (EIP-712): the schema is ours, and nothing else is taken."""

from collections.abc import Mapping
from typing import Any

from exitd.api.rasa.wire import Written, member
from exitd.runtime.problems import Unusable

_LEG = (
    ("quantity", "string"),
    ("price", "string"),
    ("orderType", "uint8"),
    ("conditionalPrice", "string"),
    ("conditionalPriceType", "string"),
)
_TYPES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ConditionalOrder": (
        ("virtualAccount", "address"),
        ("subAccount", "address"),
        ("salt", "uint256"),
        # Signed: a quote that is not open yet has a negative number.
        ("quoteId", "int256"),
        ("symbolId", "uint256"),
        ("positionType", "uint8"),
        ("affiliate", "address"),
        ("takeProfit", "Leg"),
        ("stopLoss", "Leg"),
        ("sendQuote", "OpeningLeg"),
    ),
    "Leg": _LEG,
    "OpeningLeg": (*_LEG, ("leverage", "uint256")),
    "CancelConditionalOrder": (
        ("virtualAccount", "address"),
        ("salt", "uint256"),
        ("cohQuoteId", "string"),
        ("conditionalOrderType", "string"),
    ),
}
ORDER, CANCEL = "ConditionalOrder", "CancelConditionalOrder"
_OF = {ORDER: (ORDER, "Leg", "OpeningLeg"), CANCEL: (CANCEL,)}


class Spec:
    """The published schema of one primary type."""

    def __init__(self, primary: str, *, name: str, chain: int, contract: str) -> None:
        self.primary = primary
        self.domain = {
            "name": name,
            "version": "1",
            "chainId": chain,
            "verifyingContract": contract,
        }
        self.types = {
            kind: [{"name": name, "type": what} for name, what in _TYPES[kind]]
            for kind in _OF[primary]
        }

    def published(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "types": self.types,
            "primaryType": self.primary,
        }

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give the typed data of a body with the message that was sent.

        Raises:
            Unusable: It is of another schema than the one that is published.
        """
        sent = member(body, "typedData")
        if not isinstance(sent, dict):
            raise Unusable("wrong_schema", "must be an object", field="typedData")
        message, domain = sent.get("message"), sent.get("domain")
        types = sent.get("types")
        is_ours = (
            isinstance(types, dict)
            and _plain({k: v for k, v in types.items() if k != "EIP712Domain"})
            == self.types
            and sent.get("primaryType") == self.primary
            and isinstance(domain, dict)
            and _spelled(_plain(domain)) == _spelled(self.domain)
            and isinstance(message, dict)
        )
        if not is_ours:
            raise Unusable(
                "wrong_schema",
                "is not of the schema that /api/v5/signing-spec publishes",
                "fetch it again and sign that",
                field="typedData",
            )
        return {**self.published(), "message": _plain(message)}


def _plain(value: Any) -> Any:
    """Make numbers of what was written as numbers."""
    match value:
        case Written():
            return int(value) if value.lstrip("-").isdecimal() else str(value)
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case _:
            return value


def _spelled(domain: Mapping[str, Any]) -> dict[str, str]:
    """Make domains comparable: addresses in any case, numbers as text or not."""
    return {name: str(value).lower() for name, value in domain.items()}
