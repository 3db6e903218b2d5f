//! Solve after an edit: runs the plan on the rows that the edit can reach, and leaves what was proposed for the others.
//!
//! Before rows change, the rows that can be reached from them are set apart, and what they contribute to the counters is taken
//! off. The next solve runs the plan on these rows; where they can now meet others, those are set apart too, and the plan is run
//! again. The outcome is that of a solve of all rows: see [`links`](crate::plan::links).

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::Recon;
use super::ledger::Proposals;
use super::solve::{Progress, verify};
use crate::error::Error;
use crate::plan::Stage;
use crate::plan::arena::Arena;
use crate::plan::links::{LinkGraph, LinkRecorder};
use crate::plan::lot::Lot;
use crate::plan::names::Names;
use crate::plan::run_state::{Caches, Paused, Run};
use crate::sorting;

/// Rows that can always be set apart, and the fraction of all rows that can be.
const MOST_ROWS: usize = 4096;
const MOST_PART: usize = 64;

/// Edits in a row after which a solve records links.
pub(super) const FEW_EDITS: u32 = 2;

/// Recorded solves that were of no use, after which none is recorded.
const MOST_VAIN: u32 = 3;

/// What a solve keeps for the next one.
#[derive(Debug)]
pub(super) struct Retained {
    links: LinkGraph,
    /// Rows that are set apart: closed under the links, as they were at the last solve.
    apart: FxHashSet<u32>,
    /// Counters of the rows that are not set apart.
    stages: Vec<Stage>,
    /// Number of lots of these rows.
    lots: usize,
}

/// Decides what a solve keeps for the next one.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Rows that were touched since the last solve.
    pub touched: usize,
    /// Solves of few touched rows in a row.
    few: u32,
    /// Recorded solves that were of no use.
    vain: u32,
}

/// What a full solve keeps for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Nothing,
    /// The results of all shards, for a solve after many edits.
    ShardResults,
    /// Which rows can meet, for a solve after few edits.
    Links,
}

/// A run of the plan on some rows alone.
struct RunAlone {
    run: Paused,
    /// The lots before the run.
    bag: Vec<Lot>,
    residual: Vec<Lot>,
}

impl Retained {
    pub fn new(links: LinkGraph, stages: Vec<Stage>, lots: usize) -> Self {
        Self {
            links,
            apart: FxHashSet::default(),
            stages,
            lots,
        }
    }

    /// Sets apart rows that were not there at the last solve.
    pub fn admit(&mut self, slots: Range<u32>) {
        self.links.grow(slots.end as usize);
        self.apart.extend(slots);
    }

    /// Gives slots new numbers, as [`LinkGraph::renumber`] does.
    pub fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>) {
        self.links.renumber(target, keep);
        let is_kept = |slot: &&u32| keep.is_none_or(|keep| keep[**slot as usize]);
        self.apart = self
            .apart
            .iter()
            .filter(is_kept)
            .map(|&slot| target[slot as usize])
            .collect();
    }
}

impl Edits {
    /// Called before a full solve. The first one keeps nothing: no other may come. A solve of few touched rows keeps nothing, and
    /// the next one links, unless these are of no use. Links that are asked for are recorded.
    pub fn keeps(&mut self, rows: usize, is_solved: bool, wants_links: bool) -> Keeps {
        let is_few = is_solved && self.touched <= (rows / MOST_PART).max(1);
        self.few = if is_few { self.few + 1 } else { 0 };
        match (is_solved, is_few && self.vain < MOST_VAIN) {
            _ if wants_links => Keeps::Links,
            (true, true) if self.few >= FEW_EDITS => Keeps::Links,
            (true, false) => Keeps::ShardResults,
            _ => Keeps::Nothing,
        }
    }
}

impl<R> Recon<R> {
    /// Called before rows change, or the groups that hold them: sets them apart for the next solve.
    pub(super) fn touch(&mut self, slots: &[u32]) {
        self.edits.touched += slots.len();
        if self.retained.is_none() {
            return;
        }
        let mut rows = slots.to_vec();
        for &slot in slots {
            for index in self.ledger.groups_of(slot) {
                rows.extend_from_slice(self.ledger.group(index).rows);
            }
        }
        if !self.set_apart(&rows) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.edits.vain += u32::from(self.retained.take().is_some());
    }

    fn most_apart(&self) -> usize {
        MOST_ROWS.max(self.store.len() / MOST_PART)
    }

