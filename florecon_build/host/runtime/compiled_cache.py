"""On-disk cache of compiled modules.

An entry is machine code, so it is used only where nobody else can have put it there: the folder is opened step by step
from the root, and each folder on the way, and the entry itself, belongs to the user or to root and is closed to other
writers (a sticky folder such as `/tmp` may be open). What was checked is what is read, by descriptor, so that a folder
renamed in between changes nothing. An entry carries the digest of its code and of the module that it was made from; a
damaged, foreign or outdated entry counts as absent and is written anew. A cache that cannot be trusted or written is no
error: the module is compiled each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"florecon-compiled-2\n"
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
        return self.folder / f"{self._key(wasm)}.cwasm"

    def get(self, wasm: bytes) -> bytes | None:
        """The compiled form, or None where there is none that can be trusted."""
        key = self._key(wasm)
        try:
            with _opened(self.folder, make=False) as folder:
                entry = folder.read(f"{key}.cwasm")
        except (OSError, _Untrusted):
            return None
        start = len(MAGIC) + DIGEST_BYTES
        code = entry[start:]
        if entry[:start] == MAGIC + _digest(key, code):
            return code
        self.drop(wasm)
        return None

    def put(self, wasm: bytes, code: bytes) -> None:
        """Stores `code` atomically: another process never reads a partial entry."""
        key = self._key(wasm)
        with contextlib.suppress(OSError, _Untrusted), _opened(self.folder, make=True) as folder:
            folder.write(f"{key}.cwasm", MAGIC + _digest(key, code) + code)
            folder.prune(KEEP_ENTRIES)

    def drop(self, wasm: bytes) -> None:
        """Deletes an unusable entry."""
        with contextlib.suppress(OSError, _Untrusted), _opened(self.folder, make=False) as folder:
            folder.remove(self.path(wasm).name)

    def _key(self, wasm: bytes) -> str:
        return hashlib.sha256(f"{engine_tag()}/{self.variant}".encode() + b"\0" + wasm).hexdigest()


def _digest(key: str, code: bytes) -> bytes:
    return hashlib.sha256(key.encode() + code).digest()


class _Untrusted(Exception):
    """A folder or an entry that somebody else owns or may change."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """A trusted folder: a descriptor, or its path where the system has no owners."""

    at: int | None
    path: Path

    def read(self, name: str) -> bytes:
        """The content of a file in it."""
        opened = os.open(self._name(name), os.O_RDONLY | _FLAGS, dir_fd=self.at)
        with os.fdopen(opened, "rb") as file:
            about = os.fstat(opened)
            if not stat.S_ISREG(about.st_mode) or not _is_trusted(about):
                raise _Untrusted(name)
            return file.read()

    def write(self, name: str, content: bytes) -> None:
        """Replaces a file in it, atomically."""
        part = self._name(f".{secrets.token_hex(16)}.part")
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600, dir_fd=self.at)
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(content)
            os.replace(part, self._name(name), src_dir_fd=self.at, dst_dir_fd=self.at)
        except BaseException:
            os.unlink(part, dir_fd=self.at)
            raise

    def remove(self, name: str) -> None:
        """Deletes a file in it."""
        os.unlink(self._name(name), dir_fd=self.at)

    def prune(self, keep: int) -> None:
        """Deletes all but the newest entries."""
        names = [name for name in os.listdir(self.path if self.at is None else self.at) if name.endswith(".cwasm")]
        ages = {name: os.stat(self._name(name), dir_fd=self.at, follow_symlinks=False).st_mtime_ns for name in names}
        for name in sorted(names, key=ages.__getitem__, reverse=True)[keep:]:
            self.remove(name)

    def _name(self, name: str) -> str:
        return name if self.at is not None else str(self.path / name)


_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_HAS_OWNERS = hasattr(os, "geteuid") and os.open in os.supports_dir_fd


@contextmanager
def _opened(folder: Path, *, make: bool) -> Generator[_Folder]:
    """A folder whose every ancestor is trusted. Raises `_Untrusted`; `OSError`, where it is not there too."""
    if not _HAS_OWNERS:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        yield _Folder(None, folder)
        return
    real = Path(os.path.realpath(folder))
    at = os.open(real.anchor, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        _check(at, real.anchor)
        for part in real.parts[1:]:
            inner = _entered(at, part, make=make)
            os.close(at)
            at = inner
            _check(at, part)
        if os.fstat(at).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _Untrusted(str(real))  # sticky or not: others may add to it
        yield _Folder(at, real)
    finally:
        os.close(at)


def _entered(at: int, part: str, *, make: bool) -> int:
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=at)
    return os.open(part, os.O_RDONLY | os.O_DIRECTORY | _FLAGS, dir_fd=at)


def _check(at: int, name: str) -> None:
    about = os.fstat(at)
    if not _is_trusted(about) and not (about.st_mode & stat.S_ISVTX and _is_own(about)):
        raise _Untrusted(name)


def _is_own(about: os.stat_result) -> bool:
    return about.st_uid in (0, os.geteuid()) if _HAS_OWNERS else True


def _is_trusted(about: os.stat_result) -> bool:
    """Owned by the user or root, and closed to other writers; always so where the system has no owners."""
    return _is_own(about) and (not _HAS_OWNERS or not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
