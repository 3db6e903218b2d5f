"""Lock between processes: the system's implementation, and a simulated one of Windows."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

import pytest

from florecon_build.codegen.build import file_lock

if sys.platform != "win32":
    import fcntl

Lock = Callable[[Path], AbstractContextManager[None]]


simulated = pytest.mark.skipif(sys.platform == "win32", reason="simulates Windows by means of POSIX")


class FakeMsvcrt(ModuleType):
    """The three names of ``msvcrt`` that the lock uses, over ``flock``, with the errors of Windows."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.refusals = 0

    def locking(self, file: int, mode: int, size: int) -> None:
        """Locks or releases one byte; raises ``OSError`` where another handle holds it."""
        assert size == 1
        if mode == self.LK_UNLCK:
            fcntl.flock(file, fcntl.LOCK_UN)
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.refusals += 1
            raise OSError(36, "Resource deadlock avoided") from None


def windows_lock(monkeypatch: pytest.MonkeyPatch, msvcrt: FakeMsvcrt) -> Lock:
    """``locked`` of the module as it loads on Windows: ``msvcrt`` is there and ``fcntl`` is not."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert file_lock.__file__
    spec = importlib.util.spec_from_file_location("windows_file_lock", file_lock.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lock: Lock = module.locked
    return lock


def second_waits(lock: Lock, path: Path, while_held: Callable[[], None]) -> list[str]:
    """The order of events where a second thread asks for a lock that is held."""
    events: list[str] = []

    def second() -> None:
        with lock(path):
            events.append("second in")

    with lock(path):
        thread = threading.Thread(target=second)
        thread.start()
        while_held()
        events.append("first out")
    thread.join(timeout=10)
    assert not thread.is_alive()
    return events


@pytest.mark.slow
def test_the_second_process_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.lock"
    code = (
        "import sys; from pathlib import Path; from florecon_build.codegen.build.file_lock import locked\n"
        "with locked(Path(sys.argv[1])): print('in')"
    )
    with file_lock.locked(path):
        other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=1.5)
    assert other.communicate(timeout=60)[0] == "in\n"


def test_an_error_inside_releases_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(KeyError), file_lock.locked(path):
        raise KeyError
    assert second_waits(file_lock.locked, path, lambda: None) == ["first out", "second in"]


@simulated
def test_on_windows_the_second_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    msvcrt = FakeMsvcrt()
    lock = windows_lock(monkeypatch, msvcrt)

    def until_refused() -> None:
        while msvcrt.refusals == 0:
            time.sleep(0.01)

    assert second_waits(lock, tmp_path / "a.lock", until_refused) == ["first out", "second in"]
    assert msvcrt.refusals >= 1


@simulated
def test_the_module_loads_without_fcntl(monkeypatch: pytest.MonkeyPatch) -> None:
    assert windows_lock(monkeypatch, FakeMsvcrt()) is not file_lock.locked
