//! SDK tests over the bytes of the wire.

mod bad_tables;
mod commands;
mod common;
mod conformance;
mod explains;
mod fetches;
mod fuzz;
mod modules;
mod refusals;
mod snapshots;
mod tables;
mod text_columns;
