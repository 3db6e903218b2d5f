"""Detection of one file: how it is written, and where its amounts, days, ids and currencies are.

What the cells prove is taken, and said. What they leave open becomes a question, with the line of ``florecon.toml`` for
each answer. Nothing is taken for an amount because of its header alone where another column may be it as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.types as pt

from florecon_build.sources import dates
from florecon_build.sources.amounts import Mark, parse
from florecon_build.sources.cells import LINE, Cells
from florecon_build.sources.dates import ISO, TIMESTAMP, decided
from florecon_build.sources.declaration import ColumnRule, Header, Source, headers_of
from florecon_build.sources.detection.amount_rule import Candidate, Found, find
from florecon_build.sources.detection.columns import MARKS, MAX_ROWS, Facts, facts_of
from florecon_build.sources.errors import Advice, Cell, RefusedCells, UnreadableFile
from florecon_build.sources.footer import Totals, stop_pattern
from florecon_build.sources.readers.csv import find_dialect
from florecon_build.sources.reading import SYMBOLS, cells_of, format_of, require_no_totals
from florecon_build.sources.rule_text import rule_toml
from florecon_build.sources.words import AMOUNT, CREDIT, CURRENCY, DAY, DEBIT, ID, VALUE_DAY

MAX_SCALE = 18


@dataclass(frozen=True, slots=True)
class Question:
    """What the cells leave open: the words, and a line of ``florecon.toml`` for each answer."""

    text: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found in a file.

    ``source`` declares how it is read, but for its columns: ``amount``, ``identity`` and ``day`` are the rule, the
    column and the column for these, None where there is none or a question is open. ``columns`` are all of them.
    """

    path: Path
    source: Source
    columns: tuple[Facts, ...]
    amount: Candidate | None
    scale: int
    identity: Facts | None
    day: Facts | None
    currency: Facts | None
    formats: dict[str, str] = field(default_factory=dict[str, str])
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    def other_columns(self) -> list[Facts]:
        """The columns that are neither the amount, nor beside it, nor a balance."""
        rule = self.amount.rule if self.amount else None
        used = {*(headers_of(rule) if rule else ()), self.source.balance}
        return [one for one in self.columns if one.header not in used and not one.may_be_balance]


@dataclass(frozen=True, slots=True)
class _Said:
    """Questions and notes so far."""

    questions: list[Question]
    notes: list[str]


def detect(path: Path, known: Source) -> Detected:
    """What the cells of a file prove. Parameters: `known` declares what is known, which decides before they do.

    Raises ``SourceError`` for a file that cannot be read, or that has no column of amounts.
    """
    notes: list[str] = []
    source = replace(known, format=format_of(path, known))
    cells, batches, source = _read(path, source)
    source = _as_written(path, source, cells)
    columns = tuple(
        facts_of(batches, header) for header in cells.headers if not pt.is_list(batches[0].schema.field(header).type)
    )
    _require_readable(path, source, columns, batches)
    questions: list[Question] = []
    if cells.amount is not None and "amount" not in source.columns:
        found = replace(_declared(path, source, columns, Header(cells.amount)), why=f"that of {source.format}")
    else:
        found = _amount(path, source, columns, questions)
    mark = source.decimal or (found.mark if found else None)
    rule = found.rule if found else None
    if rule is not None and found is not None:
        notes.append(f"amount = {rule_toml(rule.rule)}: {found.why or 'as declared'}")
        if found.balance is not None:
            source = replace(source, balance=found.balance)
        if len(rule.amounts) > 1 and not any(amount is not None and amount < 0 for amount in rule.amounts):
            notes.append("no amount is negative: look for the sign, or declare negate = true in one of two books")
        source = _with_mark(source, mark, found, rule, questions)
        source = _with_empty(path, source, rule, batches, _Said(questions, notes))
    formats, day = _days(source, columns, questions, notes)
    currency = next((one for one in columns if _is_currency(one)), None)
    if source.currency is None and currency is None and rule is not None:
        source = _with_currency(path, source, rule, questions)
    identity = _identity(columns, rule, day)
    return Detected(
        path=path,
        source=source,
        columns=columns,
        amount=rule,
        scale=_scale(rule, mark),
        identity=identity,
        day=day,
        currency=currency,
        formats=formats,
        questions=tuple(questions),
        notes=(*cells.notes, *notes),
    )


