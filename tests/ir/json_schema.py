"""Validator of the part of JSON Schema that the published schema uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def violations(schema: dict[str, Any], item: Any) -> list[str]:
    """The pointers at which ``item`` breaks the schema; empty where it holds."""
    return list(_check(schema, schema, item, ""))


def _is(name: str, item: Any) -> bool:
    if isinstance(item, bool) and name != "boolean":
        return False
    return isinstance(item, TYPES[name])


def _check(root: dict[str, Any], schema: dict[str, Any], item: Any, path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _check(root, root["$defs"][schema["$ref"].rpartition("/")[2]], item, path)
    if "const" in schema and (item != schema["const"] or type(item) is not type(schema["const"])):
        yield f"{path}: {item!r} is not {schema['const']!r}"
    if "enum" in schema and item not in schema["enum"]:
        yield f"{path}: {item!r} is none of {schema['enum']}"
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if not any(_is(name, item) for name in names):
            yield f"{path}: {item!r} is no {names}"
            return
    for word in ("oneOf", "anyOf"):
        if word in schema:
            fits = sum(not list(_check(root, arm, item, path)) for arm in _likely(root, schema[word], item))
            if not fits or (word == "oneOf" and fits != 1):
                yield f"{path}: {fits} of {word} fit"
    yield from _check_object(root, schema, item, path)
    yield from _check_array(root, schema, item, path)


def _likely(root: dict[str, Any], arms: list[dict[str, Any]], item: Any) -> list[dict[str, Any]]:
    """The arms for this ``kind``, where arms are told apart by it: only one of these can fit."""
    name = cast("dict[str, Any]", item).get("kind") if isinstance(item, dict) else None
    tagged = [arm for arm in arms if arm.get("$ref") == f"#/$defs/{name}"]
    return tagged if tagged and all("$ref" in arm for arm in arms) else arms


def _check_object(root: dict[str, Any], schema: dict[str, Any], item: Any, path: str) -> Iterator[str]:
    if not isinstance(item, dict):
        return
    for name in schema.get("required", []):
        if name not in item:
            yield f"{path}: no {name}"
    more = schema.get("additionalProperties", {})
    for name, value in cast("dict[str, Any]", item).items():
        inner = schema.get("properties", {}).get(name, more)
        if inner is False:
            yield f"{path}: {name} is too much"
        else:
            yield from _check(root, inner, value, f"{path}/{name}")


def _check_array(root: dict[str, Any], schema: dict[str, Any], item: Any, path: str) -> Iterator[str]:
    if not isinstance(item, list):
        return
    items = cast("list[Any]", item)
    if not schema.get("minItems", 0) <= len(items) <= schema.get("maxItems", len(items)):
        yield f"{path}: {len(items)} items"
    first = schema.get("prefixItems", [])
    for index, value in enumerate(items):
        inner = first[index] if index < len(first) else schema.get("items", {})
        yield from _check(root, inner, value, f"{path}/{index}")
