"""The paths of this API in the OpenAPI document: what each takes and gives."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exitd.api.rasa.shapes import SCHEMAS, Schema, many, ref

Operation = Mapping[str, Any]

_PARAMETERS: Mapping[str, Schema] = MappingProxyType(
    {
        "account": {"type": "string", "pattern": "^0x[0-9A-Fa-f]{40}$"},
        "quote_id": {"type": "integer"},
        "kind": {"enum": ["take_profit", "stop_loss"]},
    }
)


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _operation(
    words: str,
    gives: Schema,
    *,
    takes: str = "",
    asks: str = "",
    unready: Schema | None = None,
) -> Operation:
    """Describe one method of one path.

    *asks* names a number in the query; *unready* is what comes with a 503.
    """
    responses = {
        "200": {"description": "What was asked for", "content": _content(gives)},
        "default": {
            "description": "What went wrong",
            "content": _content(ref("RasaFault")),
        },
    }
    if unready is not None:
        responses["503"] = {"description": "Not yet", "content": _content(unready)}
    made: dict[str, Any] = {
        "description": words,
        "tags": ["rasa"],
        "responses": responses,
    }
    if takes:
        made["requestBody"] = {"required": True, "content": _content(ref(takes))}
    if asks:
        made["parameters"] = [_parameter(asks, "query", _PARAMETERS[asks])]
    return made


def _parameter(name: str, place: str, schema: Schema) -> Schema:
    return {"name": name, "in": place, "required": True, "schema": schema}


_CONFIGS = _operation("Say what is checked of orders.", ref("RasaConfigs"))

#: As clients spell them; each is served with and without the slash at its end.
OPERATIONS: Mapping[str, Mapping[str, Operation]] = MappingProxyType(
    {
        "/nonce/{account}": {
            "GET": _operation("Give a nonce for a login.", ref("RasaNonce"))
        },
        "/login": {
            "POST": _operation(
                "Log in with what the owner's wallet has signed (EIP-4361).",
                ref("RasaToken"),
                takes="RasaLogin",
            )
        },
        "/api/v4/": {
            "POST": _operation(
                "Arm orders in the place of those of their kinds; all or none.",
                ref("RasaPlaced"),
                takes="RasaPlacement",
            )
        },
        "/api/v4/search/": {
            "POST": _operation(
                "Find orders, oldest first.", ref("RasaFound"), takes="RasaSearch"
            )
        },
        "/api/v4/configs/": {"GET": _CONFIGS},
        "/api/v4/healthz": {
            "GET": _operation(
                "Say whether prices are evaluated and orders can leave.",
                ref("RasaDone"),
                unready=ref("RasaDone"),
            )
        },
        "/api/v4/{quote_id}/": {
            "GET": _operation("Show the live orders of a quote.", many("RasaRow"))
        },
        "/api/v4/{quote_id}/{kind}": {
            "DELETE": _operation("Take all orders of a kind away.", ref("RasaDone"))
        },
        "/api/v5/": {
            "POST": _operation(
                "Arm the orders of signed typed data.",
                ref("RasaPlaced"),
                takes="RasaSigned",
            ),
            "DELETE": _operation(
                "Take away what signed typed data names.",
                ref("RasaDone"),
                takes="RasaSigned",
            ),
            "GET": _operation(
                "Show the orders of a quote, with those that are done.",
                many("RasaV5Row"),
                asks="quote_id",
            ),
        },
        "/api/v5/search/": {
            "POST": _operation(
                "Find orders, oldest first.", ref("RasaV5Found"), takes="RasaSearch"
            )
        },
        "/api/v5/configs/": {"GET": _CONFIGS},
        "/api/v5/signing-spec": {
            "GET": _operation("Publish what is signed of orders.", ref("RasaSpec"))
        },
        "/api/v5/signing-spec-del": {
            "GET": _operation("Publish what is signed to end them.", ref("RasaSpec"))
        },
        "/conditional-order/": {
            "POST": _operation(
                "Arm orders; the owner has signed the body as text.",
                ref("RasaPlaced"),
                takes="RasaV1Placement",
            )
        },
        "/conditional-order/delete/": {
            "POST": _operation(
                "Take all orders of a kind away; signed as text.",
                ref("RasaDone"),
                takes="RasaV1Removal",
            )
        },
        "/conditional-order/dev/configs/": {"GET": _CONFIGS},
        "/conditional-order/{quote_id}/": {
            "GET": _operation("Show the live orders of a quote.", many("RasaRow"))
        },
    }
)


def _with(operation: Operation, in_path: list[Schema]) -> Operation:
    parameters = [*in_path, *operation.get("parameters", [])]
    return {**operation, "parameters": parameters} if parameters else operation


def described(served: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """Give the part of the OpenAPI document that is about these paths and methods.

    Raises:
        KeyError: One is served and not described.
    """
    paths: dict[str, Any] = {}
    for path, methods in served.items():
        spelled = path if path in OPERATIONS else f"{path}/"
        in_path = [
            _parameter(name, "path", schema)
            for name, schema in _PARAMETERS.items()
            if f"{{{name}}}" in path
        ]
        paths[spelled] = {
            method.lower(): _with(OPERATIONS[spelled][method], in_path)
            for method in sorted(methods)
        }
    return {"paths": paths, "components": {"schemas": dict(SCHEMAS)}}