def _read(path: Path, source: Source) -> tuple[Cells, list[pa.RecordBatch], Source]:
    """The cells of a file without its footer, which is declared where it is found."""
    stops = source.stop_at
    try:
        cells, batches = _taken(path, source)
    except UnreadableFile as error:
        line = next((line for advice in error.advice for line in advice.lines if line.startswith("stop_at")), None)
        if stops is not None or line is None:
            raise
        source = replace(source, stop_at=line.partition(" = ")[2][1:-1])
        cells, batches = _taken(path, source)
    if stops is None and source.totals is None and source.format in {"csv", "excel"}:
        totals = Totals()
        for batch in batches:
            totals.look(batch)
        if not totals.at_foot:
            require_no_totals(source, path.name, totals)
        if totals.lines:
            source = replace(source, stop_at=stop_pattern(totals.lines[0].first))
            cells, batches = _taken(path, source)
    if not batches or not sum(batch.num_rows for batch in batches):
        raise UnreadableFile(f"{path.name}: the file has no rows", source=source.name)
    return cells, batches, source


def _taken(path: Path, source: Source) -> tuple[Cells, list[pa.RecordBatch]]:
    cells = cells_of(path, source)
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in cells.batches:
        batches.append(batch)
        rows += batch.num_rows
        if rows >= MAX_ROWS:
            break
    return cells, batches


def _as_written(path: Path, source: Source, cells: Cells) -> Source:
    """The source with the dialect that was found, declared."""
    if source.format == "csv":
        dialect = find_dialect(path, source)
        return replace(
            source,
            encoding=source.encoding or dialect.encoding.removesuffix("-sig"),
            delimiter=source.delimiter or dialect.delimiter,
            skip_rows=source.skip_rows if source.skip_rows is not None else (dialect.header_from - 1 or None),
        )
    for note in cells.notes:
        skip = re.search(r"skip_rows = (\d+)", note)
        if skip and source.skip_rows is None:
            source = replace(source, skip_rows=int(skip[1]))
        sheet = re.fullmatch(r"sheet '(.*)'", note)
        if sheet and source.sheet is None:
            source = replace(source, sheet=sheet[1])
    return source


def _amount(path: Path, source: Source, columns: Sequence[Facts], questions: list[Question]) -> Found | None:
    declared = source.columns.get("amount")
    found = find(columns, source.decimal)
    if declared is not None:
        return _declared(path, source, columns, declared)
    if found.rule is not None:
        return found
    if not found.candidates:
        listed = ", ".join(repr(one.header) for one in columns)
        raise UnreadableFile(
            f"{path.name}: no amount column found: no column has a number in every filled cell that is no id, day, "
            f"year, line number or balance",
            source=source.name,
            fix=f"its headers are {listed}",
        )
    lines = [f"amount = {rule_toml(one.rule)}" for one in found.candidates]
    words = ", ".join(dict.fromkeys(repr(header) for one in found.candidates for header in headers_of(one.rule)))
    text = f"{path.name}: the amount may be in {words}, and nothing in the file decides"
    questions.append(Question(text, source.advice(*lines, columns=True)))
    return found


