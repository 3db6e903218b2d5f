//! Routing key of a row: rows with different routes never meet, so a data set can be divided before it is solved.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::buckets::{Key, NO_KEY, Numbering};
use super::item::{Item, ItemFn};
use super::node_id::NodeId;
use super::operator::Operator;
use super::row_shards::{FAULT, KnownKeys};
use super::tree::Plan;
use crate::value::EvalError;
use crate::value::json::Shown;

/// Key function of the shards of a strategy.
pub(crate) trait Router<R> {
    /// The key as JSON, which is the same in every build of a strategy.
    fn key(&self, item: Item<'_, R>) -> Result<String, EvalError>;

    /// A hash of the key; 0 where there is none.
    fn hash(&self, item: Item<'_, R>) -> u64;

    /// The number of the key among those known, which it joins; `NO_KEY` where there is none, `FAULT` for an error.
    fn number(&self, item: Item<'_, R>, known: &mut KnownKeys) -> u32;

    /// Keeps the keys with a use; the new number of each of those before.
    fn retain(&self, known: &mut KnownKeys, uses: &[u32]) -> Vec<u32>;
}

impl<R, K: Key> Router<R> for ItemFn<R, Option<K>> {
    fn key(&self, item: Item<'_, R>) -> Result<String, EvalError> {
        let mut shown = String::new();
        self(item)?.show(&mut shown);
        Ok(shown)
    }

    fn hash(&self, item: Item<'_, R>) -> u64 {
        match self(item) {
            Ok(Some(key)) => FxBuildHasher.hash_one(&key),
            _ => 0,
        }
    }

    fn number(&self, item: Item<'_, R>, known: &mut KnownKeys) -> u32 {
        let known = known.get_or_insert_with(|| Box::new(Numbering::<K>::default()));
        match (self(item), known.downcast_mut::<Numbering<K>>()) {
            (Ok(Some(key)), Some(known)) => known.number(key),
            (Ok(None), _) => NO_KEY,
            _ => FAULT,
        }
    }

    fn retain(&self, known: &mut KnownKeys, uses: &[u32]) -> Vec<u32> {
        let Some(known) = known.as_mut().and_then(|known| known.downcast_mut::<Numbering<K>>()) else {
            return Vec::new();
        };
        let mut kept = Numbering::default();
        let keys = std::mem::take(&mut known.keys).into_iter().zip(uses);
        let target = keys.map(|(key, &uses)| if uses > 0 { kept.number(key) } else { NO_KEY });
        let target = target.collect();
        *known = kept;
        target
    }
}

impl<R> Plan<R> {
    /// Whether the strategy as a whole works on shards of a key, so that rows of different [`route`](Self::route)s never
    /// meet.
    pub(crate) fn is_routed(&self) -> bool {
        self.router().is_some()
    }

    /// A number that rows which can be in one group share. It is 0 for all rows of a strategy that keeps none of them
    /// apart, and else made of the text of the key, in wasm as in a native build.
    pub(crate) fn route(&self, item: Item<'_, R>) -> Result<u64, EvalError> {
        self.router()
            .map_or(Ok(0), |router| router.key(item).map(|key| fnv1a(key.as_bytes())))
    }

    /// The key function of the strategy's shards.
    pub(crate) fn router(&self) -> Option<&dyn Router<R>> {
        self.routed().map(|(_, router)| router)
    }

    /// The node that divides rows into the strategy's shards, and its key function.
    pub(crate) fn routed(&self) -> Option<(NodeId, &dyn Router<R>)> {
        match self.operator() {
            Operator::Whole(_) => None,
            Operator::Groups(_) | Operator::FixedPoint { .. } => self.inner().routed(),
            Operator::Partition(split) => split.routed(self),
            Operator::Sequence => {
                let mut joining = self.children().iter().filter(|step| !step.keeps_apart());
                let only = joining.next()?;
                joining.next().is_none().then(|| only.routed())?
            }
        }
    }

    /// Whether all groups of the node are of one row.
    fn keeps_apart(&self) -> bool {
        match self.operator() {
            Operator::Whole(body) => body.keeps_apart(),
            _ => self.children().iter().all(Self::keeps_apart),
        }
    }
}

/// FNV-1a, in 64 bits: where it collides, two shards go the same way, which is allowed.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn by_hundreds() -> Plan<i64> {
        partition_by(|i: Item<'_, i64>| Some(*i.row / 100), agg_net(one_bucket, abs_tol(0)))
    }

    fn routes(plan: &Plan<i64>) -> Vec<u64> {
        [120, 150, 330]
            .iter()
            .map(|row| {
                let item = Item {
                    row,
                    amount: *row,
                    original: *row,
                };
                plan.route(item).unwrap()
            })
            .collect()
    }

    #[test]
    fn a_key_around_the_strategy_routes() {
        let key = |text: &str| fnv1a(text.as_bytes());
        for plan in [
            by_hundreds(),
            labeled("x", by_hundreds()),
            when(|i: Item<'_, i64>| *i.row > 0, fixed_point(3, by_hundreds())),
            seq(vec![by_hundreds(), identity(), soak_all("open", singleton())]),
        ] {
            assert!(plan.is_routed());
            assert_eq!(routes(&plan), [key("1"), key("1"), key("3")]);
        }
    }

    #[test]
    fn what_joins_all_rows_routes_none() {
        let joins = || agg_net(one_bucket, abs_tol(0));
        for plan in [
            joins(),
            seq(vec![by_hundreds(), joins()]),
            seq(vec![by_hundreds(), by_hundreds()]),
            seq(vec![identity(), soak_all("open", singleton())]),
            windowed(|i: Item<'_, i64>| *i.row, 10, by_hundreds()),
            seq(vec![
                by_hundreds(),
                soak_all("open", bucket(|_: Item<'_, i64>| Some(1_i64), i64::to_string)),
            ]),
        ] {
            assert!(!plan.is_routed());
            assert_eq!(routes(&plan), [0, 0, 0]);
        }
    }

    #[test]
    fn the_number_is_that_of_the_published_hash() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
