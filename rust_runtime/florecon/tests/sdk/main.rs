//! The SDK from the outside: bytes in, bytes out, as a host sees it.

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
