"""Populations of a reconciliation: open and matched rows by the scenario that the maker of the files gives them.

The scenario of a row is read from the files beside the ledger: no strategy sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import florecon_build as fb
from examples import page
from florecon_build.sources import Reading, load, read

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "peer_contexts"


@dataclass(frozen=True, slots=True)
class Population:
    """The rows of one scenario: how many are matched in full, in part and not at all, and the amounts in cents."""

    source: str
    scenario: str
    leg: str
    rows: int
    full: int
    part: int
    none: int
    matched: int
    open: int


def read_all(project: Path, data: Path, plugin: fb.Plugin) -> list[Reading]:
    """The declared sources of an example, from a folder with its files."""
    about = plugin.description
    sources = load(project / "florecon.toml").values()
    return [
        read(source, [data / name for name in source.files], about.fields, id_name=about.id_name) for source in sources
    ]


def scenarios(project: Path, data: Path) -> dict[str, str]:
    """The scenario of each id of the files, read for the comparison alone."""
    columns = fb.columns(row_id=fb.text(id=True), scenario=fb.text(), amount=fb.money(scale=2))
    plugin = fb.Plugin("scenario", "1.0.0", rows=columns, numeraire=columns.amount, strategy=fb.identity())
    found: dict[str, str] = {}
    for declared in load(project / "florecon.toml").values():
        amount = declared.columns.get("amount", declared.rows[0].columns["amount"] if declared.rows else None)
        rules = {"row_id": declared.columns["row_id"]} | ({} if amount is None else {"amount": amount})
        source = fb.Source(name=declared.name, columns=rules, timezone=declared.timezone)
        files = [data / name for name in declared.files]
        table = read(source, files, plugin.description.fields, id_name="row_id").table
        found |= dict(zip(table["row_id"].to_pylist(), table["scenario"].to_pylist(), strict=True))
    return found


def populations(
    readings: Sequence[Reading], report: fb.Report, scenario: Mapping[str, str], unmatched: Sequence[str] = ()
) -> list[Population]:
    """Counts by source, scenario and leg.

    Parameters: `unmatched` names origins that classify what is left, and match nothing.
    """
    ledger = pa.concat_tables([reading.table for reading in readings])
    legs = ledger["leg"].to_pylist() if "leg" in ledger.column_names else [""] * ledger.num_rows
    leg = dict(zip(ledger["row_id"].to_pylist(), legs, strict=True))
    origin = {group["group_id"]: group["origin"] for group in report.groups.to_pylist()}
    matched: dict[str, int] = {}
    for part in report.allocations.to_pylist():
        if origin[part["group_id"]] not in {"unmatched", *unmatched}:
            matched[part["id_text"]] = matched.get(part["id_text"], 0) + part["amount"]
    found: dict[tuple[str, str, str], Population] = {}
    for row in report.rows.to_pylist():
        name, amount, done = row["id_text"], row["amount"], matched.get(row["id_text"], 0)
        key = name.split(":")[0], scenario[name.rpartition("/")[0] or name], leg[name]
        one = found.get(key, Population(*key, 0, 0, 0, 0, 0, 0))
        state = (done == amount, 0 < abs(done) < abs(amount), done == 0 != amount)
        found[key] = Population(
            *key,
            one.rows + 1,
            one.full + state[0],
            one.part + state[1],
            one.none + state[2],
            one.matched + abs(done),
            one.open + abs(amount - done),
        )
    return list(found.values())


def show(found: Sequence[Population]) -> None:
    """Prints the populations as a table."""
    rows = [
        (
            one.source,
            one.scenario,
            one.leg,
            *(f"{count:,}" for count in (one.rows, one.full, one.part, one.none)),
            page.amount(one.matched),
            page.amount(one.open),
        )
        for one in found
    ]
    heads = ("source", "scenario", "leg", "rows", "matched", "in part", "open", "amount matched", "amount open")
    page.show(page.console(), page.table("By scenario", heads, rows, text=(0, 1, 2)))


def run(project: Path, context: str, plugin: fb.Plugin, given: Path | None, unmatched: Sequence[str] = ()) -> None:
    """Reads, reconciles by the interpreter, and prints control totals and populations."""
    data = given or SHARED / context / "data"
    if not data.is_dir():
        raise SystemExit(f"{page.place(data)} is not here: give the folder with the files of {context}")
    readings = read_all(project, data, plugin)
    for reading in readings:
        for total in reading.totals:
            print(f"{reading.source.name:12} {total.currency} {total.rows:6,} rows, net {total.net:>16,}")
    report = plugin.simulate(pa.concat_tables([reading.table for reading in readings]))
    show(populations(readings, report, scenarios(project, data), unmatched))
