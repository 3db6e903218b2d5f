//! Initial basis for a dense assignment problem: all supplies equal, every source adjacent to every sink. Successive shortest
//! paths over dense rows are faster there than pivots.
//!
//! A source bids for the sink with the least reduced cost and raises its price until the second best is as good; the source
//! outbid bids again (auction algorithm, Bertsekas). The few sources left without a sink get one along shortest augmenting
//! paths, in which a source may also fall back to its penalty arc. Shortest paths from every node to the root then give a tree
//! of tight arcs: an optimal basis, on which the simplex finds no entering arc.
//!
//! Invariant: a source whose tree arc carries no flow points up, so the tree is strongly feasible (see `spanning_tree`). Prices
//! stay between the penalty of the sink and the least cost minus the largest penalty of a source, since no source pays more
//! than its penalty; so values below `LARGEST` leave room for `FAR`.

use std::hint::select_unpredictable;

use super::components::{Component, NONE};
use super::pricing::Columns;
use super::simplex::Problem;
use super::spanning_tree::Tree;
use super::warm_start::Forest;

/// Rows of fewer arcs are left to pivots.
const SHORTEST_ROW: usize = LANES;
/// Bids that a source may make, on average.
const BIDS: usize = 2;
/// Share of sources left without a sink, one in so many, above which pivots are faster.
const LEFT: usize = 4;
/// Rows that searches may look at, for each source: pivots do not take as long as the worst of searches.
const ROWS: usize = 32;
/// Costs and penalties are less in magnitude.
const LARGEST: i64 = 1 << 55;
/// Farther than any path.
const FAR: i64 = 1 << 60;

/// A complete component.
#[derive(Clone, Copy)]
struct Complete<'a> {
    columns: Columns<'a>,
    component: &'a Component<'a>,
    /// Penalties of sources, and of sinks.
    source: &'a [i64],
    sink: &'a [i64],
}

impl<'a> Complete<'a> {
    /// The problem, if it is complete, all amounts are equal, and no number is too large.
    fn new(problem: Problem<'a>) -> Option<Self> {
        let Problem {
            columns,
            penalty,
            component,
            ..
        } = problem;
        let (source, sink) = penalty.split_at(component.sinks as usize);
        let complete = columns.cost.len() == source.len() * sink.len();
        if !complete || source.len() > sink.len() || sink.len() < SHORTEST_ROW || !problem.is_even() {
            return None;
        }
        let bits = |numbers: &[i64]| numbers.iter().fold(0, |bits, x| bits | (x.wrapping_add(LARGEST)));
        let small = ((bits(columns.cost) | bits(penalty)) as u64) < 2 * LARGEST as u64;
        small.then_some(Self {
            columns,
            component,
            source,
            sink,
        })
    }

    /// Costs of a source's arcs, sink by sink.
    fn row(&self, source: u32) -> &'a [i64] {
        &self.columns.cost[source as usize * self.sink.len()..][..self.sink.len()]
    }
}

/// Who holds what at which price. Sources and sinks are counted from the first of each; buffers are reused.
#[derive(Default)]
pub(super) struct Assignment {
    price: Vec<i64>,
    sink_of: Vec<u32>,
    source_of: Vec<u32>,
    /// Sources that are to bid, and those that bids left without a sink.
    waiting: Vec<u32>,
    left: Vec<u32>,
    /// Rows that searches may still look at.
    rows: usize,
    path: Path,
    forest: Forest,
}

/// Buffers of a search.
#[derive(Default)]
struct Path {
    dist: Vec<i64>,
    /// Per sink the source, or per source the sink, before it on the path.
    via: Vec<u32>,
    /// Prices, so low where a sink has been reached that no path comes back.
    price: Vec<i64>,
    reached: Vec<(u32, i64)>,
    open: Vec<u32>,
}

impl Assignment {
    /// Whether `start` may find a basis for this problem.
    pub fn may_start(problem: Problem<'_>) -> bool {
        Complete::new(problem).is_some()
    }

