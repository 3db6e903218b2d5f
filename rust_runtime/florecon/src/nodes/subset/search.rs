//! Subset-sum search of `subset_net`.
//!
//! Subsets are tried in ascending size, then in lexicographic order of their positions; each that nets is taken and the search
//! of that size starts over. Choosing a position that leaves more to choose is one step, and so is a subset that the condition
//! of the node refuses; a position that cannot lead to a net
//! within the bound is pruned before it counts. The subsets found and the steps counted are part of the semantics of the node;
//! the speed is not: bounds come from a segment tree, last positions from an index by amount, and a pruned start is not tried
//! again in the same size, since bounds only tighten while items are taken.
//!
//! A subset is marked unique after a search for another one of its size that shares an item. That search leaves out the
//! items of the subset one after the other, and has a budget of its own.

use super::extremes::Extremes;
use super::live_index::LiveIndex;
use crate::error::Error;
use crate::plan::tolerance::{Legs, Tol};
use crate::sorting::by_number;

/// A subset that nets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subset {
    /// Ascending places in `amounts`.
    pub places: Vec<u32>,
    /// No other subset of this size shares one of them; false also where the budget was too small to tell.
    pub is_unique: bool,
    /// The ascending places of the first other one that was found, if any.
    pub rival: Vec<u32>,
}

/// Disjoint subsets that net and that `accepts` accepts; none at all when the search needs more steps than `budget`.
///
/// # Errors
/// The first of `accepts`.
pub(crate) fn subsets<F>(
    amounts: &[i64],
    tol: Tol,
    max_size: usize,
    budget: u64,
    accepts: F,
) -> Result<Option<Vec<Subset>>, Error>
where
    F: Fn(&[u32]) -> Result<bool, Error>,
{
    let mut search = Search::new(amounts, tol, budget, accepts);
    let mut found = Vec::new();
    for size in 2..=max_size {
        if search.left < size {
            break;
        }
        search.prepare(size);
        while search.left >= size {
            match search.first()? {
                Outcome::OutOfSteps => return Ok(None),
                Outcome::Nothing => break,
                Outcome::Found => found.push(search.take()?),
            }
        }
    }
    Ok(Some(found))
}

enum Outcome {
    Found,
    Nothing,
    OutOfSteps,
}

struct Search<'a, F> {
    amounts: &'a [i64],
    /// Whether places, in any order, may be a subset.
    accepts: F,
    tol: Tol,
    size: usize,
    /// The places not yet taken, and how many they are.
    alive: LiveIndex,
    left: usize,
    /// The places that may still begin a subset of this size.
    starts: LiveIndex,
    extremes: Extremes,
    values: Values,
    /// The largest slack any subset of what is left can have.
    reach: i128,
    /// Steps that may still be counted.
    steps: u64,
    /// Steps that the search for rivals may still count; none once it needed more.
    rival_steps: Option<u64>,
    chosen: Vec<u32>,
    /// A subset that is passed over.
    known: Vec<u32>,
    /// The other subset that was found last.
    rival: Vec<u32>,
}

impl<'a, F: Fn(&[u32]) -> Result<bool, Error>> Search<'a, F> {
    fn new(amounts: &'a [i64], tol: Tol, steps: u64, accepts: F) -> Self {
        Self {
            amounts,
            accepts,
            tol,
            size: 0,
            alive: LiveIndex::new(amounts.len()),
            left: amounts.len(),
            starts: LiveIndex::new(0),
            extremes: Extremes::new(Vec::new(), 1),
            values: Values::new(amounts),
            reach: 0,
            steps,
            rival_steps: Some(steps),
            chosen: Vec::new(),
            known: Vec::new(),
            rival: Vec::new(),
        }
    }

    /// Gets ready for subsets of `size`.
    fn prepare(&mut self, size: usize) {
        self.size = size;
        let alive = (0..)
            .zip(self.amounts)
            .map(|(at, &amount)| self.alive.has(at).then_some(amount));
        self.extremes = Extremes::new(alive.collect(), size - 1);
        self.starts = self.alive.clone();
    }

    /// Finds the first subset of what is left.
    fn first(&mut self) -> Result<Outcome, Error> {
        self.chosen.clear();
        let largest = self.extremes.reach();
        self.reach = self.tol.bound(largest, self.size);
        self.extend(0, 0)
    }

