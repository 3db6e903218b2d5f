//! Arrow IPC streams, read in place and written straight out.
//!
//! `arrow-ipc` gives the message formats (generated and verified flatbuffers). Its array readers are not used: they serve every
//! Arrow type, which makes a module 1.8 MB rather than a third of that, copy each buffer, and have panics for malformed
//! input, which in a module is a trap. A host may send anything; here it gets an error.

mod batch;
mod column;
mod layout;
mod stream;
mod write;

pub(crate) use batch::Batches;
pub(crate) use column::{Column, Storage};
pub(crate) use write::{ColumnSource, cells, write_table};

use crate::error::Error;

/// A `bad_table` with the advice that fits every malformed stream.
pub(crate) fn malformed(what: impl std::fmt::Display) -> Error {
    Error::BadTable {
        message: format!("not a readable Arrow IPC stream: {what}; send one complete, uncompressed stream"),
    }
}