    /// Replaces the tree of penalty arcs by an optimal basis, and `potential` with its duals; `false`, with nothing
    /// changed, for other problems, where bids do not get far, and where searches go on for too long.
    #[inline(never)]
    pub fn start(&mut self, problem: Problem<'_>, tree: &mut Tree, potential: &mut [i64]) -> bool {
        let Some(complete) = Complete::new(problem) else {
            return false;
        };
        self.price.clear();
        self.price.extend(complete.sink);
        for (buffer, size) in [
            (&mut self.sink_of, complete.source.len()),
            (&mut self.source_of, complete.sink.len()),
        ] {
            buffer.clear();
            buffer.resize(size, NONE);
        }
        if !self.bid(complete) {
            return false;
        }
        self.path.open.clear();
        self.path
            .open
            .extend((0..complete.sink.len() as u32).filter(|&sink| self.source_of[sink as usize] == NONE));
        self.rows = ROWS * complete.source.len();
        while let Some(source) = self.left.pop() {
            if !self.exchange(complete, source) {
                return false;
            }
        }
        self.measure(complete);
        self.hang(complete, tree, potential);
        true
    }

    /// Lets sources bid; `false` once too many are left.
    fn bid(&mut self, complete: Complete<'_>) -> bool {
        let sources = complete.source.len();
        self.left.clear();
        self.waiting.clear();
        self.waiting.extend(0..sources as u32);
        let mut bids = BIDS * sources;
        while let Some(source) = self.waiting.pop() {
            let penalty = complete.source[source as usize];
            let offers = two_least(complete.row(source), &self.price);
            let [(best, first), (second, other)] = offers.map(|(value, sink)| (value.min(penalty), sink));
            let is_free = |sink: usize| self.source_of[sink] == NONE;
            // of equals one that is free
            let sink = if best == second && second < penalty && is_free(other) && !is_free(first) {
                other
            } else {
                first
            };
            if bids == 0 || best == penalty || (best == second && !is_free(sink)) {
                self.left.push(source);
                if LEFT * self.left.len() > sources {
                    return false;
                }
                continue;
            }
            bids -= 1;
            self.price[sink] -= second - best;
            let before = std::mem::replace(&mut self.source_of[sink], source);
            self.sink_of[source as usize] = sink as u32;
            if before != NONE {
                self.sink_of[before as usize] = NONE;
                self.waiting.push(before);
            }
        }
        true
    }

    /// Sends a source along the shortest path of exchanges to a free sink, or to where a source is better off unmatched;
    /// `false` where this would take too long.
    fn exchange(&mut self, complete: Complete<'_>, source: u32) -> bool {
        let path = &mut self.path;
        path.dist.clear();
        path.dist.resize(self.price.len(), FAR);
        path.via.resize(self.price.len(), NONE);
        path.price.clone_from(&self.price);
        path.reached.clear();
        let (mut at, mut before) = (source, 0);
        let (mut exit, mut leaver) = (complete.source[source as usize], source);
        let (mut sink, length) = loop {
            if self.rows == 0 {
                return false;
            }
            self.rows -= 1;
            relax(complete.row(at), path, before, at);
            let (length, sink) = least(&path.dist);
            if exit <= length {
                break (std::mem::replace(&mut self.sink_of[leaver as usize], NONE), exit);
            }
            if let Some(free) = path.open.iter().position(|&free| path.dist[free as usize] == length) {
                break (path.open.swap_remove(free), length);
            }
            path.reached.push((sink as u32, length));
            (path.dist[sink], path.price[sink]) = (FAR, -2 * FAR);
            at = self.source_of[sink];
            before = complete.row(at)[sink] - self.price[sink] - length;
            let leave = complete.source[at as usize] - before;
            if leave < exit {
                (exit, leaver) = (leave, at);
            }
        };
        for &(sink, dist) in &path.reached {
            self.price[sink as usize] += dist - length;
        }
        while sink != NONE {
            let taker = path.via[sink as usize];
            self.source_of[sink as usize] = taker;
            sink = std::mem::replace(&mut self.sink_of[taker as usize], sink);
            if taker == source {
                break;
            }
        }
        true
    }