    /// Takes the subset that was found.
    fn take(&mut self) -> Result<Subset, Error> {
        let places = std::mem::take(&mut self.chosen);
        self.known.clone_from(&places);
        let mut is_unique = true;
        for &place in &places {
            self.alive.remove(place);
            self.starts.remove(place);
            self.values.remove(place);
            self.extremes.remove(place as usize);
            is_unique = is_unique && !self.has_rival(place)?;
            self.known.clear();
        }
        self.left -= places.len();
        let rival = std::mem::take(&mut self.rival);
        Ok(Subset {
            places,
            is_unique,
            rival,
        })
    }

    /// Whether another subset of this size has the place and otherwise what is left; true also when out of steps.
    fn has_rival(&mut self, place: u32) -> Result<bool, Error> {
        let Some(steps) = self.rival_steps else { return Ok(true) };
        let search_steps = std::mem::replace(&mut self.steps, steps);
        self.chosen.push(place);
        let outcome = self.extend(0, self.amounts[place as usize].into())?;
        if matches!(outcome, Outcome::Found) {
            self.rival.clone_from(&self.chosen);
            by_number(&mut self.rival, i64::from);
        }
        self.chosen.clear();
        let steps = std::mem::replace(&mut self.steps, search_steps);
        self.rival_steps = (!matches!(outcome, Outcome::OutOfSteps)).then_some(steps);
        Ok(!matches!(outcome, Outcome::Nothing))
    }

    /// The first subset that begins with the chosen places, which add up to `sum`.
    fn extend(&mut self, from: u32, sum: i128) -> Result<Outcome, Error> {
        let after = self.size - self.chosen.len() - 1;
        if after == 0 {
            return self.finish(from, sum);
        }
        let is_start = self.chosen.is_empty();
        let mut place = from;
        loop {
            place = if is_start {
                self.starts.first(place)
            } else {
                self.alive.first(place)
            };
            if place as usize >= self.amounts.len() {
                return Ok(Outcome::Nothing);
            }
            let sum = sum + i128::from(self.amounts[place as usize]);
            let Some((low, high)) = self.extremes.from(place as usize + 1, after) else {
                return Ok(Outcome::Nothing);
            };
            if sum + low > self.reach || sum + high < -self.reach {
                if is_start {
                    self.starts.remove(place);
                }
                place += 1;
                continue;
            }
            if self.steps == 0 {
                return Ok(Outcome::OutOfSteps);
            }
            self.steps -= 1;
            self.chosen.push(place);
            match self.extend(place + 1, sum)? {
                Outcome::Nothing => self.chosen.pop(),
                outcome => return Ok(outcome),
            };
            place += 1;
        }
    }

    /// Chooses the last place.
    fn finish(&mut self, mut from: u32, sum: i128) -> Result<Outcome, Error> {
        while let Some(place) = self.last(from, sum) {
            self.chosen.push(place);
            if self.chosen != self.known {
                if (self.accepts)(&self.chosen)? {
                    return Ok(Outcome::Found);
                }
                // so that the budget bounds how often the condition is asked
                if self.steps == 0 {
                    return Ok(Outcome::OutOfSteps);
                }
                self.steps -= 1;
            }
            self.chosen.pop();
            from = place + 1;
        }
        Ok(Outcome::Nothing)
    }

    /// The first place from `from` on that makes the chosen ones net.
    fn last(&mut self, from: u32, sum: i128) -> Option<u32> {
        let mut legs = Legs::default();
        self.chosen
            .iter()
            .for_each(|&place| legs.add(self.amounts[place as usize]));
        let (mut low, mut high) = (-self.reach - sum, self.reach - sum);
        if legs.negative == 0 {
            high = high.min(-1);
        } else if legs.positive == 0 {
            low = low.max(1);
        }
        let tol = self.tol;
        let fits = |amount: i64| {
            let mut legs = legs;
            legs.add(amount);
            legs.within(tol)
        };
        let range = self.values.between(low, high);
        if range.len() <= FEW_VALUES {
            let values = &mut self.values;
            let first = |value: usize| fits(values.distinct[value]).then(|| values.first(value, from))?;
            range.filter_map(first).min()
        } else {
            let mut place = self.alive.first(from);
            loop {
                let Some(&amount) = self.amounts.get(place as usize) else {
                    break None;
                };
                if (low..=high).contains(&i128::from(amount)) && fits(amount) {
                    break Some(place);
                }
                place = self.alive.first(place + 1);
            }
        }
    }
}

