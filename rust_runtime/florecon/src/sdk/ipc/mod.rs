//! Arrow IPC streams, read in place and written without intermediate arrays.
//!
//! `arrow-ipc` provides the message formats (generated and verified flatbuffers). Its array readers are not used: they serve
//! every Arrow type, which triples a module to 1.8 MB, copy each buffer, and panic on malformed input, which in a module is a
//! trap. Here malformed input is an error.

mod batch;
mod column;
mod layout;
mod message;
mod stream;
mod write;

pub(crate) use batch::Batches;
pub(crate) use column::{Column, Storage};
pub(crate) use write::{ColumnSource, DIGEST, write_table};

use crate::error::Error;

/// A `bad_table` with the advice that fits every malformed stream.
pub(crate) fn malformed(what: impl std::fmt::Display) -> Error {
    Error::BadTable {
        message: format!("not a readable Arrow IPC stream: {what}; send one complete, uncompressed stream"),
    }
}
