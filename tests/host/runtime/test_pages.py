"""Pages of a report's tables: put together they are the tables, wherever they are cut."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import BrokenReply, Workspace
from florecon_build.host.runtime import commands
from florecon_build.host.workspace import unchecked_tables
from tests.host.runtime.test_believed import ROWS, TRUTH, module
from tests.support.wat_modules import ABOUT


def plugin(*, textual: bool) -> fb.Plugin:
    identity = fb.text(id=True) if textual else fb.integer(id=True)
    row = fb.columns(row_id=identity, account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
    best = fb.flow(penalty=20, match_keys=[row.account], cost=lambda a, b: fb.gap(a.day, b.day) * 1.0)
    steps = fb.seq(fb.exact_1to1(row.account), best, fb.soak_small(5))
    return fb.Plugin("test.pages", "1.0.0", rows=row, numeraire=row.amount, strategy=steps)


def ledger(seed: int, *, textual: bool) -> pa.Table:
    dice = random.Random(seed)
    ids = dice.sample(range(1000), 40)
    return pa.table(
        {
            "row_id": [f"r{number}" for number in ids] if textual else ids,
            "account": [dice.choice("AB") for _ in ids],
            "day": pa.array([dice.randrange(30) for _ in ids], pa.int32()).cast(pa.date32()),
            "amount": [dice.choice([5.0, -5.0, 12.5, -8.0, 0.03, -3.0]) for _ in ids],
        }
    )


@pytest.mark.parametrize("textual", [False, True])
@pytest.mark.parametrize("lines", [1, 3, 8, 40, 41])
def test_pages_are_the_table(textual: bool, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 40 rows, 40 lines are one whole page and an empty one."""
    with Workspace(plugin(textual=textual)) as workspace:
        assert workspace.about.has("fetch.count")
        for seed in range(4):
            workspace.upsert(ledger(seed, textual=textual))
            stages = workspace.solve().stages
            whole = unchecked_tables(workspace)
            assert whole["allocations"].num_rows > whole["rows"].num_rows  # some row is matched in two parts
            monkeypatch.setattr(commands, "PAGE_LINES", lines)
            assert {what: table.to_pylist() for what, table in unchecked_tables(workspace).items()} == {
                what: table.to_pylist() for what, table in whole.items()
            }
            assert workspace.solve().stages == stages
            monkeypatch.undo()
            workspace.remove(whole["rows"]["id_text" if textual else "id"].to_pylist())


def test_other_lines_than_were_asked_for_are_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that leaves `from` or `count` out of account."""
    about: dict[str, Any] = {
        **ABOUT,
        "extensions": [*ABOUT.get("extensions", []), "fetch", "fetch.from", "fetch.count"],
    }
    with Workspace(module(TRUTH, "tables", about=about)) as workspace:
        workspace.upsert(ROWS)
        assert workspace.solve().rows.num_rows == 3
        for lines, what in ((1, "groups"), (2, "groups"), (3, "allocations")):
            monkeypatch.setattr(commands, "PAGE_LINES", lines)
            with pytest.raises(BrokenReply, match=f"fetch of {what} has other lines than"):
                _ = workspace.solve().rows
