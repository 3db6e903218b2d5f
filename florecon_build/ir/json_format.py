"""JSON format of a plugin: the canonical encoder, the SHA-256 fingerprint, and the strict decoder.

The form follows the data classes: a value or node is an object with its ``kind`` and its fields, all of them, always;
only fields that are marked optional are left out where they are null.
Source positions stand apart in ``source``, by JSON pointer, and never enter the fingerprint; neither do ``automata``,
the tables of the patterns, for a reader that makes none itself. ``json_schema`` writes the same rules as a JSON Schema.
"""

from __future__ import annotations

import hashlib
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, NoReturn, cast, get_args, get_origin, get_type_hints

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.automaton import automaton_of, patterns_of
from florecon_build.ir.errors import Problem, StrategyError
from florecon_build.ir.patterns import PatternError
from florecon_build.ir.strings import escaped_json
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, kind_name
from florecon_build.ir.types import Kind, Type

VERSION = 1
MAX_DEPTH = 200

Json = Any
KIND_OF: dict[str, type] = {kind_name(kind): kind for kind in (*VALUE_KINDS, *NODE_KINDS)}


class IrError(StrategyError):
    """JSON that is not a plugin: ``path`` is the JSON pointer of the place, ``expected`` and ``got`` what stands
    there.
    """


def refuse(pointer: str, message: str, *, expected: str = "", got: str = "", code: str = "bad_ir") -> NoReturn:
    """Raises an ``IrError`` at a JSON pointer."""
    raise IrError([Problem(code=code, message=message, path=pointer or "/", expected=expected, got=got)])


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a data class as JSON sees it."""

    name: str
    annotation: Any
    optional: bool = False


@cache
def fields_of(kind: type) -> tuple[Field, ...]:
    """The fields of a data class that are part of its JSON: all but the source position."""
    hints = get_type_hints(kind)
    return tuple(
        Field(item.name, hints[item.name], optional="optional" in item.metadata)
        for item in fields(kind)
        if item.name != "span"
    )


def dumps(plugin: n.PluginIr) -> str:
    """The plugin as canonical JSON with its source positions: two spaces, sorted keys, a newline at the end."""
    spans: dict[str, e.Span] = {}
    tree = encode(plugin, "/plugin", spans)
    source = {pointer: [span.file, span.line] for pointer, span in spans.items()}
    whole = {"florecon_ir": VERSION, "plugin": tree, "source": source}
    tables = _automata(plugin)
    whole |= {"automata": tables} if tables else {}
    return escaped_json(json.dumps(whole, sort_keys=True, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def fingerprint(plugin: n.PluginIr) -> str:
    """The SHA-256 of the plugin's canonical JSON without source positions, as 64 hexadecimal digits."""
    whole = {"florecon_ir": VERSION, "plugin": encode(plugin, "", {})}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def encode(item: object, pointer: str, spans: dict[str, e.Span]) -> Json:
    """One part of the tree as JSON; the source positions are put into ``spans`` by pointer."""
    if isinstance(item, Type):
        return _encode_type(item)
    if isinstance(item, Enum):
        return item.value
    if isinstance(item, tuple):
        parts = cast("tuple[object, ...]", item)
        return [encode(part, f"{pointer}/{index}", spans) for index, part in enumerate(parts)]
    if is_dataclass(item) and not isinstance(item, type):
        span = getattr(item, "span", None)
        if isinstance(span, e.Span):
            spans[pointer] = span
        tree: dict[str, Json] = {}
        if isinstance(item, (*VALUE_KINDS, *NODE_KINDS)):
            tree["kind"] = kind_name(type(item))
        for field in fields_of(type(item)):
            if field.optional and getattr(item, field.name) is None:
                continue
            tree[field.name] = encode(getattr(item, field.name), f"{pointer}/{field.name}", spans)
        return tree
    return item


def _encode_type(item: Type) -> Json:
    tree: dict[str, Json] = {"kind": item.kind.value}
    if item.nullable:
        tree["nullable"] = True
    if item.kind is Kind.MONEY:
        tree["scale"] = item.scale
    if item.parts:
        tree["parts"] = [_encode_type(part) for part in item.parts]
    return tree


