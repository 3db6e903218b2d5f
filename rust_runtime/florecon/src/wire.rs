//! Vocabulary of the wire between a host and a module.
//!
//! Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit.
//!
//! ```
//! use florecon::wire::{ErrorCode, Op, column, kind};
//! assert_eq!(Op::from_name("merge"), Some(Op::Merge));
//! assert_eq!(ErrorCode::FrozenGroup.name(), "frozen_group");
//! assert_eq!((kind::AGG_NET, column::GROUP_ID), ("agg_net", "group_id"));
//! ```

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Opens an empty workspace and ingests the batch.
    Init,
    /// Ingests the batch: inserts rows, or replaces rows of the same id. The reply names the pinned groups that it demoted (`demoted`).
    Upsert,
    /// Removes rows. The reply names the pinned groups that it demoted (`demoted`).
    Remove,
    /// Runs the strategy on the amounts that are not pinned and replaces the proposed groups.
    Solve,
    /// Pins groups: later solves keep them as they are. The reply to `clean` has how many it pinned (`pinned`).
    Pin,
    /// Makes a pinned group a proposed one.
    Unpin,
    /// Breaks a proposed group up.
    Dissolve,
    /// Takes rows out of a proposed group.
    Detach,
    /// Makes one pinned group of exact amounts, taken from proposed groups. The reply has its `group_id`.
    Merge,
    /// Changes nothing and replies with the report.
    Report,
    /// Changes parameters; rows and pinned groups stay, and the next solve uses the new values.
    Configure,
    /// Replies with a table as an Arrow IPC stream.
    Fetch,
    /// Replies with the groups that the last solve removed and added, as an Arrow IPC stream.
    Changes,
    /// Replies with the whole session as bytes.
    Snapshot,
    /// Takes the bytes of a snapshot in the place of the batch; the session that they hold replaces the current one.
    Restore,
    /// Replies with what the strategy does with the rows.
    Explain,
    /// Replies with a number for each row of the batch, as an Arrow IPC stream; the batch is not ingested.
    ShardKeys,
}

impl Op {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 17] = [
        Self::Init,
        Self::Upsert,
        Self::Remove,
        Self::Solve,
        Self::Pin,
        Self::Unpin,
        Self::Dissolve,
        Self::Detach,
        Self::Merge,
        Self::Report,
        Self::Configure,
        Self::Fetch,
        Self::Changes,
        Self::Snapshot,
        Self::Restore,
        Self::Explain,
        Self::ShardKeys,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Upsert => "upsert",
            Self::Remove => "remove",
            Self::Solve => "solve",
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Dissolve => "dissolve",
            Self::Detach => "detach",
            Self::Merge => "merge",
            Self::Report => "report",
            Self::Configure => "configure",
            Self::Fetch => "fetch",
            Self::Changes => "changes",
            Self::Snapshot => "snapshot",
            Self::Restore => "restore",
            Self::Explain => "explain",
            Self::ShardKeys => "shard_keys",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// Arguments of commands.
pub mod argument {
    /// `config`
    pub const CONFIG: &str = "config";
    /// `strategy`
    pub const STRATEGY: &str = "strategy";
    /// `ids`
    pub const IDS: &str = "ids";
    /// `budget`
    pub const BUDGET: &str = "budget";
    /// `certify`
    pub const CERTIFY: &str = "certify";
    /// `links`
    pub const LINKS: &str = "links";
    /// `by`
    pub const BY: &str = "by";
    /// `group_id`
    pub const GROUP_ID: &str = "group_id";
    /// `group_ids`
    pub const GROUP_IDS: &str = "group_ids";
    /// `tol`
    pub const TOL: &str = "tol";
    /// `allocations`
    pub const ALLOCATIONS: &str = "allocations";
    /// `label`
    pub const LABEL: &str = "label";
    /// `reason`
    pub const REASON: &str = "reason";
    /// `dry_run`
    pub const DRY_RUN: &str = "dry_run";
    /// `what`
    pub const WHAT: &str = "what";
    /// `from`
    pub const FROM: &str = "from";
    /// `count`
    pub const COUNT: &str = "count";
    /// `keys`
    pub const KEYS: &str = "keys";
    /// `apart`
    pub const APART: &str = "apart";
}

/// What this runtime has beyond florecon ABI version 1.
pub const EXTENSIONS: [&str; 17] = [
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
];

/// How much of the session a reply shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The whole report as JSON; the default.
    Report,
    /// Counts only: `rows`, `groups`, `allocations`, `proposed`, `pinned`, `unmatched_rows`.
    Summary,
    /// No report.
    None,
}

