//! `subset_net` with an anchor: again and again the best group of one anchor and opposite items, until there is none.

use std::ops::RangeInclusive;

use super::best_subset::{Answer, Best, Task, best, best_within};
use super::nearest::Nearest;
use super::search::Subset;
use super::{searchable, take};
use crate::error::Error;
use crate::explain::event::{Event, Limits};
use crate::plan::Answer as Value;
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

impl Preference {
    /// How many of the opposite items a group may have.
    fn counts(self, items: usize) -> RangeInclusive<usize> {
        let fewest = self.max_left_out.map_or(1, |most| items.saturating_sub(most).max(1));
        fewest..=self.max_size.map_or(items, |most| items.min(most - 1))
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
            let max_size = self.preference.max_size.unwrap_or(bucket.len());
            let limits = |_: &Legs| Limits::Subset {
                max_size,
                budget: self.budget,
            };
            let Some(amounts) = searchable(run, node.id(), bag, bucket, &limits) else {
                continue;
            };
            let (anchors, items): (Vec<u32>, _) =
                (0..bucket.len() as u32).partition(|&at| is_anchor[bucket[at as usize] as usize]);
            let mut rounds = Rounds {
                settings: Settings {
                    tol: self.tol,
                    preference: self.preference,
                    budget: self.budget,
                },
                amounts: &amounts,
                answers: vec![None; anchors.len()],
                anchors,
                items,
            };
            let is_watched = |place: &u32| run.is_watched(bag[bucket[*place as usize] as usize].row);
            let (found, is_passed_over) = rounds.run(&is_watched);
            let is_nothing = found.is_empty();
            let tag = run.tag(node.id(), kind::SUBSET_NET, reason::ANCHORED_SUBSET);
            for formed in found {
                take(run, bag, bucket, &formed, tag);
            }
            let left: Vec<u32> = bucket
                .iter()
                .copied()
                .filter(|&at| bag[at as usize].amount != 0)
                .collect();
            if is_passed_over {
                run.refuse(node.id(), Refusal::OutOfBudget, bag, &left, &limits);
                continue;
            }
            if is_nothing {
                run.refuse(node.id(), Refusal::OutOfTolerance, bag, &left, &limits);
            }
            for at in run.watched_among(bag, &left) {
                if !is_nothing {
                    run.record(node.id(), bag[at as usize].row, Event::NoSubset { max_size });
                }
                let own = bucket.partition_point(|&other| other < at) as u32;
                let nearest = rounds.nearest(own);
                nearest.record(run, node.id(), bag, at, &|place| bucket[place as usize]);
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

/// All searches for the nearest group of one lot are together at most so large.
const NEAREST_BUDGET: u128 = 1_000_000;

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
    /// The groups in the order in which they are formed, and whether an anchor was passed over in the last round. A rival is
    /// looked for where a member is watched.
    fn run(&mut self, is_watched: &dyn Fn(&u32) -> bool) -> (Vec<Subset>, bool) {
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
            formed.push(self.take(index, is_watched));
        }
    }

    fn found(&self, index: usize) -> Option<&Best> {
        match &self.answers[index] {
            Some(Answer::Found(best)) => Some(best),
            _ => None,
        }
    }

    /// Forms the group of an anchor that has one.
    fn take(&mut self, index: usize, is_watched: &dyn Fn(&u32) -> bool) -> Subset {
        let anchor = self.anchors.remove(index);
        let Some(Answer::Found(best)) = self.answers.remove(index) else {
            unreachable!("only an anchor with a group is taken");
        };
        let is_unique = best.is_unique && (0..self.anchors.len()).all(|other| !self.is_rival(other, anchor, &best));
        let is_told = !is_unique && (is_watched(&anchor) || best.places.iter().any(is_watched));
        let rival = is_told.then(|| self.rival(anchor, &best)).flatten().unwrap_or_default();
        self.items.retain(|item| !best.places.contains(item));
        for (index, &other) in self.anchors.iter().enumerate() {
            if self.is_same_side(anchor, other) && !self.still_holds(index, &best) {
                self.answers[index] = None;
            }
        }
        Subset {
            places: with(best.places, anchor),
            is_unique,
            rival,
        }
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
        best(&self.task(anchor, items), self.settings.budget).of(items)
    }

    fn size(&self, place: u32) -> u64 {
        self.amounts[place as usize].unsigned_abs()
    }

    fn task(&self, anchor: u32, items: &[u32]) -> Task {
        let Settings { tol, preference, .. } = self.settings;
        let amounts: Vec<u64> = items.iter().map(|&item| self.size(item)).collect();
        let total: u128 = amounts.iter().map(|&size| u128::from(size)).sum();
        let target = self.size(anchor);
        let (low, high) = tol.sums(target);
        let counts = preference.counts(items.len());
        Task {
            amounts,
            target,
            low: low.max(1),
            high: u128::from(high).min(total) as u64,
            fewest: *counts.start(),
            most: *counts.end(),
            by_count: preference.by_count,
            left_out: preference.max_left_out.is_some(),
        }
    }

    /// The first group as good as one that is not unique: of its anchor, without its first item, else without its second, and so
    /// on; then of the other anchors, of which its items come before all others.
    fn rival(&self, anchor: u32, found: &Best) -> Option<Vec<u32>> {
        let (items, count) = (self.opposite(anchor), found.places.len());
        let sum: u64 = found.places.iter().map(|&place| self.size(place)).sum();
        let distance = sum.abs_diff(self.size(anchor));
        let as_good = |anchor: u32, items: &[u32]| {
            let task = self.task(anchor, items);
            let task = Task {
                low: task.low.max(task.target.saturating_sub(distance)),
                high: task.high.min(task.target.saturating_add(distance)),
                fewest: count,
                most: count.min(items.len()),
                by_count: false,
                left_out: false,
                ..task
            };
            match best(&task, self.settings.budget).of(items) {
                Answer::Found(other) if other.level.0 == distance => Some(with(other.places, anchor)),
                _ => None,
            }
        };
        let mut of_anchor = found.places.iter().filter(|_| !found.is_unique).filter_map(|gone| {
            let rest: Vec<u32> = items.iter().copied().filter(|item| item != gone).collect();
            as_good(anchor, &rest)
        });
        of_anchor.next().or_else(|| {
            let mut first = items.clone();
            first.sort_by_key(|item| !found.places.contains(item));
            let others = self.anchors.iter().filter(|&&other| self.is_same_side(anchor, other));
            let mut groups = others.filter_map(|&other| as_good(other, &first));
            groups.find(|group| group.iter().any(|place| found.places.contains(place)))
        })
    }

    /// The group of the smallest difference that a lot could be in, whatever the tolerance.
    fn nearest(&self, own: u32) -> Nearest {
        let is_anchor = self.anchors.contains(&own);
        let anchors = self.anchors.iter().filter(|&&anchor| match is_anchor {
            true => anchor == own,
            false => !self.is_same_side(anchor, own),
        });
        let given = if is_anchor { 0 } else { self.size(own) };
        let (mut left, mut nearest) = (NEAREST_BUDGET, None::<(u64, Vec<u32>)>);
        for &anchor in anchors {
            let all = self.opposite(anchor);
            let counts = self.settings.preference.counts(all.len());
            let items: Vec<u32> = all.into_iter().filter(|&item| item != own).collect();
            let (target, taken) = (self.size(anchor), usize::from(!is_anchor));
            let mut offer = |sum: u64, places: Vec<u32>| {
                let distance = sum.abs_diff(target);
                if nearest.as_ref().is_none_or(|known| distance < known.0) {
                    nearest = Some((distance, places));
                }
            };
            if !is_anchor && counts.contains(&1) {
                offer(given, vec![anchor]);
            }
            let task = self.task(anchor, &items);
            let least = task.amounts.iter().copied().min().unwrap_or(0);
            let total: u128 = task.amounts.iter().map(|&size| u128::from(size)).sum();
            let rest = target.saturating_sub(given).max(1);
            // one item alone is as near as that
            let far = if *counts.start() <= 1 + taken {
                rest.saturating_add(rest.max(least))
            } else {
                u64::MAX - 1
            };
            let task = Task {
                target: rest,
                low: 1,
                high: total.min(far.min(u64::MAX - 1 - given).into()) as u64,
                fewest: counts.start().saturating_sub(taken).max(1),
                most: counts.end().saturating_sub(taken),
                by_count: false,
                left_out: false,
                ..task
            };
            match best_within(&task, &mut left).of(&items) {
                Answer::Beyond => return Nearest::Unknown,
                Answer::Nothing => {}
                Answer::Found(best) => {
                    let sum: u64 = best.places.iter().map(|&place| self.size(place)).sum();
                    let others = if is_anchor {
                        best.places
                    } else {
                        with(best.places, anchor)
                    };
                    offer(sum + given, others);
                }
            }
        }
        nearest.map_or(Nearest::Nothing, |(_, places)| Nearest::Found(places))
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

impl Answer {
    /// The answer in the places of the items.
    fn of(self, items: &[u32]) -> Self {
        match self {
            Self::Found(best) => Self::Found(Best {
                places: best.places.iter().map(|&at| items[at as usize]).collect(),
                ..best
            }),
            other => other,
        }
    }
}

/// Ascending places and one more.
fn with(mut places: Vec<u32>, place: u32) -> Vec<u32> {
    places.push(place);
    places.sort_unstable();
    places
}