def loads(text: str | bytes | Mapping[str, Any]) -> n.PluginIr:
    """The plugin behind JSON. Raises ``IrError`` where the text is not JSON, or not of this shape and version."""
    whole = _object(dict(text) if isinstance(text, Mapping) else _parse(text), "")
    version = whole.get("florecon_ir")
    if type(version) is not int or version != VERSION:
        refuse(
            "/florecon_ir",
            "another version of the format",
            expected=str(VERSION),
            got=repr(version),
            code="bad_version",
        )
    unknown = set(whole) - {"florecon_ir", "plugin", "source", "automata"}
    if unknown or "plugin" not in whole:
        refuse("", "a plugin is an object", expected="florecon_ir, plugin, source", got=", ".join(sorted(whole)))
    spans = _decode_spans(whole.get("source", {}))
    try:
        plugin = cast(n.PluginIr, Decoder(spans).decode(n.PluginIr, whole["plugin"], "/plugin", 0))
    except RecursionError:
        refuse("/plugin", "nested too deeply", expected=f"at most {MAX_DEPTH} levels", code="too_deep")
    _check_automata(whole.get("automata", {}), plugin)
    return plugin


def _automata(plugin: n.PluginIr) -> dict[str, str]:
    """The tables of the plugin's patterns; what is no pattern has none, and the builder refuses it."""
    found: dict[str, str] = {}
    for pattern in patterns_of(plugin):
        with suppress(PatternError):
            found[pattern] = automaton_of(pattern).table().hex()
    return found


def _check_automata(item: Json, plugin: n.PluginIr) -> None:
    """Refuses tables other than those of the plugin's patterns."""
    known = _automata(plugin)
    for pattern, table in _object(item, "/automata").items():
        place = f"/automata/{pattern.replace('~', '~0').replace('/', '~1')}"
        if pattern not in known:
            refuse(place, "no expression has this pattern", expected="a pattern of the plugin", got=repr(pattern))
        if table != known[pattern]:
            refuse(place, "not the automaton of the pattern", expected="what plugin.ir() gave", code="bad_automaton")


def _parse(text: str | bytes) -> Json:
    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        tree = dict(items)
        if len(tree) != len(items):
            refuse("", "the same key twice in one object", got=", ".join(key for key, _ in items))
        return tree

    def constant(name: str) -> NoReturn:
        refuse("", "not a JSON number", expected="a finite number", got=name)

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except RecursionError:
        refuse("", "nested too deeply", expected=f"at most {MAX_DEPTH} levels", code="too_deep")
    except (ValueError, UnicodeDecodeError) as error:
        refuse("", f"not JSON: {error}", expected="what plugin.ir() gave", code="not_json")


def _object(item: Json, pointer: str) -> dict[str, Json]:
    if not isinstance(item, dict):
        refuse(pointer, "not an object", expected="an object", got=_name(item))
    return cast("dict[str, Json]", item)


def _list(item: Json, pointer: str) -> list[Json]:
    if not isinstance(item, list):
        refuse(pointer, "not a list", expected="a list", got=_name(item))
    return cast("list[Json]", item)


def _name(item: Json) -> str:
    if item is None:
        return "null"
    names: dict[str, str] = {"dict": "an object", "list": "a list", "str": "a text", "bool": "a boolean"}
    return names.get(type(item).__name__, repr(item))


def _decode_spans(item: Json) -> dict[str, e.Span]:
    spans: dict[str, e.Span] = {}
    for pointer, place in _object(item, "/source").items():
        parts = _list(place, f"/source/{pointer}")
        if len(parts) != 2 or not isinstance(parts[0], str) or type(parts[1]) is not int:
            refuse(f"/source/{pointer}", "not a source position", expected="[file, line]", got=repr(parts))
        spans[pointer] = e.Span(file=parts[0], line=parts[1])
    return spans


@cache
def _kinds_of(arms: tuple[Any, ...]) -> dict[str, type]:
    """The data classes among the arms of a union, by name."""
    return {kind_name(arm): arm for arm in arms if isinstance(arm, type) and is_dataclass(arm)}


