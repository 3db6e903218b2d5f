"""Fixtures: a real solver module, built once, which is the starter plugin of the runtime; Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "rust_runtime"
TARGET = "wasm32-unknown-unknown"


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled modules of the tests stay out of the user's cache."""
    os.environ["FLORECON_CACHE_DIR"] = str(tmp_path_factory.mktemp("florecon-cache"))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Interrupts as Python handles them by itself, whatever ran before in this process.

    A process that a shell has started in the background ignores them.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
