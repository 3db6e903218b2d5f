//! One solve: run the plan on what is not pinned, check that nothing was lost, install what came out.

use super::ledger::{Ledger, Place, State};
use super::order::report_order;
use super::store::Store;
use crate::error::Error;
use crate::strategy::Plan;
use crate::strategy::arena::{Arena, Tag};
use crate::strategy::lot::Lot;
use crate::strategy::names::Names;
use crate::strategy::run::Run;
use crate::trace::Stage;
use crate::value::EvalError;

/// Runs the plan on the rows minus what `ledger` has pinned. Returns the new hypergraph and the counts per node.
pub(crate) fn solve<R>(plan: &Plan<R>, store: &Store<R>, ledger: &Ledger) -> Result<(Ledger, Vec<Stage>), Error> {
    let mut live = store.amounts.clone();
    for index in ledger.alive().filter(|&index| ledger.is_pinned(index)) {
        ledger
            .group(index)
            .lots()
            .for_each(|lot| live[lot.row as usize] -= lot.amount);
    }
    let mut bag: Vec<Lot> = (0_u32..)
        .zip(&live)
        .filter(|(_, amount)| **amount != 0)
        .map(|(row, &amount)| Lot { row, amount })
        .collect();
    let mut run = Run::new(&store.rows, &store.ids, &store.amounts, plan.outline());
    let left = plan.run(&mut run, &mut bag)?;
    bag.truncate(left);
    let Run {
        groups, names, stages, ..
    } = run;
    verify(store, &live, &groups, &bag)?;
    drop(live);
    Ok((install(store, ledger, groups, names, &bag), stages))
}

/// Checks, per row, that groups and residual add up to what went in; and that every net can be reported.
fn verify<R>(store: &Store<R>, live: &[i64], groups: &Arena, residual: &[Lot]) -> Result<(), Error> {
    let mut missing: Vec<i128> = live.iter().map(|&amount| i128::from(amount)).collect();
    for group in groups.iter() {
        let mut net = 0_i128;
        for lot in group.lots() {
            missing[lot.row as usize] -= i128::from(lot.amount);
            net += i128::from(lot.amount);
        }
        if net.unsigned_abs() > u128::from(i64::MAX.unsigned_abs()) {
            return Err(net_overflow(store, group.rows[0]));
        }
    }
    for lot in residual {
        missing[lot.row as usize] -= i128::from(lot.amount);
    }
    match missing.iter().position(|&missing| missing != 0) {
        None => Ok(()),
        Some(slot) => {
            let expected = i128::from(live[slot]);
            Err(Error::ConservationViolated {
                id: store.ids[slot].clone(),
                expected,
                found: expected - missing[slot],
            })
        }
    }
}

/// The error of a group whose members add up to more than 64 bits.
pub(crate) fn net_overflow<R>(store: &Store<R>, first: u32) -> Error {
    Error::from_eval(EvalError::Overflow, Some(store.ids[first as usize].clone()))
}

/// The pinned groups as they were, then what was proposed, in the order of the report.
fn install<R>(store: &Store<R>, old: &Ledger, groups: Arena, names: Names, residual: &[Lot]) -> Ledger {
    // the order first, under ids that say nothing
    let mut draft = Ledger::of(groups, names, store.len());
    residual.iter().for_each(|lot| draft.free(lot.row, lot.amount));
    let mut has_zero = vec![false; store.len()];
    for index in old.alive().filter(|&index| old.is_pinned(index)) {
        old.group(index)
            .lots()
            .for_each(|lot| has_zero[lot.row as usize] |= lot.amount == 0);
    }
    for slot in (0..store.len()).filter(|&slot| store.amounts[slot] == 0 && !has_zero[slot]) {
        draft.free(slot as u32, 0);
    }
    let order = report_order(&draft);

    let mut new = Ledger::after(old.last_id(), draft.names.clone());
    new.grow(store.len());
    keep_pinned(&mut new, old);
    for place in order {
        let id = new.next_id();
        match place {
            Place::Group(index) => {
                let group = draft.group(index);
                new.add(id, State::Proposed, group.tag, group.lots());
            }
            Place::Single(slot) => {
                let amount = draft.single(slot).map_or(0, |(_, amount)| amount);
                new.set_single(slot, id, amount);
            }
        }
    }
    new
}

fn keep_pinned(new: &mut Ledger, old: &Ledger) {
    let mut pinned: Vec<usize> = old.alive().filter(|&index| old.is_pinned(index)).collect();
    pinned.sort_unstable_by_key(|&index| old.id(index));
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
