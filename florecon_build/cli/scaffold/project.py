"""Generated files of a new project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.scaffold.quoting import printable
from florecon_build.codegen.version import VERSION

SNAPSHOT = "snapshots/lib.rs"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class ProjectContent:
    """Content of a project. ``about`` is a phrase that names the reconciled data.

    Its data is a ``sample``, or files to copy below ``data/``, which ``settings`` declare as sources.
    """

    name: str
    about: str
    strategy: str
    sample: bytes | None = None
    settings: str = 'sample = "sample.csv"  # input of `florecon-build author`\n'
    data: Mapping[str, Path] = field(default_factory=dict[str, Path])


def checked_name(name: str) -> str:
    """Validates a project name, which is also the plugin id. Raises ``CommandError``."""
    if not _NAME.fullmatch(name) or name.endswith((".", "-")):
        fix = "use a letter, then letters, digits, - and _: my-recon"
        raise CommandError(f"{name!r} is not a valid project name", fix, Exit.USAGE)
    return name


def files(content: ProjectContent) -> dict[str, str | bytes]:
    """Files of the project by path, except the snapshot, which is generated from the strategy."""
    sample: dict[str, str | bytes] = {} if content.sample is None else {"sample.csv": content.sample}
    is_sample = content.sample is not None
    return {
        "strategy.py": content.strategy,
        **sample,
        "florecon.toml": content.settings,
        "test_strategy.py": _TEST + (_MOSTLY_MATCHED if is_sample else ""),
        "README.md": _README.format(
            name=content.name,
            about=printable(content.about),
            data="`sample.csv`" if is_sample else "its data",
            ledger=" LEDGER.csv" if is_sample else "",
        ),
        ".github/workflows/ci.yml": _CI,
        ".gitignore": "dist/\nout/\n__pycache__/\n.venv/\n",
        "requirements.txt": f"florecon-build=={VERSION}\npytest>=8\n",
    }


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


def test_every_row_is_the_sum_of_its_allocations() -> None:
    report = json.loads(florecon_build("author", "--json"))
    assert report["exact"]
'''

_MOSTLY_MATCHED = """

def test_sample_is_mostly_matched() -> None:
    report = json.loads(florecon_build("author", "--json"))
    assert report["open"]["rows"] <= report["rows"] // 2
"""

_README = """\
# {name}

Reconciles {about}.

| to | run |
|---|---|
| run the strategy on {data}, again on every save | `florecon-build author --watch` |
| check the strategy for errors and warnings | `florecon-build check` |
| read the generated Rust, for review | `florecon-build rust` |
| run the tests | `pytest` |
| reconcile a ledger | `florecon-build run strategy.py{ledger} -o out` |
| write the report of that run as a page | `florecon-build report out` |
| build the production module `dist/solver.wasm` | `florecon-build ship` |
| reconcile a ledger with the module | `florecon-build run dist/solver.wasm{ledger} -o out` |
| build a wheel that runs without a compiler | `florecon-build package` |

`strategy.py` is the strategy; `florecon.toml` describes the format of the data. Only `ship`, `verify`, `check` and
`author --native` need a Rust compiler: `florecon-build doctor` lists what is missing, and
`florecon-build toolchain ensure` installs it, after asking.

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
