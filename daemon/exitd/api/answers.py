"""Views as answers, and their shapes in the OpenAPI document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from pydantic import BaseModel

from exitd.api.bodies import BadRequest
from exitd.runtime.callers import Caller

_REF = "#/components/schemas/{name}"
_IDEMPOTENCY_KEY_MAX = 255


def answer(view: Struct, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(view), status_code=status, media_type="application/json"
    )


def caller_of(request: Request) -> Caller:
    """Give who asks for a change; the guard has let nobody else come this far."""
    caller = request.scope["state"]["caller"]
    assert isinstance(caller, Caller)
    return caller


def unchanged(request: Request, why: str = "") -> None:
    """Leave word for the audit log that nothing was changed after all.

    *why* is what stood against it; nothing where nobody asked for more than a look.
    """
    request.scope["state"]["unchanged"] = why


def idempotency_key(request: Request) -> str:
    """Give the Idempotency-Key header, empty without one.

    Raises:
        BadRequest: It is not up to 255 printable ASCII characters.
    """
    key = request.headers.get("idempotency-key", "")
    if len(key) > _IDEMPOTENCY_KEY_MAX or not key.isascii() or not key.isprintable():
        raise BadRequest(
            "bad_idempotency_key",
            "an Idempotency-Key has up to 255 printable ASCII characters",
            "send a random one, such as a UUID",
        )
    return key


class Shapes:
    """Collects what routes take and give, for the OpenAPI document."""

    def __init__(self) -> None:
        self._views: dict[str, type[Struct]] = {}
        self._bodies: dict[str, type[BaseModel]] = {}

    def gives(self, view: type[Struct], status: int = 200) -> dict[int | str, Any]:
        """Describe a route's answer for its `responses`."""
        self._views[view.__name__] = view
        schema = {"$ref": _REF.format(name=view.__name__)}
        problem = {"$ref": _REF.format(name="Problem")}
        return {
            status: {
                "description": "What was asked for",
                "content": {"application/json": {"schema": schema}},
            },
            "default": {
                "description": "A problem (RFC 9457)",
                "content": {"application/problem+json": {"schema": problem}},
            },
        }

    def takes(self, *models: type[BaseModel]) -> dict[str, Any]:
        """Describe a route's body for its `openapi_extra`."""
        refs = []
        for model in models:
            self._bodies[model.__name__] = model
            refs.append({"$ref": _REF.format(name=model.__name__)})
        schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
        return {"requestBody": {"content": {"application/json": {"schema": schema}}}}

    def document(
        self,
        app: FastAPI,
        problem: type[Struct],
        others: Sequence[Mapping[str, Any]] = (),
    ) -> Callable[[], Any]:
        """Give what makes the OpenAPI document, once: of *app* and of other doors."""
        made: dict[str, Any] = {}

        def openapi() -> dict[str, Any]:
            if not made:
                made.update(self._document(app, problem))
                for other in others:
                    made["paths"].update(other.get("paths", {}))
                    shapes = other.get("components", {}).get("schemas", {})
                    made["components"]["schemas"].update(shapes)
            return made

        return openapi

    def _document(self, app: FastAPI, problem: type[Struct]) -> dict[str, Any]:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        schemas: dict[str, Any] = {}
        views = [*self._views.values(), problem]
        _, found = msgspec.json.schema_components(views, ref_template=_REF)
        schemas.update(found)
        for name, model in self._bodies.items():
            schema = model.model_json_schema(ref_template=_REF.replace("name", "model"))
            schemas.update(schema.pop("$defs", {}))
            schemas[name] = schema
        document.setdefault("components", {})["schemas"] = schemas
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"}
        }
        document["security"] = [{}, {"token": []}]
        return document
