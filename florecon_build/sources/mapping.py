"""Mapping: the cells of a file to the columns of a strategy, as a source declares them.

Every refused cell is kept with its place, so that an error lists the first ones together.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.description import Field
from florecon_build.sources import amounts, dates
from florecon_build.sources.amounts import Evidence, Mark
from florecon_build.sources.cells import LINE, numbered
from florecon_build.sources.declaration import (
    ColumnRule,
    Constant,
    CreditDebit,
    Hash,
    Header,
    Join,
    RowNumber,
    RowTemplate,
    Signed,
    Source,
    Sum,
    headers_of,
)
from florecon_build.sources.errors import SHOWN, Advice, Cell, MissingHeader, RefusedCells, SourceError
from florecon_build.sources.quoting import toml_table

SHORTENED = r"^[0-9][.,]?[0-9]*[eE]\+[0-9]+$"
LOST = "is a number as a spreadsheet shortens it, so its last digits are lost: export the column as text"
ZONE = 'timezone = "UTC"'
ZONE_WORDS = 'or the zone whose day counts, such as "Europe/Berlin"'
ITEM = "item"
"""The name by which a template refers to the item of the list that it explodes."""


@dataclass(slots=True)
class Refused:
    """Refused cells: the first of them, and how many there are."""

    cells: list[Cell] = field(default_factory=list[Cell])
    count: int = 0
    advice: dict[Advice, None] = field(default_factory=dict[Advice, None])
    fixes: dict[str, None] = field(default_factory=dict[str, None])

    def add(self, cell: Cell, advice: Advice | str = "") -> None:
        """Counts a cell, and keeps it, with what to do about it, while there is room."""
        self.count += 1
        if len(self.cells) < SHOWN:
            self.cells.append(cell)
            if isinstance(advice, Advice):
                self.advice[advice] = None
            elif advice:
                self.fixes[advice] = None

    def require_none(self, source: Source) -> None:
        """Raises ``RefusedCells`` where a cell was refused."""
        if self.count:
            more = self.count - len(self.cells)
            message = f"{self.count:,} {'cell' if self.count == 1 else 'cells'} cannot be read as declared"
            fix = "; ".join(self.fixes) if self.fixes or self.advice else "mend the file"
            advice = tuple(self.advice)
            raise RefusedCells(message, source=source.name, cells=self.cells, more=more, fix=fix, advice=advice)


@dataclass(slots=True)
class Findings:
    """What the texts of the columns that hold amounts and days say about their form, over all files of a source."""

    marks: Evidence = field(default_factory=Evidence)
    formats: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    days: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    stamped: set[str] = field(default_factory=set[str])
    texts: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def look(self, batch: pa.RecordBatch, amount_headers: Sequence[str], date_headers: Sequence[str]) -> None:
        """Adds the texts of a batch."""
        for header in amount_headers:
            if pt.is_string(batch.schema.field(header).type):
                self.marks |= amounts.evidence(batch.column(header))
        for header in date_headers:
            texts = batch.column(header)
            if pt.is_timestamp(texts.type):
                self.stamped.add(header)
            if pt.is_string(texts.type) and texts.null_count < len(texts):
                seen = self.days.setdefault(header, [])
                if len(seen) < SHOWN:
                    seen += [text for text in texts.slice(0, 1000).to_pylist() if text][:SHOWN]
                texts = self.unseen(header, texts)
                if len(texts):
                    self.formats[header] = dates.formats_of(texts, self.formats.get(header, dates.FORMATS))

    def unseen(self, header: str, texts: pa.Array) -> pa.Array:
        """The distinct texts that no batch before had, as far as they are kept."""
        distinct = texts.unique()
        known = self.texts.setdefault(header, set())
        new = [text for text in distinct.to_pylist() if text is not None and text not in known]
        if len(known) < dates.MAX_KNOWN:
            known.update(new)
        return pa.array(new, pa.string())


@dataclass(frozen=True, slots=True)
class Forms:
    """How amounts and days are written: declared, or found."""

    mark: Mark
    formats: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that give the columns, for each row that a line becomes, in the order of the strategy's columns."""

    source: Source
    fields: tuple[Field, ...]
    templates: tuple[RowTemplate, ...]

    def rules(self, template: RowTemplate) -> dict[str, ColumnRule]:
        """The rule of each column."""
        return {**self.source.columns, **template.columns}

    def headers(self, kinds: Sequence[str]) -> tuple[str, ...]:
        """The headers that feed columns of the given kinds."""
        wanted = {field.name for field in self.fields if field.kind in kinds}
        found: dict[str, None] = {}
        for template in self.templates:
            for name, rule in self.rules(template).items():
                if name in wanted:
                    taken = headers_of(rule)[:1] if isinstance(rule, Signed) else headers_of(rule)
                    found |= dict.fromkeys(header for header in taken if header != ITEM)
        return tuple(found)

    def all_headers(self) -> tuple[str, ...]:
        """Every header that is read."""
        found: dict[str, None] = {}
        for template in self.templates:
            for rule in self.rules(template).values():
                found |= dict.fromkeys(headers_of(rule))
            found |= dict.fromkeys(filter(None, (template.explode, template.where)))
        found.pop(ITEM, None)
        return tuple(found)