    /// Distances from sources to the root, at reduced costs, and the sinks they lead through.
    fn measure(&mut self, complete: Complete<'_>) {
        let path = &mut self.path;
        let sources = complete.source.len();
        let values = self.sink_of.iter().zip(0..).map(|(&sink, source)| {
            if sink == NONE {
                complete.source[source as usize]
            } else {
                complete.row(source)[sink as usize] - self.price[sink as usize]
            }
        });
        path.price.clear();
        path.price.extend(values);
        path.dist.clear();
        path.dist.extend(
            complete
                .source
                .iter()
                .zip(&path.price)
                .map(|(penalty, value)| penalty - value),
        );
        path.via.clear();
        path.via.resize(sources, NONE);
        path.open.clear();
        path.open.extend(0..sources as u32);
        // what is unmatched hangs under the root
        for sink in 0..self.price.len() {
            if self.source_of[sink] == NONE {
                path.pass(complete, sink, -self.price[sink]);
            }
        }
        while let Some(at) = (0..path.open.len()).min_by_key(|&at| path.dist[path.open[at] as usize]) {
            let source = path.open.swap_remove(at) as usize;
            if self.sink_of[source] != NONE {
                let sink = self.sink_of[source] as usize;
                path.pass(complete, sink, path.dist[source] - self.price[sink]);
            }
        }
    }

    /// Builds the tree and its duals from the distances.
    fn hang(&mut self, complete: Complete<'_>, tree: &mut Tree, potential: &mut [i64]) {
        let sinks = complete.component.sinks;
        let arc = |source: usize, sink: u32| complete.columns.arc(source * complete.sink.len() + sink as usize);
        for (source, &sink) in self.sink_of.iter().enumerate() {
            let (slot, dist, via) = (source as u32, self.path.dist[source], self.path.via[source]);
            potential[slot as usize] = -self.path.price[source] - dist;
            if sink != NONE {
                let below = (sinks + sink) as usize;
                potential[below] = self.price[sink as usize] - dist;
                (tree.node[below].parent, tree.node[below].pred) = (slot, arc(source, sink));
                tree.node[slot as usize].flow = 0;
            }
            if via != NONE {
                let node = &mut tree.node[slot as usize];
                (node.parent, node.pred) = (sinks + via, arc(source, via));
            }
        }
        self.forest.thread(complete.component, tree);
    }
}

impl Path {
    /// Shortens the distances of open sources by way of a sink.
    fn pass(&mut self, complete: Complete<'_>, sink: usize, from_sink: i64) {
        for &source in &self.open {
            let at = source as usize;
            let dist = complete.row(source)[sink] + from_sink - self.price[at];
            if dist < self.dist[at] {
                (self.dist[at], self.via[at]) = (dist, sink as u32);
            }
        }
    }
}

/// Arcs that are looked at together.
const LANES: usize = 8;

/// Shortens the distances of sinks by way of a source.
fn relax(costs: &[i64], path: &mut Path, before: i64, source: u32) {
    let n = costs.len();
    let (prices, dists, vias) = (&path.price[..n], &mut path.dist[..n], &mut path.via[..n]);
    // the last ones, some of them again
    for from in (0..n - LANES).step_by(LANES).chain([n - LANES]) {
        let (Some(cost), Some(price), Some(dist)) = (
            costs[from..].first_chunk::<LANES>(),
            prices[from..].first_chunk::<LANES>(),
            dists[from..].first_chunk_mut::<LANES>(),
        ) else {
            return;
        };
        let through = |lane: usize| cost[lane] - price[lane] - before;
        // by signs, which vector units have in 64 bits
        if (0..LANES).fold(0, |signs, lane| signs | (through(lane) - dist[lane])) < 0 {
            for (lane, via) in vias[from..from + LANES].iter_mut().enumerate() {
                let closer = through(lane) < dist[lane];
                dist[lane] = select_unpredictable(closer, through(lane), dist[lane]);
                *via = select_unpredictable(closer, source, *via);
            }
        }
    }
}

/// The least of some numbers, and where.
fn least(numbers: &[i64]) -> (i64, usize) {
    let mut best = (FAR, 0);
    for (i, &x) in numbers.iter().enumerate() {
        best = select_unpredictable(x < best.0, (x, i), best);
    }
    best
}

/// The two least of costs less prices, and where.
fn two_least(costs: &[i64], prices: &[i64]) -> [(i64, usize); 2] {
    let [mut best, mut second] = [(FAR, 0); 2];
    for (i, (cost, price)) in costs.iter().zip(prices).enumerate() {
        let here = (cost - price, i);
        let pushed = select_unpredictable(here.0 < best.0, best, here);
        second = select_unpredictable(here.0 < second.0, pushed, second);
        best = select_unpredictable(here.0 < best.0, here, best);
    }
    [best, second]
}
