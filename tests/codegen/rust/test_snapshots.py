"""Rust snapshots: clean for rustfmt and clippy, and accepted by rustc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from florecon_build.codegen import emit
from florecon_build.codegen.build.check import check
from tests.codegen.rust.rust_files import RustFile
from tests.codegen.strategies import STRATEGIES
from tests.support.random_ir import random_plugin

SEEDS = range(40)


def rustfmt(paths: list[Path]) -> str:
    """What rustfmt would change."""
    command = ["rustfmt", "--check", "--edition", "2024", "--config", "max_width=120", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


needs_rustfmt = pytest.mark.skipif(shutil.which("rustfmt") is None, reason="rustfmt does not come with this compiler")


@pytest.mark.parametrize("name", STRATEGIES)
def test_rust(name: str, snapshot: SnapshotAssertion) -> None:
    assert STRATEGIES[name]().rust()["src/lib.rs"] == snapshot(extension_class=RustFile, name=name)


@pytest.mark.cargo
def test_every_strategy_compiles() -> None:
    """One invocation of cargo for all; a clippy warning is an error."""
    named = {name.replace("_", "-"): made().rust() for name, made in STRATEGIES.items()}
    drawn = {f"random-{seed}": emit(random_plugin(seed, 2), "0" * 64) for seed in SEEDS}
    assert check(named | drawn) in ("clippy", "check")


@pytest.mark.cargo
@needs_rustfmt
def test_rustfmt_changes_nothing(tmp_path: Path) -> None:
    paths: list[Path] = []
    for name, made in STRATEGIES.items():
        paths.append(tmp_path / f"{name}.rs")
        paths[-1].write_text(made().rust()["src/lib.rs"], encoding="utf-8")
    for seed in range(200):
        paths.append(tmp_path / f"random_{seed}.rs")
        paths[-1].write_text(emit(random_plugin(seed, 2), "0" * 64)["src/lib.rs"], encoding="utf-8")
    assert rustfmt(paths) == ""
