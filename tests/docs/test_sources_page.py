"""The page of sources: its code runs, each shape reads to the rows shown, and it lists what there is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from florecon_build.host.description import Field
from florecon_build.sources import Source, load, read
from florecon_build.sources.declaration import Format, sources_of
from florecon_build.sources.reading import READERS
from tests.support.pages import DOCS, run

PAGE = (DOCS / "sources.md").read_text(encoding="utf-8")
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SHAPES = {
    title: BLOCK.findall(text)
    for title, text in re.findall(r"^### (.*?)\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
}


def field(name: str) -> Field:
    """A column of the strategy, by its name."""
    if name == "amount":
        return Field(name=name, base="f64", kind="money", scale=2, is_amount=True)
    if name == "day":
        return Field(name=name, base="i64", kind="date")
    return Field(name=name, base="utf8", kind="text", is_id=name == "row_id", nullable=name != "row_id")


def columns_of(source: Source) -> list[str]:
    """The columns that are declared, in their order."""
    return list(dict.fromkeys([*source.columns, *(name for row in source.rows for name in row.columns)]))


def test_code_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block, printed in run("sources.md", PAGE):
        assert printed == (block.says or ""), f"sources.md:{block.line}"


@pytest.mark.parametrize("title", SHAPES)
def test_shape_reads_to_the_rows_that_the_page_shows(title: str, tmp_path: Path) -> None:
    shown: list[str] = []
    for kind, name, text in SHAPES[title]:
        file = "florecon.toml" if kind == "toml" else name
        if file:
            (tmp_path / file).write_text(text, encoding="utf-8")
        else:
            shown += text.splitlines()
    found: list[str] = []
    for source in load(tmp_path / "florecon.toml").values():
        names = columns_of(source)
        files = [tmp_path / name for name in source.files]
        table = read(source, files, [field(name) for name in names], id_name="row_id").table
        found += [" | ".join(str(row[name]) for name in names) for row in table.to_pylist()]
    assert found == shown


def test_declarations_of_the_page_are_valid(tmp_path: Path) -> None:
    tables = [text for kind, _, text in BLOCK.findall(PAGE) if kind == "toml"]
    assert len(tables) > len(SHAPES) >= 9
    assert all(sources_of(tomllib.loads(table), tmp_path) for table in tables)


def test_page_lists_every_format() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `format` |"))
    assert set(re.findall(r"`([\w.]+)`", row)) - {"format"} == set(get_args(Format)) == set(READERS)


@pytest.mark.parametrize("format", ["camt.053", "mt940", "bai2", "ofx", "qif"])
def test_page_lists_the_headers_of_banks(format: Format) -> None:
    headers = import_module(f"florecon_build.sources.readers.{READERS[format]}").HEADERS
    table = PAGE[PAGE.index("| format | headers |") :]
    row = next(line for line in table.splitlines() if line.startswith(f"| `{format}` |"))
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == list(headers)


def test_page_lists_every_setting() -> None:
    table = PAGE[PAGE.index("## Every setting") : PAGE.index("## Rules for columns")]
    listed = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    known = {one.name for one in fields(Source)} - {"name", "files", "columns", "rows", "folder"}
    assert listed == known
