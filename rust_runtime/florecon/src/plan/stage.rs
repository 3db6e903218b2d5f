//! Counters of one node over one solve.
//!
//! Generated from `rust_runtime/wire.toml` by `scripts/generate_wire.py`: do not edit.

use crate::wire::{Counter, Refusal};

/// Counters of one node, added up over all the bags that it was given during one solve.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let stage = &recon.stages()[0];
/// assert_eq!((stage.kind, stage.items_in, stage.groups, stage.value_matched), ("exact_1to1", 3, 1, 10));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stage {
    /// The node's id: its place in a pre-order walk of the tree.
    pub node: u32,
    /// The node's kind, such as `"agg_net"`.
    pub kind: &'static str,
    /// The tag or origin that the author gave the node; empty for none.
    pub label: String,
    /// Input lots.
    pub items_in: u64,
    /// Sum of the absolute input amounts, in minor units of the numeraire active at the node.
    pub value_in: i128,
    /// Groups formed by the node.
    pub groups: u64,
    /// Members of these groups.
    pub items_matched: u64,
    /// Absolute amounts in these groups.
    pub value_matched: i128,
    /// Lots with a null key, which passed through.
    pub null_key: u64,
    /// Buckets of fewer than two lots.
    pub too_small: u64,
    /// Buckets all of one sign.
    pub one_sided: u64,
    /// Buckets that did not net within the tolerance.
    pub out_of_tolerance: u64,
    /// Buckets or keys with more lots than the cap; lots that a cap keeps from a part of their window.
    pub over_cap: u64,
    /// Buckets given up because the search ran out of its budget.
    pub out_of_budget: u64,
}

impl Stage {
    /// The value of a counter.
    #[must_use]
    pub fn counter(&self, counter: Counter) -> i128 {
        match counter {
            Counter::ItemsIn => i128::from(self.items_in),
            Counter::ValueIn => self.value_in,
            Counter::Groups => i128::from(self.groups),
            Counter::ItemsMatched => i128::from(self.items_matched),
            Counter::ValueMatched => self.value_matched,
            Counter::NullKey => i128::from(self.null_key),
            Counter::TooSmall => i128::from(self.too_small),
            Counter::OneSided => i128::from(self.one_sided),
            Counter::OutOfTolerance => i128::from(self.out_of_tolerance),
            Counter::OverCap => i128::from(self.over_cap),
            Counter::OutOfBudget => i128::from(self.out_of_budget),
        }
    }

    /// The place of the counter of a refusal.
    pub(crate) fn refused(&mut self, refusal: Refusal) -> &mut u64 {
        match refusal {
            Refusal::TooSmall => &mut self.too_small,
            Refusal::OneSided => &mut self.one_sided,
            Refusal::OutOfTolerance => &mut self.out_of_tolerance,
            Refusal::OverCap => &mut self.over_cap,
            Refusal::OutOfBudget => &mut self.out_of_budget,
        }
    }

    /// The counts, in a fixed order.
    pub(crate) fn counts(&self) -> [u64; 9] {
        [
            self.items_in,
            self.groups,
            self.items_matched,
            self.null_key,
            self.too_small,
            self.one_sided,
            self.out_of_tolerance,
            self.over_cap,
            self.out_of_budget,
        ]
    }

    /// The sums of absolute amounts, in a fixed order.
    pub(crate) fn values(&self) -> [i128; 2] {
        [self.value_in, self.value_matched]
    }

    /// The places of the counts, in the order of [`counts`](Self::counts).
    pub(crate) fn counts_mut(&mut self) -> [&mut u64; 9] {
        [
            &mut self.items_in,
            &mut self.groups,
            &mut self.items_matched,
            &mut self.null_key,
            &mut self.too_small,
            &mut self.one_sided,
            &mut self.out_of_tolerance,
            &mut self.over_cap,
            &mut self.out_of_budget,
        ]
    }

    /// The places of the sums, in the order of [`values`](Self::values).
    pub(crate) fn values_mut(&mut self) -> [&mut i128; 2] {
        [&mut self.value_in, &mut self.value_matched]
    }
}
