//! Engine module: runs a strategy that `init` carries as data, with the nodes, executor and solver of the runtime.
//!
//! A strategy's IR is checked whole and compiled to register code ([`code`]) before anything runs; what is wrong with it
//! is a `bad_strategy` that names the place. A row is its place in packed columns ([`columns`]), whose derived lanes are
//! computed column by column at ingest. A report, an explanation and a snapshot are those of the compiled module.
#![deny(unsafe_code)]

mod canonical;
mod code;
mod columns;
mod ir;
mod key;
mod plan;
mod program;

pub use columns::Row;
pub use program::{Engine, Program};

florecon::export_plugin!(Engine);
