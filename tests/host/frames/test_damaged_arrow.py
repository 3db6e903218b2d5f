"""Damaged Arrow: bytes and files that break off, lie about their sizes, or are no UTF-8, as typed errors."""

from __future__ import annotations

import collections
import random
from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host.errors import FloreconError

ROWS = fb.columns(
    id=fb.integer(id=True), day=fb.date(nullable=True), memo=fb.text(nullable=True), amount=fb.money(scale=2)
)
PLUGIN = fb.Plugin("test.damaged", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=fb.exact_1to1())
TABLE = pa.table({"id": [1, 2], "day": ["2026-01-01", None], "memo": ["a", "bé"], "amount": [1.0, -1.0]})


def ipc(kind: str) -> bytes:
    """The table as an Arrow file or stream."""
    sink = pa.BufferOutputStream()
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue().to_pybytes()


def damaged(rng: random.Random, content: bytes) -> bytes:
    """The bytes with one to three of them changed, or cut off."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        changed[rng.randrange(len(changed))] = rng.choice([0, 255, 128, rng.randrange(256)])
    return bytes(changed[: rng.randrange(len(changed))] if rng.random() < 0.2 else changed)


@pytest.mark.parametrize("kind", ["bytes", "stream", "file"])
def test_damaged_arrow_is_a_typed_error(kind: str, tmp_path: Path) -> None:
    rng, content = random.Random(1), ipc("file" if kind == "file" else "stream")
    came: collections.Counter[str] = collections.Counter()
    for _ in range(300):
        changed = damaged(rng, content)
        path = tmp_path / "x.arrow"
        path.write_bytes(changed)
        try:
            PLUGIN.simulate(changed if kind == "bytes" else path)
            came["read"] += 1
        except FloreconError:
            came["refused"] += 1
    assert min(came["read"], came["refused"]) > 20


def _with_byte(content: bytes, at: int, byte: int) -> bytes:
    return content[:at] + bytes([byte]) + content[at + 1 :]


def _has_many_places(content: bytes) -> bool:
    try:
        return pa.ipc.open_stream(content).schema.field("amount").type == pa.decimal128(38, 2 + (8 << 24))
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return False


def test_decimals_of_more_places_than_there_are_are_refused(tmp_path: Path) -> None:
    """A cast of such a column ends the process."""
    table = TABLE.set_column(3, "amount", pa.array([1, 2], pa.int64()).cast(pa.decimal128(38, 2)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content = sink.getvalue().to_pybytes()
    forged = next(filter(_has_many_places, (_with_byte(content, at, 8) for at in range(len(content)))))
    path = tmp_path / "x.arrow"
    path.write_bytes(forged)
    for source in (forged, path):
        with pytest.raises(FloreconError, match="decimals of 134217730 places"):
            PLUGIN.simulate(source)


def test_a_file_without_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.arrow"
    with pa.ipc.new_file(str(path), pa.schema([])) as writer:
        writer.write_table(pa.table({}))
    with pytest.raises(FloreconError, match="has no header 'id'"):
        PLUGIN.simulate(path)


@pytest.mark.parametrize(
    ("days", "valid"), [(-719_162, True), (-719_163, False), (2_932_896, True), (2_932_897, False)]
)
def test_days_of_a_file_are_of_the_calendar(days: int, valid: bool, tmp_path: Path) -> None:
    day = pa.array([days, None], pa.int32()).cast(pa.date32())
    table = TABLE.set_column(1, "day", day)
    path = tmp_path / "x.arrow"
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    if valid:
        assert PLUGIN.simulate(path).rows.num_rows == 2
    else:
        with pytest.raises(FloreconError, match="is no day of the years 1 to 9999"):
            PLUGIN.simulate(path)
