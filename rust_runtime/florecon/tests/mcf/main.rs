//! The flow engine against an independent solver, against enumeration, under renaming, and under edits.

mod cold;
mod large;
mod reoptimize;
mod support;
mod warm;
