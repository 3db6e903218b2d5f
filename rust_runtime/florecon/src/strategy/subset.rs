//! `subset_net`: the smallest subsets of a bucket that net.

use super::Answer;
use super::bucket::{Buckets, Key};
use super::item::{Item, ItemFn, item_fn};
use super::lot::{Lot, compact};
use super::plan::{Body, Plan};
use super::run::Run;
use super::tolerance::{Legs, Tol};
use crate::error::Error;

/// In each bucket, takes the smallest subsets (2 to `max_size` items, then lowest ids) with both signs and a net within
/// `tol`. The search is exact and counts its steps: a bucket that needs more than `budget` of them stays whole in the
/// residual, and the stage says so.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let plan: Plan<Line> = subset_net(|i: Item<Line>| Some(i.row.account), abs_tol(0), 8, 100_000);
/// ```
pub fn subset_net<R, K, A>(key: impl Fn(Item<'_, R>) -> A + 'static, tol: Tol, max_size: usize, budget: u64) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    let key = item_fn(key);
    Plan::leaf(
        "subset_net",
        SubsetNet {
            key,
            tol,
            max_size,
            budget,
        },
    )
}

struct SubsetNet<R, K> {
    key: ItemFn<R, Option<K>>,
    tol: Tol,
    max_size: usize,
    budget: u64,
}

impl<R, K: Key> Body<R> for SubsetNet<R, K> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let buckets = Buckets::form(run, node.id(), bag, &self.key)?;
        for bucket in buckets.iter() {
            let amounts: Vec<i64> = bucket.iter().map(|&at| bag[at as usize].amount).collect();
            let legs = Legs::of(&amounts);
            let stage = run.stage(node.id());
            if bucket.len() < 2 {
                stage.too_small += 1;
            } else if !legs.both_signs() {
                stage.one_sided += 1;
            } else {
                match subsets(&amounts, self.tol, self.max_size, self.budget) {
                    None => stage.out_of_budget += 1,
                    Some(found) if found.is_empty() => stage.out_of_tolerance += 1,
                    Some(found) => {
                        let tag = run.tag(node.id(), "subset_net", "n:m subset");
                        for subset in found {
                            let members: Vec<u32> = subset.iter().map(|&at| bucket[at]).collect();
                            run.take(bag, &members, tag);
                        }
                    }
                }
            }
        }
        Ok(compact(bag))
    }
}

/// Disjoint subsets that net, as ascending places in `amounts`; none at all when the search needs more steps than `budget`.
fn subsets(amounts: &[i64], tol: Tol, max_size: usize, budget: u64) -> Option<Vec<Vec<usize>>> {
    let mut left: Vec<usize> = (0..amounts.len()).collect();
    let mut found = Vec::new();
    let mut steps = budget;
    for size in 2..=max_size {
        loop {
            if left.len() < size {
                break;
            }
            let values: Vec<i64> = left.iter().map(|&at| amounts[at]).collect();
            let mut search = Search::new(&values, tol, size, steps);
            let outcome = search.extend(0, 0);
            steps = search.steps;
            match outcome {
                Outcome::OutOfSteps => return None,
                Outcome::Nothing => break,
                Outcome::Found => {
                    found.push(search.chosen.iter().map(|&place| left[place]).collect());
                    let mut chosen = search.chosen.iter().peekable();
                    let mut place = 0;
                    left.retain(|_| {
                        place += 1;
                        chosen.next_if(|&&chosen| chosen + 1 == place).is_none()
                    });
                }
            }
        }
    }
    Some(found)
}

enum Outcome {
    Found,
    Nothing,
    OutOfSteps,
}

/// A depth-first search for the first combination of `size` places.
struct Search<'a> {
    values: &'a [i64],
    tol: Tol,
    size: usize,
    /// The largest slack any combination can have.
    reach: i128,
    /// `bounds[place][r]`: sums of the `r` smallest and of the `r` largest values from `place` on.
    bounds: Vec<Vec<(i128, i128)>>,
    /// Steps that may still be counted.
    steps: u64,
    chosen: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(values: &'a [i64], tol: Tol, size: usize, steps: u64) -> Self {
        let largest = Legs::of(values).largest();
        Self {
            values,
            tol,
            size,
            reach: tol.over(largest, largest),
            bounds: suffix_bounds(values, size - 1),
            steps,
            chosen: Vec::with_capacity(size),
        }
    }

    fn extend(&mut self, from: usize, sum: i128) -> Outcome {
        if self.chosen.len() + 1 == self.size {
            return self.finish(from, sum);
        }
        let after = self.size - self.chosen.len() - 1;
        for place in from..self.values.len() {
            if self.values.len() - place - 1 < after {
                break;
            }
            let sum = sum + i128::from(self.values[place]);
            let (low, high) = self.bounds[place + 1][after];
            if sum + low > self.reach || sum + high < -self.reach {
                continue;
            }
            if self.steps == 0 {
                return Outcome::OutOfSteps;
            }
            self.steps -= 1;
            self.chosen.push(place);
            match self.extend(place + 1, sum) {
                Outcome::Nothing => self.chosen.pop(),
                outcome => return outcome,
            };
        }
        Outcome::Nothing
    }

    /// Chooses the last place.
    fn finish(&mut self, from: usize, sum: i128) -> Outcome {
        for place in from..self.values.len() {
            let net = sum + i128::from(self.values[place]);
            if net.abs() > self.reach {
                continue;
            }
            self.chosen.push(place);
            let mut legs = Legs::default();
            self.chosen.iter().for_each(|&place| legs.add(self.values[place]));
            if legs.both_signs() && legs.within(self.tol) {
                return Outcome::Found;
            }
            self.chosen.pop();
        }
        Outcome::Nothing
    }
}

/// For each place, and one past the last, the sums of the 0 to `most` smallest and largest values from there on.
fn suffix_bounds(values: &[i64], most: usize) -> Vec<Vec<(i128, i128)>> {
    let (mut small, mut large): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    let mut bounds = vec![vec![(0, 0)]; values.len() + 1];
    for place in (0..values.len()).rev() {
        let value = values[place];
        small.insert(small.partition_point(|&other| other <= value), value);
        small.truncate(most);
        large.insert(large.partition_point(|&other| other >= value), value);
        large.truncate(most);
        let (mut low, mut high) = (0, 0);
        for (&least, &most) in small.iter().zip(&large) {
            low += i128::from(least);
            high += i128::from(most);
            bounds[place].push((low, high));
        }
    }
    bounds
}
