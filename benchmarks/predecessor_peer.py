"""The predecessor as a peer: florecon 0.4.0 of crates.io, under florecon-host 0.4.0 of PyPI.

Its strategy is the crate in ``benchmarks/predecessor``, which has its own lock file; its release profile and its
compiler flags are those of the predecessor's template. It is compiled only where the host is installed.
"""

# pyright: basic, reportMissingImports=false, reportMissingTypeStubs=false

from __future__ import annotations

import importlib
import json
import os
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from examples.arrow import Table, pa
from florecon_build.codegen.build.rustc import TARGET
from florecon_build.codegen.build.toolchain import ensure

HOST = "florecon-host"
CRATE = Path(__file__).resolve().parent / "predecessor" / "Cargo.toml"


def host_version() -> str | None:
    """The version of its host; None if it is not installed."""
    try:
        return f"{HOST} {version(HOST)}"
    except PackageNotFoundError:
        return None


def build() -> Path:
    """Compile its module into the shared target directory. Raises ``RuntimeError`` if that fails, for instance where
    the registry cannot be reached."""
    toolchain = ensure(lambda _: None)
    cargo = toolchain.compiler.cargo
    command = [cargo, "build", "--release", "--locked", "--target", TARGET, "--message-format=json"]
    flags = {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(toolchain.flags)}
    target = os.environ.get("CARGO_TARGET_DIR") or str(CRATE.parent.parent.parent / ".cache" / "target")
    env = {**os.environ, **toolchain.env, **flags, "CARGO_TARGET_DIR": target}
    done = subprocess.run(
        [*command, "--manifest-path", CRATE], env=env, cwd=CRATE.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the predecessor's strategy does not compile:\n{done.stderr}")
    artifacts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    [module] = [name for made in artifacts for name in made.get("filenames", ()) if name.endswith(".wasm")]
    return Path(module)


def module(say: Callable[[str], None]) -> Path | None:
    """Its module, compiled; None where it cannot be measured, and ``say`` is told why."""
    if host_version() is None:
        say(f"the predecessor is not measured: {HOST} is not installed, see benchmarks/peers.in")
        return None
    try:
        return build()
    except RuntimeError as refused:
        say(f"the predecessor is not measured: {refused}")
        return None


class Predecessor:
    """A workspace of the predecessor. Every command answers with the whole report as JSON, which its host parses."""

    def __init__(self, module: Path) -> None:
        self._workspace = importlib.import_module("florecon").Workspace(str(module))

    def upsert(self, ledger: Table) -> None:
        """Rows of the intercompany ledger. Arrow casts no date to the 64-bit integer that the host asks for."""
        at = ledger.schema.get_field_index("gl_date")
        self._workspace.upsert(ledger.set_column(at, "gl_date", ledger["gl_date"].cast(pa.int32())))

    def solve(self) -> dict[str, Any]:
        """The report as its host gives it: lists of groups and of allocations."""
        return self._workspace.solve()


def tables(report: dict[str, Any]) -> tuple[Table, Table]:
    """Groups and allocations of its report, with the columns that the score reads."""
    groups = {name: [group.get(name) for group in report["groups"]] for name in ("group_id", "size")}
    texts = {
        name: pa.array([group.get(name) for group in report["groups"]], pa.string()) for name in ("origin", "reason")
    }
    parts = {name: [part[name] for part in report["allocations"]] for name in ("id", "group_id", "amount")}
    return pa.table({**groups, **texts}), pa.table(parts)
