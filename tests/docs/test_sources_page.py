"""The page of sources: its code runs, its declarations are valid, and it lists what there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from florecon_build.sources.declaration import Format, sources_of
from tests.support.pages import DOCS, run

PAGE = (DOCS / "sources.md").read_text(encoding="utf-8")


def test_code_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block, printed in run("sources.md", PAGE):
        assert printed == (block.says or ""), f"sources.md:{block.line}"


def test_declarations_of_the_page_are_valid() -> None:
    tables = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(tables) == 3
    assert [list(sources_of(tomllib.loads(table))) for table in tables] == [["bank", "gl"], ["payouts"], ["erp"]]


def test_page_lists_every_format() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `format` |"))
    assert set(re.findall(r"`([\w.]+)`", row)) - {"format"} == set(get_args(Format))
