//! `signal_group`: groups of items that share a signal.

use std::fmt::{Display, Write};

use super::accept::{Accept, Always, Condition};
use crate::error::Error;
use crate::explain::event::{Event, KeyJson, Limits};
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::group::Group;
use crate::plan::item::Item;
use crate::plan::key_numbers::{BagKeys, Keys};
use crate::plan::links::by_keys;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::{Body, Plan};
use crate::sorting;
use crate::sorting::{by_number, by_order};
use crate::wire::{Refusal, kind, reason};

/// Groups the items that carry one signal (a reference, a token). An item may carry many.
///
/// Buckets are visited by (items that carry the signal, smallest id, signal); members taken by an earlier bucket are
/// skipped. A bucket is accepted with 2 to `cap` members left, both signs, and a net within `tol`.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { tokens: Tokens, amount: i64 }
/// let plan: Plan<Line> = signal_group(|i: Item<Line>| i.row.tokens.clone(), abs_tol(0), 256);
/// ```
pub fn signal_group<R, K, S, A>(signals: impl Fn(Item<'_, R>) -> A + 'static, tol: Tol, cap: usize) -> Plan<R>
where
    R: 'static,
    K: Key + Ord + Display,
    S: IntoIterator<Item = K>,
    A: Answer<Value = S>,
{
    Plan::leaf(
        kind::SIGNAL_GROUP,
        SignalGroup {
            signals: Keys::new(signals),
            tol,
            cap,
            accept: Always,
        },
    )
}

/// [`signal_group`] of the buckets that satisfy a condition; another signal of a bucket that does not is tried in its turn.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { tokens: Tokens, day: i64, amount: i64 }
/// let soon = |g: &Group<Line>| g.span(|i: Item<Line>| i.row.day).map(|days| days <= 31);
/// let plan: Plan<Line> = signal_group_accepting(|i: Item<Line>| i.row.tokens.clone(), abs_tol(0), 256, soon);
/// ```
pub fn signal_group_accepting<R, K, S, A, B>(
    signals: impl Fn(Item<'_, R>) -> A + 'static,
    tol: Tol,
    cap: usize,
    accept: impl Fn(&Group<'_, R>) -> B + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key + Ord + Display,
    S: IntoIterator<Item = K>,
    A: Answer<Value = S>,
    B: Answer<Value = bool>,
{
    let (signals, accept) = (Keys::new(signals), Condition::new(accept));
    let body = SignalGroup {
        signals,
        tol,
        cap,
        accept,
    };
    Plan::leaf(kind::SIGNAL_GROUP, body)
}

struct SignalGroup<R, K, A> {
    signals: Keys<R, K>,
    tol: Tol,
    cap: usize,
    accept: A,
}

/// The positions that carry each signal. Signals are numbered by (smallest id, signal): an item's come in order.
pub(super) fn signal_buckets<R, K: Key + Ord>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &[Lot],
    signals: &Keys<R, K>,
) -> Result<(Buckets, BagKeys<K>), Error> {
    let (mut pairs, mut nulls, mut at) = (Vec::with_capacity(bag.len()), 0, 0);
    let ascending = |own: &mut Vec<u32>, keys: &[K]| {
        if !own.is_sorted_by(|&a, &b| keys[a as usize] < keys[b as usize]) {
            by_order(own, |a, b| keys[a as usize].cmp(&keys[b as usize]));
            own.dedup();
        }
    };
    let signals = BagKeys::read(run, bag, signals, &ascending, &mut |own| {
        nulls += u64::from(own.is_empty());
        pairs.extend(own.iter().map(|&signal| (signal, at)));
        at += 1;
    })?;
    run.stage(node).null_key += nulls;
    let buckets = Buckets::from_pairs(pairs.len(), || pairs.iter().copied(), signals.len());
    Ok((buckets, signals))
}

impl<R, K: Key + Ord + Display, A: Accept<R>> Body<R> for SignalGroup<R, K, A> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_keys(run, bag, &self.signals, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let (buckets, signals) = signal_buckets(run, node.id(), bag, &self.signals)?;
        if run.is_recorded() {
            let key = |signal: usize| KeyJson::of(signals.get(signal));
            record_signals(run, node.id(), bag, &buckets, &key);
            record_shared(run, node.id(), bag, &buckets, &key);
        }
        let mut visit: Vec<usize> = (0..buckets.len()).collect();
        visit.retain(|&index| buckets.range(index).len() > 1);
        run.stage(node.id()).too_small += (buckets.len() - visit.len()) as u64;
        // stable, and numbers ascend with (smallest id, signal)
        by_number(&mut visit, |index| buckets.range(index).len() as i64);
        let (mut free, mark, mut choices) = (Vec::new(), run.groups.len(), Choices::of(bag));
        let mut text = String::new();
        for index in visit {
            free.clear();
            free.extend(buckets.get(index).iter().filter(|at| bag[**at as usize].amount != 0));
            let mut legs = Legs::default();
            free.iter().for_each(|&at| legs.add(bag[at as usize].amount));
            let mut refuse = |why| {
                run.refuse(node.id(), why, bag, &free, &|legs| Limits::Signal {
                    key: KeyJson::of(signals.get(index)),
                    cap: self.cap,
                    slack: legs.slack(self.tol),
                });
            };
            if free.len() < 2 {
                refuse(Refusal::TooSmall);
            } else if free.len() > self.cap {
                refuse(Refusal::OverCap);
            } else if !legs.both_signs() {
                refuse(Refusal::OneSided);
            } else if !legs.within(self.tol) {
                refuse(Refusal::OutOfTolerance);
            } else if self.accept.decide(run, node.id(), bag, &free)? {
                text.clear();
                // a string takes all that is written
                let _ = write!(text, "{} {}", reason::SIGNAL_GROUP, signals.get(index));
                let tag = run.forced(node.id(), kind::SIGNAL_GROUP, &text);
                choices.take(&free, run.groups.len() - mark);
                run.take(bag, &free, tag);
            }
        }
        for (signal, bucket) in buckets.iter().enumerate() {
            if choices.is_rival(bucket, self.tol, self.cap) && self.accept.holds(run, &choices.before, bucket)? {
                let mut groups: Vec<usize> = choices.groups_of(bucket).map(|group| mark + group).collect();
                groups.retain(|&group| run.groups.tag(group).unique == Some(true));
                groups
                    .iter()
                    .for_each(|&group| run.groups.tag_mut(group).unique = Some(false));
                if run.is_recorded() {
                    choices.record_rival(run, node.id(), &groups, bucket, &|| KeyJson::of(signals.get(signal)));
                }
            }
        }
        signals.leave(run);
        Ok(compact(bag))
    }
}

/// The bag before any lot was taken, and the group that took each lot.
struct Choices {
    before: Vec<Lot>,
    /// By position, counted from the first group of the node; `FREE` where no group has taken it.
    group: Vec<u32>,
    sizes: Vec<usize>,
}

const FREE: u32 = u32::MAX;

impl Choices {
    fn of(bag: &[Lot]) -> Self {
        Self {
            before: bag.to_vec(),
            group: vec![FREE; bag.len()],
            sizes: Vec::new(),
        }
    }

    /// Notes the members of the group that is formed next.
    fn take(&mut self, members: &[u32], group: usize) {
        members.iter().for_each(|&at| self.group[at as usize] = group as u32);
        self.sizes.push(members.len());
    }

    /// The groups that hold lots of a bucket, each as often as it does.
    fn groups_of(&self, bucket: &[u32]) -> impl Iterator<Item = usize> {
        let groups = bucket.iter().map(|&at| self.group[at as usize]);
        groups.filter(|&group| group != FREE).map(|group| group as usize)
    }

    /// Records a rival for the watched rows of the groups that had none before.
    fn record_rival<R>(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        groups: &[usize],
        bucket: &[u32],
        key: &dyn Fn() -> KeyJson,
    ) {
        let lots: Vec<Lot> = bucket.iter().map(|&at| self.before[at as usize]).collect();
        let members = groups.iter().flat_map(|&group| run.groups.get(group).rows);
        let mut watched: Vec<u32> = members.copied().filter(|&row| run.is_watched(row)).collect();
        sorting::numbers(&mut watched);
        watched.dedup();
        for row in watched {
            run.record_rival(node, row, &lots, Some(key()));
        }
    }

    /// Whether a bucket shares a member with a group of other members, and is whole of the size, signs and net of a group.
    fn is_rival(&self, bucket: &[u32], tol: Tol, cap: usize) -> bool {
        let Some(group) = self.groups_of(bucket).next() else {
            return false;
        };
        let is_inside = bucket.iter().all(|&at| self.group[at as usize] as usize == group);
        if bucket.len() > cap || (is_inside && self.sizes[group] == bucket.len()) {
            return false;
        }
        let mut legs = Legs::default();
        bucket.iter().for_each(|&at| legs.add(self.before[at as usize].amount));
        legs.both_signs() && legs.within(tol)
    }
}

/// Records how many signals of the watched rows others carry.
pub(super) fn record_signals<R>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &[Lot],
    buckets: &Buckets,
    key: &dyn Fn(usize) -> KeyJson,
) {
    let watched = run.watched_in(bag);
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); if watched.is_empty() { 0 } else { bag.len() }];
    for signal in 0..buckets.len() {
        for at in run.watched_among(bag, buckets.get(signal)) {
            own[at as usize].push(signal);
        }
    }
    for at in watched {
        let row = bag[at as usize].row;
        let signals = own[at as usize].iter();
        let (alone, shared): (Vec<usize>, Vec<usize>) = signals.partition(|&&signal| buckets.get(signal).len() < 2);
        let event = match alone.first().or(shared.first()) {
            None => Event::NullKey,
            Some(&signal) => Event::Signals {
                alone: alone.len(),
                shared: shared.len(),
                key: key(signal),
            },
        };
        run.record(node, row, event);
    }
}

/// Records the first signal that two watched rows share.
pub(super) fn record_shared<R>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &[Lot],
    buckets: &Buckets,
    key: &dyn Fn(usize) -> KeyJson,
) {
    if let Some((a, b)) = run.watched_pair(bag) {
        let rows = (bag[a as usize].row, bag[b as usize].row);
        let is_shared = |signal: &usize| buckets.get(*signal).contains(&a) && buckets.get(*signal).contains(&b);
        let event = match (0..buckets.len()).find(is_shared) {
            None => Event::NoSharedKey { distance: None },
            Some(signal) => Event::SharedKey { key: key(signal) },
        };
        run.record_pair(node, rows, event);
    }
}
