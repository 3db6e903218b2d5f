"""Paths of the runtime's source and of the build cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from florecon_build.codegen.errors import BuildError

_EXCLUDED = frozenset({"target", ".git", "__pycache__"})
ENGINE_CRATE = "engine"
"""Folder of the engine module's crate: no part of a compiled module."""
_NOT_HASHED = frozenset({"tests", "benches", ENGINE_CRATE})


def cache_dir() -> Path:
    """Cache folder for sysroots, workspaces and cargo's output: ``$XDG_CACHE_HOME/florecon-build``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "florecon-build"


def runtime_dir() -> Path:
    """The runtime's cargo workspace: ``rust_runtime`` in a checkout, or the copy in the installed package."""
    package = Path(__file__).resolve().parents[2]
    for place in (package.parent / "rust_runtime", package / "_runtime"):
        if (place / "florecon" / "Cargo.toml").is_file():
            return place
    raise BuildError(
        f"the source of the florecon runtime is missing: neither {package.parent / 'rust_runtime'} nor "
        f"{package / '_runtime'} is there; reinstall florecon-build"
    )


def runtime_files(root: Path) -> list[Path]:
    """Paths of the runtime's source files relative to ``root``, sorted."""
    return sorted(path.relative_to(root) for path in _walk(root))


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in _EXCLUDED:
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def runtime_hash(root: Path) -> str:
    """SHA-256 of the names and contents of the source files that a module is compiled from, without its tests."""
    digest = hashlib.sha256()
    for path in runtime_files(root):
        if _NOT_HASHED.isdisjoint(path.parts):
            content = (root / path).read_bytes()
            digest.update(f"{path.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()