def plan(source: Source, fields: Sequence[Field]) -> Plan:
    """The rules of a source for the columns of a strategy; a column without a rule has the header of its name.

    Raises ``SourceError`` for a declared column that the strategy does not have.
    """
    names = [field.name for field in fields]
    templates = source.rows or (RowTemplate({}),)
    for name in {*source.columns, *(name for template in templates for name in template.columns)}:
        if name not in names:
            raise MissingHeader(
                f"{source.table[:-1]}.columns] has {name!r}, which the strategy does not have",
                source=source.name,
                fix=f"its columns are {', '.join(names)}",
                column=name,
            )
    ruled = set(source.columns).union(*(template.columns for template in templates))
    default = {
        name: Constant(source.currency) if name == "currency" and source.currency is not None else Header(name)
        for name in names
        if name not in ruled
    }
    return Plan(replace(source, columns={**source.columns, **default}), tuple(fields), templates)


def _dates(source: Source, header: str, formats: Sequence[str], *, among: int) -> Advice:
    """Lines that declare a form of days: for one header where the others have forms of their own."""
    if among < 2 and not isinstance(source.dates, Mapping):
        return source.advice(*(f'dates = "{one}"' for one in formats))
    others: dict[str, str] = dict(source.dates) if isinstance(source.dates, Mapping) else {}
    tables = [{**others, header: one} for one in formats]
    return source.advice(*(f"dates = {toml_table(table)}" for table in tables))


def forms(source: Source, findings: Findings) -> tuple[Forms, list[str]]:
    """The decimal mark and the date formats, with a note for each that was found.

    Raises ``SourceError`` where the texts do not decide, with the declaration that does.
    """
    notes: list[str] = []
    found = findings.marks
    mark = source.decimal or found.mark()
    if mark is None:
        if found.conflict:
            message = f"{found.point_only!r} has a decimal point and {found.comma_only!r} a decimal comma"
            fix = "write all amounts one way; where decimal is declared, those of the other kind are listed"
            raise SourceError(message, source=source.name, fix=fix)
        message = (
            f"{found.undecided!r} may be read with a decimal point or a decimal comma, and no other amount decides"
        )
        raise SourceError(message, source=source.name, advice=[source.advice('decimal = "."', 'decimal = ","')])
    if source.decimal is None and (found.point_only or found.comma_only):
        notes.append(f"decimal = {mark!r} (as in {found.point_only or found.comma_only!r})")
    formats: dict[str, str] = {}
    for header, fitting in findings.formats.items():
        if source.format_of(header) is not None:
            continue
        format = dates.decided(fitting)
        if format is None and fitting:
            shown = ", ".join(map(repr, findings.days[header][:3]))
            raise SourceError(
                f"the days below {header!r} ({shown}) may be {' or '.join(map(repr, fitting))}",
                source=source.name,
                advice=[_dates(source, header, fitting, among=len(findings.formats))],
            )
        formats[header] = format or dates.most_fitting(findings.days[header])
        if formats[header] != dates.ISO:
            notes.append(f"dates = {formats[header]!r} below {header!r}")
    notes += [f"dates = {dates.TIMESTAMP!r} below {header!r}" for header in sorted(findings.stamped)]
    return Forms(mark, formats), notes


@dataclass(frozen=True, slots=True)
class _Scalar:
    """How a scalar that is neither an amount nor a day is written."""

    pattern: str
    type: pa.DataType
    words: str


