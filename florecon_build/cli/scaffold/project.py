"""Generated files of a new project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.codegen.version import VERSION

SNAPSHOT = "snapshots/lib.rs"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Start:
    """What a project is made from. ``about`` says in half a sentence what is reconciled."""

    name: str
    about: str
    strategy: str
    sample: bytes
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    text_amounts: str | None = None


def checked_name(name: str) -> str:
    """A project's name, which becomes the plugin's id. Raises ``Fault`` for one that cannot."""
    if not _NAME.fullmatch(name) or name.endswith((".", "-")):
        fix = "start with a letter; then letters, digits, - and _: my-recon"
        raise Fault(f"{name!r} cannot be the name of a project", fix, Exit.USAGE)
    return name


def files(start: Start) -> dict[str, str | bytes]:
    """Everything but the snapshot, which is generated from the strategy: path -> content."""
    return {
        "strategy.py": start.strategy,
        "sample.csv": start.sample,
        "florecon.toml": _settings(start),
        "test_strategy.py": _TEST,
        "README.md": _README.format(name=start.name, about=start.about),
        ".github/workflows/ci.yml": _CI,
        ".gitignore": "dist/\nout/\n__pycache__/\n.venv/\n",
        "requirements.txt": f"florecon-build=={VERSION}\npytest>=8\n",
    }


def _settings(start: Start) -> str:
    lines = ['sample = "sample.csv"  # what `florecon-build author` runs on']
    if start.text_amounts:
        lines.append(f'text_amounts = "{start.text_amounts}"  # how amounts are written in the data')
    if start.columns:
        lines += ["", "[columns]  # declared column = the header in the data"]
        lines += [f'{column} = "{_escaped(header)}"' for column, header in start.columns.items()]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_TEST = '''\
"""The strategy, held to what was reviewed: its Rust, and what it makes of the sample."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def florecon_build(*args: str) -> str:
    command = [sys.executable, "-m", "florecon_build", *args]
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def test_the_rust_is_the_reviewed_one() -> None:
    """If the change is meant: florecon-build rust > snapshots/lib.rs, and read the difference."""
    assert florecon_build("rust") == (HERE / "snapshots" / "lib.rs").read_text(encoding="utf-8")


def test_the_sample_is_conserved_and_mostly_explained() -> None:
    report = json.loads(florecon_build("author", "--preview", "--json"))
    assert report["exact"], "some rows are not the sum of their pieces"
    assert report["open"]["rows"] <= report["rows"] // 2
'''

_README = """\
# {name}

Reconciles {about}.

| to | run |
|---|---|
| see what the strategy makes of `sample.csv`, again on every save | `florecon-build author --watch` |
| the same without a Rust compiler, slower | `florecon-build author --preview` |
| look for mistakes and doubtful steps | `florecon-build check` |
| read the Rust that a reviewer signs | `florecon-build rust` |
| run the tests | `pytest` |
| make the production module `dist/solver.wasm` | `florecon-build ship` |
| reconcile a ledger | `florecon-build run dist/solver.wasm LEDGER.csv -o out` |
| make a wheel that runs where no compiler is | `florecon-build package` |

`strategy.py` is the whole of it; `florecon.toml` says how the data is written. Nothing works?
`florecon-build doctor` says what is missing on this machine, and the command that brings it.

After a change that is meant, `florecon-build rust > snapshots/lib.rs` renews the reviewed Rust.
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
