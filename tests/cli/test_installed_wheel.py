"""End-to-end test of the installed wheel: an empty environment and folder, without a checkout.

The caches of compiled things are shared with the other tests; the runtime of the author's loop is the one that the
differential tests compile. Third-party packages are those of this environment, linked one by one.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts import dist
from scripts.dist_check import check_sdist, check_wheel
from tests.host.report.html.test_payload import inside

ROOT = Path(__file__).resolve().parents[2]
TYPED = """\
from decimal import Decimal
import datetime
from my_recon import FINGERPRINT, Row, workspace
ws = workspace(slack=5, timeout=60)
ws.upsert([
    Row(row_id=1, customer="A", day=datetime.date(2026, 1, 1), amount=Decimal("10.00"), memo="INV20001"),
    Row(row_id=2, customer="A", day=datetime.date(2026, 1, 2), amount=Decimal("-9.98"), memo="inv20001 paid"),
])
groups = ws.solve().groups.to_pylist()
print(ws.about.strategy == FINGERPRINT, [(g["size"], g["net"]) for g in groups])
"""


@dataclass(slots=True)
class InstalledUser:
    """User of an installed wheel: an environment and a folder; ``times`` are seconds per step."""

    python: Path
    folder: Path
    path: str = ""
    times: dict[str, float] = field(default_factory=dict[str, float])

    def __call__(self, *args: str, code: int = 0) -> str:
        """Runs ``florecon-build ARGS`` in the folder; standard output."""
        return self.run(str(self.python.with_name("florecon-build")), *args, code=code)

    def refused(self, *args: str) -> str:
        """Standard error of a command that lacks a compiler."""
        command = [str(self.python.with_name("florecon-build")), *args]
        env = dist.outside() | {"PATH": self.path, "HOME": str(self.folder), "CARGO_HOME": str(self.folder)}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 6, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr

    def run(self, *command: str, code: int = 0) -> str:
        """Runs a command in the folder, without access to the checkout."""
        env = dist.outside() | {"FLORECON_AUTHOR_PROFILE": "dev"}
        if self.path:
            env["PATH"] = self.path
        began = time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        name = " ".join([Path(command[0]).name, *command[1:3]])
        self.times[name] = self.times.get(name, 0.0) + time.perf_counter() - began
        assert done.returncode == code, f"{name}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert str(ROOT / "florecon_build") not in done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dist.build(tmp_path_factory.mktemp("dist"))[1]


@pytest.mark.cargo
def test_installed_wheel_from_new_project_to_packaged_solver(wheel: Path, tmp_path: Path) -> None:
    user = InstalledUser(dist.install(wheel, tmp_path / "env", fetch=False), tmp_path)
    assert "rust_runtime" not in user("doctor")
    user("new", "my-recon")
    user.folder = tmp_path / "my-recon"

    first = json.loads(user("author", "--native", "--json"))
    assert json.loads(user("author", "--json"))["steps"] == first["steps"], "the engine and the native build differ"
    strategy = user.folder / "strategy.py"
    reviewed = strategy.read_text()
    strategy.write_text(reviewed.replace("(days(a, b) <= 45)", "(days(a, b) <= 5)"))
    edited = json.loads(user("author", "--native", "--json"))
    assert edited["open"]["rows"] > first["open"]["rows"], "the edit did not reach the report"
    assert edited["seconds"].keys() == first["seconds"].keys()
    strategy.write_text(reviewed)

    assert "rustfmt and clippy" in user("check")
    user("svg", "-o", "strategy.svg")
    assert "same invoice" in (user.folder / "strategy.svg").read_text(encoding="utf-8")
    assert "the engine" in user("ship")
    manifest = json.loads((user.folder / "dist" / "solver.json").read_text())
    assert manifest["fingerprint"] == first["plugin"]["fingerprint"]
    # 25 kB of it solve what an edit can reach and say what a solve changed, 20 kB are keys of groups and text by
    # column, 11 kB number shards and keys once
    assert manifest["wasm"]["bytes"] < 865_000, "the starter's module is to stay small"
    assert "no difference" in user("diff", "strategy.py", "dist/solver.wasm")
    assert "equal: all" in user("verify")

    user("run", "dist/solver.wasm", "sample.csv", "-o", "out", "--max-exceptions", "1%", code=3)
    record = json.loads((user.folder / "out" / "run.json").read_text())
    assert record["outcome"]["steps"] == first["steps"], "the module and the author loop differ"
    with (user.folder / "out" / "exceptions.csv").open() as file:
        assert len(list(csv.reader(file))) == 1 + first["open"]["rows"]
    user("report", "out")
    page = (user.folder / "out" / "report.html").read_text(encoding="utf-8")
    content = inside(page)
    assert content["stages"][-1:] == ["small difference"]
    opened = {row for row, left in zip(content["rows"]["id"], content["rows"]["residual"], strict=True) if left}
    assert set(content["why"]) == opened, "the sample has fewer exceptions than are asked why"
    assert all(": " in reasons for reasons in content["why"].values())
    assert "data:image/svg+xml;base64," in page

    user("package")
    solver = next((user.folder / "dist").glob("*.whl"))
    assert _runs_elsewhere(wheel, solver, tmp_path) == "True [(2, 2)]"
    print("\n".join(f"{seconds:7.2f} s  {name}" for name, seconds in user.times.items()))


def _runs_elsewhere(wheel: Path, solver: Path, tmp_path: Path) -> str:
    """Output of the packaged solver in another empty environment, on a path without a compiler."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = dist.install(wheel, elsewhere / "env", fetch=False)
    other = InstalledUser(python, elsewhere, path=str(python.parent))
    pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(solver)]
    other.run(str(python), *pip)
    (elsewhere / "use.py").write_text(TYPED)
    return other.run(str(python), "use.py").strip()


