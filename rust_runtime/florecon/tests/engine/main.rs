//! The flow engine against an independent solver, against enumeration, under renaming, and under edits.

mod again;
mod cold;
mod large;
mod support;
mod warm;