impl Reply {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 3] = [Self::Report, Self::Summary, Self::None];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Summary => "summary",
            Self::None => "none",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// How `pin` chooses groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinBy {
    /// One group.
    Group,
    /// Several groups, all or none.
    Groups,
    /// The proposed groups of at least two rows whose net is within a tolerance.
    Clean,
    /// The proposed groups of size one of each row.
    Singletons,
}

impl PinBy {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 4] = [Self::Group, Self::Groups, Self::Clean, Self::Singletons];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Groups => "groups",
            Self::Clean => "clean",
            Self::Singletons => "singletons",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// The lifecycle of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Made by the last solve, or unmatched; the next solve replaces it.
    Proposed,
    /// Decided; every solve keeps it.
    Pinned,
}

impl Status {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 2] = [Self::Proposed, Self::Pinned];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Pinned => "pinned",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// Origins that the workspace gives by itself.
pub mod origin {
    /// The group of one row that holds what no other group holds of it.
    pub const UNMATCHED: &str = "unmatched";
    /// A merge that gives no label.
    pub const MANUAL: &str = "manual";
}

/// Kinds of nodes.
pub mod kind {
    /// `identity`
    pub const IDENTITY: &str = "identity";
    /// `seq`
    pub const SEQ: &str = "seq";
    /// `partition_by`
    pub const PARTITION_BY: &str = "partition_by";
    /// `partition_by_table`
    pub const PARTITION_BY_TABLE: &str = "partition_by_table";
    /// `partition_by_with`
    pub const PARTITION_BY_WITH: &str = "partition_by_with";
    /// `when`
    pub const WHEN: &str = "when";
    /// `windowed`
    pub const WINDOWED: &str = "windowed";
    /// `pivot`
    pub const PIVOT: &str = "pivot";
    /// `fixed_point`
    pub const FIXED_POINT: &str = "fixed_point";
    /// `best_of`
    pub const BEST_OF: &str = "best_of";
    /// `labeled`
    pub const LABELED: &str = "labeled";
    /// `accept_if`
    pub const ACCEPT_IF: &str = "accept_if";
    /// `coalesce`
    pub const COALESCE: &str = "coalesce";
    /// `trim`
    pub const TRIM: &str = "trim";
    /// `snap`
    pub const SNAP: &str = "snap";
    /// `whole_only`
    pub const WHOLE_ONLY: &str = "whole_only";
    /// `reclaim`
    pub const RECLAIM: &str = "reclaim";
    /// `exact_1to1`
    pub const EXACT_1TO1: &str = "exact_1to1";
    /// `agg_net`
    pub const AGG_NET: &str = "agg_net";
    /// `signal_group`
    pub const SIGNAL_GROUP: &str = "signal_group";
    /// `reference_net`
    pub const REFERENCE_NET: &str = "reference_net";
    /// `running_zero`
    pub const RUNNING_ZERO: &str = "running_zero";
    /// `subset_net`
    pub const SUBSET_NET: &str = "subset_net";
    /// `anchored_subset`
    pub const ANCHORED_SUBSET: &str = "anchored_subset";
    /// `flow`
    pub const FLOW: &str = "flow";
    /// `soak_all`
    pub const SOAK_ALL: &str = "soak_all";
    /// `soak_small`
    pub const SOAK_SMALL: &str = "soak_small";
    /// `soak_if`
    pub const SOAK_IF: &str = "soak_if";
}

