"""Large pages for the memory of a module, where the system gives them on request."""

from __future__ import annotations

import ctypes
import mmap


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
