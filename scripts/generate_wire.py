"""Generates the vocabulary of the wire from rust_runtime/wire.toml.

    python -m scripts.generate_wire           write every generated file and section
    python -m scripts.generate_wire --check   write nothing; exit 1 where one differs

Generated files: the Rust module `florecon::wire`, the Rust struct of the stage counters, and `florecon_build/wire.py`.
Generated sections, between two marker lines: the error classes in `florecon_build/host/errors.py`, and the tables in
`docs/wire.md` and `docs/host.md`.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "rust_runtime" / "wire.toml"
WIDTH = 120
DECIMAL = "decimal128(38, 0)"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command."""

    name: str
    type: str
    meaning: str
    required: bool = False
    extension: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `batch` is whether it takes rows, or a snapshot, beside its arguments."""

    name: str
    meaning: str
    arguments: tuple[Argument, ...]
    batch: bool = False
    extension: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of node."""

    name: str
    leaf: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, with the Arrow type as it is written in messages and vectors."""

    name: str
    type: str
    meaning: str
    nullable: bool = False
    text_ids: bool = False
    asked: bool = False

    @property
    def condition(self) -> str | None:
        """What a module or a command must have for the column to be there; None: nothing."""
        return "text ids only" if self.text_ids else "only where asked for" if self.asked else None


@dataclass(frozen=True, slots=True)
class Table:
    """One table that a module replies with; `fetched` is whether `fetch` is the command."""

    name: str
    line: str
    columns: tuple[Column, ...]
    fetched: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """One event of `explain`; a field that ends in `?` is there only in some cases."""

    name: str
    at: str
    fields: tuple[str, ...]
    meaning: str
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Error:
    """One error class. `code` is None for a base of others; `fields` is None for an error of the host alone."""

    name: str
    meaning: str
    code: str | None
    base: str
    fields: tuple[str, ...] | None
    section: str | None


@dataclass(frozen=True, slots=True)
class Wire:
    """The whole vocabulary."""

    commands: tuple[Command, ...]
    replies: dict[str, str]
    pins: dict[str, str]
    statuses: dict[str, str]
    origins: dict[str, str]
    nodes: tuple[Node, ...]
    tables: tuple[Table, ...]
    events: tuple[Event, ...]
    pair_events: tuple[Event, ...]
    event_fields: dict[str, tuple[str, str]]
    errors: tuple[Error, ...]

    @property
    def extensions(self) -> list[str]:
        """The names by which `describe` tells what a module has beyond the ABI: a command, or a command's argument."""
        found: list[str] = []
        for command in self.commands:
            found += [command.name] if command.extension else []
            found += [f"{command.name}.{each.name}" for each in command.arguments if each.extension]
        return found

    @property
    def counters(self) -> tuple[Column, ...]:
        """The counters of a stage: what comes in the table after `node`, `kind` and `label`."""
        return next(table for table in self.tables if table.name == "stages").columns[3:]

    @property
    def module_errors(self) -> list[tuple[str, Error]]:
        """The errors that a module replies with, by code."""
        return [(each.code, each) for each in self.errors if each.code is not None and each.fields is not None]


def load(text: str) -> Wire:
    """Reads wire.toml. Errors: `ValueError` where it contradicts itself, `TypeError` for a key that is not known."""
    raw = tomllib.loads(text)

    def events(section: str) -> tuple[Event, ...]:
        return tuple(_event(name, each) for name, each in raw[section].items())

    wire = Wire(
        commands=tuple(_command(name, each) for name, each in raw["commands"].items()),
        replies=raw["replies"],
        pins=raw["pins"],
        statuses=raw["statuses"],
        origins=raw["origins"],
        nodes=tuple(Node(name, **each) for name, each in raw["nodes"].items()),
        tables=tuple(
            Table(name, each["line"], tuple(Column(**column) for column in each["columns"]), each.get("fetched", True))
            for name, each in raw["tables"].items()
        ),
        events=events("events"),
        pair_events=events("pair_events"),
        event_fields={name: (each["type"], each["meaning"]) for name, each in raw["event_fields"].items()},
        errors=tuple(_error(each) for each in raw["errors"]),
    )
    _verify(wire)
    return wire


def _command(name: str, raw: Mapping[str, Any]) -> Command:
    arguments = tuple(Argument(key, **each) for key, each in raw.get("arguments", {}).items())
    rest: dict[str, Any] = {**raw, "arguments": arguments}
    return Command(name, **rest)