/// Reasons of the groups that a node forms.
pub mod reason {
    /// `coalesced`
    pub const COALESCE: &str = "coalesced";
    /// `reclaimed`
    pub const RECLAIM: &str = "reclaimed";
    /// `exact 1:1 pair`
    pub const EXACT_1TO1: &str = "exact 1:1 pair";
    /// `aggregate net`
    pub const AGG_NET: &str = "aggregate net";
    /// `shared reference`
    pub const SIGNAL_GROUP: &str = "shared reference";
    /// `connected references`
    pub const REFERENCE_NET: &str = "connected references";
    /// `running balance zero`
    pub const RUNNING_ZERO: &str = "running balance zero";
    /// `n:m subset`
    pub const SUBSET_NET: &str = "n:m subset";
    /// `1:n subset`
    pub const ANCHORED_SUBSET: &str = "1:n subset";
    /// `min-cost flow`
    pub const FLOW: &str = "min-cost flow";
    /// `classified`
    pub const SOAK_ALL: &str = "classified";
    /// `classified`
    pub const SOAK_SMALL: &str = "classified";
    /// `classified`
    pub const SOAK_IF: &str = "classified";
}

/// A table that `fetch` replies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableName {
    /// A line is a group, in the order of the report.
    Groups,
    /// A line is an amount of a row in a group, by group in the order of the report and by id.
    Allocations,
    /// A line is a row, by id.
    Rows,
    /// A line is a node of the strategy, over the last solve.
    Stages,
}

impl TableName {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 4] = [Self::Groups, Self::Allocations, Self::Rows, Self::Stages];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Allocations => "allocations",
            Self::Rows => "rows",
            Self::Stages => "stages",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// Columns of the tables.
pub mod column {
    /// `group_id`
    pub const GROUP_ID: &str = "group_id";
    /// `status`
    pub const STATUS: &str = "status";
    /// `origin`
    pub const ORIGIN: &str = "origin";
    /// `reason`
    pub const REASON: &str = "reason";
    /// `net`
    pub const NET: &str = "net";
    /// `size`
    pub const SIZE: &str = "size";
    /// `max_abs`
    pub const MAX_ABS: &str = "max_abs";
    /// `min_side`
    pub const MIN_SIDE: &str = "min_side";
    /// `node`
    pub const NODE: &str = "node";
    /// `unique`
    pub const UNIQUE: &str = "unique";
    /// `first_id`
    pub const FIRST_ID: &str = "first_id";
    /// `key`
    pub const KEY: &str = "key";
    /// `id`
    pub const ID: &str = "id";
    /// `id_text`
    pub const ID_TEXT: &str = "id_text";
    /// `amount`
    pub const AMOUNT: &str = "amount";
    /// `matched`
    pub const MATCHED: &str = "matched";
    /// `residual`
    pub const RESIDUAL: &str = "residual";
    /// `kind`
    pub const KIND: &str = "kind";
    /// `label`
    pub const LABEL: &str = "label";
    /// `items_in`
    pub const ITEMS_IN: &str = "items_in";
    /// `value_in`
    pub const VALUE_IN: &str = "value_in";
    /// `groups`
    pub const GROUPS: &str = "groups";
    /// `items_matched`
    pub const ITEMS_MATCHED: &str = "items_matched";
    /// `value_matched`
    pub const VALUE_MATCHED: &str = "value_matched";
    /// `null_key`
    pub const NULL_KEY: &str = "null_key";
    /// `too_small`
    pub const TOO_SMALL: &str = "too_small";
    /// `one_sided`
    pub const ONE_SIDED: &str = "one_sided";
    /// `out_of_tolerance`
    pub const OUT_OF_TOLERANCE: &str = "out_of_tolerance";
    /// `over_cap`
    pub const OVER_CAP: &str = "over_cap";
    /// `out_of_budget`
    pub const OUT_OF_BUDGET: &str = "out_of_budget";
    /// `change`
    pub const CHANGE: &str = "change";
    /// `shard_key`
    pub const SHARD_KEY: &str = "shard_key";
}

