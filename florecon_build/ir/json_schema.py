"""JSON Schema of a plugin's JSON, generated from the data classes: ``python -m florecon_build.ir.json_schema``."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, cast, get_args, get_origin

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.json_format import VERSION, fields_of
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, kind_name
from florecon_build.ir.types import Kind, Type

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CONSTANT = {"type": ["integer", "number", "string", "boolean", "null"]}


def json_schema() -> dict[str, Any]:
    """The schema: one definition a kind of value and node, by the name that stands in ``kind``."""
    tagged = {kind_name(kind): _object(kind, kind_name(kind)) for kind in (*VALUE_KINDS, *NODE_KINDS)}
    plain = {
        kind_name(kind): _object(kind, None) for kind in (e.Tolerance, n.Column, n.DerivedLane, n.Param, n.PluginIr)
    }
    unions = {"value": _one_of(VALUE_KINDS), "node": _one_of(NODE_KINDS), "type": _type_schema()}
    return {
        "$schema": DIALECT,
        "$id": f"florecon-ir-{VERSION}.schema.json",
        "title": "A florecon_build plugin as data",
        "type": "object",
        "required": ["florecon_ir", "plugin"],
        "additionalProperties": False,
        "properties": {
            "florecon_ir": {"const": VERSION},
            "plugin": _ref("plugin_ir"),
            "source": {
                "description": "Source positions by JSON pointer; no part of the fingerprint.",
                "type": "object",
                "additionalProperties": {
                    "type": "array",
                    "prefixItems": [{"type": "string"}, {"type": "integer"}],
                    "minItems": 2,
                    "maxItems": 2,
                },
            },
            "automata": {
                "description": "Tables of the patterns in hexadecimal digits, by pattern; no part of the fingerprint.",
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": "^([0-9a-f]{2})+$"},
            },
        },
        "$defs": dict(sorted({**tagged, **plain, **unions}.items())),
    }


def dumps() -> str:
    """The schema as the text that is published in ``docs/ir.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _one_of(kinds: tuple[type, ...]) -> dict[str, Any]:
    return {"oneOf": [_ref(kind_name(kind)) for kind in kinds]}


def _object(kind: type, tag: str | None) -> dict[str, Any]:
    properties: dict[str, Any] = {} if tag is None else {"kind": {"const": tag}}
    properties |= {field.name: _annotated(field.annotation) for field in fields_of(kind)}
    optional = {field.name for field in fields_of(kind) if field.optional}
    return {
        "description": "\n".join(line.strip() for line in (kind.__doc__ or "").splitlines()).strip(),
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "properties": properties,
    }


def _type_schema() -> dict[str, Any]:
    def of(kinds: list[Kind], **more: Any) -> dict[str, Any]:
        properties = {"kind": {"enum": [kind.value for kind in kinds]}, "nullable": {"const": True}, **more}
        required = ["kind", *more]
        return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}

    scalars = [kind for kind in Kind if kind not in {Kind.MONEY, Kind.LIST, Kind.TUPLE}]
    parts = {"type": "array", "items": _ref("type"), "minItems": 1}
    scale = {"type": "integer", "minimum": 0, "maximum": 18}
    return {"oneOf": [of(scalars), of([Kind.MONEY], scale=scale), of([Kind.LIST, Kind.TUPLE], parts=parts)]}


def _annotated(annotation: Any) -> dict[str, Any]:
    """The schema of a field by its annotation."""
    plain = {int: "integer", str: "string", bool: "boolean", float: "number"}
    if annotation in plain:
        return {"type": plain[annotation]}
    if annotation is Type:
        return _ref("type")
    if get_origin(annotation) is tuple:
        return _tuple(get_args(annotation))
    if get_origin(annotation) in {types.UnionType, typing.Union}:
        return _union(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"enum": [member.value for member in annotation]}
    if isinstance(annotation, type) and is_dataclass(cast(Any, annotation)):
        return _ref(kind_name(annotation))
    raise TypeError(f"no schema for {annotation}")


def _tuple(args: tuple[Any, ...]) -> dict[str, Any]:
    if args[-1] is Ellipsis:
        return {"type": "array", "items": _annotated(args[0])}
    items = [_annotated(arg) for arg in args]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _union(arms: tuple[Any, ...]) -> dict[str, Any]:
    """Values, nodes, a text, a constant (or a tuple of them), or one of these and null."""
    if set(arms) == {str, type(None)}:
        return {"type": ["string", "null"]}
    kinds = {arm for arm in arms if isinstance(arm, type) and is_dataclass(cast(Any, arm))}
    tuples = [arm for arm in arms if get_origin(arm) is tuple]
    if tuples:
        return {"anyOf": [CONSTANT, _annotated(tuples[0])]}
    if not kinds:
        return CONSTANT
    name = "value" if kinds == set(VALUE_KINDS) else "node" if kinds == set(NODE_KINDS) else kind_name(kinds.pop())
    return {"anyOf": [_ref(name), {"type": "null"}]} if type(None) in arms else _ref(name)


if __name__ == "__main__":
    print(dumps(), end="")
