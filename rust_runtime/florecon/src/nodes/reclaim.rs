//! `reclaim`: groups of whole rows, with the difference as their net.

use super::coalesce::{clusters, join_connected};
use crate::error::Error;
use crate::explain::event::Cause;
use crate::explain::recorder::Held;
use crate::plan::lot::{Lot, compact, give_back, join};
use crate::plan::node_id::NodeId;
use crate::plan::operator::{ChildResult, GroupTransform};
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::Plan;
use crate::wire::{kind, reason};

/// Gives each group of `inner` what else came of its rows, and keeps it if it then nets within `tol`; dissolves it otherwise.
/// Groups that share a row are one, so no row is split.
///
/// ```
/// use florecon::prelude::*;
/// let pairs: Plan<i64> = flow(Flow::new(constant(10.0), |_, _| Some(1.0)).window(|i| *i.row, 3));
/// let plan = reclaim(rel_side_tol(50, 0), pairs);
/// ```
#[must_use]
pub fn reclaim<R: 'static>(tol: Tol, inner: Plan<R>) -> Plan<R> {
    Plan::wrap(kind::RECLAIM, "", inner, Reclaim { tol })
}

struct Reclaim {
    tol: Tol,
}

impl<R> GroupTransform<R> for Reclaim {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn is_local(&self) -> bool {
        true
    }

    fn cause(&self, run: &Run<'_, R>, done: &ChildResult, bag: &[Lot], (row, _): &Held) -> Cause {
        let groups = &run.groups;
        let root = clusters(groups, done.mark);
        let group = |at: usize| groups.get(done.mark + at);
        let own = (0..root.len()).find(|&at| group(at).rows.contains(row));
        let mut lots: Vec<Lot> = (0..root.len())
            .filter(|&at| own.is_some_and(|own| root[own] == root[at]))
            .flat_map(|at| group(at).lots())
            .collect();
        let rest = bag[..done.left].iter();
        let reclaimed: Vec<Lot> = rest
            .filter(|rest| lots.iter().any(|lot| lot.row == rest.row))
            .copied()
            .collect();
        lots.extend(reclaimed);
        let mut legs = Legs::default();
        lots.sort_unstable_by_key(|lot| lot.row);
        for same in lots.chunk_by(|a, b| a.row == b.row) {
            legs.add(same.iter().fold(0, |sum, lot| join(sum, lot.amount)));
        }
        Cause::Whole {
            net: legs.net,
            slack: legs.slack(self.tol),
        }
    }

    fn apply(&self, run: &mut Run<'_, R>, node: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let freed = join_connected(run, mark, node, [kind::RECLAIM, reason::RECLAIM]);
        let left = give_back(bag, left, freed);
        let tail = run.groups.split_off(mark);
        let mut freed = Vec::new();
        for group in tail.iter() {
            let (mut legs, mut places) = (Legs::default(), Vec::new());
            for lot in group.lots() {
                let place = bag[..left].binary_search_by_key(&lot.row, |rest| rest.row).ok();
                let amount = place.map_or(lot.amount, |at| join(lot.amount, bag[at].amount));
                run.groups.push(lot.row, amount);
                legs.add(amount);
                places.extend(place);
            }
            if legs.within(self.tol) {
                run.groups.close(group.tag);
                places.iter().for_each(|&at| bag[at].amount = 0);
            } else {
                run.groups.abandon();
                freed.extend(group.lots());
            }
        }
        let left = compact(&mut bag[..left]);
        Ok(give_back(bag, left, freed))
    }
}
