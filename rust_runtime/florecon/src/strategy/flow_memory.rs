//! What flow nodes know from one solve to the next, and the certificates of their answers.
//!
//! A workspace owns one [`Flows`]; a solve carries it through the tree and gives it back. A node finds what it kept by its
//! id and the smallest row of its bag, and compares before it uses anything: a wrong guess costs time and changes nothing.
//! A shard that is recalled (see `recall`) runs no node; what its nodes kept stays.

use rustc_hash::FxHashMap;

use crate::engine::{EngineError, Instance, Kept, Options, Solution, solve};
use crate::error::Error;
use crate::row_id::RowId;

/// Instances with fewer arcs are solved faster than remembered, and a ledger may have a hundred thousand of them.
const FEWEST_ARCS: usize = 1024;

/// The memory of the flow nodes of a plan.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    /// By smallest row; one for each node that had it.
    kept: FxHashMap<RowId, Vec<Entry>>,
    /// Check the certificate of every instance.
    pub certify: bool,
    /// How many instances were certified in the solve at hand.
    pub certified: u64,
}

#[derive(Debug)]
struct Entry {
    node: u32,
    kept: Kept,
    /// The row of each node: those of the sources ascending, then those of the sinks.
    ids: Vec<RowId>,
    n_sources: usize,
    /// Used or made in the solve at hand.
    is_fresh: bool,
}

impl Flows {
    /// Before the first step of a solve.
    pub fn begin(&mut self, certify: bool) {
        self.kept
            .values_mut()
            .flatten()
            .for_each(|entry| entry.is_fresh = false);
        (self.certify, self.certified) = (certify, 0);
    }

    /// After the last: gives back the memory of bags that there are no more.
    pub fn end(&mut self) {
        self.kept.retain(|_, entries| {
            entries.retain(|entry| entry.is_fresh);
            !entries.is_empty()
        });
        self.kept.shrink_to_fit();
    }

    /// Spares what is known of bags among rows that are not solved again because nothing there has changed.
    pub fn spare<'a>(&mut self, ids: impl Iterator<Item = &'a RowId>) {
        if self.kept.is_empty() {
            return;
        }
        for id in ids {
            if let Some(entries) = self.kept.get_mut(id) {
                entries.iter_mut().for_each(|entry| entry.is_fresh = true);
            }
        }
    }

    /// Solves the instance of a node over these rows, from what is known of it.
    pub fn solve(&mut self, node: u32, ids: &[RowId], instance: &Instance) -> Result<Solution, Error> {
        let options = Options { certify: self.certify };
        let first = ids.iter().min().and_then(|first| self.kept.get(first));
        let known = first.and_then(|entries| entries.iter().find(|entry| entry.node == node));
        let solved = match known {
            Some(entry) => entry
                .kept
                .solve(instance, &entry.places(ids, instance.n_sources), &options),
            None => solve(instance, &options),
        };
        self.certified += u64::from(options.certify || cfg!(debug_assertions));
        solved.map_err(|error| match error {
            EngineError::Certificate(violation) => Error::Uncertified {
                node,
                violation: violation.to_string(),
            },
            other => Error::bad_config(format!("flow (node {node}): {other}")),
        })
    }

    /// Remembers an instance and its solution, if that is worth its memory.
    pub fn keep(&mut self, node: u32, ids: Vec<RowId>, instance: Instance, solution: &Solution) {
        let Some(first) = ids.iter().min().cloned() else { return };
        if instance.tail.len() < FEWEST_ARCS {
            return;
        }
        let entry = Entry {
            node,
            n_sources: instance.n_sources,
            kept: Kept::new(instance, solution),
            ids,
            is_fresh: true,
        };
        let entries = self.kept.entry(first).or_default();
        entries.retain(|entry| entry.node != node);
        entries.push(entry);
    }
}

impl Entry {
    /// The node that each row was, `u32::MAX` for none on this side.
    fn places(&self, ids: &[RowId], n_sources: usize) -> Vec<u32> {
        let mut places = Vec::with_capacity(ids.len());
        let sides = [
            (&ids[..n_sources], 0..self.n_sources),
            (&ids[n_sources..], self.n_sources..self.ids.len()),
        ];
        for (now, was) in sides {
            let mut was = was.peekable();
            for id in now {
                while was.next_if(|&old| self.ids[old] < *id).is_some() {}
                let same = was.next_if(|&old| self.ids[old] == *id);
                places.push(same.map_or(u32::MAX, |old| old as u32));
            }
        }
        places
    }
}
