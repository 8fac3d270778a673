"""JSON Schema (2020-12) of both kinds of files, for editors.

Made from the models, so that it cannot say anything else than `exitd check` does.
"""

from typing import Any, Literal

from pydantic.json_schema import GenerateJsonSchema

from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.exit_keys import CONDITIONS
from exitd.configuration.position_file import PositionFile

FileKind = Literal["daemon", "positions"]
SCHEMA_FILES: dict[FileKind, str] = {
    "daemon": "exitd.schema.json",
    "positions": "exitd.positions.schema.json",
}
_TITLES: dict[FileKind, str] = {
    "daemon": "exitd.yaml",
    "positions": "exitd conf.d/*.yaml",
}
_PLACES = ("credential", "file", "env")

Json = dict[str, Any]


def _one_of(names: tuple[str, ...]) -> list[Json]:
    return [{"required": [name]} for name in names]


def _without_null(node: Json) -> Json:
    """Take `null` out of a choice: a key without a value is an error."""
    choices = [c for c in node.get("anyOf", []) if c != {"type": "null"}]
    if "anyOf" not in node or len(choices) == len(node["anyOf"]):
        return node
    rest = {name: value for name, value in node.items() if name != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else {**rest, "anyOf": choices}


class _FromModels(GenerateJsonSchema):
    """Leaves out defaults that mean nothing to a reader, such as nanoseconds."""

    def encode_default(self, dft: Any) -> Any:
        return dft if isinstance(dft, str | int) else None


def _checked_names(node: Json) -> Json:
    """Refuse names that do not fit, where the generator leaves them unchecked."""
    patterns = node.get("patternProperties")
    if patterns is None:
        return node
    ((pattern, value),) = patterns.items()
    rest = {name: held for name, held in node.items() if name != "patternProperties"}
    names = {"pattern": pattern}
    return {**rest, "propertyNames": names, "additionalProperties": value}


def _clean(node: Any) -> Any:
    """Leave what helps somebody who types: no titles, no defaults in nanoseconds."""
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    shown = node.get("x-default", node.get("default"))
    is_key = "description" in node and "properties" not in node
    kept = {
        name: _clean(value)
        for name, value in _checked_names(_without_null(node)).items()
        if name not in ("default", "x-default", "discriminator")
        and value != []
        and not (name == "title" and isinstance(value, str))
    }
    if is_key and isinstance(shown, str | int) and shown not in ("", "none"):
        kept["description"] = f"{node['description']} Default: {shown}."
    return kept


def _allow_empty(node: Json, definitions: Json) -> Json:
    """Let a section be empty, as when all of its keys are commented out."""
    if "$ref" in node:
        # The generator leaves out a description that its definition has as well.
        named = definitions[node["$ref"].rpartition("/")[2]]
        about = node.get("description", named["description"])
        choices = [{"$ref": node["$ref"]}, {"type": "null"}]
        return {"description": about, "anyOf": choices}
    if node.get("type") == "object":
        return {**node, "type": ["object", "null"]}
    return node


def schema(kind: FileKind = "daemon") -> Json:
    """Give the schema of exitd.yaml, or of a file under conf.d."""
    model = DaemonFile if kind == "daemon" else PositionFile
    made: Json = _clean(model.model_json_schema(schema_generator=_FromModels))
    definitions: Json = made["$defs"]
    if "Exit" in definitions:
        definitions["Exit"]["oneOf"] = _one_of(CONDITIONS)
    if "Move" in definitions:
        definitions["Move"]["oneOf"] = _one_of(("after", "at"))
    if "SecretReference" in definitions:
        definitions["SecretReference"]["oneOf"] = _one_of(_PLACES)
    for name, node in made["properties"].items():
        if name not in ("version", "mode", "venues"):
            made["properties"][name] = _allow_empty(node, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:exitd:{kind}:1",
        "title": _TITLES[kind],
        **made,
    }
