"""Lines of a text file with their numbers, decoded as declared or found, in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.encodings import likely_encoding

MAX_LINE = 1 << 20
"""The most letters of one line."""
_BLOCK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(path: Path, source: Source) -> tuple[str, list[str]]:
    """The encoding of a file, with a note where it was found: declared, by byte order mark, UTF-8, or by its words.

    The file is read through once where nothing is declared.
    """
    if source.encoding is not None:
        return ("utf-8-sig" if source.encoding.lower() in {"utf-8", "utf8"} else source.encoding), []
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        for bom, name in _BOMS:
            if block.startswith(bom):
                return name, [f"encoding {name.removesuffix('-sig')} (by its byte order mark)"]
        while block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                name = likely_encoding(error.object)
                return name, [f"encoding {name}: line {line} is not UTF-8; declare encoding if letters are wrong"]
            line += block.count(b"\n")
            block = file.read(_BLOCK)
    return "utf-8", []


def text_lines(path: Path, source: Source, encoding: str, most: int = MAX_LINE) -> Iterator[tuple[int, str]]:
    """The lines of a file without their ends, with numbers from 1; of at most so many letters each.

    Raises ``SourceError`` with the line for bytes that are not of the encoding, NUL characters, and a line without an
    end.
    """
    number = 0
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline=None) as file:
        try:
            while line := file.readline(most):
                number += 1
                if len(line) == most:
                    raise SourceError(f"{path.name}:{number}: a line of {most:,} letters", source=source.name)
                if "\x00" in line:
                    raise SourceError(f"{path.name}:{number}: NUL characters: this is no text file", source=source.name)
                yield number, line.rstrip("\n")
        except UnicodeError as error:
            raise SourceError(
                f"{path.name}: line {number + 1} or a later one is not {encoding.removesuffix('-sig')}",
                source=source.name,
                fix="declare encoding",
            ) from error
