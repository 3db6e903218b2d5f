"""The outputs of a run are replaced as a whole, wherever the process ends."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florecon_build.cli import run_folder
from florecon_build.cli.run_folder import RunFolderError, check, commit, recover, staging

OLD = {"groups.csv": "old groups", "stages.csv": "old stages", "data/rows.parquet": "old rows"}
NEW = {"groups.csv": "new groups", "data/rows.parquet": "new rows", "data/why.json": "{}"}


class Killed(BaseException):
    """The end of the process, in the middle of a step."""


def write(out: Path, files: dict[str, str], started: str) -> None:
    with staging(out) as folder:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        commit(out, {"started_at": started})


def contents(out: Path) -> dict[str, str]:
    paths = [path for path in out.rglob("*") if path.is_file() and run_folder.STAGING not in path.parts]
    return {path.relative_to(out).as_posix(): path.read_text() for path in paths if path.name != run_folder.RECORD}


def started(out: Path) -> str:
    return json.loads((out / run_folder.RECORD).read_text())["started_at"]


def test_a_run_replaces_the_outputs_of_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, OLD, "monday")
    (out / "notes.txt").write_text("mine")
    check(out)
    write(out, NEW, "tuesday")
    check(out)
    assert contents(out) == {**NEW, "notes.txt": "mine"}
    assert started(out) == "tuesday"


@pytest.mark.parametrize("breach", ["changed", "removed"])
def test_files_of_another_run_are_named(tmp_path: Path, breach: str) -> None:
    write(tmp_path, OLD, "monday")
    if breach == "changed":
        (tmp_path / "groups.csv").write_text("of tuesday")
    else:
        (tmp_path / "groups.csv").unlink()
    with pytest.raises(RunFolderError, match=r"groups\.csv is not the file"):
        check(tmp_path)


def test_a_record_without_outputs_is_no_proof(tmp_path: Path) -> None:
    (tmp_path / run_folder.RECORD).write_text('{"started_at": "monday"}')
    with pytest.raises(RunFolderError, match="names no outputs"):
        check(tmp_path)


def steps_of(monkeypatch: pytest.MonkeyPatch, end_at: int) -> Callable[[], int]:
    """Every call that changes the file system counts as a step; the process ends before step ``end_at``."""
    count = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            if count == end_at:
                raise Killed
            count += 1
            return call(*args, **kwargs)

        return step

    for owner, name in ((Path, "mkdir"), (Path, "write_text"), (Path, "replace"), (Path, "unlink"), (os, "fsync")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    return lambda: count


def leave(path: Path, ignore_errors: bool = False) -> None:
    """Removes nothing."""


def test_the_end_of_the_process_at_any_step_leaves_one_run(tmp_path: Path) -> None:
    base = tmp_path / "base"
    write(base, OLD, "monday")
    (base / "notes.txt").write_text("mine")
    seen: set[str] = set()
    for end_at in range(1000):
        out = tmp_path / f"out{end_at}"
        shutil.copytree(base, out)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shutil, "rmtree", leave)  # the process that ends cleans nothing up
            taken = steps_of(patch, end_at)
            try:
                write(out, NEW, "tuesday")
            except Killed:
                ended = True
            else:
                ended = False
        recover(out)
        check(out)
        assert contents(out) == {**(NEW if started(out) == "tuesday" else OLD), "notes.txt": "mine"}
        seen.add(started(out))
        if not ended:
            assert taken() > 10
            assert seen == {"monday", "tuesday"}
            return
    pytest.fail("no run came to its end")


def test_a_full_disk_leaves_the_run_before(tmp_path: Path) -> None:
    write(tmp_path, OLD, "monday")
    with pytest.raises(OSError, match="No space left"), staging(tmp_path) as folder:  # noqa: PT012 - the disk fills in the block
        (folder / "groups.csv").write_text("new gr")
        raise OSError(28, "No space left on device")
    assert contents(tmp_path) == OLD
    assert started(tmp_path) == "monday"
    assert not (tmp_path / run_folder.STAGING).exists()


def test_a_first_run_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Killed), staging(tmp_path / "out"):
        raise Killed
    assert not (tmp_path / "out").exists()
