//! A reconciliation algebra that conserves money, over an exact min-cost-flow engine.
//!
//! Three ways in, each on top of the one before:
//!
//! - [`plan`], [`nodes`] and [`recon`]: build a [`Plan`](plan::Plan) of combinators over plain closures, and run it in a
//!   [`Recon`](recon::Recon), a workspace of rows, groups and manual decisions.
//! - [`sdk`]: declare the columns a plan wants and make it a [`Plugin`](sdk::Plugin), which any host drives by JSON commands and
//!   Arrow tables; natively through a [`Session`](sdk::Session), or as a `solver.wasm` through [`export_plugin!`].
//! - [`sdk::conformance`]: hold a plugin, or any module, to what its reports promise.
//!
//! The crate builds natively and for wasm from the same source. It does no input or output, reads no clock and draws no random
//! numbers: a report is a function of rows, pinned groups, params and strategy.
//!
//! ```
//! use florecon::prelude::*;
//!
//! // pairs of equal amounts with opposite signs, whatever their order
//! let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |cents: &i64| *cents)?;
//! recon.upsert(vec![(RowId::from("sale"), 1999), (RowId::from("payment"), -1999), (RowId::from("fee"), -35)])?;
//! recon.solve()?;
//! let open: Vec<String> =
//!     recon.report().groups.iter().filter(|group| group.size == 1).map(|group| group.first.to_string()).collect();
//! assert_eq!(open, ["fee"]);
//! # Ok::<(), Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod codec;
pub mod error;
pub(crate) mod explain;
pub mod mcf;
pub mod nodes;
pub mod plan;
pub mod prelude;
pub mod recon;
pub mod report;
pub mod row_id;
pub mod sdk;
mod sorting;
pub mod value;
pub mod wire;
