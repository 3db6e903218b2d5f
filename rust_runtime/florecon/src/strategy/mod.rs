//! The algebra: strategies that take a bag of lots apart into groups and a residual, and lose nothing.
//!
//! A [`Plan`] is a tree of nodes built by the functions here. Each maps a bag to groups and a residual so that, for
//! every row, `sum of its group amounts + residual = what came in`. Bags are presented in ascending id order, buckets
//! in the order of their smallest id, and keys are compared exactly, so that the outcome depends on nothing but the
//! rows and the plan.
//!
//! ```
//! use florecon::prelude::*;
//!
//! struct Line { account: i64, amount: i64 }
//!
//! let plan: Plan<Line> = partition_by(
//!     |i: Item<Line>| Some(i.row.account),
//!     seq(vec![exact_1to1(one_bucket, by_id), soak_small(abs_tol(5), "rounding", singleton())]),
//! );
//! let mut recon = Recon::new(plan, |line: &Line| line.amount)?;
//! recon.upsert(vec![
//!     (RowId::from(1), Line { account: 7, amount: 100 }),
//!     (RowId::from(2), Line { account: 7, amount: -100 }),
//!     (RowId::from(3), Line { account: 7, amount: 4 }),
//! ])?;
//! recon.solve()?;
//! let origins: Vec<String> = recon.report().groups.iter().map(|g| g.origin.to_string()).collect();
//! assert_eq!(origins, ["exact_1to1", "rounding"]);
//! # Ok::<(), Error>(())
//! ```

mod accept;
mod agg_net;
mod answer;
pub(crate) mod arena;
mod basic;
mod bucket;
mod coalesce;
mod edges;
mod exact;
mod extremes;
mod flow;
mod flow_candidates;
pub(crate) mod flow_memory;
mod flow_told;
mod flow_window;
mod group;
mod item;
mod label;
pub(crate) mod lot;
pub(crate) mod names;
mod partition;
mod pivot;
mod plan;
pub(crate) mod probe;
pub(crate) mod recall;
mod routing;
pub(crate) mod run;
mod running_zero;
mod shown;
mod signal;
mod skip;
mod soak;
mod spine;
mod subset;
mod subset_search;
pub(crate) mod task;
mod tolerance;
mod windowed;

pub use accept::{accept_if, whole_only};
pub use agg_net::agg_net;
pub use answer::Answer;
pub use basic::{fixed_point, identity, seq, when};
pub use bucket::Key;
pub use coalesce::coalesce;
pub use edges::{snap, trim};
pub use exact::exact_1to1;
pub use flow::{Flow, flow};
pub use group::Group;
pub use item::{Item, by_id, constant, one_bucket};
pub use label::labeled;
pub use partition::{partition_by, partition_by_table, partition_by_with};
pub use pivot::pivot;
pub use plan::Plan;
pub use running_zero::running_zero;
pub use shown::Shown;
pub(crate) use shown::show_text;
pub use signal::signal_group;
pub use soak::{Mode, bucket, singleton, soak_all, soak_if, soak_small};
pub use subset::subset_net;
pub use tolerance::{Tol, abs_tol, nets, rel_max_tol, rel_tol};
pub use windowed::windowed;