_SCALARS = {
    "integer": _Scalar(r"^[+-]?[0-9]+$", pa.int64(), "a whole number of 64 bits"),
    "real": _Scalar(
        r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$", pa.float64(), "a number with a decimal point"
    ),
    "boolean": _Scalar("^(?i:true|false|1|0)$", pa.bool_(), "true or false"),
}


class Mapper:
    """Maps the batches of one file. ``row`` counts the rows of the source."""

    def __init__(
        self, plan: Plan, forms: Forms, file: str, *, refused: Refused, first_row: int, seen: dict[str, int]
    ) -> None:
        self.plan = plan
        self.forms = forms
        self.file = file
        self.refused = refused
        self.row = first_row
        self.seen = seen
        self.currencies: set[str] = set()
        self.days: dict[str, dict[str, datetime.date]] = {}

    def map(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array]:
        """The rows of a batch in the columns of the strategy, and the line of each."""
        parts: list[tuple[pa.RecordBatch, pa.Array]] = []
        for number, template in enumerate(self.plan.templates, 1):
            rows = _exploded(batch, template)
            if template.where is not None:
                rows = rows.filter(_not_empty(rows.column(template.where)))
            suffix = f"/{number}" if len(self.plan.templates) > 1 else ""
            parts.append((self._columns(rows, template, suffix), rows.column(LINE)))
        self.row += batch.num_rows
        if len(parts) == 1:
            return parts[0]
        table = pa.Table.from_batches([part for part, _ in parts]).combine_chunks()
        lines = pa.concat_arrays([lines for _, lines in parts])
        order = pc.sort_indices(lines)  # rows of one line stand together, in the order of the templates
        whole = table.take(order).to_batches()
        return (whole[0] if whole else parts[0][0]), lines.take(order)

    def _columns(self, batch: pa.RecordBatch, template: RowTemplate, suffix: str) -> pa.RecordBatch:
        rules = self.plan.rules(template)
        arrays: list[pa.Array] = []
        for column in self.plan.fields:
            rule = rules[column.name]
            array = self._typed(batch, column, rule)
            if column.is_id and suffix and column.name not in template.columns and pt.is_string(array.type):
                array = pc.binary_join_element_wise(array, suffix, "")
            arrays.append(array)
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self.plan.fields])

    def _typed(self, batch: pa.RecordBatch, column: Field, rule: ColumnRule) -> pa.Array:
        if column.kind == "money":
            return self._amounts(batch, column, rule)
        values = self._values(batch, rule, column.kind == "text")
        match column.kind:
            case "text":
                texts = values if pt.is_string(values.type) else values.cast(pa.string())
                if column.is_id:
                    shortened = pc.fill_null(pc.match_substring_regex(texts, SHORTENED), False)
                    self._refuse(batch, _named(rule), shortened, LOST)
                return texts if column.nullable or not texts.null_count else pc.fill_null(texts, "")
            case "date":
                return self._required(batch, column, rule, self._days(batch, column, rule, values))
            case "integer" | "real" | "boolean":
                return self._required(batch, column, rule, self._scalars(batch, column, rule, values))

    def _values(self, batch: pa.RecordBatch, rule: ColumnRule, as_text: bool) -> pa.Array:
        """The cells that a rule gives, before they have their type."""
        match rule:
            case Header(header):
                return batch.column(header)
            case Constant(value):
                return pa.array([value] * batch.num_rows, pa.string())
            case RowNumber():
                numbers = numbered(self.row + 1, batch.num_rows)
                return numbers.cast(pa.string()) if as_text else numbers
            case Join(headers, between):
                parts = [_texts(batch.column(header)) for header in headers]
                filled = [pc.if_else(pc.equal(part, ""), None, part) for part in parts]
                return pc.binary_join_element_wise(*filled, between, null_handling="skip")
            case Hash(headers, occurrence):
                return self._hashes([_texts(batch.column(header)) for header in headers], occurrence)
            case CreditDebit() | Signed() | Sum():
                raise SourceError(f"{rule} gives an amount", source=self.plan.source.name)

    def _hashes(self, parts: list[pa.Array], occurrence: bool) -> pa.Array:
        found: list[str] = []
        for cells in zip(*(part.to_pylist() for part in parts), strict=True):
            text = "\x1f".join("" if cell is None else cell for cell in cells)
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            if occurrence:
                count = self.seen.get(digest, 0) + 1
                self.seen[digest] = count
                digest = f"{digest}-{count}"
            found.append(digest)
        return pa.array(found, pa.string())

    def _amounts(self, batch: pa.RecordBatch, column: Field, rule: ColumnRule) -> pa.Array:
        match rule:
            case CreditDebit(credit, debit):
                plus, minus = self.money(batch, column, credit), self.money(batch, column, debit)
                both = pc.and_(_nonzero(plus), _nonzero(minus))
                both = pc.fill_null(both, False)
                self._refuse(batch, credit, both, f"stands beside an amount below {debit}")
                neither = pc.and_(plus.is_null(), minus.is_null())
                wide = pa.decimal256(amounts.MAX_DIGITS + 1, column.scale)
                net = pc.subtract(pc.fill_null(plus, 0).cast(wide), pc.fill_null(minus, 0).cast(wide))
                values = pc.if_else(neither, None, net).cast(plus.type)
            case Sum(headers):
                values = self._sum(batch, column, headers)
            case Signed(header, sign, negative):
                values = self.money(batch, column, header)
                signs = pc.utf8_trim_whitespace(_texts(batch.column(sign)))
                signed = pc.and_(pc.less(values, 0), pc.is_valid(signs))
                self._refuse(batch, header, pc.fill_null(signed, False), f"has a sign, and so has {sign}")
                missing = pc.and_(pc.fill_null(pc.equal(pc.utf8_length(signs), 0), True), values.is_valid())
                self._refuse(batch, sign, missing, "is empty, so the amount has no sign")
                below = pc.is_in(signs, value_set=pa.array(negative, pa.string()))
                values = pc.if_else(below, pc.negate(values), values).cast(values.type)
            case Header(header, negate):
                values = self.money(batch, column, header)
                values = pc.negate(values).cast(values.type) if negate else values
            case _:
                texts = _texts(self._values(batch, rule, True))
                read = amounts.parse(texts, self.forms.mark, scale=column.scale)
                self._report(batch, str(rule), texts, read.refused)
                values = read.values
        if self.plan.source.empty is not None and not column.nullable:
            values = pc.fill_null(values, pa.scalar(self.plan.source.empty, values.type))
        return self._required(batch, column, rule, values)

    def _sum(self, batch: pa.RecordBatch, column: Field, headers: Sequence[str]) -> pa.Array:
        values = self.money(batch, column, headers[0])
        for before, header in pairwise(headers):
            more = self.money(batch, column, header)
            both = pc.and_(_nonzero(values), _nonzero(more))
            self._refuse(batch, header, both, f"stands beside an amount below {before}")
            values = pc.if_else(_nonzero(more), more, pc.coalesce(values, more))
        return values

    def money(self, batch: pa.RecordBatch, column: Field, header: str) -> pa.Array:
        """The amounts below a header, as they stand."""
        cells = batch.column(header)
        wanted = pa.decimal128(amounts.MAX_DIGITS, column.scale)
        if pt.is_string(cells.type):
            if self.plan.source.empty is not None:
                cells = pc.if_else(pc.equal(pc.utf8_trim_whitespace(cells), "-"), "", cells)
            read = amounts.parse(cells, self.forms.mark, scale=column.scale)
            self._report(batch, header, cells, read.refused)
            self.currencies |= set(filter(None, read.currency.unique().to_pylist()))
            return read.values
        if pt.is_floating(cells.type):
            return self._floats(batch, header, cells, column.scale)
        return self._cast(batch, header, cells, wanted, f"is no amount with {column.scale} decimal places")

    def _floats(self, batch: pa.RecordBatch, header: str, cells: pa.Array, scale: int) -> pa.Array:
        """Floating-point numbers of spreadsheets and documents, as the decimals that they are written with."""
        texts = cells.cast(pa.string())
        if pc.any(pc.match_substring_regex(texts, "[en]")).as_py():  # exponents, infinity and what is no number
            texts = pa.array([None if text is None else _plain(text) for text in texts.to_pylist()], pa.string())
        read = amounts.parse(texts, ".", scale=scale)
        whole = {at: exact for at in read.refused if (exact := _whole(texts[at].as_py(), scale)) is not None}
        self._report(batch, header, texts, {at: why for at, why in read.refused.items() if at not in whole})
        if not whole:
            return read.values
        values = read.values.to_pylist()
        for at, exact in whole.items():
            values[at] = exact
        return pa.array(values, read.values.type)

    def _days(self, batch: pa.RecordBatch, column: Field, rule: ColumnRule, values: pa.Array) -> pa.Array:
        if pt.is_date(values.type):
            return self._in_calendar(batch, rule, lambda: values.cast(pa.date32()))
        zone = self.plan.source.timezone
        if pt.is_timestamp(values.type):
            if values.type.tz is not None and zone is None:
                raise SourceError(
                    f"the timestamps below {_named(rule)} have a zone, so their day depends on one",
                    source=self.plan.source.name,
                    advice=[self.plan.source.advice(ZONE, words=ZONE_WORDS)],
                )
            local = (
                (lambda: pc.local_timestamp(values.cast(pa.timestamp("us", zone))))
                if values.type.tz
                else lambda: values
            )
            return self._in_calendar(batch, rule, lambda: local().cast(pa.date32(), safe=False))
        header = _named(rule)
        texts = _texts(values)
        format = self.plan.source.format_of(header) or self.forms.formats.get(header) or dates.ISO
        read = dates.parse(texts, format, timezone=zone, known=self.days.setdefault(format, {}))
        self._report(batch, header, texts, read.refused, self._date_advice(read.refused, header, texts))
        return read.values

    def _in_calendar(self, batch: pa.RecordBatch, rule: ColumnRule, convert: Callable[[], pa.Array]) -> pa.Array:
        """Typed days, those outside of the years 1 to 9999 refused."""
        try:
            days = convert()
        except pa.ArrowInvalid as error:
            raise SourceError(f"the days below {_named(rule)}: {error}", source=self.plan.source.name) from error
        count = days.cast(pa.int32())
        strange = pc.fill_null(pc.or_(pc.less(count, dates.FIRST), pc.greater(count, dates.LAST)), False)
        self._refuse(batch, _named(rule), strange, "is no day of the years 1 to 9999", "mend the file")
        return pc.if_else(strange, None, days)

    def _date_advice(self, refused: Mapping[int, str], header: str, texts: pa.Array) -> Advice | str:
        if not refused:
            return ""
        source = self.plan.source
        if any("offset" in why for why in refused.values()):
            return source.advice(ZONE, words=ZONE_WORDS)
        fitting = dates.formats_of(texts) if source.format_of(header) is not None else ()
        among = len(self.plan.headers(("date",)))
        return _dates(source, header, fitting, among=among) if fitting else ""

    def _scalars(self, batch: pa.RecordBatch, column: Field, rule: ColumnRule, values: pa.Array) -> pa.Array:
        """Whole numbers, numbers or flags, from text or from values of their own."""
        form = _SCALARS[column.kind]
        if not pt.is_string(values.type):
            return self._cast(batch, _named(rule), values, form.type, f"is not {form.words}")
        texts = pc.utf8_trim_whitespace(values)
        texts = pc.if_else(pc.equal(texts, ""), None, texts)
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(texts, form.pattern)), False)
        shortened = pc.fill_null(pc.match_substring_regex(texts, SHORTENED), False)
        self._refuse(batch, _named(rule), pc.and_(wrong, shortened), LOST)
        fix = f"declare {column.name} as fb.text() in the strategy, or read it from another header"
        self._refuse(batch, _named(rule), pc.and_(wrong, pc.invert(shortened)), f"is not {form.words}", fix)
        plain = pc.replace_substring_regex(pc.utf8_lower(pc.if_else(wrong, None, texts)), r"^\+", "")
        return self._cast(batch, _named(rule), plain, form.type, f"is not {form.words}")

    def _cast(self, batch: pa.RecordBatch, header: str, values: pa.Array, to: pa.DataType, reason: str) -> pa.Array:
        """Values of another type, without loss; each that cannot be is refused."""
        try:
            return values.cast(to)
        except pa.ArrowException:
            for at, cell in enumerate(values):
                try:
                    cell.cast(to)
                except pa.ArrowException:
                    line = batch.column(LINE)[at].as_py()
                    self.refused.add(Cell(self.file, line, header, str(cell.as_py()), reason))
            return pa.array([None] * len(values), to)

    def _required(self, batch: pa.RecordBatch, column: Field, rule: ColumnRule, values: pa.Array) -> pa.Array:
        """Refuses empty cells of a column that must not be empty, but for those that were refused already."""
        if column.nullable or not values.null_count:
            return values
        empty = values.is_null()
        for header in headers_of(rule):
            if header in batch.schema.names:
                empty = pc.and_(empty, pc.invert(_not_empty(batch.column(header))))
        why = "is empty"
        advice: Advice | str = f"declare {column.name} as nullable=True in the strategy, or mend the file"
        if column.kind == "money":
            why = "is empty, and an amount is never taken as zero unasked (declare empty = 0)"
            advice = self.plan.source.advice("empty = 0", words="where empty means zero")
        self._refuse(batch, _named(rule), empty, why, advice)
        return values

    def _report(
        self,
        batch: pa.RecordBatch,
        header: str,
        texts: pa.Array,
        refused: Mapping[int, str],
        advice: Advice | str | None = None,
    ) -> None:
        lines = batch.column(LINE)
        for at, reason in refused.items():
            said = self._amount_advice(reason) if advice is None else advice
            self.refused.add(Cell(self.file, lines[at].as_py(), header, texts[at].as_py() or "", reason), said)

    def _amount_advice(self, reason: str) -> Advice | str:
        source = self.plan.source
        if source.decimal is not None and reason.startswith("has a decimal "):
            return source.advice('decimal = ","' if source.decimal == "." else 'decimal = "."')
        if reason.endswith("decimal places"):
            return "declare the column with more decimals in the strategy: fb.money(scale=...)"
        return ""

    def _refuse(self, batch: pa.RecordBatch, header: str, mask: Any, reason: str, advice: Advice | str = "") -> None:
        """Refuses the rows of a mask."""
        for row in pc.indices_nonzero(mask).to_pylist():
            shown = _shown(batch.column(header).slice(row, 1)) if header in batch.schema.names else ""
            self.refused.add(Cell(self.file, batch.column(LINE)[row].as_py(), header, shown, reason), advice)


