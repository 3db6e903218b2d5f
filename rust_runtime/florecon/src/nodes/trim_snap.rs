//! `trim` and `snap`: removal of small edges between a group and a row.

use crate::error::Error;
use crate::explain::event::Cause;
use crate::explain::recorder::Held;
use crate::plan::lot::{Lot, give_back, join};
use crate::plan::node_id::NodeId;
use crate::plan::operator::{ChildResult, GroupTransform};
use crate::plan::run_state::Run;
use crate::plan::tolerance::Tol;
use crate::plan::tree::Plan;
use crate::sorting::by_number;
use crate::wire::kind;

/// Cuts the members of `inner`'s groups that are within `tol` of their row's original amount to the residual. A group
/// that is so reduced to one member is dissolved.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = trim(abs_tol(5), flow(Flow::new(constant(10.0), |_, _| Some(1.0)).window(|i| *i.row, 3)));
/// ```
#[must_use]
pub fn trim<R: 'static>(tol: Tol, inner: Plan<R>) -> Plan<R> {
    Plan::wrap(kind::TRIM, "", inner, Trim { tol })
}

struct Trim {
    tol: Tol,
}

impl<R> GroupTransform<R> for Trim {
    fn is_local(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn cause(&self, run: &Run<'_, R>, _: &ChildResult, _: &[Lot], (row, _): &Held) -> Cause {
        let original = run.originals[*row as usize];
        Cause::Slack(self.tol.slack([original]))
    }

    fn apply(&self, run: &mut Run<'_, R>, _: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let originals = &run.originals;
        let small = |lot: Lot| self.tol.covers(lot.amount, originals[lot.row as usize]);
        let mut freed: Vec<Lot> = (mark..run.groups.len())
            .flat_map(|index| run.groups.get(index).lots())
            .filter(|&lot| small(lot))
            .collect();
        if freed.is_empty() {
            return Ok(left);
        }
        freed.extend(
            run.groups
                .rewrite(mark, |_, lot| if small(lot) { 0 } else { lot.amount }),
        );
        Ok(give_back(bag, left, freed))
    }
}

/// Folds the members of `inner`'s groups that are within `tol` of their row's original amount onto the row's largest
/// edge: its part in another of these groups, or its residual. A row with no other edge keeps its small one.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = snap(abs_tol(5), flow(Flow::new(constant(10.0), |_, _| Some(1.0)).window(|i| *i.row, 3)));
/// ```
#[must_use]
pub fn snap<R: 'static>(tol: Tol, inner: Plan<R>) -> Plan<R> {
    Plan::wrap(kind::SNAP, "", inner, Snap { tol })
}

struct Snap {
    tol: Tol,
}

impl<R> GroupTransform<R> for Snap {
    fn is_local(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn cause(&self, run: &Run<'_, R>, _: &ChildResult, _: &[Lot], (row, _): &Held) -> Cause {
        let original = run.originals[*row as usize];
        Cause::Slack(self.tol.slack([original]))
    }

    fn apply(&self, run: &mut Run<'_, R>, _: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let mut edges = Edges::new(run, mark);
        if !edges.snap(run, self.tol, &mut bag[..left]) {
            return Ok(left);
        }
        let freed = run.groups.rewrite(mark, |at, _| edges.amount[at]);
        Ok(give_back(bag, left, freed))
    }
}

/// The members of the groups from a mark on, by place: counted from the first of these groups.
struct Edges {
    row: Vec<u32>,
    amount: Vec<i64>,
    /// Places in the order of the report.
    order: Vec<usize>,
    /// Places by row, and in the order of the report within a row.
    by_row: Vec<usize>,
}

impl Edges {
    fn new<R>(run: &Run<'_, R>, mark: usize) -> Self {
        let groups = &run.groups;
        let base = groups.start(mark);
        let mut edges = Self {
            row: Vec::new(),
            amount: Vec::new(),
            order: Vec::new(),
            by_row: Vec::new(),
        };
        for index in mark..groups.len() {
            edges.row.extend(groups.get(index).rows);
            edges.amount.extend(groups.get(index).amounts);
        }
        for index in groups.report_order(mark, &run.names) {
            edges
                .order
                .extend(groups.start(index) - base..groups.start(index + 1) - base);
        }
        edges.by_row.clone_from(&edges.order);
        by_number(&mut edges.by_row, |at| i64::from(edges.row[at]));
        edges
    }

    /// Folds small edges, first ones first; whether there were any.
    fn snap<R>(&mut self, run: &Run<'_, R>, tol: Tol, rest: &mut [Lot]) -> bool {
        let mut changed = false;
        for place in 0..self.order.len() {
            let at = self.order[place];
            let row = self.row[at];
            if !tol.covers(self.amount[at], run.originals[row as usize]) {
                continue;
            }
            let residual = rest.binary_search_by_key(&row, |lot| lot.row).ok();
            let largest = self.largest_other(at);
            let size = |at: usize| self.amount[at].unsigned_abs();
            match (largest, residual) {
                (Some(other), Some(lot)) if rest[lot].amount.unsigned_abs() > size(other) => {
                    rest[lot].amount = join(rest[lot].amount, self.amount[at]);
                }
                (Some(other), _) => self.amount[other] = join(self.amount[other], self.amount[at]),
                (None, Some(lot)) => rest[lot].amount = join(rest[lot].amount, self.amount[at]),
                (None, None) => continue,
            }
            self.amount[at] = 0;
            changed = true;
        }
        changed
    }

    /// The largest edge of the same row in another group, the first of equals.
    fn largest_other(&self, at: usize) -> Option<usize> {
        let row = self.row[at];
        let start = self.by_row.partition_point(|&other| self.row[other] < row);
        let mut best: Option<usize> = None;
        for &other in self.by_row[start..].iter().take_while(|&&other| self.row[other] == row) {
            let size = self.amount[other].unsigned_abs();
            if other != at && size > best.map_or(0, |best| self.amount[best].unsigned_abs()) {
                best = Some(other);
            }
        }
        best
    }
}
