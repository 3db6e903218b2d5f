"""A run in shards on a disk that fills: each step says so, nothing partial is taken for whole, and the run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import florecon_build as fb
from florecon_build.host import StorageError
from florecon_build.scale import divide
from tests.cli.test_book_full_disk import filled
from tests.scale.test_reconcile import PLUGIN, lines, same, whole
from tests.support.small_disk import small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    with small_disk(tmp_path / "disk") as place:
        yield place


@pytest.mark.slow
def test_a_disk_that_fills_at_any_step(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the run, after the rows are staged, and after some shards: what is finished stays."""
    monkeypatch.setattr(divide, "LEAST_ROWS", 20)
    pq.write_table(lines(150), str(tmp_path / "a.parquet"))
    pq.write_table(lines(90, 150), str(tmp_path / "b.parquet"))
    files, out = [tmp_path / "a.parquet", tmp_path / "b.parquet"], disk / "out"

    def stop_at(share: float) -> None:
        def interrupt(done: int, total: int) -> None:
            if done >= total * share:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fb.reconcile(PLUGIN, files, out=out, workers=1, progress=interrupt)

    def finished() -> set[Path]:
        steps = [out / "work" / step for step in ("keys", "edges", "labels", "rows", "shards")]
        return {path for step in steps if step.is_dir() for path in step.iterdir()}

    for share in (0.25, 0.5, 0.75):
        before = finished()
        with filled(disk), pytest.raises(StorageError, match=r"make room.* run again to go on from there"):
            fb.reconcile(PLUGIN, files, out=out, workers=1)
        assert finished() >= before
        assert not (out / "run.json").exists()
        assert not (out / "groups").exists()
        stop_at(share)
    done = fb.reconcile(PLUGIN, files, out=out, workers=1)
    assert same(done, whole(pa.concat_tables([lines(150), lines(90, 150)])))
