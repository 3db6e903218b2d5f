//! `accept_if` and `whole_only`: filters that dissolve groups; and the condition of a leaf on its candidates.

use crate::error::Error;
use crate::explain::event::{Cause, Event};
use crate::explain::recorder::Held;
use crate::plan::Answer;
use crate::plan::group::Group;
use crate::plan::lot::{Lot, give_back};
use crate::plan::node_id::NodeId;
use crate::plan::operator::{ChildResult, GroupTransform};
use crate::plan::run_state::Run;
use crate::plan::tree::Plan;
use crate::sorting;
use crate::value::EvalError;
use crate::wire::kind;

/// Dissolves the groups of `inner` that fail `predicate` back into the residual.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { company: Text, amount: i64 }
/// let plan: Plan<Line> = accept_if(
///     |g: &Group<Line>| g.distinct(|i| Some(i.row.company.clone())).map(|companies| companies >= 2),
///     exact_1to1(one_bucket, by_id),
/// );
/// ```
pub fn accept_if<R, A>(predicate: impl Fn(&Group<'_, R>) -> A + 'static, inner: Plan<R>) -> Plan<R>
where
    R: 'static,
    A: Answer<Value = bool>,
{
    let predicate: GroupFn<R> = Box::new(move |group| predicate(group).answer());
    Plan::wrap(kind::ACCEPT_IF, "", inner, AcceptIf { predicate })
}

type GroupFn<R> = Box<dyn Fn(&Group<'_, R>) -> Result<bool, EvalError>>;

struct AcceptIf<R> {
    predicate: GroupFn<R>,
}

impl<R> GroupTransform<R> for AcceptIf<R> {
    fn is_local(&self) -> bool {
        true
    }

    fn apply(&self, run: &mut Run<'_, R>, _: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let mut kept = Vec::with_capacity(run.groups.len() - mark);
        for index in mark..run.groups.len() {
            let group = run.groups.get(index);
            let view = Group {
                rows: &run.rows,
                originals: &run.originals,
                members: group.rows,
                amounts: group.amounts,
                unique: group.tag.unique,
                columns: &run.columns,
            };
            kept.push((self.predicate)(&view).map_err(|error| run.fault(group.rows[0], error))?);
        }
        Ok(dissolve(run, mark, &kept, bag, left))
    }
}

/// Condition of a leaf on a candidate group.
pub(crate) trait Accept<R> {
    /// Whether whole lots at these positions, in any order, may be a group.
    fn holds(&self, run: &Run<'_, R>, bag: &[Lot], positions: &[u32]) -> Result<bool, Error>;

    /// The same for places of a bucket of positions.
    fn holds_at(&self, run: &Run<'_, R>, bag: &[Lot], bucket: &[u32], places: &[u32]) -> Result<bool, Error> {
        let positions: Vec<u32> = places.iter().map(|&place| bucket[place as usize]).collect();
        self.holds(run, bag, &positions)
    }

    /// The same, counted where it is false and recorded for the watched rows.
    fn decide(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot], positions: &[u32]) -> Result<bool, Error> {
        let holds = self.holds(run, bag, positions)?;
        if !holds {
            run.stage(node).out_of_tolerance += 1;
            let mut watched = run.watched_among(bag, positions);
            sorting::numbers(&mut watched);
            for at in watched {
                run.record(node, bag[at as usize].row, Event::Predicate(false));
            }
        }
        Ok(holds)
    }
}

/// No condition.
pub(crate) struct Always;

impl<R> Accept<R> for Always {
    #[inline]
    fn holds(&self, _: &Run<'_, R>, _: &[Lot], _: &[u32]) -> Result<bool, Error> {
        Ok(true)
    }

    #[inline]
    fn holds_at(&self, _: &Run<'_, R>, _: &[Lot], _: &[u32], _: &[u32]) -> Result<bool, Error> {
        Ok(true)
    }
}

/// The condition of an author.
pub(crate) struct Condition<R>(GroupFn<R>);

impl<R> Condition<R> {
    pub fn new<A: Answer<Value = bool>>(accept: impl Fn(&Group<'_, R>) -> A + 'static) -> Self {
        Self(Box::new(move |group| accept(group).answer()))
    }
}

impl<R> Accept<R> for Condition<R> {
    fn holds(&self, run: &Run<'_, R>, bag: &[Lot], positions: &[u32]) -> Result<bool, Error> {
        let mut positions = positions.to_vec();
        sorting::numbers(&mut positions);
        let lots = positions.iter().map(|&at| bag[at as usize]);
        let (members, amounts): (Vec<u32>, Vec<i64>) = lots.map(|lot| (lot.row, lot.amount)).unzip();
        let group = Group {
            rows: &run.rows,
            originals: &run.originals,
            members: &members,
            amounts: &amounts,
            unique: None,
            columns: &run.columns,
        };
        (self.0)(&group).map_err(|error| run.fault(members[0], error))
    }
}

/// Keeps only the groups none of whose members also has a residual; dissolves the others. Decided once, over all of
/// `inner`'s groups.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = whole_only(flow(Flow::new(constant(10.0), |_, _| Some(1.0)).window(|i| *i.row, 3)));
/// ```
#[must_use]
pub fn whole_only<R: 'static>(inner: Plan<R>) -> Plan<R> {
    Plan::wrap(kind::WHOLE_ONLY, "", inner, WholeOnly)
}

struct WholeOnly;

impl<R> GroupTransform<R> for WholeOnly {
    fn is_local(&self) -> bool {
        true
    }

    fn cause(&self, _: &Run<'_, R>, done: &ChildResult, bag: &[Lot], (_, groups): &Held) -> Cause {
        let rest = &bag[..done.left];
        let mut members = groups.iter().flatten().map(|lot| lot.row);
        let split = members.find(|row| rest.binary_search_by_key(row, |lot| lot.row).is_ok());
        split.map_or(Cause::Unknown, Cause::Split)
    }

    fn apply(&self, run: &mut Run<'_, R>, _: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let rest = &bag[..left];
        let is_whole = |row: &u32| rest.binary_search_by_key(row, |lot| lot.row).is_err();
        let kept: Vec<bool> = (mark..run.groups.len())
            .map(|index| run.groups.get(index).rows.iter().all(is_whole))
            .collect();
        Ok(dissolve(run, mark, &kept, bag, left))
    }
}

/// Dissolves the groups from `mark` on that are not kept; returns the new length of the residual.
fn dissolve<R>(run: &mut Run<'_, R>, mark: usize, kept: &[bool], bag: &mut [Lot], left: usize) -> usize {
    let Some(first) = kept.iter().position(|kept| !kept) else {
        return left;
    };
    let tail = run.groups.split_off(mark + first);
    let mut freed = Vec::new();
    for (group, &kept) in tail.iter().zip(&kept[first..]) {
        if kept {
            run.groups.append(group);
        } else {
            freed.extend(group.lots());
        }
    }
    give_back(bag, left, freed)
}
