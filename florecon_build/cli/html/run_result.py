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
class Outcome:
    """A reconciliation as a page shows it.

    Parameters
    - `title`: the strategy's name and version. `facts`: what stands below it and at the foot, name to text.
    - `ledger`: the input, one line a row; `id_column` names its ids.
    - `rows`, `groups`, `allocations`: the report's tables, amounts in minor units; `scale` is how many decimals they
      are shown with.
    - `nodes`: the strategy's nodes; groups are put under the label above the node that formed them.
    - `tree`: the strategy as text; `drawing`: the same as SVG.
    - `why`: for open rows, by id as text, why they did not match.
    - `by`: the column that separates amounts that do not add up, such as a currency.
    - `date_column`, `as_of`: what open items age from, and until when; the last date of the column unless given.
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
