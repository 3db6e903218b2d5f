//! The values that generated closures and ingest compute with.
//!
//! Everything here is a pure function of its arguments and of nothing else: no locale, no Unicode version, no hash seed. The
//! reference interpreter (`florecon_build/ir/interpreter`) computes the same results bit for bit; `tests/value_vectors.rs` holds
//! both to it.

mod error;
mod pool;
mod scan;
mod table;
mod text_tables;
mod text_value;
mod tokens;

pub mod date;
pub mod int;
pub mod money;
pub mod real;
pub mod similarity;
pub mod text;

pub use error::EvalError;
pub use pool::Pool;
pub use real::Real;
pub use scan::AnyText;
pub use text_value::Text;
pub use tokens::{IntoIter as TokensIntoIter, Tokens};
