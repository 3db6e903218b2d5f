"""Column proposal for a ledger: types, id column and amount column, inferred from the file."""

from __future__ import annotations

import csv
import io
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from florecon_build.cli.console import display_path
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.scaffold.column_types import ColumnType, infer_type
from florecon_build.cli.scaffold.project import ProjectContent
from florecon_build.cli.scaffold.strategy_text import strategy_text
from florecon_build.host.frames import TextAmounts

MAX_ROWS_READ = 100_000
SAMPLE_ROWS = 1_000
"""Rows of the ledger in the project's sample."""
HEADER_BYTES = 1 << 20
_ID_WORDS = ("row_id", "id", "line", "lineno", "uuid", "key", "transaction", "entry", "document", "doc", "number", "no")
_AMOUNT_WORDS = ("amount", "amt", "value", "betrag", "montant", "importe", "total", "balance", "net", "sum")


@dataclass(frozen=True, slots=True)
class Column:
    """Proposed column: name in the strategy, header in the file, inferred type."""

    name: str
    header: str
    type: ColumnType
    is_id: bool = False
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Proposed project content, with notes for its author."""

    content: ProjectContent
    notes: list[str] = field(default_factory=list[str])


def propose(path: Path, name: str) -> Proposal:
    """Proposes a project for the ledger in ``path``.

    Raises ``CommandError`` for a file that is not a table or has no amount column.
    """
    header, rows, delimiter = _read(path)
    style: TextAmounts | None = _style(rows, len(header))
    types = [infer_type([row[at] for row in rows if at < len(row)], style) for at in range(len(header))]
    names = _names(header)
    amount = _amount(header, types, path)
    identity = _identity(header, types)
    notes: list[str] = []
    sample_header, sample = list(header), [list(row) for row in rows[:SAMPLE_ROWS]]
    columns = [
        Column(name, title, found, is_id=at == identity, is_amount=at == amount)
        for at, (name, title, found) in enumerate(zip(names, header, types, strict=True))
    ]
    if identity is None:
        columns.insert(0, Column(_free("row_id", names), "row_id", ColumnType("integer"), is_id=True))
        sample_header.insert(0, "row_id")
        sample = [[str(number), *row] for number, row in enumerate(sample, 1)]
        notes.append("no column has unique values: the sample has a generated row_id, and every ledger needs one")
    else:
        notes.append(f"id column: {header[identity]!r}, unique in every row")
    notes.append(f"amount column: {header[amount]!r}, {types[amount]}")
    notes += [
        f"{header[at]!r} holds dates such as {g.date_format}; declared as text until they are ISO 8601 (2026-03-31)"
        for at, g in enumerate(types)
        if g.date_format
    ]
    content = ProjectContent(
        name=name,
        about=f"the lines of {path.name}",
        strategy=strategy_text(columns, name, path.name),
        sample=_csv(sample_header, sample, delimiter),
        columns={column.name: column.header for column in columns if column.name != column.header},
        text_amounts=style,
    )
    return Proposal(content, notes)


def _read(path: Path) -> tuple[list[str], list[list[str]], str]:
    if not path.is_file():
        raise CommandError(f"{display_path(path)}: no such file", code=Exit.USAGE)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.read(HEADER_BYTES).splitlines()
            if not head:
                raise CommandError(f"{display_path(path)}: the file is empty", code=Exit.DATA)
            delimiter = max(",;\t|", key=head[0].count)
            file.seek(0)
            lines = csv.reader(file, delimiter=delimiter)
            header = [title.strip().lstrip("\ufeff") for title in next(lines)]
            rows = [row for row, _ in zip(lines, range(MAX_ROWS_READ), strict=False) if row]
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{display_path(path)}: not UTF-8: {error}", "convert the file to UTF-8", Exit.DATA
        ) from None
    if len(set(header)) != len(header) or "" in header:
        raise CommandError(
            f"{display_path(path)}: a header is empty or not unique", "give every column its own header", Exit.DATA
        )
    if not rows:
        raise CommandError(f"{display_path(path)}: the file has a header and no rows", code=Exit.DATA)
    return header, rows, delimiter


def _style(rows: Sequence[Sequence[str]], width: int) -> TextAmounts | None:
    """Decimal mark of amounts that are not plain numbers; None if all are plain."""
    for at in range(width):
        cells = [row[at] for row in rows if at < len(row) and row[at].strip()]
        for style in ("point", "comma"):
            found = infer_type(cells, style)
            if found.kind == "money" and infer_type(cells, None).kind == "text":
                return style
    return None


def _names(header: Sequence[str]) -> list[str]:
    names: list[str] = []
    for title in header:
        name = re.sub(r"\W+", "_", title.strip().lower()).strip("_") or "column"
        name = f"c_{name}" if name[0].isdigit() else name
        name = f"{name}_" if keyword.iskeyword(name) or name == "lot" else name
        names.append(_free(name, names))
    return names


def _free(name: str, taken: Sequence[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _amount(header: Sequence[str], types: Sequence[ColumnType], path: Path) -> int:
    """Index of the amount column: by name first, then with both signs, then with decimals."""
    candidates = [at for at, g in enumerate(types) if g.kind in ("money", "integer") and not g.nullable]
    if not candidates:
        fix = "add a column with a number in every row"
        raise CommandError(f"{display_path(path)}: no amount column found", fix, Exit.DATA)

    def rank(at: int) -> tuple[int, ...]:
        words = re.split(r"\W+|_", header[at].lower())
        named = any(word in _AMOUNT_WORDS for word in words)
        return named, types[at].both_signs, types[at].kind == "money", -at

    return max(candidates, key=rank)


def _identity(header: Sequence[str], types: Sequence[ColumnType]) -> int | None:
    candidates = [at for at, g in enumerate(types) if g.unique and g.kind in ("integer", "text") and not g.nullable]

    def rank(at: int) -> tuple[int, ...]:
        name = re.sub(r"\W+", "_", header[at].lower())
        words = {name, *name.split("_")}
        place = next((len(_ID_WORDS) - rank for rank, word in enumerate(_ID_WORDS) if word in words), 0)
        return place, types[at].kind == "integer", -at

    return max(candidates, key=rank) if candidates else None


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
