"""Small file system of its own, for tests of a disk that is full."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path) -> Generator[Path]:
    """A file system of 4 MB at ``place``; skips the test, and says so, where none can be mounted."""
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mounting, check=False).returncode:
        pytest.skip("no file system can be mounted here: it takes root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
