//! `coalesce`: union of groups that share a member (union-find).

use crate::error::Error;
use crate::plan::arena::{Arena, Tag};
use crate::plan::lot::{Lot, give_back, join};
use crate::plan::node_id::NodeId;
use crate::plan::operator::{ChildResult, GroupTransform};
use crate::plan::run_state::Run;
use crate::plan::tree::Plan;
use crate::sorting::by_number;
use crate::wire::{kind, reason};

/// Makes one group of the groups of `inner` that are connected by shared rows; a row's amounts are added up. A group
/// that shares nothing is left as it is.
///
/// ```
/// use florecon::prelude::*;
/// let pairs: Plan<i64> = flow(Flow::new(constant(10.0), |_, _| Some(1.0)).window(|i| *i.row, 3));
/// let plan = coalesce("cluster", pairs);
/// ```
#[must_use]
pub fn coalesce<R: 'static>(origin: &str, inner: Plan<R>) -> Plan<R> {
    let body = Coalesce {
        origin: origin.to_owned(),
    };
    Plan::wrap(kind::COALESCE, origin, inner, body)
}

struct Coalesce {
    origin: String,
}

impl<R> GroupTransform<R> for Coalesce {
    fn is_local(&self) -> bool {
        true
    }

    fn apply(&self, run: &mut Run<'_, R>, node: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let freed = join_connected(run, mark, node, [&self.origin, reason::COALESCE]);
        Ok(give_back(bag, left, freed))
    }
}

/// Makes one group, of an origin and a reason, of the groups from `mark` on that are connected by shared rows; returns the parts
/// of single rows, which are no group.
pub(super) fn join_connected<R>(
    run: &mut Run<'_, R>,
    mark: usize,
    node: NodeId,
    [origin, reason]: [&str; 2],
) -> Vec<Lot> {
    let root = clusters(&run.groups, mark);
    let mut freed = Vec::new();
    if root.iter().enumerate().all(|(group, &root)| group == root) {
        return freed;
    }
    let tag = run.tag(node, origin, reason);
    let tail = run.groups.split_off(mark);
    let mut order: Vec<usize> = (0..root.len()).collect();
    by_number(&mut order, |group| root[group] as i64);
    for cluster in order.chunk_by(|&a, &b| root[a] == root[b]) {
        match *cluster {
            [only] => run.groups.append(tail.get(only)),
            _ => {
                let unique = cluster.iter().all(|&group| tail.tag(group).unique == Some(true));
                let tag = Tag {
                    unique: Some(unique),
                    ..tag
                };
                freed.extend(merge(&mut run.groups, &tail, cluster, tag));
            }
        }
    }
    freed
}

/// For each group from `mark` on, the first group of its cluster, both counted from `mark`.
pub(super) fn clusters(groups: &Arena, mark: usize) -> Vec<usize> {
    let mut edges: Vec<(u32, usize)> = Vec::new();
    for index in mark..groups.len() {
        edges.extend(groups.get(index).rows.iter().map(|&row| (row, index - mark)));
    }
    edges.sort_unstable();
    let mut parent: Vec<usize> = (0..groups.len() - mark).collect();
    for pair in edges.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (a, b) = (find(&mut parent, pair[0].1), find(&mut parent, pair[1].1));
        parent[a.max(b)] = a.min(b);
    }
    (0..parent.len()).map(|group| find(&mut parent, group)).collect()
}

/// The root of a set, halving the path on the way.
pub(crate) fn find(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// Makes one group of a cluster; parts of one row alone are no group, and come back.
fn merge(groups: &mut Arena, tail: &Arena, cluster: &[usize], tag: Tag) -> Vec<Lot> {
    let mut lots: Vec<Lot> = cluster.iter().flat_map(|&group| tail.get(group).lots()).collect();
    by_number(&mut lots, |lot| i64::from(lot.row));
    if lots.first().map(|lot| lot.row) == lots.last().map(|lot| lot.row) {
        return lots;
    }
    for same in lots.chunk_by(|a, b| a.row == b.row) {
        groups.push(same[0].row, same.iter().fold(0, |sum, lot| join(sum, lot.amount)));
    }
    groups.close(tag);
    Vec::new()
}