/// A counter of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Input lots.
    ItemsIn,
    /// Sum of the absolute input amounts, in minor units of the numeraire active at the node.
    ValueIn,
    /// Groups formed by the node.
    Groups,
    /// Members of these groups.
    ItemsMatched,
    /// Absolute amounts in these groups.
    ValueMatched,
    /// Lots with a null key, which passed through.
    NullKey,
    /// Buckets of fewer than two lots.
    TooSmall,
    /// Buckets all of one sign.
    OneSided,
    /// Buckets that did not net within the tolerance.
    OutOfTolerance,
    /// Buckets or keys with more lots than the cap; lots that a cap keeps from a part of their window.
    OverCap,
    /// Buckets given up because the search ran out of its budget.
    OutOfBudget,
}

impl Counter {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 11] = [
        Self::ItemsIn,
        Self::ValueIn,
        Self::Groups,
        Self::ItemsMatched,
        Self::ValueMatched,
        Self::NullKey,
        Self::TooSmall,
        Self::OneSided,
        Self::OutOfTolerance,
        Self::OverCap,
        Self::OutOfBudget,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ItemsIn => "items_in",
            Self::ValueIn => "value_in",
            Self::Groups => "groups",
            Self::ItemsMatched => "items_matched",
            Self::ValueMatched => "value_matched",
            Self::NullKey => "null_key",
            Self::TooSmall => "too_small",
            Self::OneSided => "one_sided",
            Self::OutOfTolerance => "out_of_tolerance",
            Self::OverCap => "over_cap",
            Self::OutOfBudget => "out_of_budget",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// A reason to refuse a bucket: a counter of the stage, and an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The bucket has fewer than two lots.
    TooSmall,
    /// The lots of the bucket have one sign.
    OneSided,
    /// The bucket, or what was searched of it, does not net within the tolerance.
    OutOfTolerance,
    /// More lots share the key, or are connected, than the cap allows.
    OverCap,
    /// The search in the bucket was given up after its budget of steps.
    OutOfBudget,
}

