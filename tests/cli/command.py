"""Command runner for tests: runs a command in this process and returns its output and exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from florecon_build.cli.app import app


@dataclass(frozen=True, slots=True)
class Completed:
    """Output and exit code of a command."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The document on standard output."""
        assert self.out, self.err
        return json.loads(self.out)


def florecon(*args: str | Path, at: Path | None = None) -> Completed:
    """Runs the command line with ``args`` in the folder ``at``."""
    with pytest.MonkeyPatch.context() as patch:
        if at is not None:
            patch.chdir(at)
        patch.delenv("FLORECON_DEBUG", raising=False)
        done = CliRunner().invoke(app, [str(arg) for arg in args])
    return Completed(done.exit_code, done.stdout, done.stderr)
