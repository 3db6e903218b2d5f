//! Nearest subset of an open lot, for `explain`: the one whose net is the smallest.

use crate::explain::event::Event;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::sorting::by_number;

/// A search for one lot takes at most so many steps.
const STEPS: u32 = 20_000;

/// Outcome of a search: the other members of the subset of the smallest difference, by place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nearest {
    Found(Vec<u32>),
    /// A proof that no subset with the lot has both signs.
    Nothing,
    /// The search was given up.
    Unknown,
}

impl Nearest {
    /// Records it for the lot at a position; `position` is that of a place.
    pub fn record<R>(self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot], at: u32, position: &dyn Fn(u32) -> u32) {
        let row = bag[at as usize].row;
        match self {
            Self::Nothing => run.record(node, row, Event::NoneLeft),
            Self::Unknown => run.record(node, row, Event::NearestUnknown),
            Self::Found(places) => {
                let mut lots: Vec<Lot> = places.into_iter().map(|place| bag[position(place) as usize]).collect();
                lots.push(bag[at as usize]);
                by_number(&mut lots, |lot| lot.row.into());
                run.record_near(node, row, &lots);
            }
        }
    }
}

/// The nearest of the subsets of at most `max_size` lots, one of which is `own`: of the smallest difference, then of the fewest
/// lots. A difference of `least` is known to be the smallest.
pub(super) fn nearest(amounts: &[i64], own: i64, max_size: usize, least: i128) -> Nearest {
    if max_size < 2 || amounts.iter().all(|&amount| (amount > 0) == (own > 0)) {
        return Nearest::Nothing;
    }
    let mut order: Vec<u32> = (0..amounts.len() as u32).collect();
    by_number(&mut order, |place| amounts[place as usize]);
    let sorted: Vec<i64> = order.iter().map(|&place| amounts[place as usize]).collect();
    let mut search = Search {
        sums: sums(&sorted),
        sorted,
        is_positive: own > 0,
        chosen: Vec::new(),
        best: (i128::MAX, Vec::new()),
        steps: STEPS,
    };
    for count in 1..max_size.min(amounts.len() + 1) {
        if search.best.0 <= least {
            break;
        }
        if search.extend(0, count, own.into()).is_none() {
            return Nearest::Unknown;
        }
    }
    Nearest::Found(search.best.1.into_iter().map(|at| order[at]).collect())
}

/// The sums of the first amounts.
fn sums(sorted: &[i64]) -> Vec<i128> {
    let mut sums = vec![0];
    for (at, &amount) in sorted.iter().enumerate() {
        sums.push(sums[at] + i128::from(amount));
    }
    sums
}

/// Choice of ascending amounts, the last by its value.
struct Search {
    sorted: Vec<i64>,
    sums: Vec<i128>,
    /// The sign of the lot that all subsets have.
    is_positive: bool,
    chosen: Vec<usize>,
    best: (i128, Vec<usize>),
    steps: u32,
}

impl Search {
    /// Extends the choice, which adds up to `sum`, by `count` amounts; none when out of steps.
    fn extend(&mut self, from: usize, count: usize, sum: i128) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        if count == 1 {
            self.finish(from, sum);
            return Some(());
        }
        for at in from..=self.sorted.len() - count {
            let (smallest, end) = (self.sums[at + count] - self.sums[at], self.sums.len() - 1);
            let largest = i128::from(self.sorted[at]) + self.sums[end] - self.sums[end + 1 - count];
            if sum + smallest >= self.best.0 {
                break;
            }
            let is_seen = at > from && self.sorted[at] == self.sorted[at - 1];
            if is_seen || sum + largest <= -self.best.0 {
                continue;
            }
            self.chosen.push(at);
            let done = self.extend(at + 1, count - 1, sum + i128::from(self.sorted[at]));
            self.chosen.pop();
            done?;
        }
        Some(())
    }

    /// Chooses the last amount, from both sides of what would net.
    fn finish(&mut self, from: usize, sum: i128) {
        let has_other = self.chosen.iter().any(|&at| (self.sorted[at] > 0) != self.is_positive);
        let middle = self.sorted.partition_point(|&amount| amount < 0);
        let (low, high) = match (has_other, self.is_positive) {
            (true, _) => (from, self.sorted.len()),
            (false, true) => (from, middle),
            (false, false) => (from.max(middle), self.sorted.len()),
        };
        if low >= high {
            return;
        }
        let cut = low + self.sorted[low..high].partition_point(|&amount| i128::from(amount) < -sum);
        for at in [cut.wrapping_sub(1), cut] {
            if (low..high).contains(&at) {
                let difference = (sum + i128::from(self.sorted[at])).abs();
                if difference < self.best.0 {
                    let chosen = self.chosen.iter().copied().chain([at]);
                    self.best = (difference, chosen.collect());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_that_of_the_enumeration() {
        let mut state = 11_u64;
        let mut next = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let mut found = 0;
        for round in 0..5_000_usize {
            let spread = [4, 40, 4_000][round % 3];
            let mut amount = || match next(2 * spread + 1) as i64 - spread as i64 {
                0 => 1,
                amount => amount,
            };
            let own = amount();
            let amounts: Vec<i64> = (0..round % 9).map(|_| amount()).collect();
            let max_size = 2 + round % 5;
            let mut expected: Option<(i128, u32)> = None;
            for bits in 1_u32..1 << amounts.len() {
                let taken = (0..amounts.len())
                    .filter(|at| bits >> at & 1 == 1)
                    .map(|at| amounts[at]);
                let has_other = taken.clone().any(|amount| (amount > 0) != (own > 0));
                if has_other && bits.count_ones() < max_size as u32 {
                    let net = i128::from(own) + taken.map(i128::from).sum::<i128>();
                    let level = (net.abs(), bits.count_ones());
                    expected = Some(expected.map_or(level, |known| known.min(level)));
                }
            }
            let level = match nearest(&amounts, own, max_size, 0) {
                Nearest::Found(places) => {
                    let others: i128 = places.iter().map(|&place| i128::from(amounts[place as usize])).sum();
                    Some(((i128::from(own) + others).abs(), places.len() as u32))
                }
                Nearest::Nothing => None,
                Nearest::Unknown => panic!("{amounts:?} are few"),
            };
            assert_eq!(level, expected, "{own} {amounts:?} {max_size}");
            found += usize::from(level.is_some());
        }
        assert!(found > 3_000);
    }

    #[test]
    fn a_long_search_is_given_up() {
        // the low digits of powers, as good as any
        let amounts: Vec<i64> = (1..60)
            .map(|at: i64| -(at.pow(4) * 1_000_003 % 999_999_000_001))
            .collect();
        assert_eq!(nearest(&amounts, 2_000_000_000_017, 60, 0), Nearest::Unknown);
        // a known smallest difference ends it
        assert_eq!(nearest(&[-10, -20, -31, -7], 30, 5, 1), Nearest::Found(vec![2]));
    }
}
