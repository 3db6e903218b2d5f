//! The flow engine against an independent solver, against enumeration, under renaming, and under edits.

mod cold;
mod large;
mod support;
mod warm;
