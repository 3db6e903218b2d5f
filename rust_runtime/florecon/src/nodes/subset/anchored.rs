//! `subset_net` with an anchor: again and again the best group of one anchor and opposite items, until there is none.

use super::best_subset::{Answer, Best, Task, best};
use crate::error::Error;
use crate::explain::event::{Event, Limits};
use crate::plan::Answer as Value;
use crate::plan::arena::Tag;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::{Body, Plan};
use crate::wire::{Refusal, kind, reason};

/// The rule by which one subset is better than another, and the bounds of its size.
///
/// ```
/// use florecon::prelude::*;
/// assert_ne!(closest(Some(5), None), fewest(Some(5), None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    by_count: bool,
    max_size: Option<usize>,
    max_left_out: Option<usize>,
}

/// The smallest difference first, then the fewest items: in a group, or where `max_left_out` is given, left out of it.
/// `max_size` counts the members of a group.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { is_payment: bool, amount: i64 }
/// let anchor = |i: Item<Line>| i.row.is_payment;
/// // a payment of all open invoices but two
/// let plan: Plan<Line> = anchored_subset(one_bucket, anchor, abs_tol(0), closest(None, Some(2)), 100_000_000);
/// ```
#[must_use]
pub fn closest(max_size: Option<usize>, max_left_out: Option<usize>) -> Preference {
    Preference {
        by_count: false,
        max_size,
        max_left_out,
    }
}

/// The fewest items first, then the smallest difference; the bounds are those of [`closest`].
///
/// ```
/// use florecon::prelude::*;
/// let anchor = |i: Item<i64>| i.amount < 0;
/// let plan: Plan<i64> = anchored_subset(one_bucket, anchor, abs_tol(5), fewest(Some(4), None), 100_000_000);
/// ```
#[must_use]
pub fn fewest(max_size: Option<usize>, max_left_out: Option<usize>) -> Preference {
    Preference {
        by_count: true,
        ..closest(max_size, max_left_out)
    }
}

/// In each bucket, takes the best group of one anchor and opposite items that are no anchors, with a net within `tol`, and
/// goes on with what is left. The search is exact; an anchor whose search would need more than `budget` steps is passed
/// over, and the stage says so. The tolerance is absolute, or relative to a side or to the gross.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, is_payment: bool, amount: i64 }
/// let (account, anchor) = (|i: Item<Line>| Some(i.row.account), |i: Item<Line>| i.row.is_payment);
/// let plan: Plan<Line> = anchored_subset(account, anchor, abs_tol(0), closest(None, None), 100_000_000);
/// ```
pub fn anchored_subset<R, K, A, B>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    anchor: impl Fn(Item<'_, R>) -> B + 'static,
    tol: Tol,
    preference: Preference,
    budget: u64,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Value<Value = Option<K>>,
    B: Value<Value = bool>,
{
    let body = AnchoredSubset {
        key: item_fn(key),
        anchor: item_fn(anchor),
        tol,
        preference,
        budget,
    };
    Plan::leaf(kind::ANCHORED_SUBSET, body)
}

struct AnchoredSubset<R, K> {
    key: ItemFn<R, Option<K>>,
    anchor: ItemFn<R, bool>,
    tol: Tol,
    preference: Preference,
    budget: u64,
}

impl<R, K: Key> Body<R> for AnchoredSubset<R, K> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()?;
        if self.tol.is_of_sides() {
            return Ok(());
        }
        Err("the smallest and the largest leg of a group are not known before it is; use rel_side_tol".into())
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_key(run, bag, &self.key, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mut is_anchor = Vec::with_capacity(bag.len());
        for &lot in &*bag {
            is_anchor.push(run.eval(&self.anchor, lot)?);
        }
        let buckets = Buckets::form(run, node.id(), bag, &self.key)?;
        for bucket in buckets.iter() {
            let amounts: Vec<i64> = bucket.iter().map(|&at| bag[at as usize].amount).collect();
            let legs = Legs::of(&amounts);
            let limits = |_: &Legs| Limits::Subset {
                max_size: self.preference.max_size.unwrap_or(bucket.len()),
                budget: self.budget,
            };
            if bucket.len() < 2 {
                run.refuse(node.id(), Refusal::TooSmall, bag, bucket, &limits);
                continue;
            }
            if !legs.both_signs() {
                run.refuse(node.id(), Refusal::OneSided, bag, bucket, &limits);
                continue;
            }
            let (anchors, items) = (0..bucket.len() as u32).partition(|&at| is_anchor[bucket[at as usize] as usize]);
            let rounds = Rounds {
                settings: Settings {
                    tol: self.tol,
                    preference: self.preference,
                    budget: self.budget,
                },
                amounts: &amounts,
                anchors,
                items,
                answers: Vec::new(),
            };
            let (found, is_passed_over) = rounds.run();
            let is_nothing = found.is_empty();
            let tag = run.tag(node.id(), kind::SUBSET_NET, reason::ANCHORED_SUBSET);
            for formed in found {
                let members: Vec<u32> = formed.places.iter().map(|&at| bucket[at as usize]).collect();
                let unique = Some(formed.is_unique);
                run.take(bag, &members, Tag { unique, ..tag });
            }
            let left: Vec<u32> = bucket
                .iter()
                .copied()
                .filter(|&at| bag[at as usize].amount != 0)
                .collect();
            if is_passed_over {
                run.refuse(node.id(), Refusal::OutOfBudget, bag, &left, &limits);
            } else if is_nothing {
                run.refuse(node.id(), Refusal::OutOfTolerance, bag, &left, &limits);
            } else if run.is_recorded() {
                let max_size = self.preference.max_size.unwrap_or(bucket.len());
                for at in run.watched_among(bag, &left) {
                    run.record(node.id(), bag[at as usize].row, Event::NoSubset { max_size });
                }
            }
        }
        Ok(compact(bag))
    }
}

