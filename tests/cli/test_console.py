"""Console: no text of a file, a strategy or an error drives the terminal."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from florecon_build.cli import console
from florecon_build.cli.console import VisibleConsole, table, visible
from florecon_build.cli.errors import CommandError, print_error
from florecon_build.cli.terminal_page import print_summary
from florecon_build.host.report.currencies import Currencies
from florecon_build.host.report.summary import Ambiguity, Step, Summary
from florecon_build.ir.strings import escaped_json

ATTACKS = [
    "\x1b[2J\x1b[31mpaid",
    "\x9b2J",
    "\x1b]0;title\x07",
    "a\rb",
    "\u202eevil\u2066",
    "\ud800",
    "a\x08b",
    "\u200b\u2028x",
]
TEXTS = st.one_of(st.sampled_from(ATTACKS), st.text(st.characters(), min_size=1, max_size=12))
STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""The sequences that rich sends for colours."""


def drives(text: str, styles: frozenset[str] = frozenset()) -> list[str]:
    """The characters of an output that a terminal obeys, apart from known styles."""
    rest = STYLE.sub(lambda found: "" if found[0] in styles else found[0], text)
    return [
        char for char in rest if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in "\n\t"
    ]


def page(text: str, *, terminal: bool) -> str:
    """An output with a text in every place."""
    file = io.StringIO()
    out = VisibleConsole(file=file, force_terminal=terminal, color_system="truecolor" if terminal else None, width=100)
    out.print(Text(text, style="bold"))
    out.print(table(["name", text], [[text, "1"]]))
    print_summary(out, summary(text), title=text)
    return file.getvalue()


def summary(cell: str) -> Summary:
    """A run of one open row that holds a text everywhere."""
    text = cell.encode("utf-8", "replace").decode()
    money = {text: 100}
    exceptions = pa.table({"id": [1], f"memo{text}": [text], "open": pa.array([100], pa.int64())})
    step = Step(cell, 1, 1, money, money)
    more: dict[str, Any] = {
        "stages": (),
        "balances": (),
        "units": Currencies(),
        "mixed_groups": 0,
        "ambiguous": Ambiguity(1, 1, money),
        "open_items": exceptions,
    }
    return Summary(2, 1, money, money, (step,), 1, money, money, exact=True, scale=2, exceptions=exceptions, **more)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_text_drives_the_terminal(text: str) -> None:
    styles = frozenset(STYLE.findall(page("x", terminal=True)))
    assert styles
    assert drives(page(text, terminal=True), styles) == []
    assert drives(page(text, terminal=False)) == []


@given(TEXTS)
def test_visible_text_says_what_it_hid(text: str) -> None:
    shown = visible(text, keep="")
    assert drives(shown) == []
    assert re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), shown) == text or "\\u{" in text


@given(TEXTS)
def test_json_is_escaped_and_read_back(text: str) -> None:
    document = escaped_json(json.dumps({text: [text]}, indent=2, ensure_ascii=False))
    assert document.replace("\n", "").isprintable()
    assert json.loads(document) == {text: [text]}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_way_out_is_guarded(
    attack: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLORECON_DEBUG", "1")
    console.print_line(attack)
    console.print_status(attack)
    console.print_json({"cell": attack})
    with console.status(attack) as update:
        update(attack)
    print_error(CommandError(attack, attack))
    said = capsys.readouterr()
    assert drives(said.out + said.err) == []


def test_commands_print_through_the_console_alone() -> None:
    """A ``print`` of its own would be a way around it."""
    package = Path(console.__file__).parent
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*(print|typer\.echo|sys\.std(out|err)\.write)\(", line) and path.name != "console.py"
    ]
    assert found == ['app.py: print(f"florecon-build {VERSION}")']
