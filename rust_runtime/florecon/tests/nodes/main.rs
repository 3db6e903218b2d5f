//! Nodes by example, following `docs/semantics.md` sentence by sentence.

mod bags;
mod common;
mod groups;
mod large_shards;
mod leaves;
