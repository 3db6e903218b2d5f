//! Canonical choice among equal optima.
//!
//! Every node has a key; every arc has three weights hashed from the keys of its ends; penalty arcs weigh nothing. Among the
//! flows of least cost, the canonical one has the least total first weight, then the least second, then the least third, and is
//! then the lexicographically largest, arcs ordered by (source, sink). The rule reads the instance alone. It leaves exactly one
//! flow: two different flows differ on a first arc, and there one is larger. The first round almost always decides, because a
//! tie needs two sums of 40-bit hashes to be equal.
//!
//! Each round is a linear objective over a face of the polytope of the round before, hence the simplex method on the arcs that
//! can still vary, from the basis at hand: the cost follows the number of ties, not of arcs.

use super::canonical_restart::{self, CanonicalRestart};
use super::components::Component;
use super::optimal_face::{Face, Tight, penalty_arc};
use super::pricing::{Columns, Pricer};
use super::scalar::Number;
use super::spanning_tree::{PENALTY, Tree};

/// Multiplied by the round and added to a source's key.
const ROUND: u64 = 0xD1B5_4A32_D192_ED03;
const ROUNDS: u64 = 3;
/// Weights are below this.
pub(super) const WEIGHT: i64 = 1 << 40;
/// With as many nodes in one component, sums of weights along a path, and a penalty above them all, leave room in 64 bits.
pub(super) const MOST_NODES: usize = 4_000_000;