def _event(name: str, raw: Mapping[str, Any]) -> Event:
    rest: dict[str, Any] = {**raw, "fields": tuple(raw["fields"])}
    return Event(name, **rest)


def _error(raw: Mapping[str, Any]) -> Error:
    fields = tuple(raw["fields"]) if "fields" in raw else None
    base = raw.get("base", "FloreconError")
    return Error(raw["class"], raw["meaning"], raw.get("code"), base, fields, raw.get("section"))


def _verify(wire: Wire) -> None:
    """Refuses what no generated file could hold: a field without a meaning, a base that does not come before."""
    always = {"with", "pivoted"}
    used = {field.rstrip("?") for event in (*wire.events, *wire.pair_events) for field in event.fields}
    if used | always != wire.event_fields.keys():
        raise ValueError(f"fields of events, and their meanings: {sorted((used | always) ^ wire.event_fields.keys())}")
    known = {"FloreconError"}
    for error in wire.errors:
        if error.base not in known:
            raise ValueError(f"{error.name}: its base {error.base} does not come before it")
        known.add(error.name)
    codes = [error.code for error in wire.errors if error.code is not None]
    if len(known) != len(wire.errors) + 1 or len(set(codes)) != len(codes):
        raise ValueError("an error class or code occurs twice")
    refusals = {event.name for event in wire.events if event.refusal}
    if not refusals <= {column.name for column in wire.counters}:
        raise ValueError("a refusal without a counter of the stage")


# Rust

RUST_HEAD = """\
//! Vocabulary of the wire between a host and a module.
//!
//! Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit.
//!
//! ```
//! use florecon::wire::{ErrorCode, Op, column, kind};
//! assert_eq!(Op::from_name("merge"), Some(Op::Merge));
//! assert_eq!(ErrorCode::FrozenGroup.name(), "frozen_group");
//! assert_eq!((kind::AGG_NET, column::GROUP_ID), ("agg_net", "group_id"));
//! ```
"""


def rust_module(wire: Wire) -> str:
    """The module `florecon::wire`."""
    tables = {table.name: f"A line is {table.line}." for table in wire.tables if table.fetched}
    of_rows = {event.name: event.meaning for event in wire.events}
    events = {**{event.name: event.meaning for event in wire.pair_events}, **of_rows}
    arguments = {each.name: "" for command in wire.commands for each in command.arguments}
    columns = {column.name: "" for table in wire.tables for column in table.columns}
    refusals = {event.name: event.meaning for event in wire.events if event.refusal}
    parts = [
        RUST_HEAD,
        _rust_enum("Op", "A command.", {each.name: each.meaning for each in wire.commands}),
        _rust_constants("argument", "Arguments of commands.", arguments),
        _rust_list("EXTENSIONS", "What this runtime has beyond florecon ABI version 1.", wire.extensions),
        _rust_enum("Reply", "How much of the session a reply shows.", wire.replies),
        _rust_enum("PinBy", "How `pin` chooses groups.", wire.pins),
        _rust_enum("Status", "The lifecycle of a group.", wire.statuses),
        _rust_constants("origin", "Origins that the workspace gives by itself.", wire.origins, value="name"),
        _rust_constants("kind", "Kinds of nodes.", {node.name: "" for node in wire.nodes}),
        _rust_constants(
            "reason",
            "Reasons of the groups that a node forms.",
            {node.name: node.reason for node in wire.nodes if node.reason is not None},
            value="text",
        ),
        _rust_enum("TableName", "A table that `fetch` replies with.", tables),
        _rust_constants("column", "Columns of the tables.", columns),
        _rust_enum("Counter", "A counter of a stage.", {each.name: each.meaning for each in wire.counters}),
        _rust_enum("Refusal", "A reason to refuse a bucket: a counter of the stage, and an event.", refusals),
        _rust_refusals(list(refusals)),
        _rust_enum("EventName", "The name of an event of `explain`.", events),
        _rust_constants(
            "field", "Fields of events.", {name: meaning for name, (_, meaning) in wire.event_fields.items()}
        ),
        _rust_enum("ErrorCode", "The code of an error.", {code: each.meaning for code, each in wire.module_errors}),
    ]
    return "\n".join(parts)


