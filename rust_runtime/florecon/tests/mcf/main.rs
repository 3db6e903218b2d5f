//! Min-cost-flow solver compared with an independent solver, with enumeration, under renaming and under edits.

mod cold;
mod large;
mod reoptimize;
mod support;
