"""What stands in bodies and answers of this API, for the OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exitd.api.rasa.orders import KINDS, ORDERS_MAX, PRICE_TYPES
from exitd.api.rasa.rows import STATES
from exitd.api.rasa.v4 import PAGE_MAX

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer", "minimum": -(2**53), "maximum": 2**53}
_BOOLEAN: Schema = {"type": "boolean"}
_ADDRESS: Schema = {"type": "string", "pattern": "^0x[0-9A-Fa-f]{40}$"}
_SIGNATURE: Schema = {"type": "string", "pattern": "^0x[0-9A-Fa-f]+$"}
_KIND: Schema = {"enum": list(KINDS)}
_PRICE_TYPE: Schema = {"enum": list(PRICE_TYPES)}
_STATE: Schema = {"enum": list(STATES)}
_SIDE: Schema = {"enum": [0, 1], "description": "0 long, 1 short"}
_AMOUNT: Schema = {
    "type": "string",
    "pattern": r"^[0-9]{1,40}(\.[0-9]{1,40})?$",
    "description": "Above zero, in plain digits; a JSON number is taken too.",
    "examples": ["2.1870"],
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def _object(needed: Schema, optional: Schema | None = None, **more: Any) -> Schema:
    """Describe what is sent; further keys are passed over."""
    return {
        "type": "object",
        "properties": {**needed, **(optional or {})},
        "required": list(needed),
        **more,
    }


def _answer(needed: Schema, optional: Schema | None = None) -> Schema:
    """Describe what is answered: these keys and no others."""
    return _object(needed, optional, additionalProperties=False)


_ROW: Schema = {
    "quote_id": _WHOLE,
    "party_a_address": _ADDRESS,
    "symbol_id": _WHOLE,
    "conditional_order_type": _KIND,
    "quantity": _NUMBER,
    "price": _NUMBER,
    "conditional_order_price": _NUMBER,
    "order_type": {"enum": [0, 1, 2]},
    "state": _STATE,
    "action_price_type": _PRICE_TYPE,
    "position_type": _SIDE,
}
_V5_ROW: Schema = {
    "coh_quote_id": _TEXT,
    **_ROW,
    "close_status": {"type": ["string", "null"]},
    "leverage": {"type": "null"},
    "create_time": {"type": "integer", "description": "UTC seconds"},
    "modify_time": {"type": "integer", "description": "UTC seconds"},
}
_DONE: Schema = {"successful": _BOOLEAN, "message": {"type": "string"}}
_ORDERS: Schema = {
    "type": "array",
    "items": ref("RasaOrder"),
    "minItems": 1,
    "maxItems": ORDERS_MAX,
}
_SPEC: Schema = {
    "domain": {"type": "object"},
    "types": {"type": "object"},
    "primaryType": {"enum": ["ConditionalOrder", "CancelConditionalOrder"]},
}
_SIGNED: Schema = {
    "time_stamp": {"type": "integer", "description": "UTC seconds, just now"},
    "transaction_signature": _object({"signature": _SIGNATURE}),
}

SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "RasaFault": _answer(
            {
                "error_code": {"type": "integer"},
                "error_message": {"type": "string"},
                "error_detail": {"type": "array", "items": {"type": "string"}},
                "successful": {"const": False},
                "message": {"type": "string"},
            }
        ),
        "RasaNonce": _answer({"nonce": {"type": "string"}}),
        "RasaLogin": _object(
            {
                "account_address": _ADDRESS,
                "expiration_time": {"type": "string", "format": "date-time"},
                "issued_at": {"type": "string", "format": "date-time"},
                "signature": _SIGNATURE,
                "nonce": _TEXT,
            },
            {"sign_type": _TEXT},
        ),
        "RasaToken": _answer({"access_token": {"type": "string"}}),
        "RasaOrder": _object(
            {
                "quantity": _AMOUNT,
                "price": _AMOUNT,
                "conditional_price": _AMOUNT,
                "order_type": {
                    "enum": [0, 1, 2],
                    "description": "1 is market",
                },
                "conditional_order_type": _KIND,
            },
            {
                "conditional_price_type": _PRICE_TYPE,
                "position_type": _SIDE,
                "leverage": {"type": "number", "minimum": 0},
            },
        ),
        "RasaPlacement": _object(
            {
                "account_address": _ADDRESS,
                "quote_id": _WHOLE,
                "conditional_orders": _ORDERS,
                "symbol_id": _WHOLE,
                "hedger_whitelist": {"type": "array", "items": _ADDRESS},
            },
            {"multi_account_address": _ADDRESS},
        ),
        "RasaSearch": _object(
            {},
            {
                "party_a_address": _ADDRESS,
                "state": {"type": "array", "items": _STATE},
                "start": {"type": "integer", "minimum": 0},
                "size": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
                "symbol_id": _WHOLE,
                "conditional_order_type": _KIND,
                "conditional_price_type": _PRICE_TYPE,
            },
        ),
        "RasaDone": _answer(_DONE),
        "RasaPlaced": _answer(
            {**_DONE, "warnings": {"type": "array", "items": {"type": "string"}}},
            {"coh_quote_id": _TEXT},
        ),
        "RasaRow": _answer(_ROW),
        "RasaFound": _answer({"data": many("RasaRow"), "count": _WHOLE}),
        "RasaV5Row": _answer(_V5_ROW),
        "RasaV5Found": _answer({"data": many("RasaV5Row"), "count": _WHOLE}),
        "RasaConfigs": _answer(
            {
                "MaxRequestTimeDeltaSeconds": {"type": "integer"},
                "MinPriceDistancePercent": _NUMBER,
                "MinProfitStopLossSpreadPercent": _NUMBER,
                "MaxActiveOrdersPerUser": {"type": "integer"},
            }
        ),
        "RasaV1Placement": _object(
            {"quote_id": _WHOLE, "conditional_orders": _ORDERS, **_SIGNED}
        ),
        "RasaV1Removal": _object(
            {"quote_id": _WHOLE, "conditional_order_type": _KIND, **_SIGNED}
        ),
        "RasaSpec": _answer(_SPEC),
        "RasaSigned": _object(
            {
                "typedData": _object({**_SPEC, "message": {"type": "object"}}),
                "signature": _SIGNATURE,
            },
            {"signer": _ADDRESS},
        ),
    }
)