/// What decides a search besides the amounts.
struct Settings {
    tol: Tol,
    preference: Preference,
    budget: u64,
}

/// A group of places of the bucket, ascending.
struct Formed {
    places: Vec<u32>,
    is_unique: bool,
}

/// The groups of one bucket, by places in it.
struct Rounds<'a> {
    settings: Settings,
    amounts: &'a [i64],
    /// The anchors and the items not taken yet.
    anchors: Vec<u32>,
    items: Vec<u32>,
    /// The answer of each anchor, in places of the bucket; none where it is to be searched for again.
    answers: Vec<Option<Answer>>,
}

impl Rounds<'_> {
    /// The groups in the order in which they are formed, and whether an anchor was passed over in the last round.
    fn run(mut self) -> (Vec<Formed>, bool) {
        self.answers = vec![None; self.anchors.len()];
        let mut formed = Vec::new();
        loop {
            for index in 0..self.anchors.len() {
                if self.answers[index].is_none() {
                    let anchor = self.anchors[index];
                    self.answers[index] = Some(self.search(anchor, &self.opposite(anchor)));
                }
            }
            let found = |index: usize| self.found(index).map(|best| (best.level, index));
            let Some((_, index)) = (0..self.anchors.len()).filter_map(found).min() else {
                let is_passed_over = self.answers.contains(&Some(Answer::Beyond));
                return (formed, is_passed_over);
            };
            formed.push(self.take(index));
        }
    }

    fn found(&self, index: usize) -> Option<&Best> {
        match &self.answers[index] {
            Some(Answer::Found(best)) => Some(best),
            _ => None,
        }
    }

    /// Forms the group of an anchor that has one.
    fn take(&mut self, index: usize) -> Formed {
        let anchor = self.anchors.remove(index);
        let Some(Answer::Found(best)) = self.answers.remove(index) else {
            unreachable!("only an anchor with a group is taken");
        };
        let is_unique = best.is_unique && (0..self.anchors.len()).all(|other| !self.is_rival(other, anchor, &best));
        self.items.retain(|item| !best.places.contains(item));
        for (index, &other) in self.anchors.iter().enumerate() {
            if self.is_same_side(anchor, other) && !self.still_holds(index, &best) {
                self.answers[index] = None;
            }
        }
        let mut places = best.places;
        places.insert(places.partition_point(|&place| place < anchor), anchor);
        Formed { places, is_unique }
    }

    /// Whether an answer is the same when the items of a group are gone.
    fn still_holds(&self, index: usize, taken: &Best) -> bool {
        match &self.answers[index] {
            // with fewer items there is less to find, unless their number is bounded from below
            Some(Answer::Nothing) => self.settings.preference.max_left_out.is_none(),
            Some(Answer::Found(best)) => {
                self.settings.preference.max_left_out.is_none()
                    && best.is_unique
                    && !best.places.iter().any(|place| taken.places.contains(place))
            }
            _ => false,
        }
    }

    fn is_same_side(&self, one: u32, other: u32) -> bool {
        (self.amounts[one as usize] > 0) == (self.amounts[other as usize] > 0)
    }

    /// The items of the other sign.
    fn opposite(&self, anchor: u32) -> Vec<u32> {
        let items = self.items.iter().copied();
        items.filter(|&item| !self.is_same_side(anchor, item)).collect()
    }

    /// The best group of an anchor and some of the items, whose order decides what is as good.
    fn search(&self, anchor: u32, items: &[u32]) -> Answer {
        let Settings {
            tol,
            preference,
            budget,
        } = self.settings;
        let sizes: Vec<u64> = items
            .iter()
            .map(|&item| self.amounts[item as usize].unsigned_abs())
            .collect();
        let total: u128 = sizes.iter().map(|&size| u128::from(size)).sum();
        let target = self.amounts[anchor as usize].unsigned_abs();
        let (low, high) = tol.sums(target);
        let count = sizes.len();
        let task = Task {
            amounts: sizes,
            target,
            low: low.max(1),
            high: u128::from(high).min(total) as u64,
            fewest: preference
                .max_left_out
                .map_or(1, |most| count.saturating_sub(most).max(1)),
            most: preference.max_size.map_or(count, |most| count.min(most - 1)),
            by_count: preference.by_count,
            left_out: preference.max_left_out.is_some(),
        };
        match best(&task, budget) {
            Answer::Found(best) => Answer::Found(Best {
                places: best.places.iter().map(|&at| items[at as usize]).collect(),
                ..best
            }),
            other => other,
        }
    }

    /// Whether another anchor has, or may have, a group as good with one of the items.
    fn is_rival(&self, index: usize, anchor: u32, best: &Best) -> bool {
        let other = self.anchors[index];
        if !self.is_same_side(anchor, other) {
            return false;
        }
        let theirs = match &self.answers[index] {
            Some(Answer::Found(theirs)) if theirs.level == best.level => theirs,
            Some(Answer::Beyond) => return true,
            _ => return false,
        };
        if theirs.places.iter().any(|place| best.places.contains(place)) {
            return true;
        }
        if theirs.is_unique {
            return false;
        }
        // the best of all goes to the first places, so it has an item of the group wherever one as good has one
        let mut items = self.opposite(other);
        items.sort_by_key(|item| !best.places.contains(item));
        match self.search(other, &items) {
            Answer::Found(theirs) => best.places.contains(&theirs.places[0]),
            _ => false,
        }
    }
}