def _require_readable(path: Path, source: Source, columns: Sequence[Facts], batches: Sequence[pa.RecordBatch]) -> None:
    """Refuses a column of amounts, or of days, by its header, of which some cells are none."""
    lines = pa.chunked_array([batch.column(LINE) for batch in batches])
    for one in columns:
        if one.is_number or one.is_day or not one.filled:
            continue
        bad: dict[int, str] = {}
        if one.words & (AMOUNT | CREDIT | DEBIT):
            texts = pa.array(one.texts, pa.string())
            bad = min((parse(texts, mark, scale=MAX_SCALE).refused for mark in MARKS), key=len)
        elif one.words & {*DAY, *VALUE_DAY}:
            texts = pa.array(one.texts, pa.string())
            bad = dates.parse(texts, dates.most_fitting(one.filled[:100]), timezone="UTC").refused
        if bad and len(bad) * 2 <= len(one.filled):
            cells = [
                Cell(path.name, lines[at].as_py(), one.header, one.texts[at] or "", why) for at, why in bad.items()
            ]
            what = (
                f"{len(bad):,} {'cell' if len(bad) == 1 else 'cells'} below {one.header!r} cannot be read as the others"
            )
            raise RefusedCells(what, source=source.name, cells=cells, fix="mend the file")


def _declared(path: Path, source: Source, columns: Sequence[Facts], rule: ColumnRule) -> Found:
    """The amount as it is declared."""
    by_header = {one.header: one for one in columns}
    missing = [header for header in headers_of(rule) if header not in by_header]
    if missing:
        raise UnreadableFile(
            f"{path.name} has no header {missing[0]!r}",
            source=source.name,
            fix=f"its headers are {', '.join(map(repr, by_header))}",
        )
    used = tuple(by_header[header] for header in headers_of(rule) if by_header[header].numbers)
    every = find([*used], source.decimal)
    columns_of = [next(iter(one.numbers.values())) for one in used]
    numbers = [next((cell for cell in cells if cell is not None), None) for cells in zip(*columns_of, strict=True)]
    marks = every.marks if every.candidates else (".", ",")
    return Found((Candidate(rule, numbers, used),), marks, None, "as declared")


def _with_mark(source: Source, mark: Mark | None, found: Found, rule: Candidate, questions: list[Question]) -> Source:
    """The source with its decimal mark, where an amount has one."""
    undecided = next((one.marks.undecided for one in rule.columns if one.marks.undecided is not None), None)
    if mark is None:
        text = f"the amounts such as {undecided!r} may have a decimal point or a decimal comma"
        lines = [f'decimal = "{one}"' for one in found.marks]
        questions.append(Question(text, source.advice(*lines)))
        return source
    written = any(one.marks != type(one.marks)() for one in rule.columns)
    return replace(source, decimal=mark) if written or source.decimal else source


def _with_empty(path: Path, source: Source, rule: Candidate, batches: Sequence[pa.RecordBatch], say: _Said) -> Source:
    """The source with what an empty amount is: zero where all of them are dashes; else a question."""
    empty = [at for at, amount in enumerate(rule.amounts) if amount is None]
    if not empty or source.empty is not None:
        return source
    dashes = all(any((one.texts[at] or "").strip() == "-" for one in rule.columns) for at in empty)
    if dashes:
        say.notes.append("empty = 0: every empty amount is written as a dash, as accountants write zero")
        return replace(source, empty=Decimal(0))
    count = len(empty)
    first = pa.chunked_array([batch.column(LINE) for batch in batches])[empty[0]].as_py()
    text = f"{path.name}:{first}: the row has no amount" + (f", and {count - 1:,} more have none" if count > 1 else "")
    say.questions.append(Question(text, source.advice("empty = 0", words="where empty means zero; else mend the file")))
    return source


