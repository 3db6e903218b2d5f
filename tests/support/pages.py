"""Documentation page runner: executes a page's Python blocks in order and compares their output with the text below."""

from __future__ import annotations

import contextlib
import io
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Code, the line of the page where it starts, and what the page says it prints."""

    code: str
    line: int
    says: str | None


def blocks(page: str) -> list[Block]:
    """The Python blocks of a page; a `text` block right below one is its output."""
    found = list(FENCE.finditer(page))
    made: list[Block] = []
    for place, fence in enumerate(found):
        if fence[1] != "python":
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        is_output = after is not None and after[1] == "text" and not page[fence.end() : after.start()].strip()
        says = after[2] if is_output and after is not None else None
        made.append(Block(fence[2], page.count("\n", 0, fence.start()) + 2, says))
    return made


def run(name: str, page: str, known: dict[str, Any] | None = None) -> list[tuple[Block, str]]:
    """Runs the blocks one after the other in one namespace, ``known``; each with what it printed."""
    known = {} if known is None else known
    known["__name__"] = name
    printed: list[tuple[Block, str]] = []
    # the builder reads the author's lines; the page is their file
    linecache.cache[name] = (len(page), None, page.splitlines(keepends=True), name)
    for block in blocks(page):
        code = compile("\n" * (block.line - 1) + block.code, name, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, known)
        printed.append((block, out.getvalue()))
    return printed
