"""Declarations of sources: which files, how they are written, and where each column of the strategy comes from.

>>> bank = Source.from_data("bank", {
...     "files": ["bank*.csv"], "decimal": ",",
...     "columns": {"amount": {"credit": "Haben", "debit": "Soll"}, "memo": "Text"},
... })
>>> bank.columns["amount"]
CreditDebit(credit='Haben', debit='Soll')
>>> Source.from_data("bank", {"colums": {}})
Traceback (most recent call last):
    ...
florecon_build.sources.errors.DeclarationError: [source.bank]: 'colums' is not known; did you mean 'columns'?
"""

from __future__ import annotations

import difflib
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from florecon_build.sources.amounts import Mark
from florecon_build.sources.errors import Advice, DeclarationError

Format = Literal["csv", "excel", "json", "parquet", "arrow", "camt.053", "mt940", "bai2", "ofx", "qif", "sql"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, slots=True)
class Header:
    """The cells below one header, with the opposite sign where ``negate``."""

    header: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """One text for all rows."""

    value: str


@dataclass(frozen=True, slots=True)
class RowNumber:
    """The number of the row in its source, from 1."""


@dataclass(frozen=True, slots=True)
class Hash:
    """A digest of the texts below some headers; with ``occurrence`` equal rows are numbered within the source."""

    headers: tuple[str, ...]
    occurrence: bool = False


@dataclass(frozen=True, slots=True)
class CreditDebit:
    """Credit less debit, from two columns of which a row fills one."""

    credit: str
    debit: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts with their own signs, from several columns of which a row fills one."""

    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """An amount whose sign stands in another column: negative where that is one of ``negative``."""

    header: str
    sign: str
    negative: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """The texts below some headers, joined; empty ones are left out."""

    headers: tuple[str, ...]
    between: str = " "


ColumnRule = Header | Constant | RowNumber | Hash | CreditDebit | Signed | Sum | Join


@dataclass(frozen=True, slots=True)
class RowTemplate:
    """One of the rows that each line of the file becomes: its own columns beside those of the source.

    ``explode`` is the header of a list: one row for each of its items, which ``item`` is the name of; ``separator``
    divides a list written as text.
    """

    columns: Mapping[str, ColumnRule]
    explode: str | None = None
    separator: str = "|"
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """What a source must come to: the number of rows, the net and other totals of its amounts, the balances of its
    account before the first entry and behind the last.
    """

    rows: int | None = None
    net: Decimal | None = None
    positive: Decimal | None = None
    negative: Decimal | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of rows.

    ``files`` are paths or globs below the project; the other settings are those of ``[source.NAME]`` in
    ``florecon.toml``. What is None is found in the file, and shown. ``folder`` is that of the project, which a database
    that is a file must be in.
    """

    name: str
    files: tuple[str, ...] = ()
    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    decimal: Mark | None = None
    dates: str | Mapping[str, str] | None = None
    timezone: str | None = None
    skip_rows: int | None = None
    stop_at: str | None = None
    totals: Literal["rows"] | None = None
    sheet: str | int | None = None
    currency: str | None = None
    empty: Decimal | None = None
    balance: str | Literal[False] | None = None
    path: str | None = None
    details: bool | None = None
    url: str | None = None
    query: str | None = None
    columns: Mapping[str, ColumnRule] = field(default_factory=dict[str, ColumnRule])
    rows: tuple[RowTemplate, ...] = ()
    expect: Expect | None = None
    folder: Path | None = None

    @classmethod
    def plain(cls, columns: Mapping[str, str] | None = None, decimal: Mark | None = None) -> Source:
        """The source of files that no table declares: headers are the names of columns, but for those in ``columns``.

        Its name is empty, so that ids stay as they are written.
        """
        rules = {name: Header(header) for name, header in (columns or {}).items()}
        return cls(name="", decimal=decimal, columns=MappingProxyType(rules))

    def format_of(self, header: str) -> str | None:
        """The declared form of the days below a header."""
        return self.dates if self.dates is None or isinstance(self.dates, str) else self.dates.get(header)

    @property
    def table(self) -> str:
        """The table of ``florecon.toml`` that declares it."""
        return f"[source.{self.name or 'NAME'}]"

    def advice(self, *lines: str, words: str = "", columns: bool = False) -> Advice:
        """Lines that decide, with the table that they go to: that of the source, or that of its columns."""
        return Advice(f"{self.table[:-1]}.columns]" if columns else self.table, lines, words)

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> Source:
        """The source that a table of TOML declares. Raises ``DeclarationError`` naming the key."""
        return _Table(f"[source.{name}]", data).source(name)


def load(path: str | Path) -> dict[str, Source]:
    """The sources that a ``florecon.toml`` declares, by name, in order; empty where it declares none.

    Raises ``DeclarationError`` for a file that is no TOML or declares what is not known, ``OSError`` for one that
    cannot be read.
    """
    file = Path(path)
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(file.name, str(error)) from error
    return sources_of(data, file.parent)


