"""Fixture of a real solver module, built once: the starter plugin of the runtime."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "rust_runtime"
TARGET = "wasm32-unknown-unknown"


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled modules of the tests stay out of the user's cache."""
    os.environ["FLORECON_CACHE_DIR"] = str(tmp_path_factory.mktemp("florecon-cache"))


@pytest.fixture(scope="session")
def solver_wasm() -> Path:
    """The path of the starter plugin's module."""
    return build("starter")


def build(plugin: str) -> Path:
    """Builds a plugin of the runtime's workspace for wasm."""
    folder = os.environ.get("FLORECON_TARGET_DIR") or os.environ.get("CARGO_TARGET_DIR") or ROOT / ".cache" / "target"
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder)}
    command = ["cargo", "build", "--release", "--target", TARGET, "--package", plugin]
    script = ROOT / "scripts" / "cargo.py"
    if script.is_file():
        command[:1] = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=RUNTIME, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}", pytrace=False)
    return Path(folder) / TARGET / "release" / f"{plugin.replace('-', '_')}.wasm"
