"""Snapshot extension that stores each strategy's Rust as an ``.rs`` file."""

from __future__ import annotations

from pathlib import Path

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

SNAPSHOTS = Path(__file__).parent / "__snapshots__"


class RustFile(SingleFileSnapshotExtension):
    """``__snapshots__/NAME.rs``, where NAME is the snapshot's."""

    file_extension = "rs"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The strategy's name alone."""
        return str(index)

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """One folder for all."""
        return str(SNAPSHOTS)
