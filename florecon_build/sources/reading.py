"""Reading: the files of a source to one table in the columns of a strategy, with everything a reviewer asks about it.

Lines that are no rows, control totals by currency, checks of balances and of what is expected, and notes on all that
was found and not declared.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.description import Field
from florecon_build.sources import amounts
from florecon_build.sources import checks as checking
from florecon_build.sources.cells import Cells, Check, Skipped, Statement
from florecon_build.sources.declaration import (
    ColumnRule,
    Constant,
    CreditDebit,
    Format,
    Hash,
    Header,
    Join,
    RowNumber,
    Signed,
    Source,
    Sum,
    headers_of,
)
from florecon_build.sources.errors import Cell, MissingHeader, RepeatedId, SourceError, UnreadableFile
from florecon_build.sources.file_digest import sha256
from florecon_build.sources.footer import Totals, stop_pattern
from florecon_build.sources.headers import twice
from florecon_build.sources.mapping import Findings, Forms, Mapper, Plan, Refused, forms, plan
from florecon_build.sources.quoting import toml_literal, toml_string
from florecon_build.sources.repeated_ids import alike_ids, repeated_ids, rows_of

CURRENCY_COLUMNS = ("currency", "ccy", "curr", "currency_code", "waehrung", "devise")
CURRENCY = "\x00currency"
"""The column of currencies that a file has and the strategy has not; it is used for totals and dropped."""
_CURRENCY_FIELD = Field(name=CURRENCY, base="utf8", kind="text", nullable=True)
SYMBOLS = {"\u20ac": "EUR", "\u00a3": "GBP"}
"""Signs that stand for one currency only."""
READERS: dict[Format, str] = {
    "csv": "csv",
    "excel": "excel",
    "json": "json",
    "parquet": "columnar",
    "arrow": "columnar",
    "camt.053": "camt053",
    "mt940": "mt940",
    "bai2": "bai2",
    "ofx": "ofx",
    "qif": "qif",
    "sql": "sql",
}
"""The module of ``readers`` for each format; each has ``read(path, source) -> Cells``."""
ENDINGS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".arrows": "arrow", ".ipc": "arrow", ".feather": "arrow",
    ".xml": "camt.053", ".camt": "camt.053", ".053": "camt.053",
    ".sta": "mt940", ".940": "mt940", ".mt940": "mt940",
    ".bai": "bai2", ".bai2": "bai2",
    ".ofx": "ofx", ".qfx": "ofx", ".qbo": "ofx",
    ".qif": "qif",
}  # fmt: skip
OTHER_BALANCE = "where it is the balance of something else; else the amounts, or their order, are not right"
PACKED = (".gz", ".zst")
"""Endings of compressed CSV files, after that of the format."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: its path, its SHA-256 and the number of rows it gave."""

    path: Path
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Total:
    """Control totals of the rows of one currency; ``currency`` is empty where it is not known."""

    currency: str
    rows: int
    positive: Decimal
    negative: Decimal
    first_day: datetime.date | None
    last_day: datetime.date | None

    @property
    def net(self) -> Decimal:
        """The sum of all amounts."""
        return self.positive + self.negative


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """A source as read. ``table`` has the columns of the strategy, ``lines`` the ``file`` and ``line`` of each row."""

    source: Source
    files: tuple[FileRead, ...]
    mapping: Mapping[str, str]
    table: pa.Table
    lines: pa.Table
    skipped: tuple[Skipped, ...]
    totals: tuple[Total, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<reading of {self.source.name}: {self.table.num_rows:,} rows of {len(self.files):,} files>"

    def _repr_html_(self) -> str:
        """For notebooks: the control totals and what was found, without the rows."""
        lines = [
            f"{one.currency or 'no currency'}: {one.rows:,} rows, {one.positive:,}, {one.negative:,}, net {one.net:,}"
            for one in self.totals[:12]
        ]
        return "<br>".join(escape(line[:200]) for line in (repr(self), *lines, *self.notes[:6]))

    def place(self, row: int) -> str:
        """The file and line of a row."""
        file, line = self.lines["file"][row].as_py(), self.lines["line"][row].as_py()
        return f"{file}:{line}"

    def as_data(self) -> dict[str, Any]:
        """The reading as JSON has it; amounts are decimal strings."""
        return {
            "name": self.source.name,
            "files": [{"path": str(one.path), "sha256": one.sha256, "rows": one.rows} for one in self.files],
            "mapping": dict(self.mapping),
            "rows": self.table.num_rows,
            "skipped": [
                {"file": one.file, "line": one.line, "reason": one.reason, "text": one.text} for one in self.skipped
            ],
            "totals": [_total_data(total) for total in self.totals],
            "checks": [
                {"kind": check.kind, "holds": check.holds, "message": check.message}
                | ({} if check.line is None else {"line": check.line})
                for check in self.checks
            ],
            "notes": list(self.notes),
        }


def _total_data(total: Total) -> dict[str, Any]:
    return {
        "currency": total.currency or None,
        "rows": total.rows,
        "positive": str(total.positive),
        "negative": str(total.negative),
        "net": str(total.net),
        "first_day": None if total.first_day is None else total.first_day.isoformat(),
        "last_day": None if total.last_day is None else total.last_day.isoformat(),
    }


def format_of(path: Path, source: Source) -> Format:
    """The format of a file: declared, or that of its ending. Raises ``SourceError`` where neither says."""
    if source.format is not None:
        return source.format
    name = path.name.lower()
    packed = next((ending for ending in PACKED if name.endswith(ending)), "")
    found = ENDINGS.get(Path(name.removesuffix(packed)).suffix)
    if found is None or (packed and found != "csv"):
        raise UnreadableFile(
            f"{path.name}: the ending says no format",
            source=source.name,
            advice=[source.advice('format = "csv"', words=f"or one of {', '.join(READERS)}")],
        )
    return found


def cells_of(path: Path, source: Source) -> Cells:
    """The cells of a file by the reader of its format.

    Raises ``SourceError``, also for a format whose package is not installed.
    """
    if not path.is_file():
        raise UnreadableFile(f"{path}: there is no such file", source=source.name)
    module = import_module(f"florecon_build.sources.readers.{READERS[format_of(path, source)]}")
    read: Callable[[Path, Source], Cells] = module.read
    return read(path, source)


def read(source: Source, files: Sequence[Path], fields: Sequence[Field], *, id_name: str | None = None) -> Reading:
    """Reads the files of a source, in order, as one batch.

    Parameters: `fields` are the columns of the strategy; `id_name` the one with the ids, which get the prefix of the
    source where they are texts.
    Errors: ``SourceError`` with the first refused cells, an ambiguous form, a missing header, an id that stands twice,
    or a check that does not hold.
    """
    if source.format == "sql":
        if files:
            raise SourceError(f"{files[0]}: a source of a query reads no file", source=source.name)
        from florecon_build.sources.readers.sql import spooled  # noqa: PLC0415 - most read no database

        with spooled(source) as (path, name):
            found = _read(source, [path], fields, id_name)
        return replace(found, files=tuple(replace(one, path=Path(name)) for one in found.files))
    if not files:
        raise SourceError(
            "no file", source=source.name, fix=f"give files in {source.table} or --data {source.name}=FILE"
        )
    return _read(source, files, fields, id_name)


def _read(source: Source, files: Sequence[Path], fields: Sequence[Field], id_name: str | None) -> Reading:
    opened = _Opened(source)
    planned = _with_currency(plan(source, fields), files, opened)
    found, notes = _find_forms(planned, files, opened)
    taken = _Taken(notes=list(notes))
    refused = Refused()
    seen: dict[str, int] = {}
    row = 0
    labels = _labels(files)
    for path in files:
        cells = opened.take(path)
        _require_headers(planned, path, cells)
        mapper = Mapper(planned, found, labels[path], refused=refused, first_row=row, seen=seen)
        totals = taken.file(path, cells, mapper, _Balance(planned, cells, labels[path]))
        if source.totals is None and format_of(path, source) in {"csv", "excel"}:
            require_no_totals(source, labels[path], totals)
        row = mapper.row
    taken.prove(source)
    refused.require_none(planned.source)
    table, lines = taken.tables(planned.fields)
    if id_name is not None:
        taken.notes += _alike(table[id_name], lines)
    table = _with_ids(source, table, lines, id_name)
    totals = _totals(source, table, fields, taken.codes)
    table = table.select([field.name for field in fields])
    taken.checks += _expected(source, table, totals)
    _require(taken.checks, source)
    rules = planned.rules(planned.templates[0])
    mapping = {field.name: _words(rules[field.name]) for field in fields}
    return Reading(
        source,
        tuple(taken.counted),
        mapping,
        table,
        lines,
        tuple(taken.skipped),
        totals,
        tuple(taken.checks),
        tuple(dict.fromkeys(taken.notes)),
    )


def _require(checks: Sequence[Check], source: Source) -> None:
    """Raises ``SourceError`` for the first check that does not hold."""
    for check in checks:
        if check.holds:
            continue
        if check.kind == "balance" and source.balance is None:
            advice = [source.advice("balance = false", words=OTHER_BALANCE)]
            raise SourceError(check.message, source=source.name, advice=advice)
        fix = f"mend the file, or change {source.table}"
        raise SourceError(check.message, source=source.name, fix=fix)


def require_no_totals(source: Source, file: str, found: Totals) -> None:
    """Refuses lines of totals among the rows of a file of text or of a spreadsheet."""
    if not found.lines:
        return
    shown = [
        Cell(file, one.line, "the line", ", ".join(one.cells), "looks like a total, not like a row")
        for one in found.lines
    ]
    kept = 'totals = "rows" where they are rows'
    if not found.at_foot:
        fix = f"take the lines out of the file, or declare {kept}"
        raise UnreadableFile("totals among the rows", source=source.name, cells=shown, fix=fix)
    line = f"stop_at = {toml_literal(stop_pattern(found.lines[0].first))}"
    advice = [source.advice(line, words=f"or {kept}")]
    raise UnreadableFile("totals at the foot of the file", source=source.name, cells=shown, advice=advice)


class _Opened:
    """The files of a source, each opened once for all passes where its reader can begin again."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.cells: dict[Path, Cells] = {}

    def look(self, path: Path) -> Cells:
        """The cells of a file for a look at their headers: its batches are not to be taken."""
        if path not in self.cells:
            self.cells[path] = cells_of(path, self.source)
        return self.cells[path]

    def take(self, path: Path) -> Cells:
        """The cells of a file for a pass over its batches."""
        cells = self.look(path)
        del self.cells[path]
        if cells.again is not None:
            self.cells[path] = cells.again()
        return cells


@dataclass(slots=True)
class _Taken:
    """The rows of the files that were read, and what is to be said of them."""

    notes: list[str]
    parts: list[pa.RecordBatch] = field(default_factory=list[pa.RecordBatch])
    places: list[pa.Table] = field(default_factory=list[pa.Table])
    counted: list[FileRead] = field(default_factory=list[FileRead])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    checks: list[Check] = field(default_factory=list[Check])
    statements: list[tuple[str, Statement]] = field(default_factory=list[tuple[str, Statement]])
    codes: set[str] = field(default_factory=set[str])

    def file(self, path: Path, cells: Cells, mapper: Mapper, balance: _Balance) -> Totals:
        """Reads one file through its mapper; gives the lines that look like totals."""
        rows = 0
        totals = Totals()
        name = pa.array([mapper.file], pa.string())
        for batch in cells.batches:
            totals.look(batch)
            mapped, lines = mapper.map(batch)
            balance.take(batch, mapped, lines, mapper)
            self.parts.append(mapped)
            coded = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), len(lines)), name)
            self.places.append(pa.table({"file": coded, "line": lines}))
            rows += mapped.num_rows
        self.counted.append(FileRead(path, sha256(path), rows))
        self.skipped += cells.skipped
        self.checks += [*cells.checks, *balance.checks()]
        self.notes += [f"{mapper.file}: {note}" for note in cells.notes]
        self.statements += [(mapper.file, statement) for statement in cells.statements]
        self.codes |= mapper.currencies
        return totals

    def prove(self, source: Source) -> None:
        """Checks the statements of banks; what ``balance = false`` lets pass is a note."""
        proved, open_ends = checking.statements(self.statements, source.expect)
        self.checks += proved
        self.notes += open_ends
        if source.balance is False:
            passed = [check for check in self.checks if check.kind == "balance" and not check.holds]
            self.checks = [check for check in self.checks if check not in passed]
            self.notes += [f"not checked, by balance = false: {check.message}" for check in passed]

    def tables(self, fields: Sequence[Field]) -> tuple[pa.Table, pa.Table]:
        """The rows, and the file and line of each."""
        if not self.parts:
            return _nothing(fields), pa.table({"file": pa.array([], pa.string()), "line": pa.array([], pa.int64())})
        return pa.Table.from_batches(self.parts), pa.concat_tables(self.places).unify_dictionaries()


def _with_currency(planned: Plan, files: Sequence[Path], opened: _Opened) -> Plan:
    """The plan with the currency of each row beside its columns, where only the file has it, for totals by currency."""
    named = {field.name.lower() for field in planned.fields}
    if named & set(CURRENCY_COLUMNS):
        return planned
    headers = [name for name in opened.look(files[0]).headers if name.lower() in CURRENCY_COLUMNS]
    if len(headers) != 1:
        return planned
    source = replace(planned.source, columns={**planned.source.columns, CURRENCY: Header(headers[0])})
    return replace(planned, source=source, fields=(*planned.fields, _CURRENCY_FIELD))


class _Balance:
    """The running balance of a file and the amounts of its lines, where it has one and each line is one row."""

    def __init__(self, planned: Plan, cells: Cells, file: str) -> None:
        declared = planned.source.balance
        known = [header for header in cells.headers if header.lower() in checking.BALANCE_HEADERS]
        amount = _amount_field(planned.fields)
        rule = None if amount is None else planned.rules(planned.templates[0]).get(amount.name)
        used = () if rule is None else headers_of(rule)
        header = (declared or None) if declared is not None else (known[0] if len(known) == 1 else None)
        if declared and declared not in cells.headers:
            raise SourceError(
                f"{file} has no header {declared!r}",
                source=planned.source.name,
                fix=f"balance is one of {', '.join(map(repr, cells.headers))}",
            )
        self.file = file
        self.amount = amount
        self.single = len(planned.templates) == 1 and not planned.source.rows
        self.header = header if self.single and header not in used else None
        self.balances: list[pa.Array] = []
        self.negated = isinstance(rule, Header) and rule.negate
        self.amounts: list[pa.Array] = []
        self.lines: list[pa.Array] = []

    def take(self, batch: pa.RecordBatch, mapped: pa.RecordBatch, lines: pa.Array, mapper: Mapper) -> None:
        """Keeps what the checks need of a batch."""
        if self.amount is None or self.header is None:
            return
        self.amounts.append(mapped.column(self.amount.name))
        self.lines.append(lines)
        self.balances.append(mapper.money(batch, self.amount, self.header))

    def checks(self) -> Iterator[Check]:
        """The checks, when all batches have been taken."""
        if self.header is not None and sum(len(part) - part.null_count for part in self.balances) > 1:
            moves, lines = pa.concat_arrays(self.amounts), pa.concat_arrays(self.lines)
            balances = pa.concat_arrays(self.balances)
            check = checking.running_balance(self.file, self.header, balances, moves, lines)
            if self.negated and not check.holds:  # negated for the strategy: the balance has the sign of the file
                opposite = pc.negate(moves).cast(moves.type)
                written = checking.running_balance(self.file, self.header, balances, opposite, lines)
                check = written if written.holds else check
            yield check


def _amount_field(fields: Sequence[Field]) -> Field | None:
    """The amount column: the one that is displayed, or the first of money."""
    money = [field for field in fields if field.kind == "money"]
    return next((field for field in money if field.is_amount), money[0] if money else None)


def _labels(files: Sequence[Path]) -> dict[Path, str]:
    """The name of each file in messages: its own, or its path where two have one name."""
    names = [path.name for path in files]
    return {path: path.name if names.count(path.name) == 1 else str(path) for path in files}


def _find_forms(planned: Plan, files: Sequence[Path], opened: _Opened) -> tuple[Forms, list[str]]:
    """The forms of amounts and days; a first pass over the files where something is not declared."""
    source = planned.source
    money = planned.headers(("money",)) if source.decimal is None else ()
    days = [header for header in planned.headers(("date",)) if source.format_of(header) is None]
    findings = Findings()
    if money or days:
        for path in files:
            cells = opened.look(path)
            _require_headers(planned, path, cells)
            if not any(header not in cells.typed for header in (*money, *days)):
                continue
            for batch in opened.take(path).batches:
                findings.look(batch, money, days)
    return forms(source, findings)


def _require_headers(planned: Plan, path: Path, cells: Cells) -> None:
    missing = [header for header in planned.all_headers() if header not in cells.headers]
    if not missing:
        return
    source = planned.source
    listed = ", ".join(map(repr, cells.headers)) or "none"
    numbered = twice(missing[0], cells.headers)
    close = difflib.get_close_matches(missing[0], cells.headers, n=1)
    if numbered:
        message = f"{path.name}: the header {missing[0]!r} stands {len(numbered)} times in the source"
        fix = f"name one of {', '.join(map(repr, numbered))}"
    else:
        nearest = f"; did you mean {close[0]!r}?" if close else ""
        message = f"{path.name} has no header {', '.join(map(repr, missing))}{nearest}"
        fix = f"its headers are {listed}"
    rules = planned.rules(planned.templates[0])
    column = next((name for name, rule in rules.items() if missing[0] in headers_of(rule)), None)
    plain = column is not None and rules[column] == Header(missing[0])
    lines = [
        f"{column} = {toml_string(name)}"
        for name in numbered or difflib.get_close_matches(missing[0], cells.headers, n=1)
    ]
    lines = lines or [f"{column} = {toml_string(name)}" for name in cells.headers[:1]]
    words = "" if len(cells.headers) == 1 else "or the header that it is"
    advice = [source.advice(*lines, columns=True, words=words)] if plain else []
    if plain and not source.name:
        fix += f", and on the command line --map {column}=HEADER maps one"
    raise MissingHeader(message, source=source.name, fix=fix, advice=advice, column=column)


def _with_ids(source: Source, table: pa.Table, lines: pa.Table, id_name: str | None) -> pa.Table:
    """The table with the prefix of the source, if it has a name, before text ids; refuses an id that stands twice."""
    if id_name is None:
        return table
    ids = table[id_name]
    repeated = repeated_ids(ids)
    if len(repeated):
        wanted = repeated[0]
        rows = rows_of(ids, wanted)[:2]
        first, second = (f"{lines['file'][row].as_py()}:{lines['line'][row].as_py()}" for row in rows)
        more = f" ({len(repeated):,} ids are there more than once)" if len(repeated) > 1 else ""
        raise RepeatedId(
            f"the id {wanted.as_py()!r} stands in {first} and {second}{more}, and each row needs an id of its own",
            source=source.name,
            advice=[source.advice(f"{id_name} = {{ row_number = true }}", columns=True)],
            column=id_name,
            id=wanted.as_py(),
        )
    if not source.name or not pa.types.is_string(ids.type):
        return table
    prefixed = pc.binary_join_element_wise(f"{source.name}:", ids, "")
    return table.set_column(table.column_names.index(id_name), id_name, prefixed)


def _alike(ids: pa.ChunkedArray, lines: pa.Table) -> list[str]:
    """Notes on different ids that a reader takes for one."""
    notes: list[str] = []
    for pair in alike_ids(ids):
        rows = [rows_of(ids, one)[0] for one in pair]
        first, second = (f"{lines['file'][row].as_py()}:{lines['line'][row].as_py()}" for row in rows)
        notes.append(
            f"{first} and {second}: the ids {pair[0]!a} and {pair[1]!a} look the same and are two rows; they"
            " differ in white space or in how their letters are encoded"
        )
    return notes


def _totals(source: Source, table: pa.Table, fields: Sequence[Field], codes: set[str]) -> tuple[Total, ...]:
    """Control totals of the amount column by currency."""
    column = _amount_field(fields)
    if column is None:
        return (Total("", table.num_rows, Decimal(0), Decimal(0), None, None),)
    amount = column.name
    day = next((field.name for field in fields if field.kind == "date"), None)
    kept = (*CURRENCY_COLUMNS, CURRENCY)
    code = next((name for name in table.column_names if name.lower() in kept), None)
    if code is None:
        return (_total(_only_currency(source, codes), table, amount, day),)
    currencies = pc.fill_null(table[code], "")
    return tuple(
        _total(currency, table.filter(pc.equal(currencies, currency)), amount, day)
        for currency in sorted(currencies.unique().to_pylist())
    )


def _only_currency(source: Source, codes: set[str]) -> str:
    """The currency of a file without a column for it; empty where nothing says.

    Raises ``SourceError`` where the amounts name several, or another one than the declared.
    """
    found = {SYMBOLS.get(code, code) for code in codes}
    declared = source.currency
    others = found if declared is None else {code for code in found if code.isalpha() and code != declared}
    if (declared is None and len(found) > 1) or (declared is not None and others):
        listed = ", ".join(sorted(found | ({declared} if declared else set())))
        raise SourceError(
            f"the amounts are in several currencies: {listed}",
            source=source.name,
            fix="give the currency a column of its own, named currency; amounts of several are never added up",
        )
    return declared or next(iter(found), "")


def _total(currency: str, rows: pa.Table, amount: str, day: str | None) -> Total:
    values = rows[amount]
    nothing = Decimal(0).scaleb(-values.type.scale)
    zero = pa.scalar(nothing, values.type)
    positive = pc.sum(values.filter(pc.greater(values, zero))).as_py() or nothing
    negative = pc.sum(values.filter(pc.less(values, zero))).as_py() or nothing
    span: dict[str, datetime.date | None] = {} if day is None else pc.min_max(rows[day]).as_py()
    return Total(currency, rows.num_rows, positive, negative, span.get("min"), span.get("max"))


def _expected(source: Source, table: pa.Table, totals: Sequence[Total]) -> Iterator[Check]:
    """What the source is expected to come to."""
    expect = source.expect
    if expect is None:
        return
    if expect.rows is not None:
        holds = table.num_rows == expect.rows
        yield Check("expect", holds, f"expected {expect.rows:,} rows, read {table.num_rows:,}")
    for name in ("positive", "negative", "net"):
        wanted: Decimal | None = getattr(expect, name)
        if wanted is None:
            continue
        if len(totals) != 1:
            listed = ", ".join(total.currency or "none" for total in totals)
            raise SourceError(
                f"expect {name} = {wanted}, and amounts are in several currencies: {listed}", source=source.name
            )
        found: Decimal = getattr(totals[0], name)
        yield Check("expect", found == wanted, f"expected {name} {wanted:,}, read {found:,}")


def _words(rule: ColumnRule) -> str:
    """A rule as a person reads it."""
    match rule:
        case Header(header, negate):
            return f"- {header}" if negate else header
        case Constant(value):
            return f"{value!r} for every row"
        case RowNumber():
            return "the number of the row"
        case Hash(headers, occurrence):
            return f"a hash of {', '.join(headers)}" + (", numbered" if occurrence else "")
        case CreditDebit(credit, debit):
            return f"{credit} - {debit}"
        case Signed(header, sign, negative):
            return f"{header}, negative where {sign} is {' or '.join(negative)}"
        case Join(headers, between):
            return between.join(headers)
        case Sum(headers):
            return " + ".join(headers)


def _nothing(fields: Sequence[Field]) -> pa.Table:
    kinds = {
        "integer": pa.int64(),
        "real": pa.float64(),
        "text": pa.string(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    arrays = {
        one.name: pa.array([], kinds.get(one.kind, pa.decimal128(amounts.MAX_DIGITS, one.scale))) for one in fields
    }
    return pa.table(arrays)
