//! Solve: runs the plan on what is not pinned, checks conservation, installs the groups.

use super::ledger::{Ledger, Place, State};
use super::report_order::report_order;
use super::row_store::Store;
use crate::error::Error;
use crate::plan::Plan;
use crate::plan::Stage;
use crate::plan::arena::{Arena, GroupRef, Tag};
use crate::plan::executor::{Execution, Mode, Suspended, execute};
use crate::plan::links::{LinkGraph, LinkRecorder};
use crate::plan::lot::Lot;
use crate::plan::names::Names;
use crate::plan::run_state::{Caches, Paused, Run};
use crate::sorting;
use crate::sorting::by_number;
use crate::value::EvalError;

/// Progress of a solve, in units of work: lots times nodes of the plan.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// let progress = recon.solve_within(u64::MAX)?;
/// assert_eq!(progress.done, progress.total);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Units done. It grows with every call.
    pub done: u64,
    /// Units there are; `done` reaches it when the solve is over.
    pub total: u64,
    /// Flow instances whose certificate was checked so far.
    pub certified: u64,
}

/// A solve under way. It reads rows and pinned groups, so any change of them ends it.
pub(crate) struct Pending<R> {
    /// The unpinned part of each row.
    live: Vec<i64>,
    bag: Vec<Lot>,
    /// The length of the bag at the beginning.
    lots: usize,
    suspended: Option<Suspended<R>>,
    /// The length of the residual, once the plan is done.
    left: Option<usize>,
    run: Paused,
    total: u64,
}

/// Result of a solve.
pub(crate) struct Outcome {
    pub groups: Arena,
    pub names: Names,
    pub residual: Vec<Lot>,
    pub stages: Vec<Stage>,
    pub caches: Caches,
    /// Which rows can meet, if that was recorded.
    pub links: Option<LinkGraph>,
    /// Number of lots that went in.
    pub lots: usize,
}

impl<R> Pending<R> {
    /// A solve of the rows minus what `ledger` has pinned, with nothing done yet; it may record which rows can meet.
    pub fn new(plan: &Plan<R>, store: &Store<R>, ledger: &Ledger, caches: Caches, records: bool) -> Self {
        let mut live = store.amounts.clone();
        for index in ledger.alive().filter(|&index| ledger.is_pinned(index)) {
            ledger
                .group(index)
                .lots()
                .for_each(|lot| live[lot.row as usize] -= lot.amount);
        }
        let bag: Vec<Lot> = (0_u32..)
            .zip(&live)
            .filter(|(_, amount)| **amount != 0)
            .map(|(row, &amount)| Lot { row, amount })
            .collect();
        let mut run = Paused::before(plan.outline(), caches);
        run.groups.reserve(0, bag.len());
        run.links = records.then(|| Box::new(LinkRecorder::of_all(store.len())));
        Self {
            // the check and the installation of the result are one unit per row, and one unit where there are none
            total: bag.len() as u64 * plan.weight() + store.len() as u64 + 1,
            lots: bag.len(),
            live,
            bag,
            suspended: None,
            left: None,
            run,
        }
    }

    /// The bag of the solve.
    pub fn into_bag(self) -> Vec<Lot> {
        self.bag
    }

    /// Does about `budget` units of work, and at least one step. Returns the outcome after the last.
    pub fn advance(&mut self, plan: &Plan<R>, store: &Store<R>, budget: u64) -> Result<Option<Outcome>, Error> {
        let paused = std::mem::take(&mut self.run);
        let mut run = Run::resume(paused, budget, &store.rows, &store.ids, &store.amounts);
        run.shards = plan.routed().map(|(node, _)| node).zip(store.shards.numbers());
        let mode = Mode::Resumable { caches: true };
        let executed = match self.left {
            None => execute(&mut run, plan, &mut self.bag, mode, self.suspended.take()),
            Some(left) => Ok(Execution::Done(left)),
        };
        let is_spent = run.is_spent();
        self.run = run.pause();
        match executed? {
            Execution::Done(left) => self.left = Some(left),
            Execution::Suspended(suspended) => self.suspended = Some(suspended),
        }
        let (Some(left), false) = (self.left, is_spent) else {
            return Ok(None);
        };
        let mut residual = std::mem::take(&mut self.bag);
        residual.truncate(left);
        residual.shrink_to_fit();
        verify(store, None, std::mem::take(&mut self.live), &self.run.groups, &residual)?;
        let Paused {
            groups,
            names,
            stages,
            mut caches,
            links,
            ..
        } = std::mem::take(&mut self.run);
        caches.end();
        Ok(Some(Outcome {
            groups,
            names,
            residual,
            stages,
            caches,
            links: links.and_then(|links| links.finish()),
            lots: self.lots,
        }))
    }

    /// The caches, when this solve is abandoned.
    pub fn abandon(self) -> Caches {
        self.run.caches
    }

    /// Whether the flows of this solve are certified.
    pub fn certifies(&self) -> bool {
        self.run.caches.flows.certify
    }

    pub fn progress(&self) -> Progress {
        Progress {
            done: self.run.units,
            total: self.total,
            certified: self.run.caches.flows.certified,
        }
    }

