"""Script of the golden vectors: every command and every error.

A step is a command (an object, or text that is none), the name of its rows if it ships any, or bytes that are no rows.
Add new commands at the end of `STEPS`, then `python -m tests.host.golden.generate`, and read the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

DESCRIBE = "describe"
SNAPSHOT = "the last snapshot"


@dataclass(frozen=True, slots=True)
class Step:
    """One call of `dispatch`, or of `describe`; `rows` names the table or the bytes that go with it."""

    command: dict[str, Any] | str
    rows: str | None = None


def line(
    number: int,
    amount: str,
    reference: str | None = None,
    *,
    account: str = "A",
    day: int = 1,
    rate: float = 1.0,
    is_open: bool = True,
) -> dict[str, Any]:
    """One row; the id becomes a text where ids are texts."""
    when = date(2024, 1, day)
    return {
        "row_id": number, "account": account, "reference": reference, "amount": Decimal(amount), "day": when,
        "rate": rate, "open": is_open,
    }  # fmt: skip


LEDGER = [
    line(1, "10.00", "R1"),
    line(2, "-10.00", "R1", day=3),
    line(3, "7.00", account="B"),
    line(4, "-6.50", account="B"),
    line(5, "3.00", account="C", is_open=False),
    line(6, "100.00", account="D", day=2),
    line(7, "-60.00", account="D", day=4),
    line(8, "-45.00", account="D", day=9),
    line(9, "0.04", account="E", is_open=False),
    line(10, "0.00", account="E"),
]
EDGE = "92233720368547758.07"
TYPES = {
    "account": pa.string(),
    "reference": pa.string(),
    "amount": pa.decimal128(38, 2),
    "day": pa.date32(),
    "rate": pa.float64(),
    "open": pa.bool_(),
}


def table(lines: list[dict[str, Any]], textual: bool) -> pa.Table:
    """Lines as rows in the declared types."""
    made = [{**each, "row_id": name(each["row_id"], textual)} for each in lines]
    return pa.Table.from_pylist(made, schema=pa.schema({"row_id": pa.string() if textual else pa.int64(), **TYPES}))


def name(number: Any, textual: bool) -> Any:
    """A row's id in a plugin of this kind; numbers and their texts are in the same order."""
    return f"L{number:03}" if textual and isinstance(number, int) else number


def tables(textual: bool) -> dict[str, pa.Table]:
    """The tables that steps name."""
    base = table([line(20, "1.00")], textual)

    def changed(column: str, values: pa.Array) -> pa.Table:
        return base.set_column(base.column_names.index(column), column, values)

    return {
        "none": base.slice(0, 0),
        "ledger": table(LEDGER, textual),
        "the same row, later": table([line(1, "10.00", "R1", day=9)], textual),
        "another amount": table([line(1, "11.00", "R1")], textual),
        "two more": table([line(11, "5.00", account="F", rate=2.0), line(12, "-5.00", account="G")], textual),
        "floats and integers": pa.table(
            {
                "row_id": base["row_id"],
                "account": base["account"].dictionary_encode(),
                "reference": base["reference"],
                "amount": pa.array([1.1]),
                "day": pa.array([19_800], pa.int64()),
                "rate": pa.array([1], pa.int32()),
                "open": pa.array([1], pa.int8()),
                "not declared": pa.array([None]),
            }
        ),
        "no amount": base.drop_columns("amount"),
        "a text for an amount": changed("amount", pa.array(["1.00"])),
        "a null day": changed("day", pa.array([None], pa.date32())),
        "a fraction of a cent": changed("amount", pa.array([1.005])),
        "not a number": changed("rate", pa.array([float("nan")])),
        "beyond 64 bits": changed("amount", pa.array([Decimal("92233720368547758.08")], pa.decimal128(38, 2))),
        "one id twice": table([line(21, "1.00"), line(21, "1.00")], textual),
        "a rate of nothing": table([line(30, "5.00", account="H"), line(31, "-5.00", account="I", rate=0.0)], textual),
        "two large": table([line(40, EDGE, account="J"), line(41, EDGE, account="K")], textual),
    }


RAW = {"no stream": b"this is no Arrow stream", "no snapshot": b"FLORSNAP and then something else"}
ALL = [{"op": "fetch", "what": what} for what in ("groups", "allocations", "rows", "stages")]


def merge(*pairs: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"op": "merge", "allocations": [{"id": row_id, "amount": amount} for row_id, amount in pairs], **more}


