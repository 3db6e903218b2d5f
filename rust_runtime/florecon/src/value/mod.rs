//! Values and functions of generated closures and of ingest.
//!
//! Everything here is a pure function of its arguments: no locale, no Unicode version, no hash seed. The reference interpreter
//! computes the same results bit for bit; `tests/value_vectors.rs` checks both against one file.

mod ascii;
mod char_map;
mod error;
pub(crate) mod json;
mod short_text;
mod substring;
mod text_column;
mod text_pool;
mod text_tables;
mod text_value;
mod tokens;

pub mod date;
pub mod int;
pub mod money;
pub mod pattern;
pub mod real;
pub mod similarity;
pub mod text;

pub use error::EvalError;
pub use json::Shown;
pub use real::Real;
pub use substring::AnyText;
pub use text_column::TextColumn;
pub use text_pool::Pool;
pub use text_value::Text;
pub use tokens::{IntoIter as TokensIntoIter, Tokens};
