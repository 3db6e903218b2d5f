//! `reference_net`: connected components of items over the signals that they share.

use super::coalesce::find;
use super::signal::{record_shared, record_signals, signal_buckets};
use crate::error::Error;
use crate::explain::event::{KeyJson, Limits};
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key, NO_KEY};
use crate::plan::item::Item;
use crate::plan::key_numbers::Keys;
use crate::plan::links::by_keys;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::{Body, Plan};
use crate::wire::{Refusal, kind, reason};

/// Takes each whole component of items that share signals, directly or through others, if it has 2 to `cap` items, both
/// signs, and a net within `tol`. A signal of more than `cap` items connects nothing.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { tokens: Tokens, amount: i64 }
/// let plan: Plan<Line> = reference_net(|i: Item<Line>| i.row.tokens.clone(), abs_tol(0), 256);
/// ```
pub fn reference_net<R, K, S, A>(signals: impl Fn(Item<'_, R>) -> A + 'static, tol: Tol, cap: usize) -> Plan<R>
where
    R: 'static,
    K: Key + Ord,
    S: IntoIterator<Item = K>,
    A: Answer<Value = S>,
{
    let signals = Keys::new(signals);
    Plan::leaf(kind::REFERENCE_NET, ReferenceNet { signals, tol, cap })
}

struct ReferenceNet<R, K> {
    signals: Keys<R, K>,
    tol: Tol,
    cap: usize,
}

impl<R, K: Key + Ord> Body<R> for ReferenceNet<R, K> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_keys(run, bag, &self.signals, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let (buckets, signals) = signal_buckets(run, node.id(), bag, &self.signals)?;
        let key = |signal: usize| KeyJson::of(signals.get(signal));
        take_components(run, node.id(), bag, &buckets, self.tol, self.cap, &key);
        signals.leave(run);
        Ok(compact(bag))
    }
}

/// One function for all types of signals.
fn take_components<R>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &mut [Lot],
    buckets: &Buckets,
    tol: Tol,
    cap: usize,
    key: &dyn Fn(usize) -> KeyJson,
) {
    if run.is_recorded() {
        record_signals(run, node, bag, buckets, key);
    }
    for signal in (0..buckets.len()).filter(|&signal| buckets.range(signal).len() > cap) {
        let limits = |legs: &Legs| Limits::Signal {
            key: key(signal),
            cap,
            slack: legs.slack(tol),
        };
        run.refuse(node, Refusal::OverCap, bag, buckets.get(signal), &limits);
    }
    let components = components(bag.len(), buckets, cap);
    if let Some((a, b)) = run.watched_pair(bag)
        && !components
            .iter()
            .any(|component| component.contains(&a) && component.contains(&b))
    {
        record_shared(run, node, bag, buckets, key);
    }
    for component in components.iter() {
        let mut legs = Legs::default();
        component.iter().for_each(|&at| legs.add(bag[at as usize].amount));
        let capped = |legs: &Legs| Limits::Capped {
            cap,
            slack: legs.slack(tol),
        };
        let mut refuse = |why| run.refuse(node, why, bag, component, &capped);
        if component.len() < 2 {
            refuse(Refusal::TooSmall);
        } else if component.len() > cap {
            refuse(Refusal::OverCap);
        } else if !legs.both_signs() {
            refuse(Refusal::OneSided);
        } else if !legs.within(tol) {
            refuse(Refusal::OutOfTolerance);
        } else {
            let tag = run.forced(node, kind::REFERENCE_NET, reason::REFERENCE_NET);
            run.take(bag, component, tag);
        }
    }
}

/// The components of positions that share a signal of at most `cap`, by smallest position; those without a signal are in none.
fn components(len: usize, buckets: &Buckets, cap: usize) -> Buckets {
    let mut parent: Vec<usize> = (0..len).collect();
    let mut numbers = vec![NO_KEY; len];
    for bucket in buckets.iter() {
        bucket.iter().for_each(|&at| numbers[at as usize] = 0);
        if bucket.len() > cap {
            continue;
        }
        for pair in bucket.windows(2) {
            let (a, b) = (find(&mut parent, pair[0] as usize), find(&mut parent, pair[1] as usize));
            parent[a.max(b)] = a.min(b);
        }
    }
    // a root is the smallest position of its component, so it has its number before the others
    let mut count = 0;
    for at in 0..len {
        if numbers[at] == NO_KEY {
            continue;
        }
        let root = find(&mut parent, at);
        if root == at {
            numbers[at] = count;
            count += 1;
        } else {
            numbers[at] = numbers[root];
        }
    }
    Buckets::from_numbers(&numbers, count as usize)
}
