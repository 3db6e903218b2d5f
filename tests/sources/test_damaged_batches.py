"""Damaged batches: refused where Arrow's own full validation refuses them."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from florecon_build.sources.damaged_batches import validate

TEXTS = st.lists(st.sampled_from(["", "EUR", "INV-1000001", "Zürich", "é", None]), max_size=6)
LETTERS = st.sampled_from([b"", b"abcdefgh", "aé".encode() * 3, b"ab\xff\xfecd"])


def is_refused(batch: pa.RecordBatch) -> bool:
    try:
        validate(batch)
    except pa.ArrowInvalid:
        return True
    return False


def is_refused_by_arrow(batch: pa.RecordBatch) -> bool:
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return True
    return False


@settings(deadline=None)
@given(
    letters=LETTERS, ends=st.lists(st.integers(-2, 9), min_size=1, max_size=6), sorts=st.booleans(), large=st.booleans()
)
@example(letters=b"abcdefgh", ends=[0, 3, 8], sorts=False, large=False)
@example(letters="aé".encode() * 3, ends=[0, 2, 9], sorts=False, large=False)
def test_texts_are_refused_where_arrow_refuses_them(letters: bytes, ends: list[int], sorts: bool, large: bool) -> None:
    ends = sorted(ends) if sorts else ends
    offsets = pa.py_buffer(struct.pack(f"<{len(ends)}{'q' if large else 'i'}", *ends))
    kind = pa.large_string() if large else pa.string()
    try:
        column = pa.Array.from_buffers(kind, len(ends) - 1, [None, offsets, pa.py_buffer(letters)])
    except pa.ArrowInvalid:  # what is seen at a glance
        return
    batch = pa.RecordBatch.from_arrays([column], ["text"])
    assert is_refused(batch) == is_refused_by_arrow(batch)


@settings(deadline=None)
@given(texts=TEXTS, start=st.integers(0, 6), count=st.integers(0, 6))
def test_sound_texts_are_taken(texts: list[str | None], start: int, count: int) -> None:
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        whole = pa.RecordBatch.from_arrays([pa.array(texts, pa.string()).cast(kind)], ["text"])
        validate(whole)
        validate(whole.slice(start, count))


def test_a_damaged_text_outside_a_slice_is_not_read() -> None:
    offsets = pa.py_buffer(struct.pack("<4i", 0, 1, 2, 3))
    column = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"a\xffb")])
    batch = pa.RecordBatch.from_arrays([column], ["text"])
    validate(batch.slice(2, 1))
    with pytest.raises(pa.ArrowInvalid, match="UTF"):
        validate(batch)
