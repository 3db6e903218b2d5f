//! Index from row to groups, built on first use and extended as groups are added.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

/// Records of groups by slot; those that are gone since are still in it.
#[derive(Debug, Clone)]
pub(crate) struct Incidence {
    ends: Vec<u32>,
    groups: Vec<u32>,
    added: HashMap<u32, Vec<usize>, FxBuildHasher>,
}

impl Incidence {
    /// From pairs of a slot and a record.
    pub fn new<I: Iterator<Item = (u32, u32)>>(slots: usize, members: impl Fn() -> I) -> Self {
        let mut ends = vec![0_u32; slots];
        members().for_each(|(slot, _)| ends[slot as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            // the start for now; the fill below moves it to the end
            total += std::mem::replace(end, total);
        }
        let mut groups = vec![0; total as usize];
        for (slot, group) in members() {
            let next = &mut ends[slot as usize];
            groups[*next as usize] = group;
            *next += 1;
        }
        Self {
            ends,
            groups,
            added: HashMap::default(),
        }
    }

    /// Appends slots that no record holds.
    pub fn grow(&mut self, slots: usize) {
        self.ends.resize(slots, self.groups.len() as u32);
    }

    pub fn add(&mut self, group: usize, slots: &[u32]) {
        for &slot in slots {
            self.added.entry(slot).or_default().push(group);
        }
    }

    pub fn of(&self, slot: u32) -> Vec<usize> {
        let at = slot as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let built = self.groups[start as usize..self.ends[at] as usize].iter();
        let added = self.added.get(&slot).into_iter().flatten().copied();
        built.map(|&group| group as usize).chain(added).collect()
    }
}
