"""JSON documents and JSON lines: a list of objects, found at a path of keys; nested keys are headers joined by a dot.

Numbers keep the digits they are written with: they are texts for whoever maps them, and never pass through a float.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from florecon_build.sources.cells import LINE, Cells
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.text_lines import MAX_LINE, text_lines

MAX_BYTES = 1 << 28
MAX_HEADERS = 16_384
ROWS = 65_536


class _Digits(str):
    """A number as it is written."""


def read(path: Path, source: Source) -> Cells:
    """The cells of a document (a list, or an object with a list at ``path``) or of JSON lines; entries count as lines.

    JSON lines are read one by one; a document is read as a whole, up to 256 MiB.
    Raises ``SourceError`` for what is no JSON, with its line, and for a document without a list of objects.
    """
    if _is_lines(path, source):
        rows = _line_rows(path, source)
    else:
        entries = _items(path, source, _parse(path, source, _text_of(path, source)))
        rows = [_row(path, source, entry, number) for number, entry in enumerate(entries, 1)]
    headers: dict[str, None] = {}
    lists: set[str] = set()
    for row in rows:
        headers |= dict.fromkeys(row)
        lists |= {header for header, value in row.items() if isinstance(value, list)}
        if len(headers) > MAX_HEADERS:
            raise SourceError(f"{path.name} has more than {MAX_HEADERS:,} keys", source=source.name)

    def cells() -> Cells:
        entries = rows if isinstance(rows, list) else _line_rows(path, source)
        return Cells(tuple(headers), _batches(path, source, entries, tuple(headers), lists), again=cells)

    return cells()


def _line_rows(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """The entries of JSON lines; blank lines are left out."""
    number = 0
    for line, text in text_lines(path, source, source.encoding or "utf-8-sig"):
        if text.strip():
            number += 1
            yield _row(path, source, _parse(path, source, text, line), number)


def _row(path: Path, source: Source, entry: object, number: int) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise SourceError(f"{path.name}: entry {number} is no object: {str(entry)[:60]}", source=source.name)
    row: dict[str, Any] = {}
    _flatten(cast("dict[str, Any]", entry), "", row)
    return row


def _text_of(path: Path, source: Source) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(
            f"{path.name} is larger than {MAX_BYTES:,} bytes", source=source.name, fix="give JSON lines (.jsonl)"
        )
    try:
        return path.read_text(encoding=source.encoding or "utf-8-sig")
    except UnicodeError as error:
        told = f"{path.name} is not {source.encoding or 'UTF-8'}: {error}"
        raise SourceError(told, source=source.name, fix="declare encoding") from error


def _is_lines(path: Path, source: Source) -> bool:
    """Whether a file holds JSON lines: by its ending, or because its first line is an object and more follows."""
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return True
    with path.open("rb") as file:
        first, more = file.readline(MAX_LINE), file.read(1)
    if not first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{") or not more:
        return False
    try:
        json.loads(first.decode(source.encoding or "utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


def _parse(path: Path, source: Source, text: str, line: int = 1) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            twice = next(key for key, _ in items if sum(key == other for other, _ in items) > 1)
            raise ValueError(f"the key {twice!r} stands twice in an object")
        return found

    def constant(name: str) -> None:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(
            text, parse_float=_Digits, parse_int=_Digits, parse_constant=constant, object_pairs_hook=pairs
        )
    except json.JSONDecodeError as error:
        where = f"{path.name}:{line + error.lineno - 1}"
        raise SourceError(f"{where}: column {error.colno}: {error.msg}", source=source.name) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path.name}:{line}: {error}", source=source.name) from error


def _items(path: Path, source: Source, document: Any) -> list[Any]:
    found = document
    for key in (source.path or "").split("."):
        if not key:
            continue
        if not isinstance(found, dict) or key not in found:
            raise SourceError(
                f"{path.name} has nothing at path {source.path!r}", source=source.name, fix=_paths(document)
            )
        found = cast("dict[str, Any]", found)[key]
    if isinstance(found, list):
        return cast("list[Any]", found)
    if source.path is None and isinstance(found, dict):
        lists = [key for key, value in cast("dict[str, Any]", found).items() if isinstance(value, list)]
        if len(lists) == 1:
            return cast("list[Any]", found[lists[0]])
    raise SourceError(f"{path.name} has no list of rows", source=source.name, fix=_paths(document))


def _paths(document: Any) -> str:
    if not isinstance(document, dict):
        return "give a list of objects"
    return f"declare path, below {', '.join(map(repr, cast('dict[str, Any]', document)))}"


def _flatten(entry: dict[str, Any], prefix: str, into: dict[str, Any]) -> None:
    for key, value in entry.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            _flatten(cast("dict[str, Any]", value), f"{name}.", into)
        else:
            into[name] = value


def _batches(
    path: Path, source: Source, rows: Iterable[dict[str, Any]], headers: tuple[str, ...], lists: set[str]
) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    first = 1
    while part := list(islice(remaining, ROWS)):
        arrays: list[pa.Array] = []
        for header in headers:
            values = [row.get(header) for row in part]
            if header in lists:
                kind = pa.list_(pa.string())
                arrays.append(pa.array([_list(path, source, header, value) for value in values], kind))
            else:
                arrays.append(pa.array([_text(value) for value in values], pa.string()))
        lines = pa.array(range(first, first + len(part)), pa.int64())
        first += len(part)
        yield pa.RecordBatch.from_arrays([*arrays, lines], names=[*headers, LINE])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    return "true" if value is True else "false"


def _list(path: Path, source: Source, header: str, value: Any) -> list[str | None] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise SourceError(f"{path.name}: {header} is a list in one entry and {value!r} in another", source=source.name)
    items = cast("list[Any]", value)
    if any(isinstance(item, (dict, list)) for item in items):
        raise SourceError(
            f"{path.name}: {header} holds a list of objects", source=source.name, fix=f"declare path = {header!r}"
        )
    return [_text(item) for item in items]
