"""Proposal of a project for files: the declaration of each file as it was detected, and columns for all of them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from florecon_build.cli.scaffold.project import ProjectContent
from florecon_build.cli.scaffold.strategy_text import Column, strategy_text
from florecon_build.sources import Reading, Source, read
from florecon_build.sources.dates import ISO
from florecon_build.sources.declaration import ColumnRule, Constant, Header, Join, RowNumber
from florecon_build.sources.detection.columns import Facts
from florecon_build.sources.detection.detect import Detected, Question, detect
from florecon_build.sources.quoting import toml_string
from florecon_build.sources.rule_text import source_toml

MAX_MONEY_SCALE = 6
DATA = "data"
RESERVED = {"lot", "references"}
Answer = Callable[[str, Sequence[Question]], Source]
"""Takes the name of a source and its questions; returns what is known of the source with an answer to the first."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A project, with the readings of its files and what was found in them."""

    content: ProjectContent
    readings: tuple[Reading, ...]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def source_names(paths: Sequence[Path]) -> dict[str, Path]:
    """A name for the source of each file: that of the file, in letters, digits and ``_``.

    >>> list(source_names([Path("Bank 2026.csv"), Path("old/bank-2026.csv"), Path("1.csv")]))
    ['bank_2026', 'bank_2026_2', 'data_1']
    """
    names: dict[str, Path] = {}
    for path in paths:
        stem = re.sub(r"[^a-z0-9]+", "_", path.name.partition(".")[0].lower()).strip("_") or "data"
        names[_free(stem if stem[0].isalpha() else f"data_{stem}", names)] = path
    return names


def propose(files: Mapping[str, Path], name: str, known: Mapping[str, Source], answer: Answer) -> Proposal:
    """A project for files by the names of their sources.

    Parameters: `known` declares what is known of a source; `answer` is asked what a file leaves open, and may raise.
    Raises ``SourceError`` for a file that cannot be read.
    """
    found: list[Detected] = []
    for source, path in files.items():
        about = known.get(source) or Source(name=source)
        one = detect(path, about)
        while one.questions:
            one = detect(path, answer(source, one.questions))
        found.append(one)
    if len(found) > 1:
        found = _with_currencies(found, answer)
    if len(found) == 1:
        columns, rules, day = _columns_of_one(found[0])
        declared = [_declared(found[0], rules)]
    else:
        columns, ruled, day = _columns_of_several(found)
        declared = [_declared(one, rules) for one, rules in zip(found, ruled, strict=True)]
    fields = [column.field for column in columns]
    id_name = next(column.name for column in columns if column.is_id)
    readings = tuple(
        read(source, [one.path], fields, id_name=id_name) for source, one in zip(declared, found, strict=True)
    )
    shown = " and ".join(one.path.name for one in found)
    content = ProjectContent(
        name=name,
        about=f"the lines of {shown}",
        strategy=strategy_text(columns, name, shown, day=day),
        settings="\n\n".join("\n".join(source_toml(source)) for source in declared) + "\n",
        data={source.files[0]: one.path for source, one in zip(declared, found, strict=True)},
    )
    return Proposal(content, readings, {one.source.name: one.notes for one in found})


def _with_currencies(found: Sequence[Detected], answer: Answer) -> list[Detected]:
    """The files, each with its currency where one of them says it: rows of different currencies never match."""
    said = sorted(
        {text for one in found if one.currency for text in one.currency.filled}
        | {one.source.currency for one in found if one.source.currency}
    )
    if not said:
        return list(found)
    whole: list[Detected] = []
    for one in found:
        about = one
        while about.currency is None and about.source.currency is None:
            others = " and ".join(other.path.name for other in found if other is not one)
            text = f"{one.path.name} names no currency, and {others} has {', '.join(said)}"
            lines = [f"currency = {toml_string(code)}" for code in said]
            about = detect(one.path, answer(one.source.name, [Question(text, one.source.advice(*lines))]))
        whole.append(about)
    return whole


def _declared(one: Detected, rules: Mapping[str, ColumnRule]) -> Source:
    """The whole declaration of a source: its file below ``data/``, its form, and the rules of its columns."""
    headers = {rule.header for rule in rules.values() if isinstance(rule, Header)}
    forms = {header: form for header, form in one.formats.items() if header in headers and form != ISO}
    typed = {column.header for column in one.columns if column.typed_day}
    written = {header: form for header, form in one.formats.items() if header in headers and header not in typed}
    dates: str | Mapping[str, str] | None = None
    if forms:
        dates = next(iter(forms.values())) if len(set(written.values())) == 1 else written
    return replace(
        one.source,
        files=(
            f"{DATA}/{one.source.name}{''.join(one.path.suffixes[-2:] if _packed(one.path) else [one.path.suffix])}",
        ),
        dates=one.source.dates or dates,
        columns=dict(rules),
    )


def _packed(path: Path) -> bool:
    return path.suffix.lower() in {".gz", ".zst"}


