//! The SDK from the outside: bytes in, bytes out, as a host sees it.

mod common;
mod tables;

mod fuzz;
