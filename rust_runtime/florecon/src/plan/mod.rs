//! Plan tree, executor and run state of a strategy.
//!
//! A [`Plan`] is a tree of the [nodes](crate::nodes). Each node maps a bag of lots to groups and a residual. Invariant: for every
//! row, the sum of its group amounts plus its residual equals what came in. Bags are in ascending id order, buckets in the order
//! of their smallest id, and keys are compared exactly, so the result is a function of the rows and the plan alone.
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

pub(crate) mod answer;
pub(crate) mod arena;
pub(crate) mod buckets;
pub(crate) mod counter_delta;
pub(crate) mod executor;
mod flat_shard_cache;
pub(crate) mod group;
pub(crate) mod group_columns;
pub(crate) mod item;
pub(crate) mod key_numbers;
pub(crate) mod links;
pub(crate) mod lot;
pub(crate) mod names;
pub(crate) mod node_id;
pub(crate) mod operator;
pub(crate) mod routing;
pub(crate) mod row_shards;
pub(crate) mod row_table;
pub(crate) mod run_state;
pub(crate) mod shard_cache;
pub(crate) mod shard_rows;
mod stage;
pub(crate) mod tolerance;
pub(crate) mod tree;

pub use answer::Answer;
pub use buckets::Key;
pub use group::Group;
pub use item::{Item, by_id, constant, one_bucket};
pub use stage::Stage;
pub use tolerance::{Tol, abs_tol, nets, rel_gross_tol, rel_max_tol, rel_side_tol, rel_tol};
pub use tree::Plan;
