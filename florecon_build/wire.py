"""Vocabulary of the wire between a host and a solver module.

Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit. `docs/wire.md` has the meanings.

>>> "merge" in OPS, ERROR_FIELDS["frozen_group"], TABLES["allocations"]["amount"]
(True, ('group_id',), 'int64')
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Op = Literal[
    "init",
    "upsert",
    "remove",
    "solve",
    "pin",
    "unpin",
    "dissolve",
    "detach",
    "merge",
    "report",
    "configure",
    "fetch",
    "changes",
    "snapshot",
    "restore",
    "explain",
    "shard_keys",
]
"""A command."""
OPS: Final[tuple[Op, ...]] = get_args(Op)

ARGUMENTS: Final[dict[Op, tuple[str, ...]]] = {
    "init": ("config", "strategy"),
    "upsert": (),
    "remove": ("ids",),
    "solve": ("budget", "certify", "links"),
    "pin": ("by", "group_id", "group_ids", "tol", "ids"),
    "unpin": ("group_id",),
    "dissolve": ("group_id",),
    "detach": ("group_id", "ids"),
    "merge": ("allocations", "label", "reason", "dry_run"),
    "report": (),
    "configure": ("config",),
    "fetch": ("what", "from", "count", "keys"),
    "changes": (),
    "snapshot": (),
    "restore": ("strategy",),
    "explain": ("ids", "apart"),
    "shard_keys": (),
}
"""The arguments of each command."""

Extension = Literal[
    "init.strategy",
    "solve.budget",
    "solve.certify",
    "solve.links",
    "merge.dry_run",
    "configure",
    "fetch",
    "fetch.from",
    "fetch.count",
    "fetch.keys",
    "changes",
    "snapshot",
    "restore",
    "restore.strategy",
    "explain",
    "explain.apart",
    "shard_keys",
]
"""What a module may have beyond florecon ABI version 1: a command, or an argument of one."""
EXTENSIONS: Final[tuple[Extension, ...]] = get_args(Extension)

ReplyKind = Literal[
    "report",
    "summary",
    "none",
]
"""How much of the session a reply shows."""
REPLIES: Final[tuple[ReplyKind, ...]] = get_args(ReplyKind)

PinBy = Literal[
    "group",
    "groups",
    "clean",
    "singletons",
]
"""How `pin` chooses groups."""
PINS: Final[tuple[PinBy, ...]] = get_args(PinBy)

Status = Literal[
    "proposed",
    "pinned",
]
"""The lifecycle of a group."""
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

PROPOSED: Final = "proposed"

PINNED: Final = "pinned"

UNMATCHED: Final = "unmatched"

MANUAL: Final = "manual"

NodeKind = Literal[
    "identity",
    "seq",
    "partition_by",
    "partition_by_table",
    "partition_by_with",
    "when",
    "windowed",
    "pivot",
    "fixed_point",
    "best_of",
    "labeled",
    "accept_if",
    "coalesce",
    "trim",
    "snap",
    "whole_only",
    "reclaim",
    "exact_1to1",
    "agg_net",
    "signal_group",
    "reference_net",
    "running_zero",
    "subset_net",
    "anchored_subset",
    "flow",
    "soak_all",
    "soak_small",
    "soak_if",
]
"""A kind of node."""
NODE_KINDS: Final[tuple[NodeKind, ...]] = get_args(NodeKind)

REASONS: Final[dict[NodeKind, str]] = {
    "coalesce": "coalesced",
    "reclaim": "reclaimed",
    "exact_1to1": "exact 1:1 pair",
    "agg_net": "aggregate net",
    "signal_group": "shared reference",
    "reference_net": "connected references",
    "running_zero": "running balance zero",
    "subset_net": "n:m subset",
    "anchored_subset": "1:n subset",
    "flow": "min-cost flow",
    "soak_all": "classified",
    "soak_small": "classified",
    "soak_if": "classified",
}
"""The reason of the groups that a node forms."""

LEAVES: Final[frozenset[NodeKind]] = frozenset(
    {
        "identity",
        "exact_1to1",
        "agg_net",
        "signal_group",
        "reference_net",
        "running_zero",
        "subset_net",
        "anchored_subset",
        "flow",
        "soak_all",
        "soak_small",
        "soak_if",
    }
)
"""The kinds without nodes below them."""

TableName = Literal[
    "groups",
    "allocations",
    "rows",
    "stages",
]
"""A table that `fetch` replies with."""
TABLE_NAMES: Final[tuple[TableName, ...]] = get_args(TableName)

TABLES: Final[dict[str, dict[str, str]]] = {
    "groups": {
        "group_id": "int64",
        "status": "utf8",
        "origin": "utf8",
        "reason": "utf8",
        "net": "int64",
        "size": "int64",
        "max_abs": "int64",
        "min_side": "int64",
        "node": "int32",
        "unique": "bool",
        "first_id": "int64",
    },
    "allocations": {
        "id": "int64",
        "group_id": "int64",
        "amount": "int64",
    },
    "rows": {
        "id": "int64",
        "group_id": "int64",
        "amount": "int64",
        "matched": "int64",
        "residual": "int64",
    },
    "stages": {
        "node": "int32",
        "kind": "utf8",
        "label": "utf8",
        "items_in": "int64",
        "value_in": "decimal128(38, 0)",
        "groups": "int64",
        "items_matched": "int64",
        "value_matched": "decimal128(38, 0)",
        "null_key": "int64",
        "too_small": "int64",
        "one_sided": "int64",
        "out_of_tolerance": "int64",
        "over_cap": "int64",
        "out_of_budget": "int64",
    },
    "changes": {
        "change": "utf8",
        "group_id": "int64",
        "status": "utf8",
        "origin": "utf8",
        "reason": "utf8",
        "node": "int32",
        "unique": "bool",
        "id": "int64",
        "amount": "int64",
    },
    "shard_keys": {
        "shard_key": "uint64",
    },
}
"""The columns of each table with their Arrow types; sometimes also `id_text` after `id`, and `key` of groups."""

Counter = Literal[
    "items_in",
    "value_in",
    "groups",
    "items_matched",
    "value_matched",
    "null_key",
    "too_small",
    "one_sided",
    "out_of_tolerance",
    "over_cap",
    "out_of_budget",
]
"""A counter of a stage."""
COUNTERS: Final[tuple[Counter, ...]] = get_args(Counter)

Refusal = Literal[
    "too_small",
    "one_sided",
    "out_of_tolerance",
    "over_cap",
    "out_of_budget",
]
"""A reason to refuse a bucket: a counter of the stage, and an event."""
REFUSALS: Final[tuple[Refusal, ...]] = get_args(Refusal)

RowEvent = Literal[
    "entered",
    "bucket",
    "null_key",
    "too_small",
    "one_sided",
    "out_of_tolerance",
    "over_cap",
    "out_of_budget",
    "taken",
    "surplus",
    "signals",
    "tail",
    "no_subset",
    "nearest",
    "none_left",
    "nearest_unknown",
    "matched",
    "no_candidate",
    "all_forbidden",
    "too_dear",
    "cheaper_elsewhere",
    "too_large",
    "predicate_true",
    "rival",
    "predicate_false",
    "chosen",
    "band",
    "pivot",
    "not_entered",
    "translated",
    "kept",
    "regrouped",
]
"""An event of `explain` about a row."""
ROW_EVENTS: Final[tuple[RowEvent, ...]] = get_args(RowEvent)

PairEvent = Literal[
    "different_key",
    "same_sign",
    "paired_elsewhere",
    "no_shared_key",
    "shared_key",
    "different_segment",
    "outside_window",
    "crowded_window",
    "over_cap",
    "forbidden",
    "too_dear",
    "cheaper_elsewhere",
    "matched_together",
]
"""An event of `explain` about two rows."""
PAIR_EVENTS: Final[tuple[PairEvent, ...]] = get_args(PairEvent)

ROW_EVENT_FIELDS: Final[dict[RowEvent, tuple[str, ...]]] = {
    "entered": ("amount", "size", "without?"),
    "bucket": ("size", "net", "key"),
    "null_key": (),
    "too_small": ("size", "net", "key?", "cap?", "slack?", "max_size?", "budget?"),
    "one_sided": ("size", "net", "key?", "cap?", "slack?", "max_size?", "budget?"),
    "out_of_tolerance": ("size", "net", "key?", "cap?", "slack?", "max_size?", "budget?"),
    "over_cap": ("size", "net", "key?", "cap?", "slack?"),
    "out_of_budget": ("size", "net", "max_size?", "budget?"),
    "taken": ("amount", "size", "net", "origin", "reason", "members"),
    "surplus": ("same", "opposite"),
    "signals": ("alone", "shared", "key"),
    "tail": ("size", "net", "slack"),
    "no_subset": ("max_size",),
    "nearest": ("size", "net", "members"),
    "none_left": (),
    "nearest_unknown": (),
    "matched": ("penalty", "candidates", "over_cap", "matched", "best", "cost"),
    "no_candidate": ("penalty", "candidates", "over_cap"),
    "all_forbidden": ("penalty", "candidates", "over_cap", "best"),
    "too_dear": ("penalty", "candidates", "over_cap", "best", "cost", "other_penalty"),
    "cheaper_elsewhere": ("penalty", "candidates", "over_cap", "best", "cost", "taker?", "taker_cost?"),
    "too_large": ("amount", "slack"),
    "predicate_true": (),
    "rival": ("size", "net", "members", "key?"),
    "predicate_false": (),
    "chosen": ("chosen", "score", "scores", "formed"),
    "band": ("from", "width", "size"),
    "pivot": ("amount",),
    "not_entered": ("amount",),
    "translated": ("inside", "amount"),
    "kept": ("split?", "whole?", "slack?", "size", "net", "before", "after"),
    "regrouped": ("split?", "whole?", "slack?", "size", "net", "before", "after", "members?"),
}
"""The fields of each event about a row; `?` marks one that is not always there."""

PAIR_EVENT_FIELDS: Final[dict[PairEvent, tuple[str, ...]]] = {
    "different_key": ("key", "other_key"),
    "same_sign": (),
    "paired_elsewhere": (),
    "no_shared_key": ("distance?", "width?"),
    "shared_key": ("key",),
    "different_segment": (),
    "outside_window": ("distance?", "width?"),
    "crowded_window": ("distance", "width", "cap"),
    "over_cap": ("distance?", "width?", "carriers", "cap"),
    "forbidden": (),
    "too_dear": ("cost", "penalty", "other_penalty"),
    "cheaper_elsewhere": (
        "cost",
        "penalty",
        "other_penalty",
        "taker?",
        "taker_cost?",
        "other_taker?",
        "other_taker_cost?",
    ),
    "matched_together": ("cost", "matched"),
}
"""The fields of each event about two rows, besides `with`."""

ErrorCode = Literal[
    "bad_table",
    "missing_column",
    "wrong_type",
    "null_value",
    "bad_amount",
    "amount_overflow",
    "duplicate_id",
    "bad_command",
    "no_session",
    "bad_config",
    "bad_strategy",
    "bad_cost",
    "bad_snapshot",
    "unknown_id",
    "unknown_group",
    "unknown_allocation",
    "frozen_group",
    "frozen_member",
    "degenerate_group",
    "insufficient_live_amount",
    "conservation_violated",
]
"""The code of an error of a module."""
ERROR_CODES: Final[tuple[ErrorCode, ...]] = get_args(ErrorCode)

ERROR_FIELDS: Final[dict[ErrorCode, tuple[str, ...]]] = {
    "bad_table": (),
    "missing_column": (),
    "wrong_type": (),
    "null_value": ("id",),
    "bad_amount": ("id",),
    "amount_overflow": ("id",),
    "duplicate_id": ("id",),
    "bad_command": ("id",),
    "no_session": (),
    "bad_config": (),
    "bad_strategy": (),
    "bad_cost": ("id",),
    "bad_snapshot": (),
    "unknown_id": ("id",),
    "unknown_group": ("group_id",),
    "unknown_allocation": ("id", "group_id"),
    "frozen_group": ("group_id",),
    "frozen_member": ("id",),
    "degenerate_group": (),
    "insufficient_live_amount": ("id",),
    "conservation_violated": ("id",),
}
"""What each error may name besides `code` and `message`."""
