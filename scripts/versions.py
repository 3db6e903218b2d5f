"""Python tests on every supported interpreter of this machine: what ``make versions`` runs.

    python -m scripts.versions [--only 3.12] [pytest arguments]

Each interpreter gets an environment of its own in ``.cache/versions``, made from ``requirements.lock``. Without pytest
arguments the tests run that compile nothing: what Rust does, does not depend on the Python.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
DEFAULT = ("-q", "-n", "2", "--dist", "loadfile", "-m", "not cargo")
PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


def version_of(python: Path) -> str | None:
    """``major.minor`` of an interpreter that can make environments; None for any other file."""
    try:
        done = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def candidates(version: str) -> list[Path]:
    """Where an interpreter of a version may be: on the path, among pyenv's, among uv's."""
    found = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local" / "share" / "uv" / "python")
    newest_first = sorted(
        [*pyenv.glob(f"{version}.*/bin/python"), *uv.glob(f"cpython-{version}.*/bin/python")],
        key=lambda path: [int(number) for number in re.findall(r"\d+", path.parent.parent.name)],
        reverse=True,
    )
    return [*([Path(found)] if found else []), *newest_first]


def interpreters() -> dict[str, Path | None]:
    """One interpreter of each supported version, None where there is none."""
    return {
        version: next((path for path in candidates(version) if version_of(path) == version), None)
        for version in SUPPORTED
    }


def environment(python: Path, version: str) -> Path:
    """The Python of the environment for a version, made anew when the lock has changed."""
    folder = ROOT / ".cache" / "versions" / version
    state = folder / ".ready"
    wanted = f"{python} {zlib.crc32((ROOT / 'requirements.lock').read_bytes())}"
    own = folder / "bin" / "python"
    if not state.is_file() or state.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
        state.write_text(wanted)
    return own


def main(arguments: list[str]) -> int:
    """Runs the tests on each interpreter; fails if one fails or if there is none at all."""
    parser = argparse.ArgumentParser(description="Runs the Python tests on every supported interpreter here.")
    parser.add_argument("--only", choices=SUPPORTED, action="append", help="this version alone; may be repeated")
    given, tests = parser.parse_known_args(arguments)
    found = {version: path for version, path in interpreters().items() if not given.only or version in given.only}
    results: dict[str, str] = {}
    for version, python in found.items():
        if python is None:
            results[version] = "not on this machine"
            continue
        print(f"==> Python {version}: {python}", flush=True)
        done = subprocess.run(
            [environment(python, version), "-m", "pytest", *(tests or DEFAULT)], cwd=ROOT, check=False
        )
        results[version] = "passed" if done.returncode == 0 else f"failed (exit code {done.returncode})"
    for version, result in results.items():
        print(f"Python {version}: {result}")
    return 0 if "passed" in results.values() and not any("failed" in result for result in results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