def sources_of(data: Mapping[str, Any], folder: Path) -> dict[str, Source]:
    """The sources below ``source`` in the data of a ``florecon.toml``, of the project in a folder."""
    given = data.get("source", {})
    if not isinstance(given, dict):
        raise DeclarationError("source", "is no table", "write [source.NAME]")
    tables = cast("dict[str, Any]", given)
    return {
        name: replace(_Table(f"[source.{name}]", table).source(name), folder=folder) for name, table in tables.items()
    }


class _Table:
    """A table of TOML with the place it is in; every key is taken once, and what is left is not known."""

    def __init__(self, where: str, data: object) -> None:
        if not isinstance(data, Mapping):
            raise DeclarationError(where, f"is {data!r}, and a table is wanted")
        self.where = where
        self.data = dict(cast("Mapping[str, Any]", data))
        self.known: list[str] = []

    def take(self, key: str, read: Callable[[object], Any], wanted: str) -> Any:
        """The value of a key, or None."""
        self.known.append(key)
        if key not in self.data:
            return None
        value = self.data.pop(key)
        try:
            return read(value)
        except DeclarationError:
            raise
        except (ValueError, TypeError, InvalidOperation):
            raise DeclarationError(self.where, f"{key} = {value!r}", f"write {wanted}") from None

    def end(self) -> None:
        """Refuses what was not taken."""
        for key in self.data:
            close = difflib.get_close_matches(key, self.known, n=1)
            fix = f"did you mean {close[0]!r}?" if close else f"it may say: {', '.join(self.known)}"
            raise DeclarationError(self.where, f"{key!r} is not known", fix)

    def source(self, name: str) -> Source:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
            raise DeclarationError(self.where, f"the name {name!r}", "use letters, digits, - and _")
        found = Source(
            name=name,
            files=self.take("files", _texts, 'files = ["bank*.csv"]') or (),
            format=self.take("format", _one_of(FORMATS), f"one of {', '.join(FORMATS)}"),
            encoding=self.take("encoding", _encoding, 'an encoding such as "utf-8" or "cp1252"'),
            delimiter=self.take("delimiter", _letter, 'one letter, such as ";"'),
            quote=self.take("quote", _letter, "one letter"),
            decimal=self.take("decimal", _one_of((".", ",")), '"." or ","'),
            dates=self.take(
                "dates", _text_or_texts, '"%d.%m.%Y" or the like, "timestamp", or { Header = "%d.%m.%Y", ... }'
            ),
            timezone=self.take("timezone", _zone, 'a zone such as "Europe/Berlin"'),
            skip_rows=self.take("skip_rows", _count, "the number of lines before the header"),
            stop_at=self.take("stop_at", _pattern, "a regular expression"),
            totals=self.take("totals", _one_of(("rows",)), '"rows", where lines that look like totals are rows'),
            sheet=self.take("sheet", _text_or_count, "the name of a sheet, or its number from 1"),
            currency=self.take("currency", _text, 'a code such as "EUR"'),
            empty=self.take("empty", _decimal, "0"),
            balance=self.take("balance", _text_or_false, "the header of the running balance, or false for none"),
            path=self.take("path", _text, "the path of the list in the document, such as data.items"),
            details=self.take("details", _flag, "true or false"),
            url=self.take("url", _text, 'the URL of a database, such as "sqlite:///erp.db"'),
            query=self.take("query", _text, "a SELECT statement"),
            columns=MappingProxyType(self.take("columns", _Columns(f"{self.where[:-1]}.columns]"), "a table") or {}),
            rows=self.take("rows", _Rows(f"[{self.where[:-1]}.rows]]"), "[[source.NAME.rows]] blocks") or (),
            expect=self.take("expect", _Expect(f"{self.where} expect"), '{ rows = 4, net = "12.50" }'),
        )
        self.end()
        if found.format != "sql" and (found.url or found.query):
            raise DeclarationError(self.where, "url and query are those of a database", 'declare format = "sql"')
        if found.format == "sql" and (not found.url or not found.query or found.files):
            raise DeclarationError(self.where, 'format = "sql"', "it needs url and query, and reads no files")
        return found


class _Columns:
    def __init__(self, where: str) -> None:
        self.where = where

    def __call__(self, value: object) -> dict[str, ColumnRule]:
        data = _Table(self.where, value).data
        return {name: column_rule(f"{self.where} {name}", rule) for name, rule in data.items()}


class _Rows:
    def __init__(self, where: str) -> None:
        self.where = where

    def __call__(self, value: object) -> tuple[RowTemplate, ...]:
        if not isinstance(value, list):
            raise TypeError
        return tuple(self.template(item) for item in cast("list[object]", value))

    def template(self, value: object) -> RowTemplate:
        table = _Table(self.where, value)
        explode = table.take("explode", _text, "the header of a list")
        separator = table.take("separator", _text, 'the text between items, such as "|"')
        where = table.take("where", _text, "the header of a column that must not be empty")
        columns = {name: column_rule(f"{self.where} {name}", rule) for name, rule in table.data.items()}
        return RowTemplate(MappingProxyType(columns), explode, "|" if separator is None else separator, where)