impl Refusal {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 5] = [
        Self::TooSmall,
        Self::OneSided,
        Self::OutOfTolerance,
        Self::OverCap,
        Self::OutOfBudget,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::OneSided => "one_sided",
            Self::OutOfTolerance => "out_of_tolerance",
            Self::OverCap => "over_cap",
            Self::OutOfBudget => "out_of_budget",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

impl Refusal {
    /// The event of the same name.
    #[must_use]
    pub const fn event(self) -> EventName {
        match self {
            Self::TooSmall => EventName::TooSmall,
            Self::OneSided => EventName::OneSided,
            Self::OutOfTolerance => EventName::OutOfTolerance,
            Self::OverCap => EventName::OverCap,
            Self::OutOfBudget => EventName::OutOfBudget,
        }
    }
}

/// The name of an event of `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    /// The rows are in two buckets.
    DifferentKey,
    /// The rows have the same sign.
    SameSign,
    /// Each row's turn came with another partner.
    PairedElsewhere,
    /// The rows share no key.
    NoSharedKey,
    /// The rows share this key.
    SharedKey,
    /// The running balance was zero between the rows.
    DifferentSegment,
    /// The rows lie further apart than the window.
    OutsideWindow,
    /// The rows lie within the window, but neither is among the nearest of the other.
    CrowdedWindow,
    /// More lots share the key, or are connected, than the cap allows.
    OverCap,
    /// The cost of the pair is null.
    Forbidden,
    /// The cheapest candidate costs more than both penalties.
    TooDear,
    /// The whole is cheaper without this pair; `taker` took the candidate.
    CheaperElsewhere,
    /// The rows are matched with each other.
    MatchedTogether,
    /// The row came to the node.
    Entered,
    /// The row is in this bucket.
    Bucket,
    /// The row's key is null, so it passes through.
    NullKey,
    /// The bucket has fewer than two lots.
    TooSmall,
    /// The lots of the bucket have one sign.
    OneSided,
    /// The bucket, or what was searched of it, does not net within the tolerance.
    OutOfTolerance,
    /// The search in the bucket was given up after its budget of steps.
    OutOfBudget,
    /// The row is in a new group.
    Taken,
    /// The other side of the bucket has fewer lots of this amount.
    Surplus,
    /// How many of the row's keys other rows carry, and how many no other row carries.
    Signals,
    /// The row comes after the last balance of zero.
    Tail,
    /// No subset with the row nets within the tolerance.
    NoSubset,
    /// Of the subsets with the open row the one that comes nearest to netting.
    Nearest,
    /// Nothing is left that could be in a subset with the row.
    NoneLeft,
    /// The search for the nearest subset with the row was given up after its limit of steps.
    NearestUnknown,
    /// The row is matched; `best` took most of it.
    Matched,
    /// No row of the opposite sign shares a key with the row or is near it.
    NoCandidate,
    /// The cost of every candidate is null; `best` is the one of the nearest amount.
    AllForbidden,
    /// The amount is more than what counts as small.
    TooLarge,
    /// The predicate is true for the row, which goes to the inner node.
    PredicateTrue,
    /// Another group that the node could have formed as well has the row, or a row that it was matched with.
    Rival,
    /// The predicate is false for the row, which passes through; or `accept` for the group that it would be in.
    PredicateFalse,
    /// One of several strategies was taken; the events of the others are not told.
    Chosen,
    /// The row is in this band.
    Band,
    /// The row enters the other numeraire with this amount.
    Pivot,
    /// The row has no amount in the other numeraire, so it passes through.
    NotEntered,
    /// What was matched in the other numeraire, and what that is in this one.
    Translated,
    /// The row's group stays as it is.
    Kept,
    /// The row's group was changed or dissolved; `size` and `net` are those before.
    Regrouped,
}

