"""The generated Rust, the module and its manifest are functions of the strategy alone.

Each case compiles one strategy file in a process of its own. Python's hash seed, the locale, the time zone, the umask,
the folders and the other variables of the file differ; the bytes do not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.cargo

ROOT = Path(__file__).resolve().parents[3]

STRATEGY = """\
import florecon_build as fb
{other}
ledger = fb.columns(
    row_id=fb.integer(id=True), book=fb.text(), memo=fb.text(nullable=True), day=fb.date(), amount=fb.money(scale=2)
)
row = ledger.derive(words=fb.tokens(ledger.memo, min_length=4), initial=fb.rust("|row| row.book.left(1)"))
slack, days = fb.param("slack", 5, doc="Größe der Abweichung"), fb.param("days", 31)
strategy = fb.partition_by_with(row.initial, lambda k: fb.seq(
    fb.when(row.book == "ß İ é", fb.agg_net(row.book, tol=fb.lookup(k, {{"A": 1, "B": 2, "C": 1}}, 0) + slack)),
    fb.accept_if(fb.rust("|g| g.span(|row| row.day) <= days", rows=row, days=days), fb.signal_group(row.words)),
    fb.labeled("nächste", fb.flow(
        penalty=9, match_keys=[row.words], cost=lambda a, b: fb.tier(fb.gap(a.day, b.day) <= days, 1.5)
    )),
    fb.labeled("nächste", fb.soak_all(origin="rest")),
))
plugin = fb.Plugin("test.hidden", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
"""

COMPILE = """\
import sys
from pathlib import Path
import strategy
out = Path("out")
for name, text in strategy.plugin.rust().items():
    path = out / "rust" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
(out / "strategy.svg").write_bytes(strategy.plugin.svg().encode())
(out / "tree.txt").write_bytes(strategy.plugin.tree().encode())
strategy.plugin.build(out, profile="quick")
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a strategy and no part of it."""

    folder: str = "recon"
    other: str = ""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    umask: int = 0o022


USUAL = Surroundings(environment={"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"})

OTHERS = {
    "another user": Surroundings(
        folder="a longer place/für Bücher",
        other='spare = fb.param("spare", 1); rows = r = g = fb.columns(id=fb.integer(id=True)); k = days = spare',
        environment={
            "PYTHONHASHSEED": "4321",
            "PYTHONUTF8": "0",
            "LC_ALL": "tr_TR.ISO-8859-9",
            "LANG": "de_DE",
            "TZ": "Pacific/Kiritimati",
            "SOURCE_DATE_EPOCH": "1",
        },
        umask=0o077,
    ),
    "C locale": Surroundings(environment={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
}
"""All that differs at once, for each costs a compilation; only the locales exclude each other."""


def compiled(folder: Path, around: Surroundings) -> dict[str, bytes]:
    """Every file that the strategy becomes, by path."""
    home = folder / around.folder
    home.mkdir(parents=True)
    (home / "strategy.py").write_text(STRATEGY.format(other=around.other), encoding="utf-8")
    environment = {**os.environ, **USUAL.environment, **around.environment, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COMPILE]
    done = subprocess.run(command, cwd=home, env=environment, umask=around.umask, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    out = home / "out"
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    made = compiled(tmp_path_factory.mktemp("usual"), USUAL)
    assert {"solver.wasm", "solver.json", "rust/src/lib.rs", "rust/src/nodes.json"} <= set(made)
    assert b"// strategy.py:" in made["rust/src/lib.rs"]
    assert "Größe der Abweichung".encode() in made["solver.json"]
    assert b"is used twice" in made["solver.json"]
    return made


@pytest.mark.parametrize("name", OTHERS)
def test_the_surroundings_of_a_strategy_change_no_byte(name: str, usual: dict[str, bytes], tmp_path: Path) -> None:
    made = compiled(tmp_path, OTHERS[name])
    assert made.keys() == usual.keys()
    assert [path for path in usual if made[path] != usual[path]] == []


def test_another_strategy_changes_the_bytes(usual: dict[str, bytes], tmp_path: Path) -> None:
    """The comparison sees a difference where there is one: a default of a param."""
    made = compiled(
        tmp_path, Surroundings(other="fb.param = (lambda of: lambda name, x, doc='': of(name, x + 1))(fb.param)")
    )
    assert {path for path in usual if made[path] != usual[path]} >= {"solver.wasm", "solver.json", "rust/src/lib.rs"}
