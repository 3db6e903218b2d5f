//! Constructors of the nodes of a [`Plan`](crate::plan::Plan), one module each. `docs/semantics.md` is normative for what a node
//! does.

mod accept;
mod agg_net;
mod basic;
mod best_of;
mod coalesce;
mod exact;
pub(crate) mod flow;
mod label;
mod partition;
mod pivot;
mod reclaim;
mod reference_net;
mod running_zero;
mod signal;
mod soak;
mod subset;
mod trim_snap;
mod windowed;

pub use accept::{accept_if, whole_only};
pub use agg_net::{agg_net, agg_net_accepting};
pub use basic::{fixed_point, identity, seq, when};
pub use best_of::{Score, best_of, fewest_groups, matched_items, matched_value};
pub use coalesce::coalesce;
pub use exact::exact_1to1;
pub use flow::{Flow, flow};
pub use label::labeled;
pub use partition::{partition_by, partition_by_table, partition_by_with};
pub use pivot::pivot;
pub use reclaim::reclaim;
pub use reference_net::reference_net;
pub use running_zero::{running_zero, running_zero_accepting};
pub use signal::{signal_group, signal_group_accepting};
pub use soak::{Mode, bucket, singleton, soak_all, soak_if, soak_small};
pub use subset::{Preference, anchored_subset, closest, fewest, subset_net, subset_net_accepting};
pub use trim_snap::{snap, trim};
pub use windowed::windowed;
