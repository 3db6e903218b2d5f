"""Module description as typed data, parsed from ``describe``.

>>> text = b'''{"abi_version": 1, "report_schema": 1, "domain": {"id": "acme.bank", "version": "1.0.0"},
...   "input": [{"name": "row_id", "type": "i64", "id": true},
...             {"name": "amount", "type": "f64", "logical": "money", "scale": 2, "amount": true}]}'''
>>> about = parse(text, "acme.wasm")
>>> about.domain, about.field("amount").kind, about.field("amount").scale
('acme.bank', 'money', 2)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from florecon_build.host.errors import BadDescribe
from florecon_build.host.runtime.module import ABI_VERSION
from florecon_build.wire import Extension

FieldKind = Literal["integer", "real", "text", "money", "date", "boolean"]
BASE_KINDS: dict[str, FieldKind] = {"i64": "integer", "f64": "real", "utf8": "text"}
LOGICAL_KINDS: dict[tuple[str, str], FieldKind] = {
    ("f64", "money"): "money",
    ("i64", "date"): "date",
    ("i64", "boolean"): "boolean",
}
# The value of a money param is a whole number of minor units, as params are compared with amounts inside.
PARAM_KINDS: dict[tuple[str, str], FieldKind] = {**LOGICAL_KINDS, ("i64", "money"): "money"}
MAX_SCALE = 18
DEFAULT_SCALE = 2
"""Decimals of the amounts of a module that does not say; see docs/wire.md."""
NODE_FACTS = ("key", "columns", "order", "amount", "scale", "tests")
"""What the description of a node may say beside its place; see docs/wire.md."""
MAX_FIELDS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared column. `kind` is what it means; `base` (`i64`, `f64`, `utf8`) what a host that knows less ships."""

    name: str
    base: str
    kind: FieldKind
    scale: int = 0
    nullable: bool = False
    is_id: bool = False
    is_amount: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One tunable value with its default."""

    name: str
    kind: FieldKind
    default: object = None
    scale: int = 0
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of the strategy tree, with the author's line that made it, and facts about its keys and conditions."""

    id: int
    kind: str
    path: str = ""
    label: str | None = None
    file: str | None = None
    line: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The whole self-description.

    `numeraire_scale` is the count of decimals of the amounts in reports (None if the module does not say);
    `numeraire_column` the input column whose minor units they are, and `numeraire_is_derived` whether the module says
    that they are computed (neither, if it does not say); `currency` and `account` name the columns whose values have
    totals of their own (None if the module declares none); `strategy` is the fingerprint of what was compiled and
    `runtime` the runtime's version (empty for modules of other makers); `divides` whether the strategy as a whole works
    on a key, so that a ledger can be divided by `Workspace.shard_keys`, and `shard_columns` the columns that the key is
    computed from (None if the module does not say); `extensions` the names of what it has beyond
    the ABI, empty for modules that do not list them; `raw` the JSON object as it came.
    """

    domain: str
    version: str
    fields: tuple[Field, ...]
    params: tuple[Param, ...] = ()
    nodes: tuple[Node, ...] = ()
    id_name: str | None = None
    id_is_text: bool = False
    numeraire_scale: int | None = None
    numeraire_column: str | None = None
    numeraire_is_derived: bool = False
    currency: str | None = None
    account: str | None = None
    strategy: str = ""
    runtime: str = ""
    divides: bool = False
    shard_columns: tuple[str, ...] | None = None
    extensions: frozenset[str] = frozenset()
    raw: dict[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    def field(self, name: str) -> Field:
        """The field of that name; `KeyError` if there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def has(self, extension: Extension) -> bool:
        """Whether the module lists an extension.

        A module of an older runtime lists none. It replies `bad_command` to a command that it lacks, so that commands
        can be tried; an argument that it lacks it ignores, so that one with an effect is sent only where this is true.
        """
        return extension in self.extensions

    @property
    def scale(self) -> int:
        """Decimals that amounts are shown with: those of the numeraire, or 2 where the module does not say."""
        return DEFAULT_SCALE if self.numeraire_scale is None else self.numeraire_scale

    @property
    def rich(self) -> bool:
        """Whether the module takes the richer Arrow types and extensions of the wire page (it names its runtime)."""
        return bool(self.runtime)


