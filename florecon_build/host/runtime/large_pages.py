"""Large pages for the memory of a module and for what is copied out of it, where the system gives them on request."""

from __future__ import annotations

import ctypes
import mmap

LARGE = 2 << 20
"""Bytes of a large page."""

_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t)
_new_bytes.restype = ctypes.py_object
_address_of = ctypes.pythonapi.PyBytes_AsString
_address_of.argtypes = (ctypes.py_object,)
_address_of.restype = ctypes.c_void_p


def prefer_large_pages(address: int, size: int) -> None:
    """Asks for large pages in a range of addresses; Linux has them, elsewhere nothing happens.

    A solve reads rows all over the memory, and looking up their addresses takes longer where pages are small.
    Parameters: `address` is the start of a page. The advice changes nothing but the time: a refusal means small pages.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        madvise(address, size, advice)


def copied(address: int, size: int) -> bytes:
    """A copy of memory. The first write to each page of it is an interruption, so fewer and larger ones take less time.

    >>> data = ctypes.create_string_buffer(b"a reply")
    >>> copied(ctypes.addressof(data), 7)
    b'a reply'
    """
    if size < 2 * LARGE:
        return ctypes.string_at(address, size)
    copy = _new_bytes(None, size)
    start = _address_of(copy)
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    prefer_large_pages(first, start + size - first)
    ctypes.memmove(start, address, size)
    return copy
