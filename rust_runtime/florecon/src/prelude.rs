//! Everything a plugin is written with: `use florecon::prelude::*;`.

pub use crate::error::Error;
pub use crate::export_plugin;
pub use crate::packed;
pub use crate::recon::Recon;
pub use crate::report::{Allocation, GroupLine, Report};
pub use crate::row_id::RowId;
pub use crate::sdk::{BuildInfo, Domain, Field, ParamSpec, ParamValues, Plugin, Record, Schema, Session};
pub use crate::strategy::*;
pub use crate::value::{EvalError, Real, Text, Tokens, date, int, money, real, similarity, text};
