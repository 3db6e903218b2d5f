"""Advisory lock between processes: ``flock`` on POSIX, a locked byte range on Windows."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_RETRY_SECONDS = 0.1


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Holds ``path`` exclusively, so that two processes do not write one folder at once. Waits for the other.

    The file is made if it is missing and stays. The system releases the lock of a process that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        _acquire(handle.fileno())
        try:
            yield
        finally:
            _release(handle.fileno())


if sys.platform == "win32":
    import msvcrt

    def _acquire(file: int) -> None:
        while True:
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            except OSError:  # another process holds it; the blocking mode would give up after ten tries
                time.sleep(_RETRY_SECONDS)
            else:
                return

    def _release(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _release(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