STEPS: list[Step] = [
    Step(DESCRIBE),
    # nothing is there yet
    Step({"op": "solve"}),
    Step({"op": "report"}),
    Step("this is no JSON"),
    Step("[]"),
    Step({"op": "reconcile"}),
    Step({"op": "init", "config": {"slak": 1}}, "none"),
    Step({"op": "init", "config": {"slack": "much"}}, "none"),
    Step({"op": "init", "config": {"slack": -1}}, "none"),
    Step({"op": "init"}, "no stream"),
    Step({"op": "init", "config": {"slack": 60}, "reply": "none"}, "none"),
    # rows
    Step({"op": "upsert"}, "ledger"),
    Step({"op": "upsert"}, "no stream"),
    Step({"op": "upsert"}, "no amount"),
    Step({"op": "upsert"}, "a text for an amount"),
    Step({"op": "upsert"}, "a null day"),
    Step({"op": "upsert"}, "a fraction of a cent"),
    Step({"op": "upsert"}, "not a number"),
    Step({"op": "upsert"}, "beyond 64 bits"),
    Step({"op": "upsert"}, "one id twice"),
    Step({"op": "upsert", "reply": "summary"}, "floats and integers"),
    Step({"op": "remove", "ids": [20], "reply": "none"}),
    Step({"op": "remove", "ids": [1, 99]}),
    Step({"op": "remove"}),
    # solving and reading
    Step({"op": "solve"}),
    *(Step(each) for each in ALL),
    Step({"op": "fetch", "what": "everything"}),
    # in pages
    Step({"op": "fetch", "what": "groups", "from": 2, "count": 2}),
    Step({"op": "fetch", "what": "allocations", "from": 7, "count": 2}),
    Step({"op": "fetch", "what": "rows", "from": 8, "count": 100}),
    Step({"op": "fetch", "what": "stages", "count": 0}),
    Step({"op": "fetch", "what": "groups", "from": 99}),
    Step({"op": "fetch", "what": "groups", "keys": True}),
    Step({"op": "fetch", "what": "groups", "keys": "all"}),
    Step({"op": "fetch", "what": "groups", "from": -1}),
    Step({"op": "fetch", "what": "rows", "count": "all"}),
    Step({"op": "report", "reply": "summary"}),
    Step({"op": "report", "reply": "some"}),
    # decisions
    Step({"op": "pin", "by": "group", "group_id": 999}),
    Step({"op": "pin", "by": "clean", "tol": -1}),
    Step({"op": "pin", "by": "chance"}),
    Step({"op": "pin", "by": "clean", "tol": 0, "reply": "summary"}),
    Step({"op": "pin", "by": "singletons", "ids": [5, 10]}),
    Step({"op": "pin", "by": "singletons", "ids": [3]}),
    Step({"op": "pin", "by": "singletons", "ids": [99]}),
    Step({"op": "pin", "by": "groups", "group_ids": [14, 999]}),
    Step({"op": "pin", "by": "groups", "group_ids": [14]}),
    Step({"op": "pin", "by": "group", "group_id": 14, "reply": "summary"}),
    Step({"op": "unpin", "group_id": 14}),
    Step({"op": "unpin", "group_id": 14, "reply": "none"}),
    Step({"op": "unpin", "group_id": 999}),
    Step({"op": "dissolve", "group_id": 13}),
    Step({"op": "dissolve", "group_id": 999}),
    Step({"op": "detach", "group_id": 13, "ids": [1]}),
    Step({"op": "detach", "group_id": 999, "ids": [1]}),
    Step({"op": "detach", "group_id": 14, "ids": [1]}),
    Step({"op": "detach", "group_id": 14, "ids": [99]}),
    Step({"op": "detach", "group_id": 14, "ids": [4]}),
    Step({"op": "dissolve", "group_id": 18}),
    Step(merge((3, 500), (4, -500), label="agreed", reason="by telephone")),
    Step(merge((3, 100))),
    Step(merge((3, 100), (3, -100))),
    Step(merge((3, 100), (99, -100))),
    Step(merge((3, 0), (4, -1))),
    Step(merge((3, 201), (4, -1))),
    Step(merge((3, -1), (4, -1))),
    Step(merge((1, 1), (4, -1))),
    Step({"op": "merge", "allocations": [{"id": 3}]}),
    Step({"op": "merge", "allocations": [{"id": 3, "amount": 1.5}, {"id": 4, "amount": -1}]}),
    Step({"op": "solve", "reply": "none"}),
    *(Step(each) for each in ALL),
    # rows that change under decisions
    Step({"op": "upsert", "reply": "summary"}, "the same row, later"),
    Step({"op": "upsert", "reply": "summary"}, "another amount"),
    Step({"op": "remove", "ids": [3, 3], "reply": "none"}),
    Step({"op": "report"}),
    # params
    Step({"op": "configure", "config": {"slack": 5000, "weight": 2}}),
    Step({"op": "configure", "config": {"slack": 1.5}}),
    Step({"op": "configure", "config": {"window": -1}}),
    Step({"op": "configure"}),
    Step({"op": "solve"}),
    # what a solve refuses
    Step({"op": "upsert", "reply": "none"}, "a rate of nothing"),
    Step({"op": "solve"}),
    Step({"op": "report", "reply": "summary"}),
    Step({"op": "remove", "ids": [30, 31], "reply": "none"}),
    Step({"op": "upsert", "reply": "none"}, "two large"),
    Step(merge((40, 2**63 - 1), (41, 2**63 - 1))),
    Step({"op": "remove", "ids": [40, 41], "reply": "none"}),
    # steps, and the session as bytes
    Step({"op": "upsert", "reply": "none"}, "two more"),
    Step({"op": "solve", "budget": 0}),
    Step({"op": "solve", "budget": 1_000_000, "reply": "none"}),
    Step({"op": "report"}),
    Step({"op": "snapshot"}),
    Step({"op": "remove", "ids": [11, 12], "reply": "summary"}),
    Step({"op": "restore"}, "no snapshot"),
    Step({"op": "restore", "reply": "summary"}, SNAPSHOT),
    *(Step(each) for each in ALL),
    Step({"op": "init", "reply": "summary"}, "ledger"),
    Step({"op": "solve"}),
    # a solve in steps: nothing has changed until the last
    Step({"op": "remove", "ids": [1], "reply": "none"}),
    Step({"op": "solve", "budget": 1}),
    Step({"op": "solve", "budget": 1, "reply": "summary"}),
    Step({"op": "solve"}),
    # why
    Step({"op": "explain", "ids": [2]}),
    Step({"op": "explain", "ids": [3, 4]}),
    Step({"op": "explain", "ids": [3, 4], "apart": True}),
    Step({"op": "explain", "ids": [99]}),
    Step({"op": "explain", "ids": []}),
    Step({"op": "report"}),
    # proof
    Step({"op": "solve", "certify": True, "reply": "summary"}),
    Step({"op": "solve", "certify": "yes"}),
    # what the solve after the next edit runs on
    Step({"op": "solve", "links": True, "reply": "summary"}),
    Step({"op": "solve", "links": 1}),
    # where each row goes when a ledger is divided
    Step({"op": "shard_keys"}, "ledger"),
    Step({"op": "shard_keys"}, "a null day"),
    Step({"op": "shard_keys"}, "one id twice"),
    Step({"op": "report", "reply": "summary"}),
    # a merge that is answered and not carried out, then the same one carried out
    Step(merge((3, 100), (5, 300), dry_run=True, label="tried")),
    Step({"op": "report"}),
    Step(merge((3, 100), (5, 300), dry_run=True, reply="summary")),
    Step(merge((3, 100), (5, 300), dry_run=True, reply="none")),
    Step(merge((3, 70_000), (5, 300), dry_run=True)),
    Step(merge((3, 100), dry_run=True)),
    Step(merge((3, 100), (5, 300), dry_run="yes")),
    Step(merge((3, 100), (5, 300), label="tried")),
    Step(merge((3, 100), (5, 300), dry_run=True)),
    # a strategy for a module that has its own
    Step({"op": "init", "strategy": {"florecon_ir": 1}}, "none"),
    # what a solve changes
    Step({"op": "init", "config": {"slack": 60}, "reply": "none"}, "ledger"),
    Step({"op": "solve", "reply": "none"}),
    Step({"op": "changes"}),
    Step({"op": "upsert", "reply": "none"}, "another amount"),
    Step({"op": "remove", "ids": [3], "reply": "none"}),
    Step({"op": "changes"}),
    Step({"op": "solve", "reply": "none"}),
    Step({"op": "changes"}),
]


def spoken(command: dict[str, Any] | str, textual: bool) -> dict[str, Any] | str:
    """The command for a plugin of this kind: its ids are the rows' own."""
    if isinstance(command, str):
        return command
    made = dict(command)
    if "ids" in made:
        made["ids"] = [name(each, textual) for each in made["ids"]]
    if "allocations" in made:
        made["allocations"] = [{**each, "id": name(each["id"], textual)} for each in made["allocations"]]
    return made
