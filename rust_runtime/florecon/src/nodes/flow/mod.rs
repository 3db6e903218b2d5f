//! `flow`: minimum-cost-flow matching.

mod candidates;
mod explain;
mod rival;
pub(crate) mod warm_start_cache;
mod window;

use crate::error::Error;
use crate::mcf::{Instance, Solution};
use crate::nodes::coalesce::find;
use crate::plan::arena::Tag;
use crate::plan::item::{Item, ItemFn, PairFn, item_fn};
use crate::plan::key_numbers::Keys;
use crate::plan::links::hash;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::plan::{Answer, Key};
use crate::row_id::RowId;
use crate::sorting::by_number;
use crate::value::real::{self, round_half_away};
use crate::wire::{kind, reason};
use candidates::{Caps, Match, Matcher, Sides, candidates};
use window::Window;

/// The settings of [`flow`]: what a unit left unmatched costs, who may meet, and what a meeting costs.
///
/// Costs and penalties are in cost units; they become integers of 1e-6 of a unit, halves away from zero.
///
/// ```
/// use florecon::prelude::*;
/// let settings: Flow<i64> = Flow::new(constant(10.0), |_, _| Some(1.0)).match_on(one_bucket);
/// let mut recon = Recon::new(flow(settings), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 100), (RowId::from(2), -60)])?;
/// recon.solve()?;
/// assert_eq!(recon.report().allocations.len(), 3, "the lot of 100 is split");
/// # Ok::<(), Error>(())
/// ```
pub struct Flow<R> {
    penalty: ItemFn<R, f64>,
    pub(crate) cost: PairFn<R, Option<f64>>,
    pub(crate) window: Option<Window<R>>,
    pub(crate) matchers: Vec<Box<dyn Matcher<R>>>,
    pub(crate) caps: Caps,
}

impl<R> std::fmt::Debug for Flow<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flow")
            .field("windowed", &self.window.is_some())
            .field("match_keys", &self.matchers.len())
            .field("caps", &self.caps)
            .finish_non_exhaustive()
    }
}

