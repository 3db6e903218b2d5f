//! Names for plugin authors: `use florecon::prelude::*;`.

pub use crate::error::Error;
pub use crate::export_plugin;
pub use crate::nodes::*;
pub use crate::packed;
pub use crate::plan::{
    Answer, Group, Item, Key, Plan, Tol, abs_tol, by_id, constant, nets, one_bucket, rel_gross_tol, rel_max_tol,
    rel_side_tol, rel_tol,
};
pub use crate::recon::Recon;
pub use crate::report::{Allocation, GroupLine, Report};
pub use crate::row_id::RowId;
pub use crate::sdk::{
    AmountColumn, BuildInfo, Domain, Field, ParamSpec, ParamValues, Plugin, Record, Records, Schema, Session,
};
pub use crate::value::{
    EvalError, Real, Shown, Text, TextColumn, Tokens, date, int, money, pattern, real, similarity, text,
};
