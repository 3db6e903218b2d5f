//! Candidate pairs of a `flow` node: near in order, or sharing a key.

use super::window::{Near, Window, near};
use crate::error::Error;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::key_numbers::{BagKeys, Keys};
use crate::plan::links::by_keys;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::sorting;

/// The lots of a bag as nodes: sources first, then sinks, each in bag order.
pub(crate) struct Sides {
    /// Number of sources.
    pub n_sources: usize,
    /// The place in the bag of each node.
    pub places: Vec<u32>,
    /// The node of each place in the bag.
    pub nodes: Vec<u32>,
}

impl Sides {
    pub fn new(bag: &[Lot]) -> Self {
        let side = |positive: bool| {
            let places = 0..bag.len() as u32;
            places.filter(move |&at| (bag[at as usize].amount > 0) == positive)
        };
        let mut places: Vec<u32> = side(true).collect();
        let n_sources = places.len();
        places.extend(side(false));
        let mut nodes = vec![0; bag.len()];
        for (node, &at) in places.iter().enumerate() {
            nodes[at as usize] = node as u32;
        }
        Self {
            n_sources,
            places,
            nodes,
        }
    }
}

/// Items that share a key.
pub(crate) struct Match<R, K> {
    pub keys: Keys<R, K>,
}

/// Keys of any type as numbers.
pub(crate) trait Matcher<R> {
    /// The pairs of a key's number and a node that carries it, each pair once.
    fn pairs(&self, run: &mut Run<'_, R>, bag: &[Lot], nodes: &[u32]) -> Result<Pairs, Error>;

    /// See [`Body::links`](crate::plan::tree::Body::links).
    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error>;
}

/// Keys and the nodes that carry them.
pub(crate) struct Pairs {
    pub pairs: Vec<(u32, u32)>,
    /// Number of keys.
    pub keys: usize,
}

impl<R, K: Key> Matcher<R> for Match<R, K> {
    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_keys(run, bag, &self.keys, add)
    }

    fn pairs(&self, run: &mut Run<'_, R>, bag: &[Lot], nodes: &[u32]) -> Result<Pairs, Error> {
        let (mut pairs, mut nodes) = (Vec::with_capacity(bag.len()), nodes.iter());
        let once = |own: &mut Vec<u32>, _: &[K]| {
            sorting::numbers(own);
            own.dedup();
        };
        let keys = BagKeys::read(run, bag, &self.keys, &once, &mut |own| {
            if let Some(&node) = nodes.next() {
                pairs.extend(own.iter().map(|&number| (number, node)));
            }
        })?;
        let count = keys.len();
        keys.leave(run);
        Ok(Pairs { pairs, keys: count })
    }
}

/// The sinks that each source may meet.
pub(crate) struct Candidates {
    n_sources: usize,
    /// The sinks near each source.
    near: Option<Near>,
    joins: Vec<Join>,
    /// The last source that met each sink, so that a sink comes once however many keys are shared.
    met: Vec<u32>,
    found: Vec<u32>,
}

/// One list of keys: the keys of each source, and the sinks of each key.
struct Join {
    keys: Buckets,
    sinks: Buckets,
}

impl Candidates {
    /// The sinks that `source` may meet, ascending. Each source is queried once.
    pub fn of(&mut self, source: usize) -> &[u32] {
        self.found.clear();
        let stamp = source as u32;
        let (met, found, n_sources) = (&mut self.met, &mut self.found, self.n_sources);
        let mut meet = |sink: u32| {
            let met = &mut met[sink as usize - n_sources];
            if *met != stamp {
                *met = stamp;
                found.push(sink);
            }
        };
        if let Some(near) = &self.near {
            near.of(source).iter().for_each(|&sink| meet(sink));
        }
        for join in &self.joins {
            for &key in join.keys.get(source) {
                join.sinks.get(key as usize).iter().for_each(|&sink| meet(sink));
            }
        }
        sorting::numbers(&mut self.found);
        &self.found
    }
}

/// Caps on the rows of a key and of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    /// Keys that more lots carry are skipped.
    pub bucket: usize,
    /// Of a pair whose windows both hold more, one is among the nearest so many of the other.
    pub window: usize,
}

/// Prepares the candidates of a bag; what the caps keep apart is counted.
pub(crate) fn candidates<R>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &[Lot],
    sides: &Sides,
    window: Option<&Window<R>>,
    matchers: &[Box<dyn Matcher<R>>],
    caps: Caps,
) -> Result<Candidates, Error> {
    let near = match window {
        Some(window) => {
            let (near, short) = near(run, bag, sides, window, caps.window)?;
            run.stage(node).over_cap += short;
            Some(near)
        }
        None => None,
    };
    let mut joins = Vec::with_capacity(matchers.len());
    for matcher in matchers {
        let pairs = matcher.pairs(run, bag, &sides.nodes)?;
        let (join, skipped) = Join::new(&pairs, sides.n_sources, caps.bucket);
        run.stage(node).over_cap += skipped;
        joins.push(join);
    }
    Ok(Candidates {
        n_sources: sides.n_sources,
        near,
        joins,
        met: vec![u32::MAX; bag.len() - sides.n_sources],
        found: Vec::new(),
    })
}

impl Join {
    fn new(pairs: &Pairs, n_sources: usize, cap: usize) -> (Self, u64) {
        let count = pairs.keys;
        let pairs = &pairs.pairs;
        let mut carriers = vec![0_usize; count];
        pairs.iter().for_each(|&(key, _)| carriers[key as usize] += 1);
        let skipped = carriers.iter().filter(|&&carriers| carriers > cap).count();
        let is_source = |place: u32| (place as usize) < n_sources;
        let usable = |key: u32| carriers[key as usize] <= cap;
        let sinks = || {
            let sides = pairs.iter().filter(|&&(key, place)| usable(key) && !is_source(place));
            sides.map(|&(key, place)| (key, place))
        };
        let keys = || {
            let sides = pairs.iter().filter(|&&(key, place)| usable(key) && is_source(place));
            sides.map(|&(key, place)| (place, key))
        };
        let join = Self {
            keys: Buckets::from_pairs(pairs.len(), keys, n_sources),
            sinks: Buckets::from_pairs(pairs.len(), sinks, count),
        };
        (join, skipped as u64)
    }
}
