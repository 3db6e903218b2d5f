//! `partition_by`, `partition_by_table` and `partition_by_with`: an independent plan per key.

use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use crate::error::Error;
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::hash;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::operator::{Partition, ShardPlan, Shards};
use crate::plan::routing::Router;
use crate::plan::run_state::Run;
use crate::plan::tree::Plan;
use crate::value::EvalError;
use crate::wire::kind;

/// Runs `inner` on each key's items by themselves; items with a null key pass through.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { currency: Text, amount: i64 }
/// let plan: Plan<Line> = partition_by(|i: Item<Line>| Some(i.row.currency.clone()), agg_net(one_bucket, abs_tol(0)));
/// ```
pub fn partition_by<R, K, A>(key: impl Fn(Item<'_, R>) -> A + 'static, inner: Plan<R>) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    let key = item_fn(key);
    Plan::split(kind::PARTITION_BY, vec![inner], PartitionBy { key })
}

struct PartitionBy<R, K> {
    key: ItemFn<R, Option<K>>,
}

impl<R, K: Key> Partition<R> for PartitionBy<R, K> {
    fn link(&self, run: &Run<'_, R>, lot: Lot) -> Result<Option<u64>, Error> {
        Ok(Some(hash(&run.eval(&self.key, lot)?)))
    }

    fn routed<'p>(&'p self, node: &'p Plan<R>) -> Option<(NodeId, &'p dyn Router<R>)> {
        Some((node.id(), &self.key))
    }

    fn shards(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error> {
        Ok(Box::new(Buckets::of_shards(run, node, bag, &self.key)?.0))
    }
}

/// Runs a strategy of its own on each key's items: the table's, or `default` for keys that are not in it.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { currency: Text, amount: i64 }
/// let plan: Plan<Line> = partition_by_table(
///     |i: Item<Line>| Some(i.row.currency.clone()),
///     vec![(Text::from("JPY"), agg_net(one_bucket, abs_tol(0)))],
///     agg_net(one_bucket, abs_tol(5)),
/// );
/// ```
pub fn partition_by_table<R, K, A>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    cases: Vec<(K, Plan<R>)>,
    default: Plan<R>,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    let mut table = HashMap::with_hasher(FxBuildHasher);
    let mut children = Vec::with_capacity(cases.len() + 1);
    for (key, plan) in cases {
        table.entry(key).or_insert(children.len());
        children.push(plan);
    }
    children.push(default);
    let key = item_fn(key);
    Plan::split(kind::PARTITION_BY_TABLE, children, PartitionByTable { key, table })
}

struct PartitionByTable<R, K> {
    key: ItemFn<R, Option<K>>,
    table: HashMap<K, usize, FxBuildHasher>,
}

impl<R, K: Key> Partition<R> for PartitionByTable<R, K> {
    fn link(&self, run: &Run<'_, R>, lot: Lot) -> Result<Option<u64>, Error> {
        Ok(Some(hash(&run.eval(&self.key, lot)?)))
    }

    fn routed<'p>(&'p self, node: &'p Plan<R>) -> Option<(NodeId, &'p dyn Router<R>)> {
        Some((node.id(), &self.key))
    }

    fn shards(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error> {
        let (buckets, keys) = Buckets::of_shards(run, node, bag, &self.key)?;
        let cases = keys.iter().map(|key| self.table.get(key).copied()).collect();
        Ok(Box::new(ByTable { buckets, cases }))
    }
}

struct ByTable {
    buckets: Buckets,
    /// The child of each shard, or none for the default.
    cases: Vec<Option<usize>>,
}

impl<R> Shards<R> for ByTable {
    fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    fn plan(&self, _: &Run<'_, R>, node: &Plan<R>, _: u32, shard: usize) -> Result<ShardPlan<R>, Error> {
        Ok(ShardPlan::Child(self.cases[shard].unwrap_or(node.children().len() - 1)))
    }
}

/// Runs on each key's items the strategy that `make` builds for the key: the key may stand in tolerances, costs and
/// predicates. The strategies of all keys must have one shape (the kinds of nodes and where they stand), so that a
/// node has one id; where shapes differ by key, use [`partition_by_table`].
///
/// The shape is read from the strategy of `K::default()`, which is never run.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { slack: i64, amount: i64 }
/// let plan: Plan<Line> = partition_by_with(
///     |i: Item<Line>| Some(i.row.slack),
///     |slack: &i64| agg_net(one_bucket, abs_tol(*slack)),
/// );
/// ```
pub fn partition_by_with<R, K, A, P>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    make: impl Fn(&K) -> P + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key + Default,
    A: Answer<Value = Option<K>>,
    P: Answer<Value = Plan<R>>,
{
    let make: MakeFn<R, K> = Rc::new(move |key| make(key).answer());
    let template = make(&K::default());
    let failed = template.is_err();
    let children = template.into_iter().collect();
    let key = item_fn(key);
    Plan::split(kind::PARTITION_BY_WITH, children, PartitionByWith { key, make, failed })
}

type MakeFn<R, K> = Rc<dyn Fn(&K) -> Result<Plan<R>, EvalError>>;

struct PartitionByWith<R, K> {
    key: ItemFn<R, Option<K>>,
    make: MakeFn<R, K>,
    failed: bool,
}

impl<R: 'static, K: Key> Partition<R> for PartitionByWith<R, K> {
    fn check(&self) -> Result<(), String> {
        if self.failed {
            return Err(
                "the strategy of a key cannot be built even for the default key; check its arithmetic".to_owned(),
            );
        }
        Ok(())
    }

    fn has_template(&self) -> bool {
        true
    }

    fn link(&self, run: &Run<'_, R>, lot: Lot) -> Result<Option<u64>, Error> {
        Ok(Some(hash(&run.eval(&self.key, lot)?)))
    }

    fn routed<'p>(&'p self, node: &'p Plan<R>) -> Option<(NodeId, &'p dyn Router<R>)> {
        Some((node.id(), &self.key))
    }

    fn shards(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error> {
        let (buckets, keys) = Buckets::of_shards(run, node, bag, &self.key)?;
        let make = Rc::clone(&self.make);
        Ok(Box::new(ByMaker { buckets, keys, make }))
    }
}

struct ByMaker<R, K> {
    buckets: Buckets,
    keys: Vec<K>,
    make: MakeFn<R, K>,
}

impl<R, K: Key> Shards<R> for ByMaker<R, K> {
    fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    fn plan(&self, run: &Run<'_, R>, node: &Plan<R>, first: u32, shard: usize) -> Result<ShardPlan<R>, Error> {
        let template = node.inner();
        let mut plan = (self.make)(&self.keys[shard]).map_err(|error| run.fault(first, error))?;
        if !plan.same_shape(template) {
            return Err(Error::bad_config(format!(
                "partition_by_with (node {}): for the key of row {} the strategy has another shape than for the \
                 default key; use partition_by_table where shapes differ",
                node.id(),
                run.id(first),
            )));
        }
        plan.renumber(template.id().get());
        Ok(ShardPlan::Made(Box::new(plan)))
    }
}