def parse(text: bytes, name: str) -> Description:
    """Reads a description; nothing in it is believed before it is checked.

    Parameters: `text` as `describe()` answered; `name` of the module, for messages.
    Errors: `BadDescribe`.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDescribe(f"{name}: describe() answered with no JSON ({_short(text)})") from error
    reader = _Reader(name)
    top = reader.mapping(raw, "the description")
    version = top.get("abi_version", ABI_VERSION)
    if version != ABI_VERSION:
        raise BadDescribe(f"{name}: describe() says ABI version {version!r}, the module's export says {ABI_VERSION}")
    domain = reader.mapping(top.get("domain", {}), "domain")
    build = reader.mapping(top.get("build", {}), "build")
    fields = reader.fields(top.get("input"))
    id_name, id_is_text = reader.id_of(top, fields)
    numeraire = reader.mapping(top.get("numeraire", {}), "numeraire")
    shard = reader.mapping(top.get("shard", {}), "shard")
    return Description(
        domain=reader.text(domain, "id", ""),
        version=reader.text(domain, "version", ""),
        fields=fields,
        params=reader.params(top.get("params", [])),
        nodes=reader.nodes(build.get("nodes", [])),
        id_name=id_name,
        id_is_text=id_is_text,
        numeraire_scale=reader.scale(numeraire, "numeraire") if "scale" in numeraire else None,
        numeraire_column=reader.numeraire_column(numeraire, fields),
        numeraire_is_derived="column" in numeraire and numeraire["column"] is None,
        currency=reader.column(top, "currency", fields),
        account=reader.column(top, "account", fields),
        strategy=reader.text(build, "strategy", ""),
        runtime=reader.text(build, "runtime", ""),
        extensions=reader.names(top.get("extensions"), "'extensions'"),
        divides=shard.get("exact") is True,
        shard_columns=reader.shard_columns(shard, fields),
        raw=top,
    )


class _Reader:
    """Takes a JSON value apart and says where it is wrong."""

    def __init__(self, name: str) -> None:
        self._name = name

    def fail(self, what: str) -> BadDescribe:
        return BadDescribe(f"{self._name}: describe() is malformed: {what}")

    def mapping(self, value: object, where: str) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fail(f"{where} is no object")
        return cast("dict[str, Any]", value)

    def entries(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(f"{where} is no list")
        items = cast("list[Any]", value)
        if len(items) > MAX_FIELDS:
            raise self.fail(f"{where} has {len(items)} entries, at most {MAX_FIELDS} are sensible")
        return items

    def text(self, of: dict[str, Any], key: str, default: str | None = None) -> str:
        value = of.get(key, default)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.fail(f"{key!r} is no text")
        return value

    def shard_columns(self, shard: dict[str, Any], fields: tuple[Field, ...]) -> tuple[str, ...] | None:
        if shard.get("columns") is None:
            return None
        names = self.names(shard["columns"], "'columns' of shard")
        if unknown := names - {field.name for field in fields}:
            raise self.fail(f"shard names the column {min(unknown)!r}, which is not in the input")
        return tuple(field.name for field in fields if field.name in names)

    def names(self, value: object, where: str) -> frozenset[str]:
        """A list of names; absent, there are none."""
        items = [] if value is None else self.entries(value, where)
        if not all(isinstance(item, str) for item in items):
            raise self.fail(f"{where} is no list of names")
        return frozenset(items)

    def flag(self, of: dict[str, Any], key: str) -> bool:
        value = of.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"{key!r} is neither true nor false")
        return value

    def scale(self, of: dict[str, Any], where: str) -> int:
        value = of.get("scale", 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SCALE:
            raise self.fail(f"the scale of {where} is {value!r}, not a whole number from 0 to {MAX_SCALE}")
        return value

    def kind(
        self, of: dict[str, Any], where: str, logical_kinds: Mapping[tuple[str, str], FieldKind] = LOGICAL_KINDS
    ) -> tuple[str, FieldKind]:
        base = self.text(of, "type")
        if base not in BASE_KINDS:
            raise self.fail(f"{where} has the type {base!r}; known are {', '.join(BASE_KINDS)}")
        logical = of.get("logical")
        if logical is None:
            return base, BASE_KINDS[base]
        return base, logical_kinds.get((base, str(logical)), BASE_KINDS[base])

    def fields(self, value: object) -> tuple[Field, ...]:
        found: list[Field] = []
        for item in self.entries(value, "'input'"):
            entry = self.mapping(item, "an entry of 'input'")
            name = self.text(entry, "name")
            base, kind = self.kind(entry, f"column {name!r}")
            if any(other.name == name for other in found):
                raise self.fail(f"column {name!r} is declared twice")
            found.append(
                Field(
                    name=name,
                    base=base,
                    kind=kind,
                    scale=self.scale(entry, f"column {name!r}"),
                    nullable=self.flag(entry, "nullable"),
                    is_id=self.flag(entry, "id"),
                    is_amount=self.flag(entry, "amount"),
                )
            )
        if not found:
            raise self.fail("no input column is declared")
        return tuple(found)

    def params(self, value: object) -> tuple[Param, ...]:
        found: list[Param] = []
        for item in self.entries(value, "'params'"):
            entry = self.mapping(item, "an entry of 'params'")
            name = self.text(entry, "name")
            kind = self.kind(entry, f"param {name!r}", PARAM_KINDS)[1]
            scale = self.scale(entry, f"param {name!r}")
            doc = self.text(entry, "doc", "")
            found.append(Param(name=name, kind=kind, default=entry.get("default"), scale=scale, doc=doc))
        return tuple(found)

    def nodes(self, value: object) -> tuple[Node, ...]:
        if not isinstance(value, list):
            return ()
        found: list[Node] = []
        for item in cast("list[Any]", value):
            entry = self.mapping(item, "an entry of 'build.nodes'")
            number, line = entry.get("id"), entry.get("line")
            label, file = entry.get("label"), entry.get("file")
            if not isinstance(number, int):
                raise self.fail("a node of 'build.nodes' has no id")
            found.append(
                Node(
                    id=number,
                    kind=self.text(entry, "kind", ""),
                    path=self.text(entry, "path", ""),
                    label=label if isinstance(label, str) else None,
                    file=file if isinstance(file, str) else None,
                    line=line if isinstance(line, int) else None,
                    facts={name: entry[name] for name in NODE_FACTS if name in entry},
                )
            )
        return tuple(found)

    def numeraire_column(self, numeraire: dict[str, Any], fields: tuple[Field, ...]) -> str | None:
        """The column of the amounts, if the module names it: an exact number of the numeraire's decimals."""
        named = numeraire.get("column")
        if named is None:
            return None
        for column in fields:
            if column.name == named:
                if column.kind not in ("money", "integer") or column.scale != numeraire.get("scale", column.scale):
                    raise self.fail(f"the numeraire is column {named!r}, which has other amounts or decimals")
                return column.name
        raise self.fail(f"the numeraire is column {str(named)[:80]!r}, which is not declared")

    def column(self, top: dict[str, Any], key: str, fields: tuple[Field, ...]) -> str | None:
        """A declared text column that `key` names, if it names one."""
        name = top.get(key)
        if name is not None and not any(field.name == name and field.kind == "text" for field in fields):
            raise self.fail(f"{key!r} is {name!r}, which is no text column of 'input'")
        return name

    def id_of(self, top: dict[str, Any], fields: tuple[Field, ...]) -> tuple[str | None, bool]:
        """The id column, if the module says which it is."""
        named = self.mapping(top.get("id", {}), "id").get("name")
        for column in fields:
            if column.is_id or column.name == named:
                return column.name, column.kind == "text"
        return None, False


def _short(text: bytes) -> str:
    shown = text[:40].decode("utf-8", "replace")
    return f"{len(text)} bytes, starting {shown!r}" if text else "nothing"
