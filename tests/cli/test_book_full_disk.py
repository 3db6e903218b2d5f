"""A book on a disk that is full, or that cannot be written: each command says so, and nothing is done by half."""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest

from florecon_build.host import Book, verify
from tests.cli.command import Completed, florecon
from tests.cli.test_book import APRIL, HEADER, MARCH
from tests.host.decisions.book.plugin import plugin
from tests.support.small_disk import small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system with a closed month on it."""
    with small_disk(tmp_path / "disk") as place:
        (place / "strategy.json").write_text(plugin.ir())
        (place / "march.csv").write_text(HEADER + MARCH)
        (place / "april.csv").write_text(HEADER + APRIL)
        assert run(place, "2026-03", "march.csv").code == 0
        assert close(place, "2026-03").code == 0
        yield place


def run(disk: Path, period: str, *more: str) -> Completed:
    """Runs a period of the book of the disk."""
    options = ("--book", "close.db", "--period", period, "--who", "anna", "-o", period)
    return florecon("run", "strategy.json", *more, *options, at=disk)


def close(disk: Path, period: str) -> Completed:
    """Closes a period of the book of the disk."""
    return florecon("close", "--book", "close.db", "--period", period, "--who", "ben", "--allow-open", at=disk)


@contextmanager
def filled(disk: Path) -> Generator[None]:
    """The disk without a byte left."""
    fill = disk / "fill"
    with fill.open("wb", buffering=0) as file:
        while not _is_full(file):
            pass
    yield
    fill.unlink()


def _is_full(file: FileIO) -> bool:
    try:
        file.write(bytes(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return True
    return False


def test_a_full_disk_changes_nothing(disk: Path) -> None:
    assert florecon("report", "--book", "close.db", at=disk).code == 0
    page = disk / "report-2026-03.html"
    signed = page.read_bytes()
    with Book(disk / "close.db") as book:
        head = book.head
    with filled(disk):
        # a file that grows takes a page more than it has: the book itself is what cannot be written
        many = "".join(f"m{at},EUR,{at}.25,0,1.00,2026-04-09,{'x' * 200}\n" for at in range(1, 2000))
        april = disk.parent / "april.csv"
        april.write_text(HEADER + APRIL + many)
        for done, said in (
            (run(disk, "2026-04", str(april)), "full"),
            (florecon("report", "--book", "close.db", at=disk), "report-2026-03.html: No space left on device"),
        ):
            assert done.code == 6, done.err
            assert said in done.err
            assert "free some space" in done.err
        assert not (disk / "2026-04").exists()
        assert page.read_bytes() == signed
    with Book(disk / "close.db") as book:
        assert book.head == head
        assert verify(book, expect_head=head).ok
        assert [(each.name, each.status) for each in book.periods] == [("2026-03", "closed")]
    assert run(disk, "2026-04", "april.csv").code == 0
    with filled(disk):
        refused = close(disk, "2026-04")
        assert (refused.code, "free some space" in refused.err) == (6, True), refused.err
    with Book(disk / "close.db") as book:
        assert verify(book).ok
        assert [(each.name, each.status) for each in book.periods][1:] == [("2026-04", "open")]
    assert close(disk, "2026-04").code == 0


@pytest.fixture
def read_only(disk: Path) -> Iterator[Path]:
    """The disk at another place, where it cannot be written."""
    place = disk.parent / "read-only"
    place.mkdir()
    subprocess.run(["mount", "--bind", str(disk), str(place)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_cannot_be_written_is_named(read_only: Path) -> None:
    said = florecon("book", "close.db", "--json", at=read_only)
    assert said.code == 0
    refused = florecon("report", "--book", "close.db", at=read_only)
    assert refused.code == 6
    assert "report-2026-03.html: Read-only file system" in refused.err
    assert "a place that you may write to" in refused.err
    out = read_only.parent / "out"
    options = ("--book", "close.db", "--period", "2026-04", "--who", "anna", "-o", out)
    refused = florecon("run", "strategy.json", "april.csv", *options, at=read_only)
    assert refused.code == 6
    assert "a place that you may write to" in refused.err
    assert not (out / "run.json").exists()
    assert close(read_only, "2026-04").code == 7  # it was never run
    assert florecon("book", "close.db", "--json", at=read_only).json()["head"] == said.json()["head"]


def test_a_page_that_does_not_fit_leaves_the_one_before(tmp_path: Path) -> None:
    with Book(tmp_path / "close.db") as book, book.run("2026-03", plugin, who="anna") as ws:
        report = ws.report()
        page = report.write_html(tmp_path / "page.html")
        signed = page.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(OSError, match=r"File too large: '.*page\.html'"):
                report.write_html(page)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert page.read_bytes() == signed
    assert list(tmp_path.glob(".*part")) == []