def _shown(cell: pa.Array) -> str:
    """The one cell of an array as text. Arrow writes days that Python's calendar has not."""
    value = (cell.cast(pa.string()) if pt.is_date(cell.type) else cell)[0].as_py()
    return "" if value is None else str(value)


def _named(rule: ColumnRule) -> str:
    headers = headers_of(rule)
    return " and ".join(headers) if headers else type(rule).__name__.lower()


def _texts(values: pa.Array) -> pa.Array:
    return values if pt.is_string(values.type) else values.cast(pa.string())


def _not_empty(values: pa.Array) -> Any:
    if pt.is_string(values.type):
        return pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(values)), 0), False)
    return values.is_valid()


def _nonzero(values: pa.Array) -> Any:
    return pc.fill_null(pc.not_equal(values, 0), False)


def _plain(text: str) -> str:
    """A floating-point number without an exponent, digit by digit."""
    number = Decimal(text)
    return format(number, "f") if number.is_finite() else text


def _whole(text: str, scale: int) -> Decimal | None:
    """The amount that a float means within a millionth of its minor unit, as the wire reads floats; else None."""
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= 10 ** (amounts.MAX_DIGITS - scale):
        return None
    unit = Decimal(1).scaleb(-scale)
    with localcontext(prec=amounts.MAX_DIGITS * 2):
        near = number.quantize(unit)
        return near if abs(near - number) <= unit / 1_000_000 else None


def _exploded(batch: pa.RecordBatch, template: RowTemplate) -> pa.RecordBatch:
    """A row for each item of the list that the template explodes; the batch itself where it explodes none."""
    if template.explode is None:
        return batch
    lists = batch.column(template.explode)
    if pt.is_string(lists.type):
        lists = pc.split_pattern(lists, template.separator)
    if not pt.is_list(lists.type):
        raise SourceError(f"{template.explode!r} holds {lists.type}, and a list is exploded")
    parents = pc.list_parent_indices(lists)
    items = cast(pa.Array, pc.list_flatten(lists))
    if pt.is_string(items.type):
        items = pc.utf8_trim_whitespace(items)
    rows = batch.take(parents)
    return pa.RecordBatch.from_arrays([*rows.columns, items], names=[*rows.schema.names, ITEM])
