"""LEMON, which no Python package brings: Debian's headers, and a driver that is compiled for the measurement.

The headers are those of the system (``apt-get install liblemon-dev``), or the package's own, fetched into ``.cache``
without being installed.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.instances import Instance, write

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "lemon"
HEADER = Path("lemon", "config.h")
PACKAGE = "liblemon-dev"


def fetched() -> Path | None:
    """The headers out of Debian's package; None where there is no Debian to ask."""
    include = CACHE / "package" / "usr" / "include"
    if not (include / HEADER).exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", PACKAGE], cwd=CACHE, capture_output=True, check=False)
        for file in CACHE.glob(f"{PACKAGE}_*.deb"):
            subprocess.run(["dpkg-deb", "-x", file, CACHE / "package"], check=True)
    return include if (include / HEADER).exists() else None


@functools.cache
def headers() -> Path | None:
    """The folder to include from."""
    system = Path("/usr/include")
    return system if (system / HEADER).exists() else fetched()


@functools.cache
def version() -> str | None:
    """What the headers say; None where there are none, or no compiler."""
    include = headers()
    if include is None or shutil.which("g++") is None:
        return None
    found = re.search(r'LEMON_VERSION "(.*)"', (include / HEADER).read_text())
    return found.group(1) if found else "unknown"


def driver() -> Path:
    """The compiled driver; compiled again when its source is newer."""
    source, binary, include = HERE / "lemon.cpp", CACHE / "driver", headers()
    assert include is not None, "ask for the version first"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        CACHE.mkdir(parents=True, exist_ok=True)
        flags = [
            "-O3",
            "-march=native",
            "-DNDEBUG",
            "-std=c++17",
            "-w",
            "-DLEMON_ONLY_TEMPLATES",
            "-isystem",
            str(include),
        ]
        subprocess.run(["g++", *flags, str(source), "-o", str(binary)], check=True)
    return binary


def solve(instance: Instance, cut: str) -> tuple[float, int]:
    """Milliseconds of solving and the objective; ``cut`` is ``whole``, ``components`` or ``penalties`` (components,
    each from the tree of its penalty arcs)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instance.mcf"
        write(file, instance)
        said = subprocess.run([driver(), file, cut], check=True, capture_output=True, text=True).stdout
    milliseconds, objective = said.split()
    return float(milliseconds), int(objective)
