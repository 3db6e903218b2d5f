"""A snapshot extension that keeps each strategy's Rust as a real ``.rs`` file."""

from __future__ import annotations

from pathlib import Path

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

SNAPSHOTS = Path(__file__).parent / "__snapshots__"


class RustFile(SingleFileSnapshotExtension):
    """One ``.rs`` file a snapshot, named like the strategy."""

    file_extension = "rs"
    _write_mode = WriteMode.TEXT
