//! What each node does, by example: the sentences of the semantics one by one.

mod bags;
mod common;
mod groups;
mod leaves;
