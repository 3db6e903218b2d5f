//! Plugin SDK: makes a strategy a module that any host can drive.
//!
//! A plugin declares its columns ([`schema`]), makes a row of each record ([`Record`]), and builds a plan from its params
//! ([`params`]). [`Plugin`] ties these together; [`export_plugin!`](crate::export_plugin) makes a crate of it a `solver.wasm`,
//! and [`Session`] drives it natively with the same bytes.

pub mod abi;
mod command;
pub mod conformance;
mod decimal;
mod describe;
mod dispatch;
mod explain;
mod fetch;
mod group_key;
mod ipc;
mod lane;
mod ordinals;
pub mod params;
mod plugin;
mod program;
mod record;
mod reply;
mod row_lines;
pub mod schema;
mod serve;
pub mod session;
mod snapshot;
mod table;

pub use abi::ABI_VERSION;
pub use params::{ParamSpec, ParamValues};
pub use plugin::{AmountColumn, BuildInfo, Plugin};
pub use program::{Compiled, Load, Numeraire, Program};
pub use record::{Record, Records};
pub use schema::{Domain, Field, FieldKind, Schema};
pub use serve::serve;
pub use session::Session;
