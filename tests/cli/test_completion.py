"""Shell completion of commands and options."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from florecon_build.cli.app import app


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("florecon-build re", {"read", "reject", "reopen", "report", "resolve"}),
        ("florecon-build toolchain ", {"ensure"}),
        ("florecon-build run --max", {"--max-exceptions"}),
    ],
)
def test_completion_of_commands_and_options(typed: str, offered: set[str]) -> None:
    words = typed.split(" ")
    asked = {
        "_FLORECON_BUILD_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    completed = CliRunner().invoke(app, prog_name="florecon-build", env=asked)
    assert set(completed.stdout.split()) == offered
