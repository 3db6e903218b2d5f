"""Size of a module: what patterns add to it, and whether a strategy without them has grown.

    python -m benchmarks.module_size [--write]

Modules of one strategy are compiled without a pattern, with two, with eight, and with one more whose table is nearly as
large as may be. The first ones bring the code that runs patterns, a further one its call and its table in the code and
data that run, and its text in the strategy's description. Exits with 1 where one takes more than 3,000 bytes, the
largest without its text, or where the module without one is more than 1 % larger than ``module_size.json`` says.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import florecon_build as fb
from florecon_build.codegen.build.wasm import IR_SECTION
from florecon_build.codegen.build.wasm_sections import section

RESULTS = Path(__file__).with_name("module_size.json")
BYTES_A_PATTERN = 3_000
GROWTH = 1.01
PATTERNS = (
    "(?:" + "|".join(f"a{chr(0x400 + 2 * at)}" for at in range(34)) + "){2}",
    r"INV-\d{4,8}",
    r"\d\d[.]\d\d[.]\d{4}",
    r"fee ([0-9.,]+)",
    r"\btrace: (\w+)$",
    r"(?:RF|DE)\d{2}[A-Z0-9]{4,21}",
    r"[A-Z]{2}\d{6}(?:/\d{1,3})?",
    r"(?:order|po)[ #:]*(\d+)",
    r"^[^ ]+ (\d{6,})",
)
"""The largest first: a table of nearly as many bytes as may be."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a module, and of its description of the strategy."""

    module: int
    description: int

    @property
    def running(self) -> int:
        """Bytes of code and data."""
        return self.module - self.description


def module_size(patterns: Sequence[str], folder: Path) -> Size:
    """The module of a strategy over the rows in whose text one of the patterns is."""
    rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    found = [rows.memo.matches(pattern) for pattern in patterns] or [rows.memo == "paid"]
    strategy = fb.when(reduce(lambda one, other: one | other, found), fb.exact_1to1(rows.memo))
    plugin = fb.Plugin("benchmarks.module_size", "1.0.0", rows=rows, numeraire=rows.amount, strategy=strategy)
    wasm = Path(plugin.build(folder / str(len(patterns))).wasm).read_bytes()
    return Size(len(wasm), len(section(wasm, IR_SECTION) or b""))


def measure(folder: Path) -> dict[str, Size]:
    """The modules."""
    modules = {"none": (), "two": PATTERNS[1:3], "eight": PATTERNS[1:], "nine": PATTERNS}
    return {name: module_size(patterns, folder) for name, patterns in modules.items()}


def main() -> None:
    """Measures and shows; exits with 1 where a module is too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    none, two, eight, nine = (found[name] for name in ("none", "two", "eight", "nine"))
    mean, largest = (eight.module - two.module) / 6, nine.running - eight.running
    code, whole = two.module - none.module, nine.module - eight.module
    print(f"without patterns {none.module:,} bytes; the code that runs them, and two of them {code:,}")
    print(f"a further pattern {mean:,.0f}; the largest {largest:,} in code and data, {whole:,} in all")
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"none": none.module}
    if given.write:
        sizes = {name: size.module for name, size in found.items()}
        RESULTS.write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")
    if max(mean, largest) > BYTES_A_PATTERN or none.module > GROWTH * before["none"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
