//! Counters of one node over one solve.

/// The counts of one node, added up over all the bags it was given during one solve.
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
    /// The tag or origin the author gave the node; empty for none.
    pub label: String,
    /// Input lots.
    pub items_in: u64,
    /// Sum of the absolute input amounts, in minor units of the numeraire active at the node.
    pub value_in: i128,
    /// Groups formed by the node.
    pub groups: u64,
    /// Members of these groups.
    pub items_matched: u64,
    /// The absolute amounts in these groups.
    pub value_matched: i128,
    /// Items with a null key, which passed through.
    pub null_key: u64,
    /// Buckets with fewer than two items.
    pub too_small: u64,
    /// Buckets all of one sign.
    pub one_sided: u64,
    /// Buckets that did not net within the tolerance.
    pub out_of_tolerance: u64,
    /// Buckets or keys with more items than the cap; sources that a cap keeps from some of their window.
    pub over_cap: u64,
    /// Buckets given up because the search ran out of its steps.
    pub out_of_budget: u64,
}

impl Stage {
    /// The counts, in a fixed order.
    pub(crate) fn counts(&mut self) -> [&mut u64; 9] {
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

    /// The sums of absolute amounts, in a fixed order.
    pub(crate) fn values(&mut self) -> [&mut i128; 2] {
        [&mut self.value_in, &mut self.value_matched]
    }
}
