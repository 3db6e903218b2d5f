"""Run of a period of a book, for the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import florecon_build as fb
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host import Book, BookWorkspace, Outcome
from florecon_build.host.decisions.book import Input as FileInput
from florecon_build.host.decisions.errors import OtherStrategy

__all__ = ["BookOptions", "BookRun", "FileInput", "differences_shown", "open_book", "period_data", "run_period"]


@dataclass(frozen=True, slots=True)
class BookOptions:
    """Options of ``run --book``: the book, the period and who prepares it."""

    book: str
    period: str
    who: str
    name: str = "default"
    restate: bool = False
    migrate: bool = False
    any_date: bool = False
    date_column: str | None = None
    title: Mapping[str, str] | None = None
    explain: int = 0


@dataclass(slots=True)
class BookRun:
    """A period that was run: its book and workspace."""

    options: BookOptions
    book: Book
    workspace: BookWorkspace

    @property
    def open_items(self) -> pa.Table:
        """The open items of the period, with their age; amounts in minor units."""
        return self.book.open_items(self.options.period)

    @property
    def explained(self) -> Collection[int | str]:
        """The ids of the open items that have a reason code."""
        items = self.open_items
        return [
            row_id
            for row_id, code in zip(items["id"].to_pylist(), items["code"].to_pylist(), strict=True)
            if code is not None
        ]

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that the book sets."""
        return self.book.params

    def as_data(self) -> dict[str, Any]:
        """The part of ``run.json`` that is about the book."""
        return period_data(self.options, self.book, self.workspace.outcome)


def period_data(options: BookOptions, book: Book, outcome: Outcome) -> dict[str, Any]:
    """A period that was run, as JSON data."""
    return {
        "file": options.book if "://" not in options.book else "",
        "name": options.name,
        "who": options.who,
        **outcome.as_data(),
        "ageing": book.ageing(options.period),
    }


def open_book(where: str, name: str = "default") -> Book:
    """A book that is there already. Raises ``CommandError`` for a path without one."""
    if "://" not in where and not Path(where).is_file():
        raise CommandError(
            f"{where}: there is no book", "give the file of `florecon-build run --book FILE`", Exit.USAGE
        )
    book = Book(where, name=name)
    if book.plugin is None:
        raise CommandError(
            f"{where}: no period of the book {name!r} was run yet",
            "run one, or name another with --book-name",
            Exit.BOOK,
        )
    return book


def run_period(
    options: BookOptions,
    solver: Path | fb.Plugin,
    rows: pa.Table | None,
    params: Mapping[str, object],
    files: Sequence[FileInput],
    *,
    timeout: float | None,
    progress: Callable[[int, int], None] | None,
) -> BookRun:
    """Runs a period. A module of another strategy is refused with what differs."""
    book = Book(options.book, name=options.name)
    with differences_shown():
        workspace = book.run(
            options.period,
            solver,
            rows,
            who=options.who,
            params=params,
            restate=options.restate,
            migrate=options.migrate,
            any_date=options.any_date,
            date=options.date_column,
            title=options.title,
            inputs=files,
            explain=options.explain,
            timeout=timeout,
            progress=progress or False,
        )
    return BookRun(options, book, workspace)


@contextmanager
def differences_shown() -> Generator[None]:
    """Tells what differs where a module of another strategy is refused. Raises ``CommandError``."""
    try:
        yield
    except OtherStrategy as error:
        if error.before is None or error.after is None:
            raise
        changes = str(fb.diff(fb.Plugin.from_ir(error.before), fb.Plugin.from_ir(error.after)))
        listed = "\n".join(f"  {line}" for line in changes.splitlines()) or "  nothing that the IR shows"
        raise CommandError(
            f"the module's strategy is not the book's. What differs, from the book's to the module's:\n\n{listed}\n",
            "run with --migrate to go on with the module's strategy, or with the module of the book",
            Exit.BOOK,
        ) from error
