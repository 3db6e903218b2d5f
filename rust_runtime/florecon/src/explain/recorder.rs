//! Event recorder for `explain`: what happens to a few watched rows while the plan runs again.
//!
//! When no recorder is installed the cost is one test per bag and per refused bucket.

use std::borrow::Cow;

use crate::plan::Stage;
use crate::plan::arena::Tag;
use crate::plan::buckets::NO_KEY;
use crate::plan::lot::Lot;
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::value::json::Shown;

/// Members beyond these are counted, not listed.
const LISTED: usize = 20;

/// The rows that are asked for, and what was told of them.
#[derive(Default)]
pub(crate) struct Recorder {
    /// Ascending.
    asked: Vec<u32>,
    pub told: Vec<Told>,
    /// Whether shards without any of the rows may be left out, since nothing looks at what they leave.
    pub skips: bool,
}

/// One thing that happened to one row at one node.
pub(crate) struct Told {
    pub node: u32,
    pub row: u32,
    pub event: &'static str,
    pub facts: Facts,
}

pub(crate) type Facts = Vec<(&'static str, Fact)>;

pub(crate) enum Fact {
    Number(i128),
    Row(u32),
    Lots(Vec<Lot>),
    Text(String),
    /// A value as JSON.
    Json(String),
}

impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Fact {
    fn from(number: usize) -> Self {
        Self::Number(number as i128)
    }
}

/// Why a bucket was refused: a count of the stage, and an event under the same name.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    TooSmall,
    OneSided,
    OutOfTolerance,
    OverCap,
    OutOfBudget,
}

impl Refusal {
    fn event(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::OneSided => "one_sided",
            Self::OutOfTolerance => "out_of_tolerance",
            Self::OverCap => "over_cap",
            Self::OutOfBudget => "out_of_budget",
        }
    }

    fn count(self, stage: &mut Stage) -> &mut u64 {
        match self {
            Self::TooSmall => &mut stage.too_small,
            Self::OneSided => &mut stage.one_sided,
            Self::OutOfTolerance => &mut stage.out_of_tolerance,
            Self::OverCap => &mut stage.over_cap,
            Self::OutOfBudget => &mut stage.out_of_budget,
        }
    }
}

impl Recorder {
    pub fn new(mut asked: Vec<u32>) -> Self {
        asked.sort_unstable();
        asked.dedup();
        Self {
            asked,
            told: Vec::new(),
            skips: true,
        }
    }

    pub fn asks(&self, row: u32) -> bool {
        self.asked.contains(&row)
    }
}

pub(crate) fn shown(key: &dyn Shown) -> Fact {
    let mut json = String::new();
    key.show(&mut json);
    Fact::Json(json)
}

/// Lots that fit a line.
pub(crate) fn listed(lots: impl Iterator<Item = Lot>) -> Fact {
    Fact::Lots(lots.take(LISTED).collect())
}

/// What some positions of a bag are and add up to.
pub(crate) fn sums(bag: &[Lot], positions: &[u32]) -> (Legs, Facts) {
    let mut legs = Legs::default();
    positions.iter().for_each(|&at| legs.add(bag[at as usize].amount));
    let facts = vec![("size", positions.len().into()), ("net", Fact::Number(legs.net))];
    (legs, facts)
}