/// Up to so many different amounts are looked up one by one; among more, one that fits is soon met by going through
/// places.
const FEW_VALUES: usize = 64;

/// The places not yet taken, by amount.
struct Values {
    /// Places by (amount, place).
    order: Vec<u32>,
    /// The index in `order` of each place.
    index: Vec<u32>,
    /// End of each distinct amount in `order`.
    ends: Vec<u32>,
    /// The distinct amounts, ascending.
    distinct: Vec<i64>,
    alive: LiveIndex,
}

impl Values {
    fn new(amounts: &[i64]) -> Self {
        let mut order: Vec<u32> = (0..amounts.len() as u32).collect();
        by_number(&mut order, |place| amounts[place as usize]);
        let mut index = vec![0; order.len()];
        let (mut ends, mut distinct) = (Vec::new(), Vec::new());
        for (at, &place) in order.iter().enumerate() {
            index[place as usize] = at as u32;
            let amount = amounts[place as usize];
            if distinct.last() != Some(&amount) {
                distinct.push(amount);
                ends.push(0);
            }
            if let Some(end) = ends.last_mut() {
                *end = at as u32 + 1;
            }
        }
        Self {
            alive: LiveIndex::new(order.len()),
            order,
            index,
            ends,
            distinct,
        }
    }

    fn remove(&mut self, place: u32) {
        self.alive.remove(self.index[place as usize]);
    }

    /// The distinct amounts in a range, by number.
    fn between(&self, low: i128, high: i128) -> std::ops::Range<usize> {
        let start = self.distinct.partition_point(|&amount| i128::from(amount) < low);
        let end = self.distinct.partition_point(|&amount| i128::from(amount) <= high);
        start..end.max(start)
    }

