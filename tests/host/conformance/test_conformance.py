"""Conformance kit: accepts correct modules, and detects each violated invariant with a minimal set of rows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.codegen.build.rustc import TARGET
from florecon_build.codegen.build.toolchain import ensure
from florecon_build.host.conformance import Verdict, run
from tests.host.conformance.fake import (
    ByArrival,
    ByBatch,
    Clings,
    Counts,
    Forgets,
    Honest,
    Lingers,
    Loses,
    Miscounts,
    Obliging,
    Refuses,
    TakesTwice,
    Trips,
)
from tests.support.ledger import LINES
from tests.support.wat_modules import ABOUT, REPLY_AT, on, packed, solver

REFUSED_AT = 60_000
ROWS = pa.table(
    {
        "row_id": [2, 1, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12],
        "amount": [500, 500, -500, 70, -70, 30, 9, -9, 30, -30, 500, 1],
    }
)


def judged(kind: type[Honest], rows: pa.Table = ROWS, native: type[Honest] | None = None) -> Verdict:
    return run("test.fake", kind, rows, "row_id", native=native)


def test_an_honest_module_passes() -> None:
    verdict = judged(Honest, native=Honest)
    assert verdict.ok, str(verdict)
    assert len(verdict.checks) == 10
    assert str(verdict).startswith("test.fake: 10 of 10 checks hold\nok     takes the rows\n")


@pytest.mark.parametrize(
    ("kind", "check", "rows"),
    [
        (TakesTwice, "unique ids", 1),
        (Miscounts, "unique ids", 2),
        (Loses, "conservation", 3),
        (Counts, "idempotent upsert", 1),
        (ByArrival, "order independence", 3),
        (ByBatch, "batch independence", 2),
        (Clings, "warm equals cold", 3),
        (Forgets, "pin neutrality", 1),
        (Lingers, "pin neutrality", 2),
        (Trips, "refusal", 2),
        (Obliging, "refusal", 0),
    ],
)
def test_a_broken_promise_is_caught_with_few_rows(kind: type[Honest], check: str, rows: int) -> None:
    verdict = judged(kind)
    assert not verdict
    found = {failure.check: failure for failure in verdict.failures}
    assert check in found, str(verdict)
    failure = found[check]
    assert failure.expected != failure.got
    assert len(failure.ids) == failure.rows.num_rows == rows, str(failure)
    assert str(failure) in str(verdict)


def test_builds_that_differ_are_told_apart() -> None:
    verdict = judged(Honest, native=Loses)
    assert [failure.check for failure in verdict.failures] == ["wasm equals native"]
    assert len(verdict.failures[0].ids) == 3
    assert "the native build" in str(verdict)


def test_rows_with_one_id_are_the_callers_fault() -> None:
    verdict = judged(Honest, pa.table({"row_id": [1, 2, 1], "amount": [1, 2, 3]}))
    assert [(failure.check, failure.ids) for failure in verdict.failures] == [("takes the rows", (1, 1))]
    assert "\n--     conservation: not run, as the ids are not unique\n" in str(verdict)


def test_no_rows_at_all_are_fine() -> None:
    assert judged(Honest, ROWS.slice(0, 0))


def test_the_hand_written_plugin_passes(solver_wasm: Path) -> None:
    verdict = fb.conformance(solver_wasm, LINES)
    assert verdict.ok, str(verdict)
    assert list(verdict.not_run) == ["wasm equals native"]
    assert str(verdict).endswith("\n--     wasm equals native: not compared, as there is no native build of it here")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A module of another maker, compiled from its one file."""
    toolchain = ensure(lambda _: None)
    out = tmp_path_factory.mktemp("foreign") / "pairs.wasm"
    source = Path(__file__).parent / "foreign" / "pairs.rs"
    command = [toolchain.compiler.rustc, *toolchain.flags, "--edition=2021", "--crate-type=cdylib", "-Copt-level=1"]
    linker = toolchain.env.get("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER")
    command += ["-Cpanic=abort", f"--target={TARGET}", f"-o{out}", *([f"-Clinker={linker}"] if linker else [])]
    subprocess.run([*command, source], check=True)
    return out.read_bytes()


