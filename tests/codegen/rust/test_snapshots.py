"""Rust snapshots: clean for rustfmt and clippy, and accepted by rustc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from florecon_build.codegen import Crate, emit
from florecon_build.codegen.build.check import check
from tests.codegen.rust.rust_files import RustFile
from tests.codegen.strategies import STRATEGIES
from tests.support.random_ir import random_plugin

SEEDS = range(200)
ODD = (315, 628, 739, 1053, 1154, 1316, 1756, 1857, 1876, 1990)
"""Random strategies with a line that was laid out in another way than rustfmt's, or lost a call."""


@pytest.fixture(scope="module")
def crates() -> dict[str, Crate]:
    """The crates of the named strategies and of more than 200 random ones."""
    named = {name: made() for name, made in STRATEGIES.items()}
    return {name: emit(plugin.data, plugin.fingerprint) for name, plugin in named.items()} | {
        f"random_{seed}": emit(random_plugin(seed, 2), "0" * 64) for seed in (*SEEDS, *ODD)
    }


needs_rustfmt = pytest.mark.skipif(shutil.which("rustfmt") is None, reason="rustfmt does not come with this compiler")


@pytest.mark.parametrize("name", STRATEGIES)
def test_rust(name: str, snapshot: SnapshotAssertion) -> None:
    assert STRATEGIES[name]().rust()["src/lib.rs"] == snapshot(extension_class=RustFile, name=name)


@pytest.mark.cargo
def test_clippy_accepts_every_strategy(crates: dict[str, Crate]) -> None:
    """One crate holds them all as modules; a warning is an error."""
    assert check(crates) in ("clippy", "check")


@pytest.mark.cargo
@needs_rustfmt
def test_rustfmt_changes_nothing(crates: dict[str, Crate], tmp_path: Path) -> None:
    for name, crate in crates.items():
        (tmp_path / f"{name}.rs").write_text(crate.files["src/lib.rs"], encoding="utf-8")
    command = ["rustfmt", "--check", "--edition", "2024", "--config", "max_width=120"]
    paths = [str(path) for path in sorted(tmp_path.glob("*.rs"))]
    assert subprocess.run([*command, *paths], capture_output=True, text=True, check=False).stdout == ""
