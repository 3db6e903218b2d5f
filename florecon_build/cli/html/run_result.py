"""Run result: the tables and facts that the HTML page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the strategy: its id, kind, label and place in the tree (`partition_by > seq[2] > labeled`)."""

    id: int
    kind: str
    path: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """Run result: the content of the HTML page.

    Parameters
    - `title`: the strategy's name and version. `facts`: name and text of each line of the footer.
    - `ledger`: the input rows; `id_column` is the name of their id column.
    - `rows`, `groups`, `allocations`: the report's tables, amounts in minor units; `scale` is the number of
      decimals shown.
    - `nodes`: the strategy's nodes; a group belongs to the label around the node that formed it.
    - `tree`: the strategy as text; `drawing`: the same as SVG.
    - `why`: reasons of open rows, by id as text.
    - `by`: the column with separate totals, such as a currency.
    - `date_column`, `as_of`: date column and reference date of the ageing; by default the latest date of the column.
    """

    title: str
    ledger: pa.Table
    id_column: str
    rows: pa.Table
    groups: pa.Table
    allocations: pa.Table
    scale: int = 2
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    nodes: tuple[Node, ...] = ()
    tree: str = ""
    drawing: str | None = None
    why: Mapping[str, str] = field(default_factory=dict[str, str])
    by: str | None = None
    date_column: str | None = None
    as_of: date | None = None
