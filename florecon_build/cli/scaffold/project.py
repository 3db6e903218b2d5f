"""Generated files of a new project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.scaffold.quoting import printable
from florecon_build.codegen.version import VERSION
from florecon_build.sources.quoting import toml_string

SNAPSHOT = "snapshots/lib.rs"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class ProjectContent:
    """Content of a project. ``about`` is a phrase that names the reconciled data."""

    name: str
    about: str
    strategy: str
    sample: bytes
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    text_amounts: str | None = None


def checked_name(name: str) -> str:
    """Validates a project name, which is also the plugin id. Raises ``CommandError``."""
    if not _NAME.fullmatch(name) or name.endswith((".", "-")):
        fix = "use a letter, then letters, digits, - and _: my-recon"
        raise CommandError(f"{name!r} is not a valid project name", fix, Exit.USAGE)
    return name


def files(content: ProjectContent) -> dict[str, str | bytes]:
    """Files of the project by path, except the snapshot, which is generated from the strategy."""
    return {
        "strategy.py": content.strategy,
        "sample.csv": content.sample,
        "florecon.toml": _settings(content),
        "test_strategy.py": _TEST,
        "README.md": _README.format(name=content.name, about=printable(content.about)),
        ".github/workflows/ci.yml": _CI,
        ".gitignore": "dist/\nout/\n__pycache__/\n.venv/\n",
        "requirements.txt": f"florecon-build=={VERSION}\npytest>=8\n",
    }


def _settings(content: ProjectContent) -> str:
    lines = ['sample = "sample.csv"  # input of `florecon-build author`']
    if content.text_amounts:
        lines.append(f"text_amounts = {toml_string(content.text_amounts)}  # decimal mark of amounts in the data")
    if content.columns:
        lines += ["", "[columns]  # declared column = the header in the data"]
        lines += [f"{toml_string(column)} = {toml_string(header)}" for column, header in content.columns.items()]
    return "\n".join(lines) + "\n"


_TEST = '''\
"""Tests of the strategy: its reviewed Rust, and its result on the sample."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def florecon_build(*args: str) -> str:
    command = [sys.executable, "-m", "florecon_build", *args]
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def test_rust_is_the_reviewed_one() -> None:
    """After an intended change: florecon-build rust > snapshots/lib.rs, then review the difference."""
    assert florecon_build("rust") == (HERE / "snapshots" / "lib.rs").read_text(encoding="utf-8")


def test_sample_is_conserved_and_mostly_matched() -> None:
    report = json.loads(florecon_build("author", "--preview", "--json"))
    assert report["exact"], "some rows are not the sum of their allocations"
    assert report["open"]["rows"] <= report["rows"] // 2
'''

_README = """\
# {name}

Reconciles {about}.

| to | run |
|---|---|
| run the strategy on `sample.csv`, again on every save | `florecon-build author --watch` |
| the same without a Rust compiler, slower | `florecon-build author --preview` |
| check the strategy for errors and warnings | `florecon-build check` |
| read the generated Rust, for review | `florecon-build rust` |
| run the tests | `pytest` |
| build the production module `dist/solver.wasm` | `florecon-build ship` |
| reconcile a ledger | `florecon-build run dist/solver.wasm LEDGER.csv -o out` |
| build a wheel that runs without a compiler | `florecon-build package` |

`strategy.py` is the strategy; `florecon.toml` describes the format of the data. If a command fails for lack of a tool,
`florecon-build doctor` lists the missing tools and the commands that install them.

After an intended change, `florecon-build rust > snapshots/lib.rs` updates the reviewed Rust.
"""

_CI = """\
name: ci
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: rustup target add wasm32-unknown-unknown
      - run: pip install -r requirements.txt
      - run: pytest
      - run: florecon-build check
      - run: florecon-build ship
      - run: florecon-build verify dist/solver.wasm
      - uses: actions/upload-artifact@v4
        with:
          name: solver
          path: dist/
"""
