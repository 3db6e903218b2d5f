"""Large pages: the advice reaches the system, and a refusal changes nothing."""

from __future__ import annotations

import ctypes
import mmap
import os
import re
from pathlib import Path

import pytest

from florecon_build.host.runtime.large_pages import LARGE, copied, prefer_large_pages

SMAPS = Path("/proc/self/smaps")
SIZE = 4 << 20
NEEDS_LARGE_PAGES = pytest.mark.skipif(
    not SMAPS.exists() or not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="no large pages here"
)
"""Only Linux says which memory was advised so, and a kernel may be built without them."""


def flags_at(address: int) -> set[str]:
    """The flags of the mapping that has an address."""
    inside = False
    # the path of a mapped file may have any bytes, and is not read
    for line in SMAPS.read_text(encoding="ascii", errors="replace").splitlines():
        if bounds := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(bounds[1], 16) <= address < int(bounds[2], 16)
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    return set()


@NEEDS_LARGE_PAGES
def test_the_system_is_asked_for_large_pages() -> None:
    memory = mmap.mmap(-1, SIZE)
    held = (ctypes.c_char * SIZE).from_buffer(memory)
    address = ctypes.addressof(held)
    assert "hg" not in flags_at(address)
    prefer_large_pages(address, SIZE)
    assert "hg" in flags_at(address)


def test_a_refusal_is_no_error() -> None:
    prefer_large_pages(1, SIZE)  # not the start of a page


@pytest.mark.parametrize("size", [0, 1, 2 * LARGE - 1, 2 * LARGE, 2 * LARGE + 4097])
def test_a_copy_has_all_bytes_and_is_apart_from_the_original(size: int) -> None:
    data = os.urandom(size)
    memory = ctypes.create_string_buffer(data, size + 1)
    copy = copied(ctypes.addressof(memory), size)
    ctypes.memset(memory, 0, size)
    assert copy == data


@NEEDS_LARGE_PAGES
def test_a_large_copy_is_in_large_pages() -> None:
    memory = ctypes.create_string_buffer(3 * LARGE)
    copy = copied(ctypes.addressof(memory), 3 * LARGE)
    assert "hg" in flags_at(id(copy) + LARGE)