    /// Progress of a finished solve.
    pub fn completed(&self, outcome: &Outcome) -> Progress {
        Progress {
            done: self.total,
            total: self.total,
            certified: outcome.caches.flows.certified,
        }
    }
}

/// Checks, per row, that groups and residual add up to what went in, which is `missing` at first; and that every net can be
/// reported. The amounts are those of `slots`, which ascend, or of all.
pub(super) fn verify<R>(
    store: &Store<R>,
    slots: Option<&[u32]>,
    mut missing: Vec<i64>,
    groups: &Arena,
    residual: &[Lot],
) -> Result<(), Error> {
    let place = |row: u32| match slots {
        None => Some(row as usize),
        Some(slots) => slots.binary_search(&row).ok(),
    };
    // rows whose parts are more than 64 bits on the way: their sums say nothing
    let mut doubtful = Vec::new();
    let mut subtract = |lot: Lot| {
        let Some(missing) = place(lot.row).map(|place| &mut missing[place]) else {
            return doubtful.push(lot.row);
        };
        let (left, is_beyond) = missing.overflowing_sub(lot.amount);
        *missing = left;
        if is_beyond {
            doubtful.push(lot.row);
        }
    };
    for group in groups.iter() {
        let net: i128 = group.amounts.iter().map(|&amount| i128::from(amount)).sum();
        if net.unsigned_abs() > u128::from(i64::MAX.unsigned_abs()) {
            return Err(net_overflow(store, group.rows[0]));
        }
    }
    // each lot is somewhere else in memory: a short loop has the processor wait for several at once
    groups.lots().for_each(&mut subtract);
    residual.iter().for_each(|&lot| subtract(lot));
    let wrong = missing.iter().position(|&missing| missing != 0);
    doubtful.extend(wrong.map(|place| slots.map_or(place as u32, |slots| slots[place])));
    sorting::numbers(&mut doubtful);
    for slot in doubtful {
        let parts = groups.iter().flat_map(GroupRef::lots).chain(residual.iter().copied());
        let mine = parts.filter(|lot| lot.row == slot);
        let found: i128 = mine.map(|lot| i128::from(lot.amount)).sum();
        let expected = i128::from(place(slot).map_or(0, |place| missing[place].wrapping_add(found as i64)));
        if found != expected {
            let id = store.ids[slot as usize].clone();
            return Err(Error::ConservationViolated { id, expected, found });
        }
    }
    Ok(())
}

/// The error of a group whose members add up to more than 64 bits.
pub(crate) fn net_overflow<R>(store: &Store<R>, first: u32) -> Error {
    Error::from_eval(EvalError::Overflow, Some(store.ids[first as usize].clone()))
}

/// The pinned groups as they were, then what was proposed, in the order of the report.
pub(crate) fn install<R>(store: &Store<R>, old: Ledger, outcome: Outcome) -> Ledger {
    let Outcome {
        groups,
        names,
        residual,
        ..
    } = outcome;
    // each array goes before the next one comes
    let pinned = pinned(&old);
    drop(old);
    // the order first, under ids that say nothing
    let mut draft = Ledger::of(groups, names, store.len());
    residual.iter().for_each(|lot| draft.free(lot.row, lot.amount));
    drop(residual);
    let mut has_zero = vec![false; store.len()];
    let members = pinned.alive().flat_map(|index| pinned.group(index).lots());
    members.for_each(|lot| has_zero[lot.row as usize] |= lot.amount == 0);
    for slot in (0..store.len()).filter(|&slot| store.amounts[slot] == 0 && !has_zero[slot]) {
        draft.free(slot as u32, 0);
    }
    drop(has_zero);
    let order = report_order(&draft);

    let mut new = Ledger::after(pinned.last_id(), std::mem::take(&mut draft.names));
    new.take_singles(&mut draft);
    new.reserve(draft.count() + pinned.count(), draft.members() + pinned.members());
    copy_pinned(&mut new, &pinned);
    new.begin_order(order.len());
    for place in order {
        match place {
            Place::Group(index) => {
                let group = draft.group(index);
                new.propose(group.tag, group.lots());
            }
            Place::Single(slot) => new.propose_single(slot),
        }
    }
    new.log.solved = Some(new.count());
    new
}

/// The pinned groups alone, in the order of their ids, without slots.
fn pinned(old: &Ledger) -> Ledger {
    let mut kept = Ledger::after(old.last_id(), Names::default());
    copy_pinned(&mut kept, old);
    kept
}

fn copy_pinned(new: &mut Ledger, old: &Ledger) {
    let mut pinned: Vec<usize> = old.alive().filter(|&index| old.is_pinned(index)).collect();
    by_number(&mut pinned, |index| old.id(index));
    for index in pinned {
        let group = old.group(index);
        let mut rename = |name| match old.names.get(name) {
            Some(text) => new.names.intern(text),
            None => name,
        };
        let tag = Tag {
            origin: rename(group.tag.origin),
            reason: rename(group.tag.reason),
            ..group.tag
        };
        new.add(old.id(index), State::Pinned, tag, group.lots());
    }
}