impl<R> Run<'_, R> {
    pub fn is_asked(&self, row: u32) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.asks(row))
    }

    pub fn is_probed(&self) -> bool {
        self.probe.is_some()
    }

    /// The positions of the asked rows in a bag.
    pub fn asked_in(&self, bag: &[Lot]) -> Vec<u32> {
        let asked = self.probe.iter().flat_map(|probe| &probe.asked);
        let find = |row: &u32| bag.binary_search_by_key(row, |lot| lot.row).ok();
        asked.filter_map(find).map(|at| at as u32).collect()
    }

    /// The positions of the two asked rows, when there are two and both are in the bag.
    pub fn asked_pair(&self, bag: &[Lot]) -> Option<(u32, u32)> {
        match (&*self.asked_in(bag), self.probe.as_ref()?.asked.len()) {
            (&[a, b], 2) => Some((a, b)),
            _ => None,
        }
    }

    pub fn tell(&mut self, node: u32, row: u32, event: &'static str, mut facts: Facts) {
        if matches!(self.originals, Cow::Owned(_)) {
            facts.push(("pivoted", Fact::Number(1)));
        }
        if let Some(probe) = &mut self.probe {
            probe.told.push(Told {
                node,
                row,
                event,
                facts,
            });
        }
    }

    /// Why two rows do not meet at a node, or that they do.
    pub fn tell_pair(&mut self, node: u32, pair: (u32, u32), event: &'static str, mut facts: Facts) {
        facts.push(("with", Fact::Row(pair.1)));
        self.tell(node, pair.0, event, facts);
    }

    /// Counts a refused bucket, and tells the asked rows in it. `positions` ascend; `more` adds what only the node knows.
    pub fn refuse(
        &mut self,
        node: u32,
        refusal: Refusal,
        bag: &[Lot],
        positions: &[u32],
        more: &dyn Fn(&Legs, &mut Facts),
    ) {
        *refusal.count(self.stage(node)) += 1;
        if !self.is_probed() {
            return;
        }
        for at in self.asked_in(bag) {
            if positions.binary_search(&at).is_ok() {
                let (legs, mut facts) = sums(bag, positions);
                more(&legs, &mut facts);
                self.tell(node, bag[at as usize].row, refusal.event(), facts);
            }
        }
    }

    /// Tells the asked rows that a bag came to a node.
    pub fn tell_entered(&mut self, node: u32, bag: &[Lot]) {
        let Some(probe) = &self.probe else { return };
        let missing = match *probe.asked {
            [a, b] => [a, b],
            _ => [u32::MAX; 2],
        };
        let asked = self.asked_in(bag);
        for &at in &asked {
            let lot = bag[at as usize];
            let mut facts = vec![("amount", lot.amount.into()), ("size", bag.len().into())];
            if asked.len() == 1 && missing[0] != u32::MAX {
                let other = if missing[0] == lot.row { missing[1] } else { missing[0] };
                facts.push(("without", Fact::Row(other)));
            }
            self.tell(node, lot.row, "entered", facts);
        }
    }

    /// Tells the asked rows in the group formed last how it looks.
    pub fn tell_taken(&mut self, node: u32) {
        let Some(probe) = &self.probe else { return };
        let Some(index) = self.groups.len().checked_sub(1) else {
            return;
        };
        let group = self.groups.get(index);
        let asked: Vec<u32> = group.rows.iter().copied().filter(|&row| probe.asks(row)).collect();
        for row in asked {
            let facts = self.group_facts(index, row);
            self.tell(node, row, "taken", facts);
        }
    }

    fn group_facts(&self, index: usize, row: u32) -> Facts {
        let group = self.groups.get(index);
        let Tag { origin, reason, .. } = group.tag;
        let own = group.lots().find(|lot| lot.row == row).map_or(0, |lot| lot.amount);
        vec![
            ("amount", own.into()),
            ("size", group.len().into()),
            (
                "net",
                Fact::Number(group.amounts.iter().map(|&amount| i128::from(amount)).sum()),
            ),
            ("origin", Fact::Text(self.names.text(origin).to_owned())),
            ("reason", Fact::Text(self.names.text(reason).to_owned())),
            ("members", listed(group.lots())),
        ]
    }

    /// The groups from `mark` on that hold a row, as they are.
    pub fn groups_of(&self, mark: usize, row: u32) -> Vec<Vec<Lot>> {
        let groups = (mark..self.groups.len()).map(|index| self.groups.get(index));
        groups
            .filter(|group| group.rows.binary_search(&row).is_ok())
            .map(|group| group.lots().collect())
            .collect()
    }

    /// The groups from `mark` on that hold an asked row, by row.
    pub fn held_from(&self, mark: usize) -> Vec<Held> {
        let asked = self.probe.as_ref().map_or(&[][..], |probe| &probe.asked);
        asked.iter().map(|&row| (row, self.groups_of(mark, row))).collect()
    }

    /// Tells the asked rows what became of the groups that held them: `facts` by row, what only the node knows.
    pub fn tell_regrouped(&mut self, node: u32, mark: usize, held: Vec<Held>, facts: Vec<Facts>) {
        for ((row, before), mut facts) in held.into_iter().zip(facts) {
            let Some(first) = before.first() else { continue };
            let after = self.groups_of(mark, row);
            let event = if after == before { "kept" } else { "regrouped" };
            let net = first.iter().map(|lot| i128::from(lot.amount)).sum();
            facts.extend([("size", first.len().into()), ("net", Fact::Number(net))]);
            facts.extend([("before", part(&before, row)), ("after", part(&after, row))]);
            if let Some(group) = after.first().filter(|_| event == "regrouped") {
                facts.push(("members", listed(group.iter().copied())));
            }
            self.tell(node, row, event, facts);
        }
    }

    /// Tells the asked rows which bucket they are in; a number per position, `NO_KEY` for none.
    pub fn tell_keys(&mut self, node: u32, bag: &[Lot], numbers: &[u32], key: &dyn Fn(u32) -> Fact) {
        for at in self.asked_in(bag) {
            let number = numbers[at as usize];
            let row = bag[at as usize].row;
            if number == NO_KEY {
                self.tell(node, row, "null_key", Vec::new());
                continue;
            }
            let bucket: Vec<u32> = (0..)
                .zip(numbers)
                .filter(|(_, own)| **own == number)
                .map(|(at, _)| at)
                .collect();
            let mut facts = sums(bag, &bucket).1;
            facts.push(("key", key(number)));
            self.tell(node, row, "bucket", facts);
        }
        let Some((a, b)) = self.asked_pair(bag) else { return };
        let (one, other) = (numbers[a as usize], numbers[b as usize]);
        if one != other && one != NO_KEY && other != NO_KEY {
            let facts = vec![("key", key(one)), ("other_key", key(other))];
            self.tell_pair(node, (bag[a as usize].row, bag[b as usize].row), "different_key", facts);
        }
    }

    pub fn may_skip(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.skips)
    }

    pub fn set_skips(&mut self, skips: bool) {
        if let Some(probe) = &mut self.probe {
            probe.skips = skips;
        }
    }
}

/// The slack of a bucket, as a fact.
pub(crate) fn slack(legs: &Legs, tol: Tol, facts: &mut Facts) {
    facts.push(("slack", Fact::Number(legs.slack(tol))));
}

/// A row and the groups that hold it.
pub(crate) type Held = (u32, Vec<Vec<Lot>>);

fn part(groups: &[Vec<Lot>], row: u32) -> Fact {
    let own = groups.iter().flatten().filter(|lot| lot.row == row);
    Fact::Number(own.map(|lot| i128::from(lot.amount)).sum())
}