    /// Sets apart what can be reached from rows that are as they were at the last solve. False where that is too much.
    fn set_apart(&mut self, rows: &[u32]) -> bool {
        let most = self.most_apart();
        self.ledger.index();
        let Some(retained) = &self.retained else { return false };
        let room = most.saturating_sub(retained.apart.len());
        let Some(found) = retained.links.closure(rows.iter().copied(), &retained.apart, room) else {
            return false;
        };
        if found.is_empty() {
            return true;
        }
        let Ok(alone) = self.run_alone(&found, false) else {
            return false;
        };
        let Some(retained) = &mut self.retained else {
            return false;
        };
        for (stage, part) in retained.stages.iter_mut().zip(&alone.run.stages) {
            stage.subtract(part);
        }
        retained.lots -= alone.bag.len();
        retained.links.free(&found);
        retained.apart.extend(found);
        true
    }

    /// Runs the plan on rows of the index.
    fn run_alone(&self, slots: &[u32], records: bool) -> Result<RunAlone, Error> {
        let live = |&slot: &u32| Lot {
            row: slot,
            amount: self.store.amounts[slot as usize] - self.ledger.pinned_part(slot),
        };
        let mut bag: Vec<Lot> = slots.iter().map(live).filter(|lot| lot.amount != 0).collect();
        let before = bag.clone();
        let mut paused = Paused::before(self.plan.outline(), Caches::default());
        paused.links = records.then(Box::<LinkRecorder>::default);
        let mut run = Run::resume(paused, u64::MAX, &self.store.rows, &self.store.ids, &self.store.amounts);
        let left = self.plan.run(&mut run, &mut bag, false)?;
        bag.truncate(left);
        Ok(RunAlone {
            run: run.pause(),
            bag: before,
            residual: bag,
        })
    }

    /// Solves what is set apart; none where that is too much, and all has to be solved.
    pub(super) fn solve_apart(&mut self) -> Result<Option<Progress>, Error> {
        if self.retained.is_none() {
            return Ok(None);
        }
        self.ledger.index();
        let (scope, alone, pairs) = loop {
            let Some(retained) = &self.retained else {
                return Ok(None);
            };
            let mut scope: Vec<u32> = retained.apart.iter().copied().collect();
            sorting::numbers(&mut scope);
            let mut alone = self.run_alone(&scope, true)?;
            let pairs = alone.run.links.take().map_or_else(Vec::new, |links| links.pairs);
            let met = pairs.iter().filter_map(|&(link, _)| retained.links.holder(link));
            let met: Vec<u32> = met.filter(|row| !retained.apart.contains(row)).collect();
            if met.is_empty() {
                break (scope, alone, pairs);
            }
            if !self.set_apart(&met) {
                self.forget();
                return Ok(None);
            }
        };
        let (rows, amounts): (Vec<u32>, Vec<i64>) = alone.bag.iter().map(|lot| (lot.row, lot.amount)).unzip();
        verify(&self.store, Some(&rows), amounts, &alone.run.groups, &alone.residual)?;
        let lots = self.install_apart(&scope, &alone, &pairs);
        let total = lots as u64 * self.plan.weight() + self.store.len() as u64 + 1;
        Ok(Some(Progress {
            done: total,
            total,
            certified: 0,
        }))
    }

    /// Returns the number of all lots.
    fn install_apart(&mut self, scope: &[u32], alone: &RunAlone, pairs: &[(u32, u32)]) -> usize {
        self.splice(scope, &alone.run.groups, &alone.run.names, &alone.residual);
        let Some(retained) = &mut self.retained else { return 0 };
        for (stage, part) in retained.stages.iter_mut().zip(&alone.run.stages) {
            stage.add(part);
        }
        self.stages.clone_from(&retained.stages);
        retained.lots += alone.bag.len();
        retained.links.relink(pairs);
        retained.apart.clear();
        self.edits.touched = 0;
        let lots = retained.lots;
        if retained.links.is_outworn() {
            // the next solve records links anew
            self.retained = None;
        }
        lots
    }

    /// Installs the proposals of a solve of some rows, ascending, in the place of those that there are.
    pub(super) fn splice(&mut self, scope: &[u32], groups: &Arena, names: &Names, residual: &[Lot]) {
        self.ledger.index();
        let mut wanted: Vec<Option<i64>> = Vec::with_capacity(scope.len());
        let mut rest = residual.iter().peekable();
        for &slot in scope {
            let left = rest.next_if(|lot| lot.row == slot).map(|lot| lot.amount);
            let is_zero = || self.store.amounts[slot as usize] == 0 && !self.ledger.has_pinned_zero(slot);
            wanted.push(left.or_else(|| is_zero().then_some(0)));
        }
        let proposals = Proposals {
            groups,
            names,
            singles: &|at, _| wanted[at],
        };
        self.ledger.splice(scope, &proposals);
        self.history.revive(&mut self.ledger.log, &self.store.ids);
        self.ledger.settle(&mut self.history);
        self.solved_to = self.ledger.last_id();
    }
}
