"""Compiled-module cache: machine code is loaded only from where nobody else can have put it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from florecon_build.host.runtime.compiled_cache import CompiledCache

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a system with owners of files")
WASM, CODE = b"a module", b"machine code"
NOBODY = 65534


@pytest.fixture
def cache(tmp_path: Path) -> CompiledCache:
    made = CompiledCache(tmp_path / "home" / "cache" / "modules")
    made.put(WASM, CODE)
    assert made.get(WASM) == CODE
    return made


def chmod(mode: int) -> Callable[[Path], None]:
    return lambda path: path.chmod(mode)


def give_away(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize("spoil", [chmod(0o770), chmod(0o707), chmod(0o1777), give_away])
@pytest.mark.parametrize("level", ["modules", "cache", "home"])
def test_a_folder_that_somebody_else_may_change_is_neither_read_nor_written(
    cache: CompiledCache, level: str, spoil: Callable[[Path], None]
) -> None:
    folder = next(path for path in (cache.folder, *cache.folder.parents) if path.name == level)
    before = {path.name for path in cache.folder.iterdir()}
    spoil(folder)
    sticky = folder.stat().st_mode & 0o1000 and level != "modules"
    assert cache.get(WASM) == (CODE if sticky else None)  # in a sticky folder others cannot rename what is not theirs
    cache.put(b"another", CODE)
    assert ({path.name for path in cache.folder.iterdir()} == before) is not bool(sticky)


@pytest.mark.parametrize("spoil", [chmod(0o620), chmod(0o602), give_away])
def test_an_entry_of_somebody_else_is_not_read(cache: CompiledCache, spoil: Callable[[Path], None]) -> None:
    spoil(cache.path(WASM))
    assert cache.get(WASM) is None


def test_an_entry_that_is_a_link_or_no_file_is_not_read(cache: CompiledCache, tmp_path: Path) -> None:
    entry, moved = cache.path(WASM), tmp_path / "elsewhere"
    entry.rename(moved)
    entry.symlink_to(moved)
    assert cache.get(WASM) is None
    entry.unlink()
    entry.mkdir()
    assert cache.get(WASM) is None


def test_an_entry_of_another_module_or_damaged_is_not_read(cache: CompiledCache) -> None:
    shutil.copy(cache.path(WASM), cache.path(b"another"))
    assert cache.get(b"another") is None
    assert cache.get(WASM) == CODE
    entry = cache.path(WASM)
    entry.write_bytes(entry.read_bytes()[:-1] + b"x")
    assert cache.get(WASM) is None
    assert not entry.exists()


def test_a_folder_renamed_while_it_is_read_changes_nothing(
    cache: CompiledCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attacker's folder, put in the place of the checked one after the check, is not what is read."""
    forged = CompiledCache(tmp_path / "forged")
    forged.put(WASM, b"foreign code")
    checked = cache.folder
    fstat = os.fstat

    def swap(descriptor: int) -> os.stat_result:
        about = fstat(descriptor)
        if checked.exists() and about.st_ino == checked.stat().st_ino:
            checked.rename(tmp_path / "taken")
            forged.folder.rename(checked)
        return about

    monkeypatch.setattr(os, "fstat", swap)
    assert cache.get(WASM) == CODE
    assert (tmp_path / "taken").exists()


def test_a_link_to_the_own_folder_is_followed(cache: CompiledCache, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(cache.folder.parent)
    assert CompiledCache(tmp_path / "link" / "modules").get(WASM) == CODE


def test_only_the_newest_entries_are_kept(cache: CompiledCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.compiled_cache.KEEP_ENTRIES", 3)
    for number in range(6):
        cache.put(b"%d" % number, CODE)
    names = sorted(path.name for path in cache.folder.iterdir())
    assert len(names) == 3
    assert all(name.endswith(".cwasm") for name in names)
    assert cache.get(b"5") == CODE
