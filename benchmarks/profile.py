"""Profile of the module: which functions take the processor's time of an upsert, a solve and a report.

    python -m benchmarks.profile [ROWS]

Needs Linux's ``perf``. The intercompany module is compiled in release with the names of its functions, run by wasmtime
with a map of its code, and sampled with its stacks. Writes ``benchmarks/profile.json``: for each step the milliseconds
of processor time and, by stack, the part of the samples. ``python -m scripts.draw_profile`` draws it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import wasmtime

from benchmarks.end_to_end import build
from examples.intercompany.generate import generate
from florecon_build.codegen.build import wasm as builder
from florecon_build.host import Workspace
from florecon_build.host.runtime import instance

RESULTS = Path(__file__).with_name("profile.json")
STEPS = ("upsert", "solve", "report")
FREQUENCY = 1999
"""Samples a second."""
LEAST = 0.002
"""The part of the samples below which a stack ends one function earlier."""
HOST, KERNEL = "host (Python, Arrow)", "kernel (pages)"
_HASH = re.compile(r"::h[0-9a-f]{16}$")


def main() -> None:
    """Profiles all steps, each in a process of its own."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        module = folder / "named.wasm"
        module.write_bytes(named_module(folder))
        found = {step: profiled(module, rows, step, folder) for step in STEPS}
    lines = ",\n".join(f' "{step}": {json.dumps(each)}' for step, each in found.items())
    RESULTS.write_text(f'{{"rows": {rows},\n{lines}}}\n', encoding="utf-8")


def named_module(folder: Path) -> bytes:
    """The module of the intercompany example, with the names of its functions."""
    arguments = builder.build_arguments

    def with_names(package: str, profile: builder.Profile) -> list[str]:
        return [*arguments(package, profile), "--config", "profile.release.strip=false"]

    builder.build_arguments = with_names
    try:
        return build(folder / "module")
    finally:
        builder.build_arguments = arguments


def profiled(module: Path, rows: int, step: str, folder: Path) -> dict[str, object]:
    """The milliseconds of a step, and the part of its samples by stack, the outermost function first."""
    control, data = folder / f"{step}.control", folder / f"{step}.perf"
    os.mkfifo(control)
    record = ["perf", "record", "-q", "-g", "-D", "-1", "--control", f"fifo:{control}", "-F", str(FREQUENCY)]
    call = f"run({str(module)!r}, {rows}, {step!r}, {str(control)!r})"
    child = [sys.executable, "-c", f"from benchmarks.profile import run; {call}"]
    keep = os.open(control, os.O_RDWR)  # or perf sees the end of the file between two commands
    done = subprocess.run([*record, "-o", str(data), *child], capture_output=True, text=True, check=True)
    os.close(keep)
    script = ["perf", "script", "-i", str(data), "-F", "ip,sym,dso"]
    text = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    counts = Counter(tuple(stack) for stack in stacks(text.splitlines()))
    total = sum(counts.values())
    parts = shortened({stack: count / total for stack, count in counts.items()})
    lines = [[round(part, 4), *stack] for stack, part in sorted(parts.items(), key=lambda each: (-each[1], each[0]))]
    return {"cpu_ms": float(done.stdout.split()[-1]), "samples": total, "stacks": lines}


def run(module: str, rows: int, step: str, control: str) -> None:
    """Carries out the steps, and has perf sample one of them; prints its milliseconds of processor time."""
    ledger, _ = generate(rows, 1)
    plain = instance.new_engine

    def with_map(interruptible: bool = True) -> wasmtime.Engine:
        config = wasmtime.Config()
        config.profiler = "perfmap"
        config.epoch_interruption = interruptible
        config.wasm_threads = config.wasm_memory64 = config.wasm_multi_memory = False
        config.wasm_relaxed_simd = config.wasm_gc = False
        config.cranelift_opt_level = "speed"
        return wasmtime.Engine(config)

    instance.new_engine = with_map
    asked = os.open(control, os.O_WRONLY)

    def perf(command: bytes) -> None:
        os.write(asked, command + b"\n")
        time.sleep(0.2)

    with Workspace(Path(module).read_bytes(), workers=1) as workspace:
        for name in STEPS:
            if name == step:
                perf(b"enable")
            start = time.process_time()
            if name == "upsert":
                workspace.upsert(ledger)
            elif name == "solve":
                workspace.solve()
            else:
                _ = workspace.report().groups
            spent = time.process_time() - start
            if name == step:
                perf(b"disable")
                print(round(spent * 1e3, 1))
    instance.new_engine = plain


def stacks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The stacks of `perf script`, as names of functions of the module, the outermost first."""
    stack: list[tuple[str, str]] = []
    for line in [*lines, ""]:
        if line.strip():
            found = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
            if found:
                stack.append((found[1], found[2]))
        elif stack:
            yield _named(stack)
            stack = []


def _named(stack: Sequence[tuple[str, str]]) -> list[str]:
    """The functions of the module on a stack; the kernel where it works for them, and the host where none is there."""
    _, where = stack[0]
    own = [_short(name) for name, place in reversed(stack) if "/perf-" in place and "trampoline" not in name]
    if "/perf-" in where:
        return own or ["module"]
    return [*own, KERNEL] if own and where.startswith("[") else own or [HOST]


def _short(name: str) -> str:
    """A function without its hash and without the paths of types."""
    name = _HASH.sub("", re.sub(r"^wasm\[\d+\]::function\[\d+\]:*", "", name))
    name = re.sub(r"<(.+) as .+>::", r"\1::", name)
    while (bare := re.sub(r"<[^<>]*>", "", name)) != name:
        name = bare
    parts = [part for part in name.split("::") if part and part != "{{closure}}"]
    return "::".join(parts[-2:]) or "module"


def shortened(parts: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Stacks of which each has at least a small part of all: what is less is given to the function that called it."""
    for depth in range(max(map(len, parts)), 1, -1):
        found: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for stack, part in parts.items():
            is_small = len(stack) == depth and part < LEAST
            found[stack[:-1] if is_small else stack] += part
        parts = found
    return dict(parts)


if __name__ == "__main__":
    main()
