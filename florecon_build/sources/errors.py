"""Errors of sources: the file, line, header and text that were refused, and the declaration that would decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from florecon_build.host.errors import BadTable, DuplicateId, MissingColumn, SchemaError, WrongType

SHOWN = 10
"""How many bad cells an error lists."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A refused cell: where it is, what stands there, and why it cannot be taken. ``line`` counts from 1."""

    file: str
    line: int | None
    header: str
    text: str
    reason: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        text = ascii(self.text)[1:-1] if not self.text.isprintable() else self.text
        short = text if len(text) <= 60 else f"{text[:57]}..."
        return f'{where}: {self.header}: "{short}" {self.reason}'


@dataclass(frozen=True, slots=True)
class Advice:
    """Lines of ``florecon.toml``, each of which decides what a source leaves open.

    ``table`` is where they go; ``words`` say more, such as which of them is right when.
    """

    table: str
    lines: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        said = f"declare {' or '.join(self.lines)} in {self.table} of florecon.toml"
        if "NAME" in self.table:
            said = f'declare the file in florecon.toml: [source.NAME], files = ["..."], and {" or ".join(self.lines)}'
            said += f" in {self.table}" if "columns" in self.table else ""
        return said + (f" ({self.words})" if self.words else "")


class SourceError(SchemaError):
    """A source that cannot be read as it is declared.

    ``source`` is its name, empty for plain files; ``cells`` the first refused cells; ``fix`` what to do, ``advice`` the
    lines to write where lines decide; ``summary`` the message without it.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        cells: Sequence[Cell] = (),
        more: int = 0,
        fix: str = "",
        advice: Sequence[Advice] = (),
        column: str | None = None,
        id: int | str | None = None,
    ) -> None:
        self.source = source
        self.cells = tuple(cells[:SHOWN])
        self.advice = tuple(advice)
        self.fix = "; ".join([*filter(None, [fix]), *map(str, advice)])
        head = f"source {source}: {message}" if source else message
        lines = [head, *(f"  {cell}" for cell in self.cells)]
        hidden = more + len(cells) - len(self.cells)
        if hidden:
            lines.append(f"  and {hidden:,} more")
        self.summary = "\n".join(lines)
        super().__init__(self.summary + (f"\n  {self.fix}" if self.fix else ""), column=column, id=id)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by its parts, so that an error crosses a process boundary whole."""
        return _restored, (type(self), self.message, self.__dict__)


class UnreadableFile(SourceError, BadTable):
    """A file that is no table of its format, or that breaks off."""


class MissingHeader(SourceError, MissingColumn):
    """A header that a source reads and a file does not have."""


class RefusedCells(SourceError, WrongType):
    """Cells that cannot be read as they are declared; ``cells`` has the first of them."""


class RepeatedId(SourceError, DuplicateId):
    """An id that stands twice in files that are read together."""


def _restored(kind: type[SourceError], message: str, state: dict[str, Any]) -> SourceError:
    error = kind(message)
    error.args = (message,)
    error.__dict__.update(state)
    return error


class DeclarationError(ValueError):
    """A declaration of a source that says nothing that can be read; ``where`` is its place in the file."""

    def __init__(self, where: str, message: str, fix: str = "") -> None:
        self.where = where
        self.fix = fix
        super().__init__(f"{where}: {message}" + (f"; {fix}" if fix else ""))
