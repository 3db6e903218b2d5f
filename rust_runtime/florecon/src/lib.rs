//! A reconciliation algebra that conserves money, over an exact min-cost-flow engine.
#![forbid(unsafe_code)]

pub mod engine;
pub mod error;
pub mod prelude;
pub mod recon;
pub mod report;
pub mod row_id;
pub mod sdk;
pub mod strategy;
pub mod trace;
pub mod value;
