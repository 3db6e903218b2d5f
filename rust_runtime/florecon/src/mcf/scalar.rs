//! Integer types of node potentials: 64 bits where a bound allows it, else 128.

use super::components::Layout;
use std::ops::{Add, Neg, Sub};

/// An integer wide enough for the sums of costs along a path of the tree: `i64` where a bound shows that it is, else `i128`.
pub(super) trait Number:
    Copy + Ord + Default + Add<Output = Self> + Sub<Output = Self> + Neg<Output = Self>
{
    /// Widens a cost.
    fn of(cost: i64) -> Self;

    /// Narrows the dual of an optimal basis, which fits as costs are within `MAX_COST`.
    fn dual(self) -> i64;

    /// The same numbers, if they are plain ones.
    fn plain(_: &mut [Self]) -> Option<&mut [i64]> {
        None
    }
}

impl Number for i64 {
    fn of(cost: i64) -> Self {
        cost
    }

    fn dual(self) -> i64 {
        self
    }

    fn plain(numbers: &mut [Self]) -> Option<&mut [i64]> {
        Some(numbers)
    }
}

impl Number for i128 {
    fn of(cost: i64) -> Self {
        Self::from(cost)
    }

    fn dual(self) -> i64 {
        self as i64
    }
}

/// Whether every potential and reduced cost that the simplex can meet is within `i64`.
///
/// The path from a node to the root crosses one penalty arc and then arcs that point alternately up and down, so that
/// their costs cancel in pairs up to their difference. A reduced cost adds two potentials and a cost.
pub(super) fn fits_i64(layout: &Layout) -> bool {
    let [costs, penalties] = layout.prices();
    let (low, high) = costs.iter().fold((0, 0), |(low, high), &c| (c.min(low), c.max(high)));
    let (low, high) = (i128::from(low), i128::from(high));
    let penalty = penalties
        .iter()
        .map(|p| i128::from(p.unsigned_abs()))
        .max()
        .unwrap_or(0);
    let (cost, spread) = (high.max(-low), high - low);
    let pairs = layout.largest_component() as i128 / 2 + 1;
    2 * (penalty + cost + pairs * spread) + cost < i128::from(i64::MAX)
}
