//! `best_of`: the best of several strategies on the same bag.

use std::fmt::Write;

use crate::error::Error;
use crate::explain::event::{Event, Record};
use crate::plan::Stage;
use crate::plan::arena::Arena;
use crate::plan::lot::Lot;
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::wire::kind;

/// Measure of the outcome of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The sum of the absolute amounts of all members.
    MatchedValue,
    /// The number of rows that are in a group.
    MatchedItems,
    /// The number of rows that are in a group; of as many the fewer groups.
    FewestGroups,
}

/// The largest matched value is best.
#[must_use]
pub fn matched_value() -> Score {
    Score::MatchedValue
}

/// The most matched rows are best.
#[must_use]
pub fn matched_items() -> Score {
    Score::MatchedItems
}

/// The most matched rows are best, and of as many the fewest groups.
#[must_use]
pub fn fewest_groups() -> Score {
    Score::FewestGroups
}

/// Runs each strategy on the same bag and keeps the outcome of the highest score, the first of equals. Only the nodes of that
/// strategy are counted and explained.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, day: i64, amount: i64 }
/// let account = |i: Item<Line>| Some(i.row.account);
/// let plan: Plan<Line> = best_of(
///     matched_items(),
///     vec![agg_net(account, abs_tol(0)), running_zero(|i: Item<Line>| i.row.day, abs_tol(0), account)],
/// );
/// ```
#[must_use]
pub fn best_of<R: 'static>(score: Score, strategies: Vec<Plan<R>>) -> Plan<R> {
    Plan::node(kind::BEST_OF, "", strategies, BestOf { score })
}

struct BestOf {
    score: Score,
}

/// What a strategy did.
struct Outcome {
    number: usize,
    groups: Arena,
    left: Vec<Lot>,
    stages: Vec<Stage>,
    records: Vec<Record>,
}

impl<R> Body<R> for BestOf {
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mark = run.groups.len();
        let below = node.id().index() + 1..node.nodes().end;
        let (came, before) = (bag.to_vec(), run.stages[below.clone()].to_vec());
        let recorded = run.recorder.as_ref().map_or(0, |recorder| recorder.records.len());
        let (mut scores, mut formed) = (Vec::new(), Vec::new());
        let mut best: Option<((i128, i128), Outcome)> = None;
        for (number, strategy) in node.children().iter().enumerate() {
            bag.copy_from_slice(&came);
            let left = strategy.run(run, bag, false)?;
            let groups = run.groups.split_off(mark);
            let score = self.score.of(&groups);
            scores.push(score.0);
            formed.push(groups.len() as i128);
            let outcome = Outcome {
                number,
                groups,
                left: bag[..left].to_vec(),
                stages: run.stages[below.clone()].to_vec(),
                records: match &mut run.recorder {
                    Some(recorder) => recorder.records.split_off(recorded),
                    None => Vec::new(),
                },
            };
            run.stages[below.clone()].clone_from_slice(&before);
            if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
                best = Some((score, outcome));
            }
        }
        let Some((_, best)) = best else {
            return Ok(bag.len());
        };
        for at in run.watched_in(&came) {
            let event = Event::Chosen {
                chosen: best.number + 1,
                score: self.score.name(),
                scores: list(&scores),
                formed: list(&formed),
            };
            run.record(node.id(), came[at as usize].row, event);
        }
        if let Some(recorder) = &mut run.recorder {
            recorder.records.extend(best.records);
        }
        best.groups.iter().for_each(|group| run.groups.append(group));
        run.stages[below].clone_from_slice(&best.stages);
        bag[..best.left.len()].copy_from_slice(&best.left);
        Ok(best.left.len())
    }
}

impl Score {
    fn name(self) -> &'static str {
        match self {
            Self::MatchedValue => "matched_value",
            Self::MatchedItems => "matched_items",
            Self::FewestGroups => "fewest_groups",
        }
    }

    /// The higher is the better.
    fn of(self, groups: &Arena) -> (i128, i128) {
        if self == Self::MatchedValue {
            let amounts = groups.iter().flat_map(|group| group.amounts);
            return (amounts.map(|amount| i128::from(amount.unsigned_abs())).sum(), 0);
        }
        let mut rows: Vec<u32> = groups.iter().flat_map(|group| group.rows).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        let fewer = if self == Self::FewestGroups {
            groups.len() as i128
        } else {
            0
        };
        (rows.len() as i128, -fewer)
    }
}

/// Numbers as JSON.
fn list(numbers: &[i128]) -> String {
    let mut json = String::from("[");
    for (at, number) in numbers.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // writing to a string does not fail
        let _ = write!(json, "{comma}{number}");
    }
    json + "]"
}