class Decoder:
    """Reads JSON by the annotations of the data classes, strictly: no field missing, none too many, none of another
    type.
    """

    def __init__(self, spans: Mapping[str, e.Span]) -> None:
        self._spans = spans

    def decode(self, annotation: Any, item: Json, pointer: str, depth: int) -> object:
        """The object that ``item`` stands for, of the annotated type."""
        if depth > MAX_DEPTH:
            refuse(pointer, "nested too deeply", expected=f"at most {MAX_DEPTH} levels", code="too_deep")
        if annotation is Type:
            return self._type(item, pointer, depth)
        if get_origin(annotation) in {types.UnionType, typing.Union}:
            return self._union(annotation, item, pointer, depth)
        if get_origin(annotation) is tuple:
            return self._tuple(get_args(annotation), item, pointer, depth)
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return _decode_enum(annotation, item, pointer)
        if isinstance(annotation, type) and is_dataclass(cast(Any, annotation)):
            return self._fields(annotation, _object(item, pointer), pointer, depth)
        return _decode_plain(annotation, item, pointer)

    def _union(self, annotation: Any, item: Json, pointer: str, depth: int) -> object:
        arms = get_args(annotation)
        if item is None:
            if type(None) not in arms:
                refuse(pointer, "null where something is needed", expected="an object", got="null")
            return None
        tuples = [arm for arm in arms if get_origin(arm) is tuple]
        if tuples and isinstance(item, list):
            return self.decode(tuples[0], item, pointer, depth)
        if str in arms and len(arms) == 2:
            return _decode_plain(str, item, pointer)
        kinds = _kinds_of(arms)
        if not kinds:
            return _decode_constant(item, pointer)
        tree = _object(item, pointer)
        if len(kinds) == 1:
            return self.decode(next(iter(kinds.values())), tree, pointer, depth)
        kind = tree.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            refuse(
                f"{pointer}/kind",
                "no such kind",
                expected=", ".join(sorted(kinds)),
                got=repr(kind),
                code="unknown_kind",
            )
        rest = {name: part for name, part in tree.items() if name != "kind"}
        return self._fields(kinds[kind], rest, pointer, depth)

    def _fields(self, kind: type, tree: dict[str, Json], pointer: str, depth: int) -> object:
        wanted = fields_of(kind)
        names = {field.name for field in wanted}
        if not {field.name for field in wanted if not field.optional} <= set(tree) <= names:
            expected, got = ", ".join(sorted(names)), ", ".join(sorted(tree))
            refuse(pointer, f"{kind_name(kind)} has other fields", expected=expected, got=got, code="wrong_fields")
        parts = {
            field.name: self.decode(field.annotation, tree[field.name], f"{pointer}/{field.name}", depth + 1)
            for field in wanted
            if field.name in tree
        }
        if any(item.name == "span" for item in fields(kind)):
            parts["span"] = self._spans.get(pointer)
        return cast("Callable[..., object]", kind)(**parts)

    def _tuple(self, args: tuple[Any, ...], item: Json, pointer: str, depth: int) -> object:
        parts = _list(item, pointer)
        kinds = [args[0]] * len(parts) if args[-1] is Ellipsis else list(args)
        if len(kinds) != len(parts):
            refuse(pointer, "a list of another length", expected=str(len(kinds)), got=str(len(parts)))
        pairs = enumerate(zip(kinds, parts, strict=True))
        return tuple(self.decode(kind, part, f"{pointer}/{index}", depth + 1) for index, (kind, part) in pairs)

    def _type(self, item: Json, pointer: str, depth: int) -> Type:
        if depth > MAX_DEPTH:
            refuse(pointer, "nested too deeply", expected=f"at most {MAX_DEPTH} levels", code="too_deep")
        tree = _object(item, pointer)
        kind = cast(Kind, _decode_enum(Kind, tree.get("kind"), f"{pointer}/kind"))
        needed = {"kind", *(["scale"] if kind is Kind.MONEY else [])}
        needed |= {*(["parts"] if kind in {Kind.LIST, Kind.TUPLE} else [])}
        if set(tree) - {"nullable"} != needed:
            refuse(pointer, "a type has other fields", expected=", ".join(sorted(needed)), got=", ".join(sorted(tree)))
        nullable = tree.get("nullable", False)
        if nullable is not True and "nullable" in tree:
            refuse(f"{pointer}/nullable", "written only where it is true", expected="true", got=repr(nullable))
        scale = tree.get("scale", 0)
        if type(scale) is not int:
            refuse(f"{pointer}/scale", "not a scale", expected="an integer", got=_name(scale))
        listed = enumerate(_list(tree.get("parts", []), f"{pointer}/parts"))
        parts = tuple(self._type(part, f"{pointer}/parts/{index}", depth + 1) for index, part in listed)
        return Type(kind=kind, nullable=bool(nullable), scale=scale, parts=parts)


def _decode_enum(kind: type[Enum], item: Json, pointer: str) -> Enum:
    known: list[Enum] = list(kind)
    for member in known:
        if isinstance(item, str) and member.value == item:
            return member
    names = ", ".join(str(member.value) for member in known)
    refuse(pointer, "no such name", expected=names, got=repr(item), code="unknown_name")


def _decode_plain(kind: Any, item: Json, pointer: str) -> object:
    if type(item) is not kind:
        refuse(pointer, "another type", expected=str(kind.__name__), got=_name(item), code="wrong_json_type")
    return item


def _decode_constant(item: Json, pointer: str) -> object:
    if not isinstance(item, bool | int | float | str) or (isinstance(item, float) and not math.isfinite(item)):
        expected = "a finite number, a text, a boolean or null"
        refuse(pointer, "not a constant", expected=expected, got=_name(item), code="wrong_json_type")
    return item