def test_a_foreign_module_passes(foreign: bytes) -> None:
    verdict = fb.conformance(foreign, ROWS)
    assert verdict.ok, str(verdict)
    assert verdict.module == "other.pairs 3"


def test_a_foreign_module_that_loses_a_cent_is_caught(foreign: bytes) -> None:
    verdict = fb.conformance(foreign, ROWS, {"fault": "lose"})
    # a verb that names the rows of a group reads the report, and the host refuses this one
    found = [("conservation", (2, 1)), ("refusal", (2, 1))]
    assert [(failure.check, failure.ids) for failure in verdict.failures] == found
    assert "FAILED conservation\n  expected: 500 of row 2 after a solve\n  got:      499\n" in str(verdict)


@pytest.mark.cargo
def test_a_plugin_with_text_ids_is_compared_with_its_native_build() -> None:
    ledger = fb.columns(
        invoice=fb.text(id=True), booked=fb.date(), amount=fb.money(scale=2), memo=fb.text(nullable=True)
    )
    strategy = fb.seq(
        fb.labeled("memo", fb.signal_group(fb.tokens(ledger.memo), tol=5)),
        fb.flow(penalty=100, match_keys=[fb.amount_key()], cost=lambda a, b: 1.0 * fb.gap(a.booked, b.booked)),
    )
    plugin = fb.Plugin("test.texts", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=strategy)
    rows = [
        {"Nr": f"{'ä' if at % 2 else 'Z'}{at}", "booked": 19_000 + at * 5 % 7, "amount": cents, "memo": memo}
        for at, (cents, memo) in enumerate(
            [
                ("1.00", "x1"),
                ("-1.03", "X1"),
                ("7.00", None),
                ("-7.00", None),
                ("7.00", "rent"),
                ("0.00", ""),
                ("-9", "-"),
            ]
        )
    ]
    verdict = fb.conformance(plugin, rows, columns={"invoice": "Nr"}, text_amounts="point")
    assert verdict.ok, str(verdict)
    assert (verdict.checks[-1], dict(verdict.not_run)) == ("wasm equals native", {})


def test_a_foreign_module_without_extensions_is_judged() -> None:
    """It knows only a JSON report, always the same one, so it is wrong before there is a row."""
    group = {"group_id": 1, "status": "proposed", "origin": "unmatched", "net": 500, "size": 1}
    report = {"groups": [group], "allocations": [{"id": 1, "group_id": 1, "amount": 500}]}
    reply = json.dumps({"ok": True, "report": report}).encode()
    about = {name: value for name, value in ABOUT.items() if name != "build"}
    refused = b'{"ok":false,"error":{"code":"bad_command","message":"no fetch here"}}'
    data = "".join(f"\\{byte:02x}" for byte in refused)
    foreign = solver(
        about=about,
        reply=reply,
        dispatch=on("f", packed(REFUSED_AT, len(refused)), packed(REPLY_AT, len(reply))),
        extra=f'(data (i32.const {REFUSED_AT}) "{data}")',
    )
    rows = [{"row_id": 1, "amount": 5.0, "memo": None}, {"row_id": 2, "amount": -5.0, "memo": "x"}]
    verdict = fb.conformance(foreign, rows)
    found = {failure.check: failure for failure in verdict.failures}
    assert (found["unique ids"].got, found["unique ids"].ids) == ("1 is a row that was never sent", ())


def test_a_module_that_cannot_solve_the_rows_has_that_one_failure() -> None:
    verdict = judged(Refuses)
    assert [(failure.check, len(failure.ids)) for failure in verdict.failures] == [("takes the rows", 2)]
    assert "amount_overflow: too much" in str(verdict)
