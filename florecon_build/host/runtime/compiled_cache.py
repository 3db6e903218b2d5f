"""On-disk cache of compiled modules.

An entry is machine code, so it is used only if it lies in a folder that nobody else may write to and its own digest is
right; a damaged, foreign or outdated entry counts as absent and is written anew. A cache that cannot be written is no
error: the module is compiled each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import stat
import tempfile
from pathlib import Path

MAGIC = b"florecon-compiled-1\n"
DIGEST_BYTES = 32
KEEP_ENTRIES = 64


def default_folder() -> Path:
    """`$FLORECON_CACHE_DIR`, else `florecon/` in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`)."""
    chosen = os.environ.get("FLORECON_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "florecon"


def engine_tag() -> str:
    """The part of the cache key besides the module: compiler, settings, processor."""
    return f"wasmtime-{importlib.metadata.version('wasmtime')}/settings-1/{platform.system()}-{platform.machine()}"


class CompiledCache:
    """A folder of compiled modules.

    >>> import tempfile
    >>> cache = CompiledCache(Path(tempfile.mkdtemp()) / "modules")
    >>> cache.get(b"wasm") is None
    True
    >>> cache.put(b"wasm", b"machine code")
    >>> cache.get(b"wasm")
    b'machine code'
    """

    def __init__(self, folder: Path | None = None, variant: str = "") -> None:
        self.folder = default_folder() / "modules" if folder is None else folder
        self.variant = variant

    def of(self, variant: str) -> CompiledCache:
        """The same folder for code of other engine settings."""
        return CompiledCache(self.folder, variant)

    def path(self, wasm: bytes) -> Path:
        """The path of the entry for `wasm`, present or not."""
        key = hashlib.sha256(f"{engine_tag()}/{self.variant}".encode() + b"\0" + wasm).hexdigest()
        return self.folder / f"{key}.cwasm"

    def get(self, wasm: bytes) -> bytes | None:
        """The compiled form, or None where there is none that can be trusted."""
        path = self.path(wasm)
        try:
            if not _private(self.folder):
                return None
            entry = path.read_bytes()
        except OSError:
            return None
        start = len(MAGIC) + DIGEST_BYTES
        code = entry[start:]
        if entry[: len(MAGIC)] == MAGIC and entry[len(MAGIC) : start] == hashlib.sha256(code).digest():
            return code
        self.drop(wasm)
        return None

    def put(self, wasm: bytes, code: bytes) -> None:
        """Stores `code` atomically: another process never reads a partial entry."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _private(self.folder):
                return
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(MAGIC + hashlib.sha256(code).digest() + code)
            os.replace(part.name, self.path(wasm))
            self._prune()

    def drop(self, wasm: bytes) -> None:
        """Deletes an unusable entry."""
        with contextlib.suppress(OSError):
            self.path(wasm).unlink(missing_ok=True)

    def _prune(self) -> None:
        entries = sorted(self.folder.glob("*.cwasm"), key=lambda entry: entry.stat().st_mtime, reverse=True)
        for stale in entries[KEEP_ENTRIES:]:
            stale.unlink(missing_ok=True)


def _private(folder: Path) -> bool:
    """Whether the folder is the user's own and closed to other writers (always so where the system has no owners)."""
    if not hasattr(os, "getuid"):
        return True
    about = folder.stat()
    return about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