/// The SplitMix64 finaliser.
fn mix(key: u64) -> u64 {
    let x = key.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Weight of an arc in a round (from 1), 40 bits.
pub(super) fn weight(source: u64, sink: u64, round: u64) -> i64 {
    (mix(mix(source.wrapping_add(round.wrapping_mul(ROUND))) ^ sink) >> 24) as i64
}

/// Objective of the next round.
#[derive(Clone, Copy)]
enum Aim {
    /// The weights of a round.
    Weight(u64),
    /// The negative of one arc's flow.
    Largest(u32),
}

impl Aim {
    fn cost(self, component: &Component<'_>, key: &[u64], tight: Tight) -> i64 {
        let key = |x: u32| key[component.node[x as usize] as usize];
        match self {
            _ if tight.arc == PENALTY => 0,
            Self::Weight(round) => weight(key(tight.tail), key(tight.head), round),
            Self::Largest(arc) => -i64::from(tight.arc == arc),
        }
    }
}

/// Buffers of the choice, reused from component to component.
pub(super) struct Chooser {
    face: Face,
    afresh: CanonicalRestart,
    list: Vec<Tight>,
    tail: Vec<u32>,
    head: Vec<u32>,
    cost: Vec<i64>,
    /// Duals of the current aim.
    dual: Vec<i64>,
    /// Per node: an arc at this node varies among optimal solutions.
    varies: Vec<bool>,
}

impl Chooser {
    /// Buffers for components of so many nodes and a root.
    pub fn new(nodes: usize) -> Self {
        Self {
            face: Face::default(),
            afresh: CanonicalRestart::default(),
            list: Vec::new(),
            tail: Vec::new(),
            head: Vec::new(),
            cost: Vec::new(),
            dual: vec![0; nodes + 1],
            varies: vec![false; nodes + 1],
        }
    }

    /// Moves an optimal basis to the canonical one; `tight` lists the arcs of reduced cost zero outside the basis, and
    /// `near` says that the basis was near the canonical one before the last edit. Returns the pivots this took, `None`
    /// if the optimum was the only one.
    pub fn choose<P: Number>(
        &mut self,
        component: &Component<'_>,
        key: &[u64],
        (tree, potential): (&mut Tree, &[P]),
        tight: &mut Vec<Tight>,
        near: bool,
    ) -> Option<u64> {
        self.face.keep_varying(component, tree, tight);
        if tight.is_empty() {
            return None;
        }
        std::mem::swap(&mut self.list, tight);
        self.varies[..=component.n_nodes()].fill(false);
        let mut tied_nodes = 0;
        for tight in &self.list {
            for x in [tight.tail, tight.head] {
                tied_nodes += usize::from(!self.varies[x as usize]);
                self.varies[x as usize] = true;
            }
        }
        let (mut pivots, mut round) = (0, 1);
        if !near && canonical_restart::pays(component, tied_nodes) {
            let weight = |tight| Aim::Weight(round).cost(component, key, tight);
            self.afresh.load(component, weight, potential);
            let settled = self.list.iter().all(|tight| tight.arc != PENALTY);
            pivots += self.afresh.choose(component, settled, tree, &mut self.dual);
        }
        while !self.list.is_empty() {
            let aim = if round <= ROUNDS {
                Aim::Weight(round)
            } else {
                self.first_arc()
            };
            pivots += self.pursue(component, key, tree, aim);
            self.narrow(component, tree);
            round += 1;
        }
        Some(pivots)
    }

    /// An arc at this node varies among optimal solutions, after `choose` has found a tie.
    pub fn varies(&self, x: u32) -> bool {
        self.varies[x as usize]
    }

    /// The next arc of the lexicographic rule: nodes and arcs keep the order of the instance.
    fn first_arc(&self) -> Aim {
        Aim::Largest(self.list.iter().map(|tight| tight.arc).min().unwrap_or(PENALTY))
    }

    /// Minimises an aim over the varying arcs.
    fn pursue(&mut self, component: &Component<'_>, key: &[u64], tree: &mut Tree, aim: Aim) -> u64 {
        self.load(component, key, tree, aim);
        let columns = Columns {
            tail: &self.tail,
            head: &self.head,
            cost: &self.cost,
            end: &[],
            arc: &[],
        };
        let mut pricer = Pricer::new(columns, &[], component);
        let mut pivots = 0;
        while let Some(mut entering) = pricer.entering(&self.dual) {
            entering.arc = self.list[entering.arc as usize].arc;
            let moved = tree.pivot(&entering, &mut self.dual, |_| ());
            pricer.learn(moved);
            pivots += 1;
        }
        pivots
    }

    /// Costs of the varying arcs and the duals of the tree for an aim.
    fn load(&mut self, component: &Component<'_>, key: &[u64], tree: &Tree, aim: Aim) {
        self.tail.clear();
        self.head.clear();
        self.cost.clear();
        for &tight in &self.list {
            self.tail.push(tight.tail);
            self.head.push(tight.head);
            self.cost.push(aim.cost(component, key, tight));
        }
        tree.load_duals(component, &mut self.dual, |x, node| {
            let (arc, above) = (node.pred, node.parent);
            let (tail, head) = if x < component.sinks { (x, above) } else { (above, x) };
            aim.cost(component, key, Tight { arc, tail, head })
        });
    }

    /// Keeps the arcs that vary among the flows that are best for the last aim.
    fn narrow(&mut self, component: &Component<'_>, tree: &Tree) {
        let dual = &self.dual;
        let mut costs = self.cost.iter();
        self.list.retain(|tight| {
            let cost = costs.next().copied().unwrap_or_default();
            let reduced = cost + dual[tight.tail as usize] - dual[tight.head as usize];
            reduced == 0 && !tree.holds(component.root, tight)
        });
        self.face.keep_varying(component, tree, &mut self.list);
    }
}

/// Visits the arcs of reduced cost zero, row by row.
pub(super) fn each_tight<P: Number>(component: &Component<'_>, potential: &[P], mut visit: impl FnMut(Tight)) {
    let mut start = 0;
    for ((tail, &end), &from) in (0..component.sinks).zip(component.end).zip(potential) {
        let end = end as usize;
        let row = component.head[start..end].iter().zip(&component.cost[start..end]);
        for (arc, (&head, &cost)) in (start as u32..).zip(row) {
            if P::of(cost) + from == potential[head as usize] {
                visit(Tight { arc, tail, head });
            }
        }
        start = end;
    }
}

/// Arcs of reduced cost zero outside the basis, into `tight`.
pub(super) fn find_tight<P: Number>(component: &Component<'_>, tree: &Tree, potential: &[P], tight: &mut Vec<Tight>) {
    tight.clear();
    each_tight(component, potential, |found| {
        if !tree.holds(component.root, &found) {
            tight.push(found);
        }
    });
    for (x, &penalty) in (0..).zip(component.penalty) {
        let (found, penalty) = (penalty_arc(component, x), P::of(penalty));
        if penalty + potential[found.tail as usize] == potential[found.head as usize]
            && !tree.holds(component.root, &found)
        {
            tight.push(found);
        }
    }
}
