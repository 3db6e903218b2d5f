//! Window join of a `flow` node: pairs within a distance in order, and the nearest ones where a window exceeds its cap.

use super::candidates::Sides;
use crate::error::Error;
use crate::plan::buckets::Buckets;
use crate::plan::item::ItemFn;
use crate::plan::lot::Lot;
use crate::plan::run_state::Run;
use crate::sorting::by_number;

/// Items within `width` of each other in `order`.
pub(crate) struct Window<R> {
    pub order: ItemFn<R, i64>,
    pub width: i64,
}

/// The sinks that are near each source.
pub(crate) enum Near {
    /// Sinks in ascending order of `order`, and for each source a range of them.
    Ranges(Vec<u32>, Vec<(u32, u32)>),
    /// The sinks of each source, where some were too many; a sink may come twice.
    Lists(Buckets),
}

impl Near {
    pub fn of(&self, source: usize) -> &[u32] {
        match self {
            Self::Ranges(sinks, ranges) => {
                let (start, end) = ranges[source];
                &sinks[start as usize..end as usize]
            }
            Self::Lists(lists) => lists.get(source),
        }
    }
}

/// The nodes of one side, ascending by (order, id), each with its order and its rank among the nodes of both sides.
#[derive(Default)]
struct Side {
    nodes: Vec<u32>,
    orders: Vec<i64>,
    ranks: Vec<u32>,
}

/// The sinks near each source, and how many sources go without some because both they and these have more than `cap`
/// opposite items in their windows.
pub(crate) fn near<R>(
    run: &Run<'_, R>,
    bag: &[Lot],
    sides: &Sides,
    window: &Window<R>,
    cap: usize,
) -> Result<(Near, u64), Error> {
    let (sources, sinks) = split(run, bag, sides, window)?;
    let ranges = sources.ranges(&sinks, window.width);
    let is_large = |&(start, end): &(u32, u32)| (end - start) as usize > cap;
    if !ranges.iter().any(is_large) {
        let mut by_node = vec![(0, 0); sources.nodes.len()];
        for (&node, &range) in sources.nodes.iter().zip(&ranges) {
            by_node[node as usize] = range;
        }
        return Ok((Near::Ranges(sinks.nodes, by_node), 0));
    }
    let there = sources.nearest(&sinks, &ranges, cap);
    let back = sinks.nearest(&sources, &sinks.ranges(&sources, window.width), cap);
    let pairs = || {
        there
            .iter()
            .copied()
            .chain(back.iter().map(|&(sink, source)| (source, sink)))
    };
    let lists = Buckets::from_pairs(there.len() + back.len(), pairs, sources.nodes.len());
    let short = count_short(&sources, &ranges, &lists, bag.len());
    Ok((Near::Lists(lists), short))
}

/// Number of sources with fewer sinks in their list than in their range.
fn count_short(sources: &Side, ranges: &[(u32, u32)], lists: &Buckets, n_nodes: usize) -> u64 {
    let mut seen = vec![u32::MAX; n_nodes];
    let mut short = 0;
    for (&source, &(start, end)) in sources.nodes.iter().zip(ranges) {
        let mut held = 0;
        for &sink in lists.get(source as usize) {
            held += u32::from(seen[sink as usize] != source);
            seen[sink as usize] = source;
        }
        short += u64::from(held < end - start);
    }
    short
}

/// One sort of the whole bag, then each side of it.
fn split<R>(run: &Run<'_, R>, bag: &[Lot], sides: &Sides, window: &Window<R>) -> Result<(Side, Side), Error> {
    let orders: Vec<i64> = bag
        .iter()
        .map(|&lot| run.eval(&window.order, lot))
        .collect::<Result<_, _>>()?;
    let mut sorted: Vec<u32> = (0..bag.len() as u32).collect();
    by_number(&mut sorted, |at| orders[at as usize]);
    let (mut sources, mut sinks) = (Side::default(), Side::default());
    for (rank, at) in (0u32..).zip(sorted) {
        let node = sides.nodes[at as usize];
        let side = if (node as usize) < sides.n_sources {
            &mut sources
        } else {
            &mut sinks
        };
        side.nodes.push(node);
        side.orders.push(orders[at as usize]);
        side.ranks.push(rank);
    }
    Ok((sources, sinks))
}

impl Side {
    /// For each node the range of the other side within `width`. One sweep.
    fn ranges(&self, other: &Self, width: i64) -> Vec<(u32, u32)> {
        let width = i128::from(width);
        let (mut start, mut end) = (0, 0);
        let mut ranges = Vec::with_capacity(self.nodes.len());
        for &order in &self.orders {
            let here = i128::from(order);
            while start < other.orders.len() && i128::from(other.orders[start]) < here - width {
                start += 1;
            }
            while end < other.orders.len() && i128::from(other.orders[end]) <= here + width {
                end += 1;
            }
            ranges.push((start as u32, end as u32));
        }
        ranges
    }

    /// Each node with the nodes of its range, or where these are more than `cap` with the nearest.
    fn nearest(&self, other: &Self, ranges: &[(u32, u32)], cap: usize) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (at, &(start, end)) in ranges.iter().enumerate() {
            let (start, end) = (start as usize, end as usize);
            let here = self.nodes[at];
            if end - start <= cap {
                pairs.extend(other.nodes[start..end].iter().map(|&node| (here, node)));
                continue;
            }
            let (order, rank) = (self.orders[at], self.ranks[at]);
            let distance = |i: usize| {
                (
                    other.orders[i].abs_diff(order),
                    other.ranks[i].abs_diff(rank),
                    other.nodes[i],
                )
            };
            // the next on either side, from the node's own place outwards
            let mut after = other.ranks.partition_point(|&other| other < rank).clamp(start, end);
            let mut before = after;
            for _ in 0..cap {
                let go_back = before > start && (after == end || distance(before - 1) < distance(after));
                let next = if go_back {
                    before -= 1;
                    before
                } else {
                    after += 1;
                    after - 1
                };
                pairs.push((here, other.nodes[next]));
            }
        }
        pairs
    }
}
