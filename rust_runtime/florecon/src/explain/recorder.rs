//! Event recorder for `explain`: the executor and the nodes write typed events about a few watched rows.
//!
//! Without a recorder the cost is one test per bag and per refused bucket.

use std::borrow::Cow;

use super::event::{Cause, Event, KeyJson, Limits, Record, Regrouping, Total};
use crate::plan::buckets::NO_KEY;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tolerance::Legs;
use crate::sorting;
use crate::sorting::by_number;
use crate::wire::Refusal;

/// Most members of a group that an event lists; further ones are only counted.
const MOST_MEMBERS: usize = 20;

/// Watched rows and their events.
#[derive(Default)]
pub(crate) struct Recorder {
    /// Ascending.
    watched: Vec<u32>,
    /// Whether two rows are told with what kept them apart.
    is_pair: bool,
    pub records: Vec<Record>,
}

/// A watched row and the groups that hold it.
pub(crate) type Held = (u32, Vec<Vec<Lot>>);

impl Recorder {
    /// Watches rows; two of them as a pair, unless `apart`.
    pub fn new(mut watched: Vec<u32>, apart: bool) -> Self {
        sorting::numbers(&mut watched);
        watched.dedup();
        Self {
            is_pair: watched.len() == 2 && !apart,
            watched,
            records: Vec::new(),
        }
    }

    pub fn watches(&self, row: u32) -> bool {
        self.watched.binary_search(&row).is_ok()
    }
}