impl<R: 'static> Flow<R> {
    /// An arbiter with a `penalty` per unit left unmatched and a `cost` per unit matched between a source (amount > 0)
    /// and a sink (amount < 0); a null cost forbids the pair. Without [`window`](Self::window) or
    /// [`match_on`](Self::match_on) no two items are candidates.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// struct Line { day: i64, tokens: Tokens, amount: i64 }
    /// let plan: Plan<Line> = flow(
    ///     Flow::new(constant(1000.0), |a: Item<Line>, b: Item<Line>| Some((a.row.day - b.row.day).abs() as f64))
    ///         .window(|i: Item<Line>| i.row.day, 31)
    ///         .match_on(|i: Item<Line>| i.row.tokens.clone())
    ///         .bucket_cap(64),
    /// );
    /// ```
    pub fn new<P, C>(
        penalty: impl Fn(Item<'_, R>) -> P + 'static,
        cost: impl Fn(Item<'_, R>, Item<'_, R>) -> C + 'static,
    ) -> Self
    where
        P: Answer<Value = f64>,
        C: Answer<Value = Option<f64>>,
    {
        Self {
            penalty: item_fn(penalty),
            cost: Box::new(move |a, b| cost(a, b).answer()),
            window: None,
            matchers: Vec::new(),
            caps: Caps {
                bucket: 256,
                window: 256,
            },
        }
    }

    /// Makes items candidates whose orders differ by at most `width`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let cost = |a: Item<i64>, b: Item<i64>| Some((a.row - b.row).abs() as f64);
    /// let plan: Plan<i64> = flow(Flow::new(constant(10.0), cost).window(|i: Item<i64>| *i.row, 31));
    /// ```
    #[must_use]
    pub fn window<A: Answer<Value = i64>>(mut self, order: impl Fn(Item<'_, R>) -> A + 'static, width: i64) -> Self {
        self.window = Some(Window {
            order: item_fn(order),
            width,
        });
        self
    }

    /// Makes items candidates that share any of these keys. Keys of different calls never meet.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = flow(Flow::new(constant(10.0), |_, _| Some(1.0)).match_on(|i: Item<i64>| Some(i.amount.abs())));
    /// ```
    #[must_use]
    pub fn match_on<K, S, A>(mut self, keys: impl Fn(Item<'_, R>) -> A + 'static) -> Self
    where
        K: Key,
        S: IntoIterator<Item = K>,
        A: Answer<Value = S>,
    {
        self.matchers.push(Box::new(Match { keys: Keys::new(keys) }));
        self
    }

    /// Skips keys that more than `cap` items of a bag carry; 256 unless said.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let by_amount = |i: Item<i64>| Some(i.amount.abs());
    /// let plan: Plan<i64> = flow(Flow::new(constant(10.0), |_, _| Some(1.0)).match_on(by_amount).bucket_cap(64));
    /// ```
    #[must_use]
    pub fn bucket_cap(mut self, cap: usize) -> Self {
        self.caps.bucket = cap;
        self
    }

    /// Most items in a window before items meet their nearest only; 256 by default.
    ///
    /// A pair whose windows both hold more than `cap` opposite items is a candidate only if one is among the `cap` nearest
    /// of the other: by order difference, then by how far apart they stand when the bag is sorted by (order, id), then by
    /// id. Sources that go without some of their window are counted as `over_cap`.
    #[must_use]
    pub fn window_cap(mut self, cap: usize) -> Self {
        self.caps.window = cap;
        self
    }
}

/// Matches sources with sinks so that `sum(flow * cost) + sum(unmatched * penalty)` is exactly minimal, and of equal
/// minima the one that depends on the ids alone. A group is a connected component of positive flow; a lot may be
/// split.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { day: i64, amount: i64 }
/// let cost = |a: Item<Line>, b: Item<Line>| Some((a.row.day - b.row.day).abs() as f64);
/// let plan: Plan<Line> = flow(Flow::new(constant(1000.0), cost).window(|i: Item<Line>| i.row.day, 31));
/// ```
#[must_use]
pub fn flow<R: 'static>(settings: Flow<R>) -> Plan<R> {
    Plan::leaf(kind::FLOW, settings)
}

/// Cost units to the integers that the engine minimises.
const UNIT: f64 = 1e6;
const LIMIT: f64 = 1e12;

impl<R> Flow<R> {
    /// A cost as an integer; the range is checked first, so the conversion is exact.
    pub(crate) fn integer(run: &Run<'_, R>, cost: f64, what: &str, row: u32, other: Option<u32>) -> Result<i64, Error> {
        if cost.abs() <= LIMIT {
            return Ok(round_half_away(cost * UNIT) as i64);
        }
        Err(bad_cost(
            run,
            &format!("{what} is {}; keep it within +-1e12", real::text(cost)),
            row,
            other,
        ))
    }

    fn penalty(&self, run: &Run<'_, R>, lot: Lot) -> Result<i64, Error> {
        let penalty = run.eval(&self.penalty, lot)?;
        if penalty < 0.0 {
            let message = format!("the penalty is {}; it may not be negative", real::text(penalty));
            return Err(bad_cost(run, &message, lot.row, None));
        }
        Self::integer(run, penalty, "the penalty", lot.row, None)
    }

    /// The problem over sources and sinks, arcs in ascending order; an arc dearer than both penalties is never built.
    fn instance(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot], sides: &Sides) -> Result<Instance, Error> {
        let n_sources = sides.n_sources;
        let lots: Vec<Lot> = sides.places.iter().map(|&at| bag[at as usize]).collect();
        let mut instance = Instance {
            n_sources,
            supply: lots.iter().map(|lot| lot.amount).collect(),
            penalty: vec![0; bag.len()],
            key: lots.iter().map(|lot| run.id(lot.row).tie_key()).collect(),
            ..Instance::default()
        };
        for (&lot, &place) in bag.iter().zip(&sides.nodes) {
            instance.penalty[place as usize] = self.penalty(run, lot)?;
        }
        let mut meeting = candidates(run, node, bag, sides, self.window.as_ref(), &self.matchers, self.caps)?;
        for source in 0..n_sources {
            let a = lots[source];
            for &sink in meeting.of(source) {
                let b = lots[sink as usize];
                let cost =
                    (self.cost)(run.item(a), run.item(b)).map_err(|error| run.fault_of_pair(a.row, b.row, error))?;
                let Some(cost) = cost else { continue };
                let cost = Self::integer(run, cost, "the cost", a.row, Some(b.row))?;
                if cost <= instance.penalty[source] + instance.penalty[sink as usize] {
                    instance.tail.push(source as u32);
                    instance.head.push(sink);
                    instance.cost.push(cost);
                }
            }
        }
        Ok(instance)
    }
}