def _days(
    source: Source, columns: Sequence[Facts], questions: list[Question], notes: list[str]
) -> tuple[dict[str, str], Facts | None]:
    """The form of the days below each header, and the column of the day of a row."""
    days = [one for one in columns if one.is_day and one.filled]
    formats: dict[str, str] = {}
    for one in days:
        form = source.format_of(one.header) or (ISO if one.typed_day else decided(one.formats))
        if form is not None:
            formats[one.header] = form
    complete = [one for one in days if one.complete]
    day = max(complete or days, key=_day_rank, default=None)
    if day is None:
        return formats, None
    for one in days:
        if one.header not in formats and one is not day:
            alike = {form for header, form in formats.items() if form in one.formats and header != one.header}
            if len(alike) == 1:
                formats[one.header] = alike.pop()
                notes.append(
                    f"the days below {one.header!r} are read as those of another column: {formats[one.header]}"
                )
    if day.header not in formats:
        shown = ", ".join(map(repr, day.filled[:3]))
        text = f"the days below {day.header!r} ({shown}) may be {' or '.join(day.formats)}"
        questions.append(Question(text, source.advice(*(f'dates = "{form}"' for form in day.formats))))
    stamped = [one for one in days if formats.get(one.header) == TIMESTAMP and any(map(_has_offset, one.filled))]
    if stamped and source.timezone is None:
        text = f"{stamped[0].filled[0]!r} below {stamped[0].header!r} has an offset, so its day depends on the zone"
        words = 'or the zone whose day counts, such as "Europe/Berlin"'
        questions.append(Question(text, source.advice('timezone = "UTC"', words=words)))
    return formats, day


def _has_offset(text: str) -> bool:
    return bool(re.search(r":\d\d(?:[.,]\d+)?\s*(?:Z|[+-]\d\d(?::?\d\d)?)$", text.strip()))


def _day_rank(one: Facts) -> tuple[bool, int, int]:
    places = [len(DAY) - DAY.index(word) for word in one.words if word in DAY]
    return not one.words & VALUE_DAY, max(places, default=0), -len(one.header)


def _is_currency(one: Facts) -> bool:
    codes = {text.strip() for text in one.filled}
    if not codes or not all(re.fullmatch(r"[A-Z]{3}", code) for code in codes):
        return False
    return one.complete and bool(one.words & CURRENCY)


def _with_currency(path: Path, source: Source, rule: Candidate, questions: list[Question]) -> Source:
    """The source with its currency: that of all amounts, or of the header of the amount."""
    codes = {SYMBOLS.get(code, code) for one in rule.columns for code in one.currencies}
    if len(codes) > 1:
        text = (
            f"{path.name}: the amounts are in several currencies, {', '.join(sorted(codes))}, and no column says which"
        )
        questions.append(
            Question(text, source.advice('currency = "EUR"', words="give each currency a file or a column"))
        )
        return source
    found = {code for code in codes if re.fullmatch(r"[A-Z]{3}", code)}
    for one in rule.columns:
        said = re.search(
            r"[(\[]([A-Z]{3})[)\]]|\b(?:in|w|en) ([A-Z]{3})\b|\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|JPY)\b", one.header
        )
        if said and not codes:
            found.add(next(filter(None, said.groups())))
    return replace(source, currency=found.pop()) if len(found) == 1 else source


def _identity(columns: Sequence[Facts], rule: Candidate | None, day: Facts | None) -> Facts | None:
    """The column of ids: unique texts or whole numbers below a header that says so."""
    used = set(headers_of(rule.rule)) if rule else set[str]()

    def rank(one: Facts) -> int:
        return max(
            (len(ID) - ID.index(word) for word in (*one.words, "_".join(sorted(one.words))) if word in ID), default=0
        )

    fitting = [
        one
        for one in columns
        if one.unique
        and one.header not in used
        and one is not day
        and not one.is_day
        and rank(one) > 0
        and not any(re.fullmatch(r"[0-9][.,]?[0-9]*[eE]\+[0-9]+", text) for text in one.filled)
    ]
    return max(fitting, key=rank, default=None)


def _scale(rule: Candidate | None, mark: Mark | None) -> int:
    """The decimals of the amounts, as many as are written: two where it is one."""
    if rule is None:
        return 2
    places = max((-int(one.normalize().as_tuple().exponent) for one in rule.amounts if one), default=0)
    texts = [text for one in rule.columns for text in one.filled if mark is not None and mark in text]
    written = max((len(re.sub(r"\D", "", text.rpartition(mark or ".")[2])) for text in texts), default=0)
    used = max(places, min(written, 4))
    return min(2 if used == 1 else used, MAX_SCALE)