impl EventName {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 42] = [
        Self::DifferentKey,
        Self::SameSign,
        Self::PairedElsewhere,
        Self::NoSharedKey,
        Self::SharedKey,
        Self::DifferentSegment,
        Self::OutsideWindow,
        Self::CrowdedWindow,
        Self::OverCap,
        Self::Forbidden,
        Self::TooDear,
        Self::CheaperElsewhere,
        Self::MatchedTogether,
        Self::Entered,
        Self::Bucket,
        Self::NullKey,
        Self::TooSmall,
        Self::OneSided,
        Self::OutOfTolerance,
        Self::OutOfBudget,
        Self::Taken,
        Self::Surplus,
        Self::Signals,
        Self::Tail,
        Self::NoSubset,
        Self::Nearest,
        Self::NoneLeft,
        Self::NearestUnknown,
        Self::Matched,
        Self::NoCandidate,
        Self::AllForbidden,
        Self::TooLarge,
        Self::PredicateTrue,
        Self::Rival,
        Self::PredicateFalse,
        Self::Chosen,
        Self::Band,
        Self::Pivot,
        Self::NotEntered,
        Self::Translated,
        Self::Kept,
        Self::Regrouped,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DifferentKey => "different_key",
            Self::SameSign => "same_sign",
            Self::PairedElsewhere => "paired_elsewhere",
            Self::NoSharedKey => "no_shared_key",
            Self::SharedKey => "shared_key",
            Self::DifferentSegment => "different_segment",
            Self::OutsideWindow => "outside_window",
            Self::CrowdedWindow => "crowded_window",
            Self::OverCap => "over_cap",
            Self::Forbidden => "forbidden",
            Self::TooDear => "too_dear",
            Self::CheaperElsewhere => "cheaper_elsewhere",
            Self::MatchedTogether => "matched_together",
            Self::Entered => "entered",
            Self::Bucket => "bucket",
            Self::NullKey => "null_key",
            Self::TooSmall => "too_small",
            Self::OneSided => "one_sided",
            Self::OutOfTolerance => "out_of_tolerance",
            Self::OutOfBudget => "out_of_budget",
            Self::Taken => "taken",
            Self::Surplus => "surplus",
            Self::Signals => "signals",
            Self::Tail => "tail",
            Self::NoSubset => "no_subset",
            Self::Nearest => "nearest",
            Self::NoneLeft => "none_left",
            Self::NearestUnknown => "nearest_unknown",
            Self::Matched => "matched",
            Self::NoCandidate => "no_candidate",
            Self::AllForbidden => "all_forbidden",
            Self::TooLarge => "too_large",
            Self::PredicateTrue => "predicate_true",
            Self::Rival => "rival",
            Self::PredicateFalse => "predicate_false",
            Self::Chosen => "chosen",
            Self::Band => "band",
            Self::Pivot => "pivot",
            Self::NotEntered => "not_entered",
            Self::Translated => "translated",
            Self::Kept => "kept",
            Self::Regrouped => "regrouped",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// Fields of events.
pub mod field {
    /// The other row of a pair event.
    pub const WITH: &str = "with";
    /// 1 in a step inside a `pivot`.
    pub const PIVOTED: &str = "pivoted";
    /// The amount of the row.
    pub const AMOUNT: &str = "amount";
    /// The lots of the bag, bucket, band or group.
    pub const SIZE: &str = "size";
    /// The sum of these lots.
    pub const NET: &str = "net";
    /// The other of two rows, when it is not in the bag.
    pub const WITHOUT: &str = "without";
    /// The key of the bucket, or one that the row carries.
    pub const KEY: &str = "key";
    /// The key of the other row.
    pub const OTHER_KEY: &str = "other_key";
    /// How many lots or neighbours the node allows.
    pub const CAP: &str = "cap";
    /// The tolerance of the bucket.
    pub const SLACK: &str = "slack";
    /// The largest subset that is searched for.
    pub const MAX_SIZE: &str = "max_size";
    /// The steps of a search.
    pub const BUDGET: &str = "budget";
    /// The origin of the group.
    pub const ORIGIN: &str = "origin";
    /// The reason of the group.
    pub const REASON: &str = "reason";
    /// Up to 20 members of the group.
    pub const MEMBERS: &str = "members";
    /// The lots with this amount.
    pub const SAME: &str = "same";
    /// The lots with the opposite amount.
    pub const OPPOSITE: &str = "opposite";
    /// The keys that no other row carries.
    pub const ALONE: &str = "alone";
    /// The keys that other rows carry.
    pub const SHARED: &str = "shared";
    /// The penalty of leaving the row.
    pub const PENALTY: &str = "penalty";
    /// The penalty of leaving the other row.
    pub const OTHER_PENALTY: &str = "other_penalty";
    /// The candidates of the row.
    pub const CANDIDATES: &str = "candidates";
    /// The keys of the row that more rows carry than the cap allows.
    pub const OVER_CAP: &str = "over_cap";
    /// How much is matched.
    pub const MATCHED: &str = "matched";
    /// The cheapest candidate, or the one that took most of the row.
    pub const BEST: &str = "best";
    /// The cost of the pair.
    pub const COST: &str = "cost";
    /// The row that took the candidate, or the first of two rows.
    pub const TAKER: &str = "taker";
    /// The cost of that pair.
    pub const TAKER_COST: &str = "taker_cost";
    /// The row that took the second of two rows.
    pub const OTHER_TAKER: &str = "other_taker";
    /// The cost of that pair.
    pub const OTHER_TAKER_COST: &str = "other_taker_cost";
    /// The rows that carry the key.
    pub const CARRIERS: &str = "carriers";
    /// The distance of the rows in the order.
    pub const DISTANCE: &str = "distance";
    /// The width of the window or band.
    pub const WIDTH: &str = "width";
    /// The first value of the order in the band.
    pub const FROM: &str = "from";
    /// The amount in the other numeraire.
    pub const INSIDE: &str = "inside";
    /// The amount of the row in groups before.
    pub const BEFORE: &str = "before";
    /// The amount of the row in groups after.
    pub const AFTER: &str = "after";
    /// The member with a residual.
    pub const SPLIT: &str = "split";
    /// The strategy that was taken, from 1.
    pub const CHOSEN: &str = "chosen";
    /// How strategies are compared.
    pub const SCORE: &str = "score";
    /// The matched value, or the number of matched rows, of each strategy.
    pub const SCORES: &str = "scores";
    /// The groups of each strategy.
    pub const FORMED: &str = "formed";
    /// The net of the group with all that came of its rows.
    pub const WHOLE: &str = "whole";
}

/// The code of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// Not a table: no Arrow stream, a truncated one, or an object that holds no rows.
    BadTable,
    /// A declared column is not there.
    MissingColumn,
    /// A column's type, or a cell, cannot become the declared type without loss.
    WrongType,
    /// A null in a column that is not nullable.
    NullValue,
    /// An amount that is NaN, infinite, or no whole number of minor units.
    BadAmount,
    /// An amount, or a sum of them, beyond 64 bits of minor units.
    AmountOverflow,
    /// The same id twice in one batch, or in one merge.
    DuplicateId,
    /// An unknown operation, or a missing or mistyped field.
    BadCommand,
    /// A command before `init`.
    NoSession,
    /// An unknown parameter, or a value of another type or out of range.
    BadConfig,
    /// A strategy sent as data that cannot be run, or to a module that takes none; the message names the place.
    BadStrategy,
    /// A cost or penalty that is NaN, infinite, negative where it may not be, or too large.
    BadCost,
    /// A snapshot that is damaged, or of another strategy or runtime.
    BadSnapshot,
    /// No row has this id.
    UnknownId,
    /// No group has this id (now).
    UnknownGroup,
    /// The row is not in the group that the call is about.
    UnknownAllocation,
    /// The group is pinned; unpin it first.
    FrozenGroup,
    /// All of the row's amount sits in pinned groups.
    FrozenMember,
    /// A merge of fewer than two rows.
    DegenerateGroup,
    /// A merge of more than is there, or of the other sign.
    InsufficientLiveAmount,
    /// The strategy lost or invented money, or the optimality of a flow does not hold; nothing was changed.
    ConservationViolated,
}

