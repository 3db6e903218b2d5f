//! Execution trace of a few rows, recorded while the plan runs again for `explain`.

pub(crate) mod event;
pub(crate) mod recorder;
