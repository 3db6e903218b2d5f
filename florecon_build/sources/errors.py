"""Errors of sources: the file, line, header and text that were refused, and the declaration that would decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.host.errors import SchemaError

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


class SourceError(SchemaError):
    """A source that cannot be read as it is declared.

    ``source`` is its name, ``cells`` the first refused cells, ``fix`` the declaration to change.
    """

    def __init__(
        self, message: str, *, source: str = "", cells: Sequence[Cell] = (), more: int = 0, fix: str = ""
    ) -> None:
        self.source = source
        self.cells = tuple(cells[:SHOWN])
        self.fix = fix
        head = f"source {source}: {message}" if source else message
        lines = [head, *(f"  {cell}" for cell in self.cells)]
        hidden = more + len(cells) - len(self.cells)
        if hidden:
            lines.append(f"  and {hidden:,} more")
        if fix:
            lines.append(f"  {fix}")
        super().__init__("\n".join(lines))


class DeclarationError(ValueError):
    """A declaration of a source that says nothing that can be read; ``where`` is its place in the file."""

    def __init__(self, where: str, message: str, fix: str = "") -> None:
        self.where = where
        self.fix = fix
        super().__init__(f"{where}: {message}" + (f"; {fix}" if fix else ""))