@pytest.mark.slow
def test_without_a_compiler_from_install_to_report(wheel: Path, tmp_path: Path) -> None:
    """On a path without cargo and rustc: new, author, an edit, run, report, and a refusal that installs nothing."""
    began = time.perf_counter()
    python = dist.install(wheel, tmp_path / "env", fetch=False)
    user = InstalledUser(python, tmp_path, path=str(python.parent), times={"install": time.perf_counter() - began})
    user("new", "my-recon")
    user.folder = tmp_path / "my-recon"
    first = json.loads(user("author", "--json"))
    assert (first["by"], first["exact"]) == ("engine", True)
    strategy = user.folder / "strategy.py"
    strategy.write_text(strategy.read_text().replace("(days(a, b) <= 45)", "(days(a, b) <= 5)"))
    edited = json.loads(user("author", "--json"))
    assert edited["open"]["rows"] > first["open"]["rows"], "the edit did not reach the report"
    user("run", "strategy.py", "sample.csv", "-o", "out")
    record = json.loads((user.folder / "out" / "run.json").read_text())
    assert (record["solver"]["by"], record["outcome"]["steps"]) == ("engine", edited["steps"])
    user("report", "out")
    content = inside((user.folder / "out" / "report.html").read_text(encoding="utf-8"))
    assert content["stages"][-1:] == ["small difference"]
    assert "florecon-build toolchain ensure" in user.refused("ship")
    assert "florecon-build toolchain ensure" in user.refused("author", "--native")
    print("\n".join(f"{seconds:7.2f} s  {name}" for name, seconds in user.times.items()))


@pytest.mark.slow
def test_sdist_and_wheel_contents(wheel: Path) -> None:
    sdist = next(wheel.parent.glob("*.tar.gz"))
    assert [*check_sdist(sdist, ROOT), *check_wheel(wheel, ROOT)] == []


@pytest.mark.slow
def test_wheel_is_reproducible(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", dist.commit_time())
    sdist, again = dist.build(tmp_path / os.urandom(4).hex())
    assert again.read_bytes() == wheel.read_bytes()
    assert sdist.read_bytes() == next(wheel.parent.glob("*.tar.gz")).read_bytes()
