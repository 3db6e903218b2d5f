"""Run folder: the outputs of a run, replaced as a whole.

A run writes into the staging folder ``OUT/.incoming``. Its ``run.json``, with the SHA-256 of every other file, is
written last and made durable: that is the commit. Then the files are moved into place, ``run.json`` last. Whatever
ends the process, the folder has either the outputs of the run before, or those of this run, which the next command
moves into place (``recover``). ``check`` holds the files to the hashes, so that outputs of two runs are never read as
one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from florecon_build.ir.strings import escaped_json
from florecon_build.sources.file_digest import sha256

RECORD = "run.json"
STAGING = ".incoming"


class RunFolderError(ValueError):
    """A run folder whose files are not those that its ``run.json`` names."""


@contextmanager
def staging(out: Path) -> Generator[Path]:
    """An empty folder for the outputs of a run, inside ``out``; removed with all in it where the block fails.

    The block ends with ``commit``. Raises ``OSError`` as file systems do.
    """
    recover(out)
    made = not out.exists()
    folder = out / STAGING
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if made and not any(out.iterdir()):
            out.rmdir()
        raise


def commit(out: Path, record: Mapping[str, Any]) -> Path:
    """Writes ``run.json`` for the staged files, makes all of it durable and moves it into place; returns its path."""
    folder = out / STAGING
    named = {**record, "outputs": hashes(folder)}
    for path in _files(folder):
        _sync(path)
    text = escaped_json(json.dumps(named, indent=2, ensure_ascii=False, default=str)) + "\n"
    waiting = folder / f"{RECORD}.part"
    waiting.write_text(text, encoding="utf-8")
    _sync(waiting)
    waiting.replace(folder / RECORD)
    recover(out)
    return out / RECORD


def recover(out: Path) -> None:
    """Finishes what a run that was ended left: moves committed files into place, or removes what was not committed."""
    folder = out / STAGING
    if not folder.is_dir():
        return
    if not (folder / RECORD).is_file():
        shutil.rmtree(folder)
        return
    staged = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    for name in _outputs(out / RECORD).keys() - staged["outputs"].keys():  # of the run before
        (out / name).unlink(missing_ok=True)
    for path in _files(folder):
        if path.name != RECORD or path.parent != folder:
            target = out / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    (folder / RECORD).replace(out / RECORD)
    shutil.rmtree(folder)


def check(out: Path) -> None:
    """Holds the outputs in ``out`` to the hashes of its ``run.json``.

    Raises ``RunFolderError`` naming every file that is missing or another one.
    """
    outputs = _outputs(out / RECORD)
    if not outputs:
        raise RunFolderError(f"{out / RECORD} names no outputs, so they cannot be checked; run the solver again")
    wrong = [name for name, digest in outputs.items() if _digest(out / name) != digest]
    if wrong:
        raise RunFolderError(
            f"{out}: {', '.join(wrong)} {'is not the file' if len(wrong) == 1 else 'are not the files'} that {RECORD} "
            "names, so this is not one run; run the solver again, or bring back the files as they were written"
        )


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path within it, in order."""
    found = {path.relative_to(folder).as_posix(): _digest(path) for path in _files(folder)}
    return {name: digest for name, digest in found.items() if digest is not None}


def _outputs(record: Path) -> dict[str, str]:
    """The files that a run names as its outputs; none where there is no run, or one of an older version."""
    try:
        read: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    outputs: dict[str, str] = read.get("outputs", {})
    return outputs


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str | None:
    try:
        return sha256(path)
    except OSError:
        return None


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
