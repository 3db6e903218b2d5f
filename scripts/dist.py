"""The sdist and the wheel, checked: what `make dist` runs.

    python -m scripts.dist [--out dist] [--install]

The engine module is built first, where it is not there. The wheel is built from the unpacked sdist, so that the sdist
is known to be whole. Both are compared with what they must hold, a bill of materials is written beside them, and the
wheel is tried in an empty environment: with the packages of this one, or with ``--install`` as a user has it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from florecon_build.codegen.build.engine import build_engine
from florecon_build.codegen.build.toolchain import always
from scripts.dist_check import check_sdist, check_wheel
from scripts.sbom import write_sbom

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys, setuptools.build_meta as b; print(getattr(b, sys.argv[1])(sys.argv[2]))"


def main() -> int:
    """Builds, checks and tries."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--install", action="store_true", help="fetch the wheel's dependencies as a user would")
    given = parser.parse_args()
    out = given.out.resolve()
    build_engine(say=lambda line: print(line, file=sys.stderr), allow=always)
    sdist, wheel = build(out)
    problems = [*check_sdist(sdist, ROOT), *check_wheel(wheel, ROOT)]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        return 1
    sbom = write_sbom(wheel, out)
    with tempfile.TemporaryDirectory(prefix="florecon-dist-") as folder:
        said = try_out(install(wheel, Path(folder) / "env", fetch=given.install), Path(folder))
    for path in (sdist, wheel, sbom):
        print(f"{path}  {path.stat().st_size:,} bytes")
    print(f"tried in an empty environment: {said}")
    return 0


def build(out: Path) -> tuple[Path, Path]:
    """Builds both into ``out``; the same commit gives the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or commit_time()}
    sdist = plain(out / built("build_sdist", out, ROOT, env), int(env["SOURCE_DATE_EPOCH"]))
    with tempfile.TemporaryDirectory(prefix="florecon-sdist-") as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        wheel = out / built("build_wheel", out, next(Path(folder).iterdir()), env)
    return sdist, wheel


def plain(sdist: Path, when: int) -> Path:
    """Packs an sdist again with one time, one owner and sorted names, which setuptools does not see to."""
    with tarfile.open(sdist) as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive.getmembers() if entry.isfile()}
        contents = {name: file.read() for name, file in sorted(files.items()) if file is not None}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), when, 0o644
            archive.addfile(entry, io.BytesIO(content))
    sdist.write_bytes(gzip.compress(packed.getvalue(), mtime=when))
    return sdist


def built(hook: str, out: Path, source: Path, env: dict[str, str]) -> str:
    """Runs a hook of the build backend in ``source``; returns the name of the file that it made."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, hook, str(out)], cwd=source, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{hook} failed:\n{done.stderr[-3000:]}")
    return done.stdout.splitlines()[-1]


def commit_time() -> str:
    """The time of the last commit; 1 January 2026 outside a checkout."""
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "1767225600"


def install(wheel: Path, env: Path, *, fetch: bool) -> Path:
    """A fresh environment with the wheel in it; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(env)], check=True, env=outside())
    python = env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    options = [] if fetch else ["--no-deps", "--no-index"]
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options, str(wheel)]
    subprocess.run(pip, check=True, env=outside())
    if not fetch:
        borrow(python)
    return python


def outside() -> dict[str, str]:
    """The environment without what would lead back into this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def borrow(python: Path) -> None:
    """Lets an environment see the third-party packages of this one, and nothing of this checkout."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True, env=outside())
    site = Path(done.stdout.strip())
    links = site / "borrowed"
    links.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "florecon_build" not in entry.name and not entry.name.endswith((".pth", ".egg-link")):
            (links / entry.name).symlink_to(entry)
    (site / "borrowed.pth").write_text(f"{links}\n")


def try_out(python: Path, folder: Path) -> str:
    """A project made and reconciled by the installed wheel, far from the checkout."""
    command = str(python.with_name("florecon-build"))

    def run(*args: str, at: Path) -> str:
        done = subprocess.run([command, *args], cwd=at, env=outside(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"florecon-build {' '.join(args)} failed:\n{done.stderr}")
        return done.stdout

    run("new", "tried", at=folder)
    report = run("author", at=folder / "tried")
    if "exactly the sum of its allocations" not in report or ", engine: " not in report:
        raise SystemExit(f"unexpected report of a new project:\n{report}")
    return run("--version", at=folder).strip()


if __name__ == "__main__":
    raise SystemExit(main())