impl ErrorCode {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 21] = [
        Self::BadTable,
        Self::MissingColumn,
        Self::WrongType,
        Self::NullValue,
        Self::BadAmount,
        Self::AmountOverflow,
        Self::DuplicateId,
        Self::BadCommand,
        Self::NoSession,
        Self::BadConfig,
        Self::BadStrategy,
        Self::BadCost,
        Self::BadSnapshot,
        Self::UnknownId,
        Self::UnknownGroup,
        Self::UnknownAllocation,
        Self::FrozenGroup,
        Self::FrozenMember,
        Self::DegenerateGroup,
        Self::InsufficientLiveAmount,
        Self::ConservationViolated,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadTable => "bad_table",
            Self::MissingColumn => "missing_column",
            Self::WrongType => "wrong_type",
            Self::NullValue => "null_value",
            Self::BadAmount => "bad_amount",
            Self::AmountOverflow => "amount_overflow",
            Self::DuplicateId => "duplicate_id",
            Self::BadCommand => "bad_command",
            Self::NoSession => "no_session",
            Self::BadConfig => "bad_config",
            Self::BadStrategy => "bad_strategy",
            Self::BadCost => "bad_cost",
            Self::BadSnapshot => "bad_snapshot",
            Self::UnknownId => "unknown_id",
            Self::UnknownGroup => "unknown_group",
            Self::UnknownAllocation => "unknown_allocation",
            Self::FrozenGroup => "frozen_group",
            Self::FrozenMember => "frozen_member",
            Self::DegenerateGroup => "degenerate_group",
            Self::InsufficientLiveAmount => "insufficient_live_amount",
            Self::ConservationViolated => "conservation_violated",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}
