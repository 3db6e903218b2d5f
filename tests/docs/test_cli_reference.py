"""CLI reference: docs/cli.md equals the help of the command line."""

from __future__ import annotations

import re

import pytest

from florecon_build.cli.exit_codes import MEANING
from scripts.cli_reference import PAGE, reference


@pytest.mark.slow
def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it anew: python -m scripts.cli_reference"


def test_page_has_every_command_and_exit_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = re.search(r"^Commands: (.*)\.$", page, re.MULTILINE)
    assert listed is not None
    commands = re.findall(r"\[(.*?)\]", listed[1])
    assert {"new", "author", "check", "svg", "ship", "verify", "package", "run", "report", "doctor"} <= set(commands)
    assert all(f"\n## {name}\n" in page for name in commands)
    assert all(f"\n| {code.value} | " in page for code in MEANING)
