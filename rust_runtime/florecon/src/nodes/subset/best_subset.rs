//! The best subset of positive amounts near a target: exact, by sums as bits or by two halves.
//!
//! The choice between the two, and whether the search is within its budget, follow from the amounts and bounds alone.

use super::halves::{self, Halves};
use super::sums::{self, Picked};

/// Items beyond this many are not searched.
const MOST_ITEMS: usize = 65_535;

/// Amounts in the order of places, and the sums and counts of the subsets that are allowed.
///
/// Invariant: amounts are from 1 to the largest money, `high` is at most their sum and below 2^64 - 1.
pub(crate) struct Task {
    pub amounts: Vec<u64>,
    pub target: u64,
    pub low: u64,
    pub high: u64,
    pub fewest: usize,
    pub most: usize,
    /// The count decides before the distance.
    pub by_count: bool,
    /// The items left out are counted instead of those taken.
    pub left_out: bool,
}

/// Distance from the target and number of items, the one that decides first.
pub(crate) type Level = (u64, u64);

/// The best subset: of several on its level the lexicographically first.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Best {
    pub level: Level,
    /// Ascending.
    pub places: Vec<u32>,
    pub is_unique: bool,
}

/// Outcome of a search: no subset is a proof that there is none.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Answer {
    Found(Best),
    Nothing,
    /// The search needs more steps than its budget.
    Beyond,
}

impl Task {
    pub fn level(&self, count: usize, distance: u64) -> Level {
        let items = if self.left_out {
            self.amounts.len() - count
        } else {
            count
        } as u64;
        if self.by_count {
            (items, distance)
        } else {
            (distance, items)
        }
    }

    /// The distance and the count of a level.
    pub fn of_level(&self, level: Level) -> (u64, usize) {
        let (distance, items) = if self.by_count { (level.1, level.0) } else { level };
        let items = items as usize;
        (
            distance,
            if self.left_out {
                self.amounts.len() - items
            } else {
                items
            },
        )
    }

    /// The sums at a distance that are allowed.
    pub fn sums_at(&self, distance: u64) -> impl Iterator<Item = u64> + use<> {
        let above = self.target.checked_add(distance).filter(|_| distance > 0);
        let (low, high) = (self.low, self.high);
        let sums = self.target.checked_sub(distance).into_iter().chain(above);
        sums.filter(move |sum| (low..=high).contains(sum))
    }

    /// Counts in the order of preference.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts: Vec<usize> = (self.fewest..=self.most).collect();
        if self.left_out {
            counts.reverse();
        }
        counts
    }
}

pub(crate) fn best(task: &Task, budget: u64) -> Answer {
    best_within(task, &mut u128::from(budget))
}

/// The same, taking the size of the search off a budget.
pub(crate) fn best_within(task: &Task, budget: &mut u128) -> Answer {
    if task.amounts.len() > MOST_ITEMS {
        return Answer::Beyond;
    }
    if task.low > task.high || task.fewest > task.most {
        return Answer::Nothing;
    }
    let (picked, halves) = (Picked::smaller(task), Halves::split(task));
    let (by_sums, by_halves) = (picked.steps(task), halves.steps());
    let Some(left) = budget.checked_sub(by_sums.min(by_halves)) else {
        return Answer::Beyond;
    };
    *budget = left;
    let best = if by_sums <= by_halves {
        sums::best(task, &picked)
    } else {
        halves::best(task, &halves)
    };
    best.map_or(Answer::Nothing, Answer::Found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every subset, one after the other.
    fn plain(task: &Task) -> Option<Best> {
        let count = task.amounts.len();
        let mut found: Vec<(Level, Vec<u32>)> = Vec::new();
        for bits in 1_u32..1 << count {
            let places: Vec<u32> = (0..count as u32).filter(|place| bits >> place & 1 == 1).collect();
            let sum = places.iter().map(|&place| task.amounts[place as usize]).sum();
            let is_allowed = (task.fewest..=task.most).contains(&places.len());
            if is_allowed && (task.low..=task.high).contains(&sum) {
                found.push((task.level(places.len(), sum.abs_diff(task.target)), places));
            }
        }
        let (level, places) = found.iter().min()?.clone();
        let is_unique = found.iter().filter(|one| one.0 == level).count() == 1;
        Some(Best {
            level,
            places,
            is_unique,
        })
    }

    #[test]
    fn both_ways_are_the_enumeration_of_all_subsets() {
        let mut state = 7_u64;
        let mut next = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let mut found = 0;
        for round in 0..20_000_usize {
            let (count, spread, unit) = (1 + next(9), [4, 20, 300][round % 3], [1, 1, 5][round / 3 % 3]);
            let amounts: Vec<u64> = (0..count).map(|_| (1 + next(spread)) * unit).collect();
            let total: u64 = amounts.iter().sum();
            let (target, slack) = (1 + next(total + 3), [0, 0, 1, 3, 50][next(5) as usize]);
            let count = amounts.len();
            let task = Task {
                target,
                low: target.saturating_sub(slack).max(1),
                high: (target + slack).min(total),
                fewest: [1, 1, count.saturating_sub(2).max(1)][next(3) as usize],
                most: [count, count, count.min(3)][next(3) as usize],
                by_count: next(3) == 0,
                left_out: next(2) == 0,
                amounts,
            };
            if task.low > task.high || task.fewest > task.most {
                continue;
            }
            let expected = plain(&task);
            assert_eq!(
                halves::best(&task, &Halves::split(&task)),
                expected,
                "{:?}",
                task.amounts
            );
            assert_eq!(
                sums::best(&task, &Picked::smaller(&task)),
                expected,
                "{:?}",
                task.amounts
            );
            found += usize::from(expected.is_some());
        }
        assert!(found > 5_000);
    }
}
