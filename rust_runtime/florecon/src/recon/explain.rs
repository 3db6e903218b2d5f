//! Explanation of rows: runs the plan again on the input of the last solve, with a recorder installed.

use super::Recon;
use super::ledger::Place;
use super::solve::Pending;
use crate::error::Error;
use crate::explain::event::Record;
use crate::explain::recorder::Recorder;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::{Caches, Paused, Run};
use crate::row_id::RowId;
use crate::wire::origin::UNMATCHED;

/// Explanation of rows.
pub(crate) struct Explained {
    pub rows: Vec<Standing>,
    pub records: Vec<Record>,
    /// Whether a solve would now do something else with these rows than the last one did.
    pub stale: bool,
}

/// Position of a row in the ledger.
pub(crate) struct Standing {
    pub row: u32,
    pub amount: i64,
    pub places: Vec<Standpoint>,
    /// Whether a part of it was added or freed since the last solve.
    pub new: bool,
}

/// A group that a row is in.
pub(crate) struct Standpoint {
    pub group_id: i64,
    pub pinned: bool,
    pub origin: String,
    pub reason: Option<String>,
    pub node: Option<u32>,
    pub size: usize,
    /// Amount of the row in it.
    pub amount: i64,
}

impl<R> Recon<R> {
    /// What a solve does with rows; two of them are told as a pair, unless `apart`.
    pub(crate) fn explain(&mut self, ids: &[RowId], apart: bool) -> Result<Explained, Error> {
        let slots: Vec<u32> = ids.iter().map(|id| self.store.expect(id)).collect::<Result<_, _>>()?;
        let rows: Vec<Standing> = slots.iter().map(|&slot| self.standing(slot)).collect();
        let mut bag = Pending::new(&self.plan, &self.store, &self.ledger, Caches::default(), false).into_bag();
        let paused = Paused::before(self.plan.outline(), Caches::default());
        let mut run = Run::resume(paused, u64::MAX, &self.store.rows, &self.store.ids, &self.store.amounts);
        run.recorder = Some(Box::new(Recorder::new(slots.clone(), apart)));
        self.plan.run(&mut run, &mut bag, true)?;
        let held = run.held_from(0);
        let records = run.recorder.take().map_or_else(Vec::new, |recorder| recorder.records);
        let stale = slots.iter().any(|&slot| {
            let formed = held.binary_search_by_key(&slot, |(row, _)| *row);
            let formed = formed.map_or(&[][..], |at| &held[at].1);
            let proposed = self.proposed_of(slot);
            formed.len() != proposed.len() || !formed.iter().all(|group| proposed.contains(group))
        });
        Ok(Explained { rows, records, stale })
    }

    /// The kinds of the plan's nodes.
    pub(crate) fn outline(&self) -> Vec<&'static str> {
        self.stages.iter().map(|stage| stage.kind).collect()
    }

    pub(crate) fn id_of(&self, row: u32) -> &RowId {
        &self.store.ids[row as usize]
    }

    fn standing(&mut self, slot: u32) -> Standing {
        let places = self.ledger.places_of(slot);
        Standing {
            row: slot,
            amount: self.store.amounts[slot as usize],
            places: places.into_iter().map(|place| self.standpoint(place, slot)).collect(),
            new: self.ledger.single(slot).is_some_and(|(id, _)| id > self.solved_to),
        }
    }

    fn standpoint(&self, place: Place, slot: u32) -> Standpoint {
        match place {
            Place::Group(index) => {
                let group = self.ledger.group(index);
                let names = &self.ledger.names;
                Standpoint {
                    group_id: self.ledger.id(index),
                    pinned: self.ledger.is_pinned(index),
                    origin: names.text(group.tag.origin).to_owned(),
                    reason: names.get(group.tag.reason).map(|reason| reason.to_string()),
                    node: group.tag.node.map(NodeId::get),
                    size: group.len(),
                    amount: self.ledger.part(index, slot),
                }
            }
            Place::Single(_) => {
                let (group_id, amount) = self.ledger.single(slot).unwrap_or_default();
                Standpoint {
                    group_id,
                    pinned: false,
                    origin: UNMATCHED.to_owned(),
                    reason: None,
                    node: None,
                    size: 1,
                    amount,
                }
            }
        }
    }

    /// The members of the proposed groups that hold a row.
    fn proposed_of(&self, slot: u32) -> Vec<Vec<Lot>> {
        let groups = self.ledger.known_groups_of(slot).into_iter();
        let proposed = groups.filter(|&index| !self.ledger.is_pinned(index));
        proposed
            .map(|index| self.ledger.group(index).lots().collect())
            .collect()
    }
}
