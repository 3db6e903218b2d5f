"""Store fixtures: SQLite always, PostgreSQL where its server programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from florecon_build.host import Store

Open = Callable[[], Store]


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, from the path or where Debian keeps them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def as_whom() -> str | None:
    """The server refuses to run as root, so an unprivileged user does; None for whoever runs the tests."""
    if os.getuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that lives as long as the tests."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql runs these tests too")
    folder = Path("/tmp") / f"florecon-pg-{uuid.uuid4().hex[:8]}"  # a socket's path has to be short
    folder.mkdir(mode=0o700)
    user = as_whom()
    if user is not None:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"{' '.join(command)}:\n{done.stdout}{done.stderr}", pytrace=False)

    data = str(folder / "data")
    try:
        run(str(programs / "initdb"), "-D", data, "-U", "tester", "-A", "trust", "-N")
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h ''", "start")
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be, in each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "recon.sqlite")
    return request.getfixturevalue("postgresql")


@pytest.fixture
def opened(place: str) -> Open:
    """Opens the same book of the test again and again, as other processes would."""
    book = uuid.uuid4().hex
    return lambda: Store(place, book=book)
