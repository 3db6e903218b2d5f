//! The SDK from the outside: bytes in, bytes out, as a host sees it.

mod commands;
mod common;
mod conformance;
mod fetches;
mod fuzz;
mod modules;
mod tables;
