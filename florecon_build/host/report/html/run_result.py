"""Content of the HTML page: the tables and facts of a run, who prepared it, and what its book says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from florecon_build.host.report.pivot_nets import pivots_of
from florecon_build.host.report.step_names import step_names
from florecon_build.host.report.summary import Tables


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the strategy: its id, kind, label and place in the tree (`partition_by > seq[2] > labeled`).

    `label` is the tag of a labeled one; `facts` has the columns of a key, the amount column of a pivot and its
    scale.
    """

    id: int
    kind: str
    path: str
    label: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Title block of the page; what is not known is left as a line to fill in."""

    entity: str = ""
    account: str = ""
    period: str = ""
    preparer: str = ""
    reviewer: str = ""
    prepared_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided: `what` it was (a match, a resolution), on which rows, why, and who confirmed it."""

    what: str
    rows: str
    who: str
    when: str = ""
    why: str = ""
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPage:
    """What a book adds: balances of the period and of the one before, decisions, first-seen periods, head of the chain.

    `balances` and `before` are as in the book: one mapping a currency and account with `opening`, `new`, `cleared`,
    `closing` and `cleared_by`, in minor units.
    """

    balances: Sequence[Mapping[str, object]] = ()
    before: Sequence[Mapping[str, object]] = ()
    before_name: str = ""
    decisions: Sequence[Decision] = ()
    first_seen: Mapping[str, str] = field(default_factory=dict[str, str])
    status: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Run result: the content of the HTML page.

    Parameters
    - `title`: the strategy's name and version. `facts`: name and text of each line of the footer.
    - `ledger`: the input rows; `id_column` is the name of their id column.
    - `rows`, `groups`, `allocations`: the report's tables, amounts in minor units of `scale` decimals.
    - `nodes`: the strategy's nodes; a group belongs to the label around the node that formed it.
    - `tree`: the strategy as text; `drawing`: the same as SVG.
    - `why`: reasons of open rows, by id as text.
    - `journal`: the entries of `Report.journal`, where accounts were given.
    - `currency`, `account`: the columns with separate totals, as the plugin declares them.
    - `amount_column`: the input column of the amounts, if there is one. `whole_rows`: false where a part of rows is set
      aside.
    - `date_column`, `as_of`: date column and reference date of the ageing; by default the latest date of the column.
    - `signing`, `book`: the title block, and what a book adds.
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
    journal: pa.Table | None = None
    currency: str | None = None
    account: str | None = None
    amount_column: str | None = None
    whole_rows: bool = True
    date_column: str | None = None
    as_of: date | None = None
    signing: Signing = field(default_factory=Signing)
    book: BookPage | None = None

    def tables(self) -> Tables:
        """The tables that the totals are computed from."""
        names = step_names(self.nodes)
        return Tables(
            rows=self.rows,
            input=self.ledger,
            groups=self.groups,
            allocations=self.allocations,
            id_name=self.id_column,
            scale=self.scale,
            step_names=names,
            currency=self.currency,
            account=self.account,
            pivots=pivots_of(self.nodes),
            amount_column=self.amount_column,
            whole_rows=self.whole_rows,
        )