def _columns_of_one(one: Detected) -> tuple[list[Column], dict[str, ColumnRule], str | None]:
    """Every column of one file, under the names of its headers; the amount is named ``amount``."""
    columns: list[Column] = []
    rules: dict[str, ColumnRule] = {}
    day: str | None = None
    taken = {"amount", "currency"}

    def add(column: Column, rule: ColumnRule) -> None:
        columns.append(column)
        rules[column.name] = rule
        taken.add(column.name)

    if one.identity is None:
        add(Column("row_id", "integer", is_id=True), RowNumber())
    amount = _amount_column(one)
    place = _place(one)
    for facts in one.columns:
        if facts.header == place:
            add(*amount)
        if facts not in one.other_columns() or not facts.filled:
            continue
        if facts is one.currency:
            add(Column("currency", "text"), Header(facts.header))
            continue
        name = _free(_identifier(facts.header), taken)
        column = _column(name, facts, one, is_id=facts is one.identity)
        add(column, Header(facts.header))
        if facts is one.day and column.kind == "date" and not column.nullable:
            day = name
    return columns, rules, day


def _place(one: Detected) -> str:
    """The header in whose place the amount stands."""
    used = {column.header for column in one.amount.columns} if one.amount else set[str]()
    return next(column.header for column in one.columns if column.header in used)


def _amount_column(one: Detected) -> tuple[Column, ColumnRule]:
    assert one.amount is not None
    return Column("amount", "money", scale=one.scale, is_amount=True), one.amount.rule


def _columns_of_several(
    found: Sequence[Detected],
) -> tuple[list[Column], list[dict[str, ColumnRule]], str | None]:
    """The columns that all files have: id, book, day, amount, currency, memo."""
    columns = [Column("row_id", "text", is_id=True), Column("book", "text")]
    scale = max(one.scale for one in found)
    rules: list[dict[str, ColumnRule]] = [
        {
            "row_id": RowNumber() if one.identity is None else Header(one.identity.header),
            "book": Constant(one.source.name),
        }
        for one in found
    ]
    has_day = all(one.day is not None for one in found)
    if has_day:
        nullable = any(one.day is not None and not one.day.complete for one in found)
        columns.append(Column("day", "date", nullable=nullable))
    columns.append(Column("amount", "money", scale=scale, is_amount=True))
    has_currency = any(one.currency is not None or one.source.currency is not None for one in found)
    if has_currency:
        columns.append(Column("currency", "text"))
    texts = [_texts(one) for one in found]
    if any(texts):
        columns.append(Column("memo", "text", nullable=True))
    for one, rule, memo in zip(found, rules, texts, strict=True):
        if has_day and one.day is not None:
            rule["day"] = Header(one.day.header)
        rule["amount"] = _amount_column(one)[1]
        if has_currency:
            rule["currency"] = Header(one.currency.header) if one.currency else Constant(one.source.currency or "")
        if any(texts):
            headers = tuple(facts.header for facts in memo)
            rule["memo"] = Constant("") if not headers else Header(headers[0]) if len(headers) == 1 else Join(headers)
    return columns, rules, "day" if has_day and not columns[2].nullable else None


def _texts(one: Detected) -> list[Facts]:
    """The columns of free text: neither days nor numbers, nor the id or the currency."""
    return [
        facts
        for facts in one.other_columns()
        if facts.filled and facts is not one.identity and facts is not one.currency
        if not facts.is_day and not facts.is_number
    ]


def _column(name: str, facts: Facts, one: Detected, *, is_id: bool) -> Column:
    """The narrowest type of a column that keeps every cell as it is written."""
    nullable = not facts.complete
    if is_id:
        return Column(name, "integer" if facts.is_plain_integer else "text", is_id=True)
    if facts.header in one.formats:
        return Column(name, "date", nullable=nullable)
    if facts.is_number and facts.is_plain_integer:
        return Column(name, "integer", nullable=nullable)
    mark = one.source.decimal or "."
    if facts.is_number and facts.has_marks and mark in facts.numbers and not facts.currencies and not facts.dashes:
        numbers = [number for number in facts.numbers[mark] if number]
        places = max((-int(number.normalize().as_tuple().exponent) for number in numbers), default=0)
        if places <= MAX_MONEY_SCALE:
            return Column(name, "money", scale=max(places, 2), nullable=nullable)
        if mark == "." and all(re.fullmatch(r"[+-]?\d*\.?\d+", text.strip()) for text in facts.filled):
            return Column(name, "real", nullable=nullable)
    if facts.filled and all(text.strip().lower() in {"true", "false"} for text in facts.filled):
        return Column(name, "boolean", nullable=nullable)
    return Column(name, "text", nullable=nullable)


def _identifier(header: str) -> str:
    name = re.sub(r"\W+", "_", header.strip().lower()).strip("_") or "column"
    name = f"c_{name}" if not name[0].isalpha() else name
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def _free(name: str, taken: set[str] | Mapping[str, object]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