fn bad_cost<R>(run: &Run<'_, R>, what: &str, row: u32, other: Option<u32>) -> Error {
    let id = run.id(row).clone();
    let other = other.map(|row| run.id(row).clone());
    let message = match &other {
        Some(other) => format!("rows {id} and {other}: {what}"),
        None => format!("row {id}: {what}"),
    };
    Error::BadCost { message, id, other }
}

impl<R> Body<R> for Flow<R> {
    fn check(&self) -> Result<(), String> {
        match &self.window {
            Some(window) if window.width < 0 => Err(format!("the window is {}; give 0 or more", window.width)),
            _ => Ok(()),
        }
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        if self.window.is_some() {
            (0..bag.len()).for_each(|at| add(at, 0));
            return Ok(());
        }
        for (list, matcher) in self.matchers.iter().enumerate() {
            matcher.links(run, bag, &mut |at, link| add(at, hash(&(list, link))))?;
        }
        Ok(())
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let sides = Sides::new(bag);
        let instance = self.instance(run, node.id(), bag, &sides)?;
        if instance.tail.is_empty() {
            self.record(run, node.id(), bag, &sides, &instance, &Solution::default())?;
            return Ok(bag.len());
        }
        let rows = sides.places.iter().map(|&at| bag[at as usize].row);
        let ids: Vec<RowId> = if run.flows.reads_ids(&instance) {
            rows.map(|row| run.id(row).clone()).collect()
        } else {
            Vec::new()
        };
        let solution = run.flows.solve(node.id(), &ids, &instance)?;
        self.record(run, node.id(), bag, &sides, &instance, &solution)?;
        let tag = run.tag(node.id(), kind::FLOW, reason::FLOW);
        form_groups(run, bag, &instance, &solution, &sides.places, tag);
        run.flows.keep(node.id(), ids, instance, &solution);
        Ok(compact(bag))
    }
}

/// One group per connected component of positive flow; what was matched leaves the bag.
fn form_groups<R>(
    run: &mut Run<'_, R>,
    bag: &mut [Lot],
    instance: &Instance,
    solution: &Solution,
    places: &[u32],
    tag: Tag,
) {
    let mut parent: Vec<usize> = (0..places.len()).collect();
    let mut matched = vec![0_i64; places.len()];
    for (arc, &flow) in solution.flow.iter().enumerate().filter(|(_, flow)| **flow > 0) {
        let (source, sink) = (instance.tail[arc] as usize, instance.head[arc] as usize);
        matched[source] += flow;
        matched[sink] -= flow;
        let (a, b) = (find(&mut parent, source), find(&mut parent, sink));
        parent[a.max(b)] = a.min(b);
    }
    let mut members: Vec<(usize, u32, usize)> = (0..places.len())
        .filter(|&node| matched[node] != 0)
        .map(|node| (find(&mut parent, node), places[node], node))
        .collect();
    by_number(&mut members, |(first, at, _)| ((first as i64) << 32) | i64::from(at));
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        for &(_, at, node) in group {
            let lot = &mut bag[at as usize];
            run.groups.push(lot.row, matched[node]);
            lot.amount -= matched[node];
        }
        let unique = Some(solution.unique[group[0].2]);
        run.groups.close(Tag { unique, ..tag });
        if run.is_recorded() {
            run.record_taken();
        }
    }
}
