"""Public API of florecon_build: every name that an author or a host program uses."""

from __future__ import annotations

from florecon_build.about import about
from florecon_build.codegen.version import VERSION
from florecon_build.conformance import Verdict, conformance
from florecon_build.frontend.closure.rust import rust
from florecon_build.frontend.column_spec import ColumnSpec
from florecon_build.frontend.columns import boolean, date, integer, money, real, text
from florecon_build.frontend.combinators import (
    accept_if,
    coalesce,
    fixed_point,
    for_n,
    identity,
    labeled,
    partition_by,
    partition_by_with,
    pivot,
    seq,
    snap,
    trim,
    when,
    whole_only,
    windowed,
)
from florecon_build.frontend.diagnostics import collecting
from florecon_build.frontend.flow import flow
from florecon_build.frontend.functions import abs_ as abs
from florecon_build.frontend.functions import (
    clamp,
    fill,
    first_of,
    gap,
    is_null,
    lookup,
    max_of,
    min_of,
    minor_units,
    month_end,
    sign,
    tier,
    where,
)
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import BooleanExpr, Expr
from florecon_build.frontend.keys import (
    amount_key,
    concat,
    dice,
    jaro_winkler,
    nets,
    ngrams,
    prefix,
    prefix_similarity,
    sorted_pair,
    token_set,
    tokens,
)
from florecon_build.frontend.leaves import (
    agg_net,
    exact_1to1,
    running_zero,
    signal_group,
    soak_all,
    soak_if,
    soak_small,
    subset_net,
)
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr, NumberExpr, RealExpr
from florecon_build.frontend.parameters import (
    Tolerance,
    abs_tol,
    minor,
    param,
    rel_gross_tol,
    rel_max_tol,
    rel_side_tol,
    rel_tol,
)
from florecon_build.frontend.plugin_data import diff
from florecon_build.frontend.row_class import Lane, lane
from florecon_build.frontend.rows import DynamicRows, Lot, Rows, Side, columns
from florecon_build.frontend.strategy import Strategy
from florecon_build.frontend.text import DateExpr, ListExpr, TextExpr, TupleExpr
from florecon_build.host import (
    ABI_VERSION,
    Book,
    Change,
    ContractMismatch,
    FloreconError,
    PluginError,
    Report,
    Store,
    Workspace,
    load,
    verify,
)
from florecon_build.ir.errors import MissingLaneError, Problem, Severity, StrategyError
from florecon_build.ir.json_format import IrError
from florecon_build.plugin import Plugin
from florecon_build.scale import Reconciled, explain_shards, reconcile
from florecon_build.sharding import ShardPlan
from florecon_build.sources import Source

__version__ = VERSION

__all__ = [
    "ABI_VERSION",
    "Book",
    "BooleanExpr",
    "Change",
    "ColumnSpec",
    "ContractMismatch",
    "DateExpr",
    "DynamicRows",
    "Expr",
    "FloreconError",
    "Group",
    "IntegerExpr",
    "IrError",
    "Lane",
    "ListExpr",
    "Lot",
    "MissingLaneError",
    "MoneyExpr",
    "NumberExpr",
    "Plugin",
    "PluginError",
    "Problem",
    "RealExpr",
    "Reconciled",
    "Report",
    "Rows",
    "Severity",
    "ShardPlan",
    "Side",
    "Source",
    "Store",
    "Strategy",
    "StrategyError",
    "TextExpr",
    "Tolerance",
    "TupleExpr",
    "Verdict",
    "Workspace",
    "about",
    "abs",
    "abs_tol",
    "accept_if",
    "agg_net",
    "amount_key",
    "boolean",
    "clamp",
    "coalesce",
    "collecting",
    "columns",
    "concat",
    "conformance",
    "date",
    "dice",
    "diff",
    "exact_1to1",
    "explain_shards",
    "fill",
    "first_of",
    "fixed_point",
    "flow",
    "for_n",
    "gap",
    "identity",
    "integer",
    "is_null",
    "jaro_winkler",
    "labeled",
    "lane",
    "load",
    "lookup",
    "max_of",
    "min_of",
    "minor",
    "minor_units",
    "money",
    "month_end",
    "nets",
    "ngrams",
    "param",
    "partition_by",
    "partition_by_with",
    "pivot",
    "prefix",
    "prefix_similarity",
    "real",
    "reconcile",
    "rel_gross_tol",
    "rel_max_tol",
    "rel_side_tol",
    "rel_tol",
    "running_zero",
    "rust",
    "seq",
    "sign",
    "signal_group",
    "snap",
    "soak_all",
    "soak_if",
    "soak_small",
    "sorted_pair",
    "subset_net",
    "text",
    "tier",
    "token_set",
    "tokens",
    "trim",
    "verify",
    "when",
    "where",
    "whole_only",
    "windowed",
]
