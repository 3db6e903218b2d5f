//! What turns a strategy into a module that any host can drive.
//!
//! A plugin declares the columns it wants ([`schema`]), makes a row of each record ([`Record`]), and builds a strategy from its
//! params ([`params`]). [`Plugin`] ties these together; [`export_plugin!`](crate::export_plugin) makes a crate of it a
//! `solver.wasm`, and [`Session`] drives it natively by the very same bytes.

pub mod abi;
mod command;
pub mod conformance;
mod describe;
mod dispatch;
mod exact;
mod explain;
mod fetch;
pub mod harness;
mod ids;
mod ipc;
mod lane;
pub mod params;
mod plugin;
mod record;
mod reply;
mod rows;
pub mod schema;
mod serve;
mod snapshot;
mod table;

pub use abi::ABI_VERSION;
pub use harness::Session;
pub use params::{ParamSpec, ParamValues};
pub use plugin::{BuildInfo, Plugin};
pub use record::Record;
pub use schema::{Domain, Field, FieldKind, Schema};
pub use serve::serve;