def _rust_enum(name: str, doc: str, members: Mapping[str, str]) -> str:
    variants = {member: _camel(member) for member in members}
    listed = "".join(f"    {_rust_doc(members[member])}    {variant},\n" for member, variant in variants.items())
    arms = "".join(f'            Self::{variant} => "{member}",\n' for member, variant in variants.items())
    every = _rust_array([f"Self::{variant}" for variant in variants.values()], "    ")
    return f"""\
/// {doc}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum {name} {{
{listed}}}

impl {name} {{
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; {len(members)}] = {every};

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {{
        match self {{
{arms}        }}
    }}

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {{
        Self::ALL.into_iter().find(|each| each.name() == name)
    }}
}}
"""


def _rust_refusals(names: list[str]) -> str:
    arms = "".join(f"            Self::{_camel(name)} => EventName::{_camel(name)},\n" for name in names)
    return f"""\
impl Refusal {{
    /// The event of the same name.
    #[must_use]
    pub const fn event(self) -> EventName {{
        match self {{
{arms}        }}
    }}
}}
"""


def _rust_array(items: list[str], indent: str) -> str:
    """An array as rustfmt lays it out: on one line if it fits, else one item a line."""
    short = f"[{', '.join(items)}]"
    if len(short) <= 60:
        return short
    return "[\n" + "".join(f"{indent}    {item},\n" for item in items) + f"{indent}]"


def _rust_constants(name: str, doc: str, values: Mapping[str, str], value: str = "name") -> str:
    """A module of text constants: the names, with `values` as comments, or (`value="text"`) the texts of `values`."""
    lines: list[str] = []
    for key, text in values.items():
        shown = text if value == "text" else key
        about = "" if value == "text" else text
        lines.append(f'    {_rust_doc(about or f"`{shown}`")}    pub const {key.upper()}: &str = "{shown}";\n')
    return f"/// {doc}\npub mod {name} {{\n{''.join(lines)}}}\n"


def _rust_list(name: str, doc: str, items: list[str]) -> str:
    body = _rust_array([f'"{item}"' for item in items], "")
    return f"/// {doc}\npub const {name}: [&str; {len(items)}] = {body};\n"


