"""Column proposal for a ledger: types, id column and amount column, inferred from the file."""

from __future__ import annotations

import csv
import io
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from florecon_build.cli.console import place
from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.scaffold.column_types import Guess, guess
from florecon_build.cli.scaffold.project import Start
from florecon_build.cli.scaffold.strategy_text import strategy_text
from florecon_build.host.frames import TextAmounts

ROWS_READ = 100_000
ROWS_KEPT = 1_000
"""Of the ledger, in the project's sample."""
HEADER_BYTES = 1 << 20
_ID_WORDS = ("row_id", "id", "line", "lineno", "uuid", "key", "transaction", "entry", "document", "doc", "number", "no")
_AMOUNT_WORDS = ("amount", "amt", "value", "betrag", "montant", "importe", "total", "balance", "net", "sum")


@dataclass(frozen=True, slots=True)
class Column:
    """One proposed column: the name in the strategy, the header in the file, and what it holds."""

    name: str
    header: str
    guess: Guess
    is_id: bool = False
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A start for a project, and what its author should know."""

    start: Start
    notes: list[str] = field(default_factory=list[str])


def propose(path: Path, name: str) -> Proposal:
    """A project for the ledger in ``path``. Raises ``Fault`` for a file that is no table, or has no amount."""
    header, rows, delimiter = _read(path)
    style: TextAmounts | None = _style(rows, len(header))
    guesses = [guess([row[at] for row in rows if at < len(row)], style) for at in range(len(header))]
    names = _names(header)
    amount = _amount(header, guesses, path)
    identity = _identity(header, guesses)
    notes: list[str] = []
    sample_header, sample = list(header), [list(row) for row in rows[:ROWS_KEPT]]
    columns = [
        Column(name, title, found, is_id=at == identity, is_amount=at == amount)
        for at, (name, title, found) in enumerate(zip(names, header, guesses, strict=True))
    ]
    if identity is None:
        columns.insert(0, Column(_free("row_id", names), "row_id", Guess("integer"), is_id=True))
        sample_header.insert(0, "row_id")
        sample = [[str(number), *row] for number, row in enumerate(sample, 1)]
        notes.append("no column tells rows apart: the sample got a row_id, and the ledgers that you run need one too")
    else:
        notes.append(f"id: {header[identity]!r}, which no two rows share")
    notes.append(f"amount: {header[amount]!r}, {guesses[amount]}")
    notes += [
        f"{header[at]!r} looks like dates written {g.written}; it is text until it is written 2026-03-31"
        for at, g in enumerate(guesses)
        if g.written
    ]
    start = Start(
        name=name,
        about=f"the lines of {path.name}",
        strategy=strategy_text(columns, name, path.name),
        sample=_csv(sample_header, sample, delimiter),
        columns={column.name: column.header for column in columns if column.name != column.header},
        text_amounts=style,
    )
    return Proposal(start, notes)


def _read(path: Path) -> tuple[list[str], list[list[str]], str]:
    if not path.is_file():
        raise Fault(f"{place(path)}: there is no such file", code=Exit.USAGE)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.read(HEADER_BYTES).splitlines()
            if not head:
                raise Fault(f"{place(path)}: the file is empty", code=Exit.DATA)
            delimiter = max(",;\t|", key=head[0].count)
            file.seek(0)
            lines = csv.reader(file, delimiter=delimiter)
            header = [title.strip().lstrip("\ufeff") for title in next(lines)]
            rows = [row for row, _ in zip(lines, range(ROWS_READ), strict=False) if row]
    except UnicodeDecodeError as error:
        raise Fault(f"{place(path)}: not UTF-8: {error}", "convert the file first", Exit.DATA) from None
    if len(set(header)) != len(header) or "" in header:
        raise Fault(f"{place(path)}: a header is empty or stands twice", "give every column its own", Exit.DATA)
    if not rows:
        raise Fault(f"{place(path)}: there is a header and no row", code=Exit.DATA)
    return header, rows, delimiter


def _style(rows: Sequence[Sequence[str]], width: int) -> TextAmounts | None:
    """How amounts are written, where they are not plain numbers."""
    for at in range(width):
        cells = [row[at] for row in rows if at < len(row) and row[at].strip()]
        for style in ("point", "comma"):
            found = guess(cells, style)
            if found.kind == "money" and guess(cells, None).kind == "text":
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


def _amount(header: Sequence[str], guesses: Sequence[Guess], path: Path) -> int:
    """The column of amounts: of both signs and with decimals before others, then by its name."""
    able = [at for at, g in enumerate(guesses) if g.kind in ("money", "integer") and not g.nullable]
    if not able:
        fix = "one column must hold a number in every row"
        raise Fault(f"{place(path)}: no column can be the amount", fix, Exit.DATA)

    def worth(at: int) -> tuple[int, ...]:
        words = re.split(r"\W+|_", header[at].lower())
        named = any(word in _AMOUNT_WORDS for word in words)
        return named, guesses[at].both_signs, guesses[at].kind == "money", -at

    return max(able, key=worth)


def _identity(header: Sequence[str], guesses: Sequence[Guess]) -> int | None:
    able = [at for at, g in enumerate(guesses) if g.unique and g.kind in ("integer", "text") and not g.nullable]

    def worth(at: int) -> tuple[int, ...]:
        name = re.sub(r"\W+", "_", header[at].lower())
        words = {name, *name.split("_")}
        place = next((len(_ID_WORDS) - rank for rank, word in enumerate(_ID_WORDS) if word in words), 0)
        return place, guesses[at].kind == "integer", -at

    return max(able, key=worth) if able else None


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