class _Expect:
    def __init__(self, where: str) -> None:
        self.where = where

    def __call__(self, value: object) -> Expect:
        table = _Table(self.where, value)
        amounts = {
            name: table.take(name, _decimal, 'an amount in quotes, such as "12345.67"')
            for name in ("net", "positive", "negative", "opening", "closing")
        }
        expect = Expect(rows=table.take("rows", _count, "a number of rows"), **amounts)
        table.end()
        return expect


def column_rule(where: str, value: object) -> ColumnRule:
    """How to get a column: a header as a text, or a table that says more. Raises ``DeclarationError``."""
    if isinstance(value, str):
        return Header(value)
    table = _Table(where, value)
    keys = set(table.data)
    for required, read in _RULES:
        if required <= keys:
            rule = read(table)
            table.end()
            return rule
    fix = (
        'write a header, or { column, negate }, { value }, { row_number = true }, { hash = ["Date", "Amount"] }, '
        "{ credit, debit }, { column, sign, negative }, { sum = [...] } or { join, with }"
    )
    raise DeclarationError(where, f"{value!r} says no way to get the column", fix)


def _header_rule(table: _Table) -> ColumnRule:
    header = table.take("column", _text, "a header")
    return Header(header, bool(table.take("negate", _flag, "true or false")))


def _sign_rule(table: _Table) -> ColumnRule:
    header, sign = table.take("column", _text, "a header"), table.take("sign", _text, "a header")
    return Signed(header, sign, table.take("negative", _texts, 'the signs of negative amounts, such as "S"') or ())


def _row_number_rule(table: _Table) -> ColumnRule:
    if not table.take("row_number", _flag, "true"):
        raise DeclarationError(table.where, "row_number = false", "write true")
    return RowNumber()


def _hash_rule(table: _Table) -> ColumnRule:
    headers = table.take("hash", _texts, 'headers, such as ["Date", "Amount"]')
    return Hash(headers, bool(table.take("occurrence", _flag, "true or false")))


def _join_rule(table: _Table) -> ColumnRule:
    headers, between = table.take("join", _texts, "headers"), table.take("with", _text, "a text")
    return Join(headers, " " if between is None else between)


def _credit_debit_rule(table: _Table) -> ColumnRule:
    return CreditDebit(table.take("credit", _text, "a header"), table.take("debit", _text, "a header"))


def _sum_rule(table: _Table) -> ColumnRule:
    return Sum(table.take("sum", _texts, 'headers, such as ["In", "Out"]'))


def _constant_rule(table: _Table) -> ColumnRule:
    return Constant(table.take("value", _plain, "a text or a number"))


_RULES: Sequence[tuple[set[str], Callable[[_Table], ColumnRule]]] = (
    ({"column", "sign", "negative"}, _sign_rule),
    ({"credit", "debit"}, _credit_debit_rule),
    ({"sum"}, _sum_rule),
    ({"row_number"}, _row_number_rule),
    ({"hash"}, _hash_rule),
    ({"join"}, _join_rule),
    ({"value"}, _constant_rule),
    ({"column"}, _header_rule),
)


def headers_of(rule: ColumnRule) -> tuple[str, ...]:
    """The headers that a rule reads."""
    match rule:
        case Header(header):
            return (header,)
        case CreditDebit(credit, debit):
            return (credit, debit)
        case Signed(header, sign):
            return (header, sign)
        case Hash(headers) | Join(headers) | Sum(headers):
            return headers
        case Constant() | RowNumber():
            return ()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _text_or_false(value: object) -> str | Literal[False]:
    return value if value is False else _text(value)


def _text_or_texts(value: object) -> str | Mapping[str, str]:
    if not isinstance(value, dict):
        return _text(value)
    return MappingProxyType({header: _text(form) for header, form in cast("dict[str, object]", value).items()})


def _plain(value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise TypeError
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(_text(item) for item in items)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _text_or_count(value: object) -> str | int:
    return _text(value) if isinstance(value, str) else _count(value)


def _decimal(value: object) -> Decimal:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError
    return Decimal(value)


def _letter(value: object) -> str:
    if len(_text(value)) != 1:
        raise ValueError
    return _text(value)


def _pattern(value: object) -> str:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise ValueError from error
    return _text(value)


def _encoding(value: object) -> str:
    try:
        "".encode(_text(value))
    except LookupError as error:
        raise ValueError from error
    return _text(value)


def _zone(value: object) -> str:
    try:
        zoneinfo.ZoneInfo(_text(value))
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error
    return _text(value)


def _one_of(values: Sequence[str]) -> Callable[[object], Any]:
    def read(value: object) -> str:
        if value not in values:
            raise ValueError
        return cast(str, value)

    return read