    /// The first place from `from` on with a distinct amount.
    fn first(&mut self, value: usize, from: u32) -> Option<u32> {
        let start = value.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = self.ends[value];
        let places = &self.order[start as usize..end as usize];
        let at = self
            .alive
            .first(start + places.partition_point(|&place| place < from) as u32);
        (at < end).then(|| self.order[at as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tolerance::{abs_tol, rel_gross_tol, rel_side_tol, rel_tol};

    /// The definition, word for word: combinations in order, bounds by sorting, steps counted.
    struct Plain<'a> {
        accepts: fn(&[i64]) -> bool,
        left: Vec<usize>,
        amounts: &'a [i64],
        tol: Tol,
        steps: u64,
        rival_steps: Option<u64>,
        reach: i128,
        known: Vec<usize>,
        /// Places that are chosen beforehand.
        held: usize,
    }

    impl Plain<'_> {
        fn all(&mut self, max_size: usize) -> Option<Vec<Subset>> {
            let mut found = Vec::new();
            let mut size = 2;
            while size <= max_size.min(self.left.len()) {
                self.reach = self.reach(size);
                match self.extend(&mut Vec::new(), size)? {
                    None => size += 1,
                    Some(taken) => {
                        self.known.clone_from(&taken);
                        let mut rival = Vec::new();
                        let is_unique = taken.iter().all(|&place| {
                            self.left.retain(|&other| other != place);
                            let (is_alone, other) = self.is_alone(place, size);
                            rival = other;
                            self.known.clear();
                            is_alone
                        });
                        self.left.retain(|place| !taken.contains(place));
                        let places = taken.iter().map(|&place| place as u32).collect();
                        found.push(Subset {
                            places,
                            is_unique,
                            rival,
                        });
                    }
                }
            }
            Some(found)
        }

        fn is_alone(&mut self, place: usize, size: usize) -> (bool, Vec<u32>) {
            let Some(steps) = self.rival_steps else {
                return (false, Vec::new());
            };
            let kept = std::mem::replace(&mut self.steps, steps);
            self.held = 1;
            let rival = self.extend(&mut vec![place], size);
            self.held = 0;
            self.rival_steps = rival.is_some().then_some(self.steps);
            self.steps = kept;
            let mut other: Vec<u32> = rival.iter().flatten().flatten().map(|&place| place as u32).collect();
            other.sort_unstable();
            (rival == Some(None), other)
        }

        fn reach(&self, size: usize) -> i128 {
            let sizes = self.left.iter().map(|&place| self.amounts[place].unsigned_abs());
            let largest = sizes.max().unwrap_or(0);
            self.tol.bound(largest, size)
        }

        /// None when out of steps.
        fn extend(&mut self, chosen: &mut Vec<usize>, size: usize) -> Option<Option<Vec<usize>>> {
            let after = size - chosen.len() - 1;
            for place in self.later(chosen) {
                chosen.push(place);
                if after == 0 {
                    let mut legs = Legs::default();
                    chosen.iter().for_each(|&place| legs.add(self.amounts[place]));
                    if legs.both_signs() && legs.within(self.tol) && *chosen != self.known {
                        let amounts: Vec<i64> = chosen.iter().map(|&place| self.amounts[place]).collect();
                        if (self.accepts)(&amounts) {
                            return Some(Some(chosen.clone()));
                        }
                        self.steps = self.steps.checked_sub(1)?;
                    }
                } else if self.may_net(chosen, after) {
                    self.steps = self.steps.checked_sub(1)?;
                    if let Some(found) = self.extend(chosen, size)? {
                        return Some(Some(found));
                    }
                }
                chosen.pop();
            }
            Some(None)
        }

        fn may_net(&self, chosen: &[usize], after: usize) -> bool {
            let sum: i128 = chosen.iter().map(|&place| i128::from(self.amounts[place])).sum();
            let rest = self.later(chosen);
            let mut rest: Vec<i128> = rest.iter().map(|&place| self.amounts[place].into()).collect();
            rest.sort_unstable();
            let (Some(low), Some(high)) = (rest.get(..after), rest.len().checked_sub(after)) else {
                return false;
            };
            let (low, high): (i128, i128) = (low.iter().sum(), rest[high..].iter().sum());
            sum + low <= self.reach && sum + high >= -self.reach
        }

        fn later(&self, chosen: &[usize]) -> Vec<usize> {
            let last = chosen[self.held..].last();
            let places = self.left.iter().copied();
            places.filter(|place| last.is_none_or(|last| place > last)).collect()
        }
    }

    #[test]
    fn the_search_is_the_definition_step_for_step() {
        let mut state = 7_u64;
        let mut next = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for round in 0..3_000 {
            let spread = [3, 12, 200][round % 3];
            let amounts: Vec<i64> = (0..next(13))
                .map(|_| (next(2 * spread) + 1) as i64 - spread as i64)
                .filter(|&amount| amount != 0)
                .collect();
            let (rate, floor) = (next(2_000) as i64, next(2) as i64);
            let tol = [
                abs_tol(rate % 4),
                rel_tol(rate, floor),
                rel_side_tol(rate, floor),
                rel_gross_tol(rate, floor),
            ][next(4) as usize];
            let (max_size, budget) = (2 + next(5) as usize, next(200));
            let conditions: [fn(&[i64]) -> bool; 3] = [
                |_| true,
                |legs| legs.iter().sum::<i64>() >= 0,
                |legs| legs.iter().any(|leg| leg % 3 == 0),
            ];
            let accepts = conditions[next(3) as usize];
            let mut plain = Plain {
                accepts,
                left: (0..amounts.len()).collect(),
                amounts: &amounts,
                tol,
                steps: budget,
                rival_steps: Some(budget),
                reach: 0,
                known: Vec::new(),
                held: 0,
            };
            let expected = plain.all(max_size);
            assert_eq!(
                subsets(&amounts, tol, max_size, budget, |places| {
                    let legs: Vec<i64> = places.iter().map(|&place| amounts[place as usize]).collect();
                    Ok(accepts(&legs))
                })
                .unwrap(),
                expected,
                "{amounts:?} {tol:?} {max_size} {budget}"
            );
        }
    }

    #[test]
    fn a_hundred_thousand_equal_amounts_pair_up() {
        let amounts: Vec<i64> = (0..100_000).map(|at| if at < 50_000 { 100 } else { -100 }).collect();
        let found = subsets(&amounts, abs_tol(0), 8, 100_000, |_| Ok(true))
            .unwrap()
            .unwrap();
        assert_eq!(found.len(), 50_000);
        assert!(found.iter().zip(0..).all(|(pair, at)| pair.places == [at, at + 50_000]));
        // the last pair has no other lots left
        assert_eq!(found.iter().filter(|pair| pair.is_unique).count(), 1);
    }
}
