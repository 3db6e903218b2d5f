//! Warm-start cache of `flow` nodes: solved instances kept from one solve to the next, and the certificates of their solutions.
//!
//! A workspace owns one [`FlowCache`]; a solve carries it through the tree and returns it. An entry is found by node id and
//! smallest row of the bag, and compared before it is used: a wrong guess costs time and changes nothing. A shard taken from
//! the shard cache runs no node; the entries of its nodes stay.

use rustc_hash::FxHashMap;

use crate::error::Error;
use crate::mcf::{EngineError, Instance, Options, Solution, SolvedInstance, solve};
use crate::plan::node_id::NodeId;
use crate::row_id::RowId;

/// Solving an instance of fewer arcs is faster than keeping it, and a data set may have a hundred thousand of them.
const FEWEST_ARCS: usize = 1024;

/// The same of the first solve, which no other may follow: solving fewer takes about a millisecond.
const FEWEST_ARCS_AT_FIRST: usize = 1 << 14;

/// The kept instances of a workspace.
#[derive(Debug, Default)]
pub(crate) struct FlowCache {
    /// By smallest row; one for each node that had it.
    kept: FxHashMap<RowId, Vec<Entry>>,
    /// Check the certificate of every instance.
    pub certify: bool,
    /// Number of instances certified in the solve at hand.
    pub certified: u64,
    is_first: bool,
}

#[derive(Debug)]
struct Entry {
    node: NodeId,
    kept: SolvedInstance,
    /// The row of each node: those of the sources ascending, then those of the sinks.
    ids: Vec<RowId>,
    n_sources: usize,
    /// Used or made in the solve at hand.
    is_fresh: bool,
}

impl FlowCache {
    /// Called before the first step of a solve.
    pub fn begin(&mut self, certify: bool, is_first: bool) {
        self.kept
            .values_mut()
            .flatten()
            .for_each(|entry| entry.is_fresh = false);
        (self.certify, self.certified) = (certify, 0);
        self.is_first = is_first;
    }

    /// Called after the last step: frees the entries of bags that no longer exist.
    pub fn end(&mut self) {
        self.kept.retain(|_, entries| {
            entries.retain(|entry| entry.is_fresh);
            !entries.is_empty()
        });
        self.kept.shrink_to_fit();
    }

    /// Keeps the entries of bags among rows that were not solved again because they are unchanged.
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

    /// Whether an entry may be found for an instance or made of it, by the ids of its rows; without, they may be none.
    pub fn reads_ids(&self, instance: &Instance) -> bool {
        !self.kept.is_empty() || self.is_large(instance)
    }

    /// Whether keeping an instance is worth it.
    fn is_large(&self, instance: &Instance) -> bool {
        let fewest = if self.is_first {
            FEWEST_ARCS_AT_FIRST
        } else {
            FEWEST_ARCS
        };
        instance.tail.len() >= fewest
    }

    /// Solves the instance of a node over these rows, from the entry of the node if there is one.
    pub fn solve(&mut self, node: NodeId, ids: &[RowId], instance: &Instance) -> Result<Solution, Error> {
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
                node: node.get(),
                violation: violation.to_string(),
            },
            other => Error::bad_config(format!("flow (node {node}): {other}")),
        })
    }

    /// Keeps an instance and its solution, if it is large enough.
    pub fn keep(&mut self, node: NodeId, ids: Vec<RowId>, instance: Instance, solution: &Solution) {
        if !self.is_large(&instance) {
            return;
        }
        let Some(first) = ids.iter().min().cloned() else { return };
        let entry = Entry {
            node,
            n_sources: instance.n_sources,
            kept: SolvedInstance::new(instance, solution),
            ids,
            is_fresh: true,
        };
        let entries = self.kept.entry(first).or_default();
        entries.retain(|entry| entry.node != node);
        entries.push(entry);
    }
}

impl Entry {
    /// The earlier node of each row, `u32::MAX` for none on this side.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A complete instance of `side` by `side` lots.
    fn complete(side: usize) -> (Instance, Vec<RowId>) {
        let arcs = (0..side).flat_map(|source| (0..side).map(move |sink| (source as u32, (side + sink) as u32)));
        let (tail, head): (Vec<u32>, Vec<u32>) = arcs.unzip();
        let instance = Instance {
            n_sources: side,
            supply: (0..2 * side).map(|node| if node < side { 5 } else { -5 }).collect(),
            penalty: vec![10; 2 * side],
            key: (0..2 * side as u64).collect(),
            cost: (0..tail.len() as i64).map(|arc| arc % 7).collect(),
            tail,
            head,
        };
        (instance, (0..2 * side as i64).map(RowId::from).collect())
    }

    fn kept(side: usize) -> (FlowCache, Vec<RowId>) {
        kept_by(side, false)
    }

    fn kept_by(side: usize, is_first: bool) -> (FlowCache, Vec<RowId>) {
        let (mut flows, (instance, ids)) = (FlowCache::default(), complete(side));
        flows.begin(false, is_first);
        let solution = flows.solve(NodeId::new(1), &ids, &instance).unwrap();
        flows.keep(NodeId::new(1), ids.clone(), instance, &solution);
        flows.end();
        (flows, ids)
    }

    #[test]
    fn only_large_instances_are_remembered() {
        assert_eq!(kept(31).0.kept.len(), 0);
        assert_eq!(kept(32).0.kept.len(), 1);
        assert_eq!(kept_by(127, true).0.kept.len(), 0);
        assert_eq!(kept_by(128, true).0.kept.len(), 1);
    }

    #[test]
    fn what_no_solve_uses_is_given_back() {
        let (mut flows, ids) = kept(32);
        for _ in 0..3 {
            flows.begin(false, false);
            flows.spare(ids.iter());
            flows.end();
        }
        assert_eq!(flows.kept.len(), 1, "its rows were in a shard that was not run again");
        flows.begin(false, false);
        flows.spare(ids[1..].iter());
        flows.end();
        assert_eq!(
            flows.kept.capacity(),
            0,
            "its smallest row is gone, and so is its memory"
        );
    }

    #[test]
    fn a_known_instance_takes_no_pivot() {
        let (mut flows, ids) = kept(32);
        let (mut instance, _) = complete(32);
        assert_eq!(flows.solve(NodeId::new(1), &ids, &instance).unwrap().stats.pivots, 0);
        instance.supply[3] = 4;
        let again = flows.solve(NodeId::new(1), &ids, &instance).unwrap();
        let cold = solve(&instance, &Options::default()).unwrap();
        assert_eq!((&again.flow, again.objective), (&cold.flow, cold.objective));
        assert!(again.stats.pivots < cold.stats.pivots);
        assert!(
            flows.solve(NodeId::new(2), &ids, &instance).unwrap().stats.pivots > 0,
            "another node"
        );
    }
}