impl<R> Run<'_, R> {
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    pub fn is_watched(&self, row: u32) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.watches(row))
    }

    /// Positions of the watched rows in a bag, ascending.
    pub fn watched_in(&self, bag: &[Lot]) -> Vec<u32> {
        let Some(recorder) = &self.recorder else {
            return Vec::new();
        };
        if bag.len() < recorder.watched.len() {
            let places = (0..).zip(bag).filter(|(_, lot)| recorder.watches(lot.row));
            return places.map(|(at, _)| at).collect();
        }
        let find = |row: &u32| bag.binary_search_by_key(row, |lot| lot.row).ok();
        let places = recorder.watched.iter().filter_map(find);
        places.map(|at| at as u32).collect()
    }

    /// Those of some positions of a bag whose rows are watched, in their order.
    pub fn watched_among(&self, bag: &[Lot], positions: &[u32]) -> Vec<u32> {
        let Some(recorder) = &self.recorder else {
            return Vec::new();
        };
        let is_watched = |at: &u32| recorder.watches(bag[*at as usize].row);
        positions.iter().copied().filter(is_watched).collect()
    }

    /// Positions of the two watched rows, if there are two and both are in the bag.
    pub fn watched_pair(&self, bag: &[Lot]) -> Option<(u32, u32)> {
        if !self.recorder.as_ref()?.is_pair {
            return None;
        }
        match *self.watched_in(bag) {
            [a, b] => Some((a, b)),
            _ => None,
        }
    }

    /// Records an event of a row, if a recorder is installed.
    pub fn record(&mut self, node: NodeId, row: u32, event: Event) {
        self.push_record(node, row, None, event);
    }

    /// Records an event of a pair of rows.
    pub fn record_pair(&mut self, node: NodeId, (row, with): (u32, u32), event: Event) {
        self.push_record(node, row, Some(with), event);
    }

    fn push_record(&mut self, node: NodeId, row: u32, with: Option<u32>, event: Event) {
        let is_pivoted = matches!(self.originals, Cow::Owned(_));
        if let Some(recorder) = &mut self.recorder {
            recorder.records.push(Record {
                node,
                row,
                event,
                with,
                is_pivoted,
            });
        }
    }

    /// Counts a refused bucket, and records it for the watched rows in it. `positions` ascend; `limits` gives the settings
    /// of the node.
    pub fn refuse(
        &mut self,
        node: NodeId,
        refusal: Refusal,
        bag: &[Lot],
        positions: &[u32],
        limits: &dyn Fn(&Legs) -> Limits,
    ) {
        *self.stage(node).refused(refusal) += 1;
        if !self.is_recorded() {
            return;
        }
        let watched = self.watched_among(bag, positions);
        if watched.is_empty() {
            return;
        }
        let (total, legs) = Total::of(bag, positions);
        for at in watched {
            let limits = limits(&legs);
            let event = Event::Refused { refusal, total, limits };
            self.record(node, bag[at as usize].row, event);
        }
    }

    /// Records that a node could have formed another group as good.
    pub fn record_rival(&mut self, node: NodeId, row: u32, lots: &[Lot], key: Option<KeyJson>) {
        let (total, members) = listed(lots);
        self.record(node, row, Event::Rival { total, members, key });
    }

    /// Records the nearest subset with an open row.
    pub fn record_near(&mut self, node: NodeId, row: u32, lots: &[Lot]) {
        let (total, members) = listed(lots);
        self.record(node, row, Event::Nearest { total, members });
    }

    /// Records that a bag entered a node.
    pub fn record_entered(&mut self, node: NodeId, bag: &[Lot]) {
        let Some(recorder) = &self.recorder else { return };
        let pair = match *recorder.watched {
            [a, b] if recorder.is_pair => Some([a, b]),
            _ => None,
        };
        let present = self.watched_in(bag);
        for &at in &present {
            let lot = bag[at as usize];
            let is_alone = present.len() == 1;
            let without = pair.filter(|_| is_alone).map(|[a, b]| if a == lot.row { b } else { a });
            let event = Event::Entered {
                amount: lot.amount,
                size: bag.len(),
                without,
            };
            self.record(node, lot.row, event);
        }
    }

    /// Records the group formed last.
    pub fn record_taken(&mut self) {
        let Some(recorder) = &self.recorder else { return };
        let Some(index) = self.groups.len().checked_sub(1) else {
            return;
        };
        let group = self.groups.get(index);
        let Some(node) = group.tag.node else { return };
        let watched: Vec<usize> = (0..group.len())
            .filter(|&at| recorder.watches(group.rows[at]))
            .collect();
        if watched.is_empty() {
            return;
        }
        let size = group.len();
        let net = group.amounts.iter().map(|&amount| i128::from(amount)).sum();
        let members: Vec<Lot> = group.lots().take(MOST_MEMBERS).collect();
        let [origin, reason] = [group.tag.origin, group.tag.reason].map(|name| self.names.text(name).to_owned());
        for at in watched {
            let group = self.groups.get(index);
            let event = Event::Taken {
                amount: group.amounts[at],
                size,
                net,
                origin: origin.clone(),
                reason: reason.clone(),
                members: members.clone(),
            };
            self.record(node, group.rows[at], event);
        }
    }

    /// The groups from `mark` on that hold a watched row, by row, without the rows that none holds.
    pub fn held_from(&self, mark: usize) -> Vec<Held> {
        let mut places: Vec<(u32, usize)> = Vec::new();
        if let Some(recorder) = &self.recorder {
            for index in mark..self.groups.len() {
                let rows = self.groups.get(index).rows.iter().filter(|row| recorder.watches(**row));
                places.extend(rows.map(|&row| (row, index)));
            }
        }
        by_number(&mut places, |(row, _)| i64::from(row));
        let of_row = places.chunk_by(|one, other| one.0 == other.0);
        let lots = |&(_, index): &(u32, usize)| self.groups.get(index).lots().collect();
        of_row
            .map(|held| (held[0].0, held.iter().map(lots).collect()))
            .collect()
    }

    /// Records the effect of a transformation on the groups that held the watched rows; `causes` by row.
    pub fn record_regrouped(&mut self, node: NodeId, mark: usize, held: Vec<Held>, causes: Vec<Cause>) {
        let mut afterwards = self.held_from(mark).into_iter().peekable();
        for ((row, before), cause) in held.into_iter().zip(causes) {
            let Some(first) = before.first() else { continue };
            let after = afterwards.next_if(|(other, _)| *other == row);
            let after = after.map_or_else(Vec::new, |(_, groups)| groups);
            let is_changed = after != before;
            let members = after.first().filter(|_| is_changed);
            let event = Event::Regrouped(Regrouping {
                is_changed,
                cause,
                total: Total {
                    size: first.len(),
                    net: first.iter().map(|lot| i128::from(lot.amount)).sum(),
                },
                before: part(&before, row),
                after: part(&after, row),
                members: members.map(|group| group.iter().copied().take(MOST_MEMBERS).collect()),
            });
            self.record(node, row, event);
        }
    }

    /// Records the buckets of the watched rows; `numbers` has a bucket number per position, `NO_KEY` for none.
    pub fn record_keys(&mut self, node: NodeId, bag: &[Lot], numbers: &[u32], key: &dyn Fn(u32) -> KeyJson) {
        let watched = self.watched_in(bag);
        if watched.is_empty() {
            return;
        }
        let buckets = numbers.iter().filter(|&&number| number != NO_KEY).max();
        let mut totals = vec![Total { size: 0, net: 0 }; buckets.map_or(0, |&last| last as usize + 1)];
        for (lot, &number) in bag.iter().zip(numbers).filter(|&(_, &number)| number != NO_KEY) {
            let total = &mut totals[number as usize];
            total.size += 1;
            total.net += i128::from(lot.amount);
        }
        for at in watched {
            let number = numbers[at as usize];
            let row = bag[at as usize].row;
            if number == NO_KEY {
                self.record(node, row, Event::NullKey);
                continue;
            }
            let event = Event::Bucket {
                total: totals[number as usize],
                key: key(number),
            };
            self.record(node, row, event);
        }
        let Some((a, b)) = self.watched_pair(bag) else { return };
        let (one, other) = (numbers[a as usize], numbers[b as usize]);
        if one != other && one != NO_KEY && other != NO_KEY {
            let event = Event::DifferentKey {
                key: key(one),
                other: key(other),
            };
            self.record_pair(node, (bag[a as usize].row, bag[b as usize].row), event);
        }
    }
}

/// What an event says of a group.
fn listed(lots: &[Lot]) -> (Total, Vec<Lot>) {
    let total = Total {
        size: lots.len(),
        net: lots.iter().map(|lot| i128::from(lot.amount)).sum(),
    };
    (total, lots.iter().copied().take(MOST_MEMBERS).collect())
}

/// The amount of a row in some groups.
fn part(groups: &[Vec<Lot>], row: u32) -> i128 {
    let own = groups.iter().flatten().filter(|lot| lot.row == row);
    own.map(|lot| i128::from(lot.amount)).sum()
}
