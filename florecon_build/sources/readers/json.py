"""JSON documents and JSON lines: a list of objects, found at a path of keys; nested keys are headers joined by a dot.

Numbers keep the digits they are written with: they are texts for whoever maps them, and never pass through a float.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from florecon_build.sources.cells import LINE, Cells
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

MAX_BYTES = 1 << 30
MAX_HEADERS = 16_384
ROWS = 65_536


class _Digits(str):
    """A number as it is written."""


def read(path: Path, source: Source) -> Cells:
    """The cells of a document (a list, or an object with a list at ``path``) or of JSON lines; entries count as lines.

    Raises ``SourceError`` for what is no JSON, with its line, and for a document without a list of objects.
    """
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(
            f"{path.name} is larger than {MAX_BYTES:,} bytes", source=source.name, fix="give JSON lines, in parts"
        )
    try:
        text = path.read_text(encoding=source.encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name} is not {source.encoding or 'UTF-8'}: {error}", source=source.name) from error
    entries = _lines(path, source, text) if _is_lines(path, text) else _items(path, source, _parse(path, source, text))
    rows: list[dict[str, Any]] = []
    headers: dict[str, None] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise SourceError(f"{path.name}: entry {number} is no object: {str(entry)[:60]}", source=source.name)
        row: dict[str, Any] = {}
        _flatten(cast("dict[str, Any]", entry), "", row)
        headers |= dict.fromkeys(row)
        rows.append(row)
        if len(headers) > MAX_HEADERS:
            raise SourceError(f"{path.name} has more than {MAX_HEADERS:,} keys", source=source.name)
    return Cells(tuple(headers), _batches(path, source, rows, tuple(headers)))


def _is_lines(path: Path, text: str) -> bool:
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return True
    first = text.lstrip()[:1]
    return first == "{" and "\n{" in text.strip() and _no_document(text)


def _no_document(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


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


def _lines(path: Path, source: Source, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _parse(path, source, line, number)


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
    path: Path, source: Source, rows: list[dict[str, Any]], headers: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    lists = {header for row in rows for header in headers if isinstance(row.get(header), list)}
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        arrays: list[pa.Array] = []
        for header in headers:
            values = [row.get(header) for row in part]
            if header in lists:
                kind = pa.list_(pa.string())
                arrays.append(pa.array([_list(path, source, header, value) for value in values], kind))
            else:
                arrays.append(pa.array([_text(value) for value in values], pa.string()))
        lines = pa.array(range(start + 1, start + 1 + len(part)), pa.int64())
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