def _rust_doc(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return f"/// {text if text.endswith('.') or text.startswith('`') else f'{text}.'}\n"


STAGE_HEAD = """\
//! Counters of one node over one solve.
//!
//! Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit.

use crate::wire::{Counter, Refusal};

/// Counters of one node, added up over all the bags that it was given during one solve.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let stage = &recon.stages()[0];
/// assert_eq!((stage.kind, stage.items_in, stage.groups, stage.value_matched), ("exact_1to1", 3, 1, 10));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stage {
    /// The node's id: its place in a pre-order walk of the tree.
    pub node: u32,
    /// The node's kind, such as `"agg_net"`.
    pub kind: &'static str,
    /// The tag or origin that the author gave the node; empty for none.
    pub label: String,
"""


def rust_stage(wire: Wire) -> str:
    """The struct of the stage counters: counts are `u64`, sums of absolute amounts `i128`."""
    fields = "".join(
        f"    {_rust_doc(each.meaning)}    pub {each.name}: {'i128' if each.type == DECIMAL else 'u64'},\n"
        for each in wire.counters
    )
    counts = [each.name for each in wire.counters if each.type != DECIMAL]
    values = [each.name for each in wire.counters if each.type == DECIMAL]
    arms = "".join(
        f"            Counter::{_camel(each.name)} => "
        + (f"self.{each.name},\n" if each.type == DECIMAL else f"i128::from(self.{each.name}),\n")
        for each in wire.counters
    )
    refusals = "".join(
        f"            Refusal::{_camel(event.name)} => &mut self.{event.name},\n"
        for event in wire.events
        if event.refusal
    )
    return f"""\
{STAGE_HEAD}{fields}}}

impl Stage {{
    /// The value of a counter.
    #[must_use]
    pub fn counter(&self, counter: Counter) -> i128 {{
        match counter {{
{arms}        }}
    }}

    /// The place of the counter of a refusal.
    pub(crate) fn refused(&mut self, refusal: Refusal) -> &mut u64 {{
        match refusal {{
{refusals}        }}
    }}

    /// The counts, in a fixed order.
    pub(crate) fn counts(&self) -> [u64; {len(counts)}] {{
        {_rust_array([f"self.{name}" for name in counts], "        ")}
    }}

    /// The sums of absolute amounts, in a fixed order.
    pub(crate) fn values(&self) -> [i128; {len(values)}] {{
        {_rust_array([f"self.{name}" for name in values], "        ")}
    }}

    /// The places of the counts, in the order of [`counts`](Self::counts).
    pub(crate) fn counts_mut(&mut self) -> [&mut u64; {len(counts)}] {{
        {_rust_array([f"&mut self.{name}" for name in counts], "        ")}
    }}

    /// The places of the sums, in the order of [`values`](Self::values).
    pub(crate) fn values_mut(&mut self) -> [&mut i128; {len(values)}] {{
        {_rust_array([f"&mut self.{name}" for name in values], "        ")}
    }}
}}
"""


# Python

PYTHON_HEAD = '''\
"""Vocabulary of the wire between a host and a solver module.

Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit. `docs/wire.md` has the meanings.

>>> "merge" in OPS, ERROR_FIELDS["frozen_group"], TABLES["allocations"]["amount"]
(True, ('group_id',), 'int64')
"""

from __future__ import annotations

from typing import Final, Literal, get_args
'''


def python_module(wire: Wire) -> str:
    """The module `florecon_build.wire`."""
    reasons = {node.name: node.reason for node in wire.nodes if node.reason is not None}
    parts = [
        PYTHON_HEAD,
        _literal("Op", "OPS", "A command.", (each.name for each in wire.commands)),
        _mapping(
            "ARGUMENTS",
            "dict[Op, tuple[str, ...]]",
            "The arguments of each command.",
            {each.name: tuple(argument.name for argument in each.arguments) for each in wire.commands},
        ),
        _literal(
            "Extension",
            "EXTENSIONS",
            "What a module may have beyond florecon ABI version 1: a command, or an argument of one.",
            wire.extensions,
        ),
        _literal("ReplyKind", "REPLIES", "How much of the session a reply shows.", wire.replies),
        _literal("PinBy", "PINS", "How `pin` chooses groups.", wire.pins),
        _literal("Status", "STATUSES", "The lifecycle of a group.", wire.statuses),
        *(f'{name.upper()}: Final = "{name}"\n' for name in wire.statuses),
        *(f'{name.upper()}: Final = "{name}"\n' for name in wire.origins),
        _literal("NodeKind", "NODE_KINDS", "A kind of node.", (node.name for node in wire.nodes)),
        _mapping("REASONS", "dict[NodeKind, str]", "The reason of the groups that a node forms.", reasons),
        _set("LEAVES", "NodeKind", "The kinds without nodes below them.", [n.name for n in wire.nodes if n.leaf]),
        _literal(
            "TableName",
            "TABLE_NAMES",
            "A table that `fetch` replies with.",
            (table.name for table in wire.tables if table.fetched),
        ),
        _tables(wire),
        _literal("Counter", "COUNTERS", "A counter of a stage.", (each.name for each in wire.counters)),
        _literal(
            "Refusal",
            "REFUSALS",
            "A reason to refuse a bucket: a counter of the stage, and an event.",
            (event.name for event in wire.events if event.refusal),
        ),
        _literal("RowEvent", "ROW_EVENTS", "An event of `explain` about a row.", (event.name for event in wire.events)),
        _literal(
            "PairEvent",
            "PAIR_EVENTS",
            "An event of `explain` about two rows.",
            (event.name for event in wire.pair_events),
        ),
        _mapping(
            "ROW_EVENT_FIELDS",
            "dict[RowEvent, tuple[str, ...]]",
            "The fields of each event about a row; `?` marks one that is not always there.",
            {event.name: event.fields for event in wire.events},
        ),
        _mapping(
            "PAIR_EVENT_FIELDS",
            "dict[PairEvent, tuple[str, ...]]",
            "The fields of each event about two rows, besides `with`.",
            {event.name: event.fields for event in wire.pair_events},
        ),
        _literal("ErrorCode", "ERROR_CODES", "The code of an error of a module.", (c for c, _ in wire.module_errors)),
        _mapping(
            "ERROR_FIELDS",
            "dict[ErrorCode, tuple[str, ...]]",
            "What each error may name besides `code` and `message`.",
            {code: each.fields for code, each in wire.module_errors},
        ),
    ]
    return "\n".join(parts)


def _literal(name: str, plural: str, doc: str, members: Iterable[str]) -> str:
    items = "".join(f'    "{member}",\n' for member in members)
    return f'{name} = Literal[\n{items}]\n"""{doc}"""\n{plural}: Final[tuple[{name}, ...]] = get_args({name})\n'


def _mapping(name: str, type: str, doc: str, items: Mapping[str, object]) -> str:
    lines = "".join(_item(key, value) for key, value in items.items())
    return f'{name}: Final[{type}] = {{\n{lines}}}\n"""{doc}"""\n'


def _item(key: str, value: object) -> str:
    """One line, or one line for each part of a tuple that does not fit."""
    line = f'    "{key}": {_python(value)},\n'
    if len(line) <= WIDTH + 1 or not isinstance(value, tuple):
        return line
    parts = "".join(f"        {_python(part)},\n" for part in cast("tuple[object, ...]", value))
    return f'    "{key}": (\n{parts}    ),\n'


def _python(value: object) -> str:
    match value:
        case str():
            return f'"{value}"'
        case tuple():
            parts = [_python(part) for part in cast("tuple[object, ...]", value)]
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        case _:
            raise TypeError(f"no constant: {value!r}")


def _set(name: str, type: str, doc: str, items: list[str]) -> str:
    lines = "".join(f'        "{item}",\n' for item in items)
    return f'{name}: Final[frozenset[{type}]] = frozenset(\n    {{\n{lines}    }}\n)\n"""{doc}"""\n'


def _tables(wire: Wire) -> str:
    lines: list[str] = []
    for table in wire.tables:
        columns = "".join(
            f'        "{each.name}": "{each.type}",\n' for each in table.columns if each.condition is None
        )
        lines.append(f'    "{table.name}": {{\n{columns}    }},\n')
    doc = "The columns of each table with their Arrow types; sometimes also `id_text` after `id`, and `key` of groups."
    return f'TABLES: Final[dict[str, dict[str, str]]] = {{\n{"".join(lines)}}}\n"""{doc}"""\n'


def python_errors(wire: Wire) -> str:
    """The error classes of the host."""
    parts: list[str] = []
    for error in wire.errors:
        parts += [f"# {error.section}"] if error.section else []
        code = f', code="{error.code}"' if error.code else ""
        parts.append(f'class {error.name}({error.base}{code}):\n    """{error.meaning}"""')
    return "\n\n" + "\n\n\n".join(parts) + "\n\n\n"


# Documentation


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table. A head such as `code | meaning`."""
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n" + "\n".join(lines).replace("|  |", "| |") + "\n\n"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _starred(each: Command | Argument) -> str:
    """The name, with a star for an extension."""
    return f"`{each.name}`" + (r"\*" if each.extension else "")


def doc_commands(wire: Wire) -> str:
    """The commands with their arguments; what is beyond the ABI has a star."""
    return _table(
        "op | arguments | ",
        (
            (
                _starred(each) + (", with a batch" if each.batch else ""),
                ", ".join(_starred(argument) for argument in each.arguments),
                each.meaning,
            )
            for each in wire.commands
        ),
    )


def doc_arguments(wire: Wire) -> str:
    """The arguments of all commands."""
    return _table(
        "op | argument | type | ",
        (
            (
                f"`{command.name}`",
                f"`{each.name}`{'' if each.required else ' (optional)'}",
                each.type,
                each.meaning[:1].upper() + each.meaning[1:] + ".",
            )
            for command in wire.commands
            for each in command.arguments
        ),
    )


def doc_extensions(wire: Wire) -> str:
    """The names of the extensions, as `describe` lists them."""
    return f"\nExtensions: {_names(wire.extensions)}.\n\n"


def doc_words(words: Mapping[str, str], head: str) -> str:
    """A table of words and their meanings."""
    return _table(
        f"{head} | ", ((f"`{word}`", meaning[:1].upper() + meaning[1:] + ".") for word, meaning in words.items())
    )


def doc_nodes(wire: Wire) -> str:
    """The kinds of nodes with the reasons of their groups."""
    return _table(
        "kind | | reason of its groups",
        (
            (f"`{node.name}`", "leaf" if node.leaf else "", f"`{node.reason}`" if node.reason else "")
            for node in wire.nodes
        ),
    )


def doc_tables(wire: Wire) -> str:
    """The columns of every table."""

    def kind(column: Column) -> str:
        words = (column.type, "nullable" if column.nullable else None, column.condition)
        return ", ".join(word for word in words if word is not None)

    return "".join(
        f"\n`{table.name}`: a line is {table.line}.\n"
        + _table("column | type | ", ((f"`{each.name}`", kind(each), each.meaning) for each in table.columns))
        for table in wire.tables
    )


def doc_events(events: Iterable[Event]) -> str:
    """The events of one kind."""
    return _table(
        "event | at | fields | ",
        ((f"`{event.name}`", event.at, _names(event.fields), event.meaning) for event in events),
    )


def doc_event_fields(wire: Wire) -> str:
    """The fields of the events."""
    return _table(
        "field | type | ",
        (
            (f"`{name}`", type, meaning[:1].upper() + meaning[1:] + ".")
            for name, (type, meaning) in wire.event_fields.items()
        ),
    )


def doc_module_errors(wire: Wire) -> str:
    """The errors of a module."""
    return _table(
        "code | names | ",
        ((f"`{code}`", _names(each.fields or ()), each.meaning) for code, each in wire.module_errors),
    )


def doc_host_errors(wire: Wire) -> str:
    """The classes of all errors."""
    known = [(f"`{each.name}`", f"`{each.code}`", each.meaning) for each in wire.errors if each.code]
    other = ("`PluginError`", "any other", "A code that this host does not know, from a module of another author.")
    return _table("class | code | ", [*known, other])


# Files

FILES: dict[str, Callable[[Wire], str]] = {
    "rust_runtime/florecon/src/wire.rs": rust_module,
    "rust_runtime/florecon/src/plan/stage.rs": rust_stage,
    "florecon_build/wire.py": python_module,
}
SECTIONS: dict[str, dict[str, Callable[[Wire], str]]] = {
    "florecon_build/host/errors.py": {"errors": python_errors},
    "docs/host.md": {"errors": doc_host_errors},
    "docs/wire.md": {
        "commands": doc_commands,
        "arguments": doc_arguments,
        "extensions": doc_extensions,
        "replies": lambda wire: doc_words(wire.replies, "reply"),
        "statuses": lambda wire: doc_words(wire.statuses, "status"),
        "nodes": doc_nodes,
        "tables": doc_tables,
        "events": lambda wire: doc_events(wire.events),
        "pair events": lambda wire: doc_events(wire.pair_events),
        "event fields": doc_event_fields,
        "errors": doc_module_errors,
    },
}


def section(text: str, name: str, body: str) -> str:
    """The text with another body between the marker lines of a section.

    >>> section("a\\n<!-- generated: x -->\\nold\\n<!-- end of x -->\\nb\\n", "x", "new\\n")
    'a\\n<!-- generated: x -->\\nnew\\n<!-- end of x -->\\nb\\n'
    """
    found = re.search(rf"^[^\n]*\bgenerated: {name}\b[^\n]*\n(.*?)^[^\n]*\bend of {name}\b", text, re.S | re.M)
    if found is None:
        raise ValueError(f"no section `generated: {name}` that ends with `end of {name}`")
    return text[: found.start(1)] + body + text[found.end(1) :]


def generated(root: Path = ROOT) -> dict[Path, str]:
    """The content of every file that is generated in whole or in part."""
    wire = load((root / SOURCE.relative_to(ROOT)).read_text(encoding="utf-8"))
    made = {root / name: make(wire) for name, make in FILES.items()}
    for name, sections in SECTIONS.items():
        text = (root / name).read_text(encoding="utf-8")
        for key, make in sections.items():
            text = section(text, key, make(wire))
        made[root / name] = text
    return made


def stale(root: Path = ROOT) -> list[Path]:
    """The files that differ from what would be generated."""
    return [
        path.relative_to(root)
        for path, text in generated(root).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def main() -> int:
    """Writes the files, or with `--check` says which differ."""
    parser = argparse.ArgumentParser(description="The vocabulary of the wire, from rust_runtime/wire.toml")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    differing = stale()
    if parser.parse_args().check:
        for path in differing:
            print(f"{path} is not as rust_runtime/wire.toml says; run: python -m scripts.generate_wire")
        return 1 if differing else 0
    for path, text in generated().items():
        if path.relative_to(ROOT) in differing:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
