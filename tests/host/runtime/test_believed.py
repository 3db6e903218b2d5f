"""No module is believed: a report that drops, changes or invents a row is refused on every path."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from florecon_build.cli.run_folder import hashes
from florecon_build.host import ConservationViolated, Store, StoredWorkspace, Workspace
from florecon_build.host.report.tables import from_json
from tests.cli.command import Completed, florecon
from tests.support.wat_modules import ABOUT, reporting

ROWS = pa.table(
    {"row_id": [1, 2, 3], "amount": pa.array([99.75, -99.75, 7.0]), "memo": pa.array([None] * 3, pa.string())}
)
TRUTH: dict[str, list[dict[str, Any]]] = {
    "groups": [
        {"group_id": 1, "status": "proposed", "net": 0, "size": 2, "origin": "flow"},
        {"group_id": 2, "status": "proposed", "net": 700, "size": 1, "origin": "unmatched"},
    ],
    "allocations": [
        {"id": 1, "group_id": 1, "amount": 9975},
        {"id": 2, "group_id": 1, "amount": -9975},
        {"id": 3, "group_id": 2, "amount": 700},
    ],
}
PLAIN: dict[str, Any] = {**ABOUT, "build": {}}


def told(*rows: tuple[int, int]) -> dict[str, list[dict[str, Any]]]:
    """A report in itself sound, over these rows and amounts, each alone."""
    groups = [
        {"group_id": place, "status": "proposed", "net": amount, "size": 1, "origin": "unmatched"}
        for place, (_, amount) in enumerate(rows, start=1)
    ]
    places = [{"id": row, "group_id": place, "amount": amount} for place, (row, amount) in enumerate(rows, start=1)]
    return {"groups": groups, "allocations": places}


LIES = {
    "drops a row": (told((1, 9975), (2, -9975)), "lacks row 3"),
    "drops all": (told(), r"lacks row 1 \(and 2 more\)"),
    "changes an amount": (told((1, 9975), (2, -9975), (3, 701)), "changes row 3.*700 minor units.*reported with 701"),
    "cuts off the cents": (told((1, 9900), (2, -9900), (3, 700)), "changes row 1"),
    "invents a row": (told((1, 9975), (2, -9975), (3, 700), (4, 1)), "row 4, which was not shipped"),
    "gives a row another id": (told((1, 9975), (2, -9975), (9, 700)), "row 9, which was not shipped"),
    "swaps two amounts": (told((1, -9975), (2, 9975), (3, 700)), "changes row 1"),
}


def module(report: dict[str, list[dict[str, Any]]], path: str, **more: Any) -> bytes:
    """The module that tells this report, as tables or as JSON."""
    if path == "json":
        return reporting(None, report, **{"about": PLAIN, **more})
    return reporting({**from_json(report), "stages": STAGES}, **more)


STAGES = pa.table(
    {
        name: pa.array([], kind)
        for name, kind in {
            "node": pa.int32(),
            "kind": pa.string(),
            "label": pa.string(),
            "value_in": pa.decimal128(38, 0),
            "value_matched": pa.decimal128(38, 0),
            **dict.fromkeys(
                ("items_in", "groups", "items_matched", "null_key", "too_small", "one_sided", "out_of_tolerance",
                 "over_cap", "out_of_budget"), pa.int64()),
        }.items()
    }
)  # fmt: skip
PATHS = ("tables", "json")


@pytest.mark.parametrize("path", PATHS)
def test_the_truth_is_taken(path: str, tmp_path: Path) -> None:
    with Workspace(module(TRUTH, path)) as ws:
        ws.upsert(ROWS)
        report = ws.solve()
        assert report.rows["residual"].to_pylist() == [0, 0, 700]
        assert report.groups["max_abs"].to_pylist() == [9975, 700]
    done = ran(module(TRUTH, path), tmp_path)
    assert done.code == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert (record["outcome"]["rows"], record["amounts"]) == (3, {"column": "amount", "scale": 2})
    assert florecon("report", str(tmp_path / "out")).code == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(path: str, lie: str) -> None:
    report, message = LIES[lie]
    with Workspace(module(report, path)) as ws:
        ws.upsert(ROWS)
        for what in ("groups", "allocations", "rows"):
            with pytest.raises(ConservationViolated, match=message) as caught:
                getattr(ws.solve(), what)
            assert caught.value.code == "conservation_violated"
        with pytest.raises(ConservationViolated):
            ws.pin_where(lambda g: g.net == 0)


@pytest.mark.parametrize("path", PATHS)
def test_a_lie_is_refused_by_a_stored_workspace_and_on_the_command_line(path: str, tmp_path: Path) -> None:
    report, message = LIES["changes an amount"]
    wasm = module(report, path)
    store, ws = Store(tmp_path / "desk.sqlite"), Workspace(wasm)
    ws.upsert(ROWS)
    with pytest.raises(ConservationViolated, match=message):
        StoredWorkspace(ws, store, who="anna")
    done = ran(wasm, tmp_path)
    assert done.code == 5
    assert "changes row 3" in " ".join((done.out + done.err).split())
    assert not (tmp_path / "out" / "run.json").exists()


def test_tables_that_do_not_agree_are_refused() -> None:
    tables = {**from_json(TRUTH), "stages": STAGES}
    at = tables["groups"].column_names.index("net")
    groups = tables["groups"].set_column(at, "net", pa.array([1, 700]))
    with Workspace(reporting({**tables, "groups": groups})) as ws:
        ws.upsert(ROWS)
        with pytest.raises(ConservationViolated, match=r"group \d+: net is 1"):
            _ = ws.report().allocations


def test_rows_are_made_from_allocations_whatever_the_module_says_of_them() -> None:
    tables = {**from_json(TRUTH), "stages": STAGES}
    rows = tables["rows"].set_column(3, "matched", pa.array([9975, -9975, 700]))
    with Workspace(reporting({**tables, "rows": rows})) as ws:
        ws.upsert(ROWS)
        assert ws.report().rows.equals(tables["rows"])


def test_what_is_taken_back_is_not_expected() -> None:
    with Workspace(module(TRUTH, "tables")) as ws:
        ws.upsert(ROWS)
        with suppress(InterruptedError), ws.transaction():
            ws.upsert({"row_id": [4], "amount": [1.0], "memo": [None]})
            raise InterruptedError
        assert ws.report().rows.num_rows == 3
        ws.upsert({"row_id": [4], "amount": [1.0], "memo": [None]})
        with pytest.raises(ConservationViolated, match="lacks row 4"):
            _ = ws.report().rows
        ws.remove([4])
        assert ws.report().rows.num_rows == 3


@pytest.mark.parametrize("path", PATHS)
def test_a_module_that_computes_its_amounts_says_so(path: str, tmp_path: Path) -> None:
    turned = told((1, -9975), (2, 9975), (3, 700))
    numeraire = {"scale": 2, "column": None}
    about = {**(PLAIN if path == "json" else ABOUT), "numeraire": numeraire}
    with Workspace(module(turned, path, about=about)) as ws:
        ws.upsert(ROWS)
        assert ws.report().rows.num_rows == 3
        assert ws.about.numeraire_is_derived
    done = ran(module(turned, path, about=about), tmp_path)
    assert done.code == 0, done.err
    said = "amounts are computed by the solver, not read from a column"
    assert said in " ".join(done.out.split())
    page = tmp_path / "page.html"
    assert florecon("report", str(tmp_path / "out"), "--page", str(page)).code == 0
    assert "computed by the solver, not read from a column" in page.read_text(encoding="utf-8")


def ran(wasm: bytes, folder: Path) -> Completed:
    (folder / "solver.wasm").write_bytes(wasm)
    (folder / "rows.csv").write_text("row_id,amount,memo\n1,99.75,\n2,-99.75,\n3,7.00,\n", encoding="utf-8")
    return florecon(
        "run", str(folder / "solver.wasm"), str(folder / "rows.csv"), "-o", str(folder / "out"), "--explain", "0"
    )


def test_a_report_of_a_run_is_compared_with_its_input(tmp_path: Path) -> None:
    assert ran(module(TRUTH, "tables"), tmp_path).code == 0
    out = tmp_path / "out"
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    lie = from_json(LIES["changes an amount"][0])
    for name, table in lie.items():
        pq.write_table(table, str(out / "data" / f"{name}.parquet"))
    record["outputs"] = {name: digest for name, digest in hashes(out).items() if name != "run.json"}
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    done = florecon("report", str(out))
    assert done.code != 0
    assert "changes row 3" in " ".join((done.out + done.err).split())
