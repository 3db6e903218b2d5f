"""The page of the month end: its code and its commands run, and print what the page shows.

    python -m tests.docs.test_month_end

writes the output of every block into the page.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import florecon
from tests.support.pages import DOCS

PAGE = DOCS / "month-end.md"
FENCE = re.compile(r"^```(python|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
VARIES = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "2f1c..."),
    (re.compile(r"solved in [\d.]+ s.*"), "solved in 0.02 s"),
)


def printed(page: str, known: dict[str, Any]) -> Iterator[tuple[re.Match[str], str]]:
    """Runs the blocks of the page; each with what it printed."""
    known["__name__"] = "month-end.md"
    linecache.cache["month-end.md"] = (len(page), None, page.splitlines(keepends=True), "month-end.md")
    for block in FENCE.finditer(page):
        text = ""
        if block[1] == "python":
            code = compile("\n" * page.count("\n", 0, block.start(2)) + block[2], "month-end.md", "exec")
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(code, known)
            text = out.getvalue()
        else:
            for line in block[2].splitlines():
                done = florecon(*shlex.split(line)[1:])
                errors = [said for said in done.err.splitlines() if said.lstrip().startswith(("error:", "fix:"))]
                text += done.out + "".join(f"{said}\n" for said in errors)
        for pattern, shown in VARIES:
            text = pattern.sub(shown, text)
        yield block, text


def test_three_months_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    for block, text in printed(page, {}):
        line = page.count("\n", 0, block.start()) + 1
        assert [each.rstrip() for each in text.splitlines()] == (block[3] or "").splitlines(), f"month-end.md:{line}"
    assert florecon("report", "may", at=tmp_path).code == 0


def main() -> None:
    """Writes the output of every block into the page."""
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        found = list(printed(page, {}))
    for block, text in reversed(found):
        if block[3] is not None:
            shown = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
            page = page[: block.start(3)] + shown + page[block.end(3) :]
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
