//! Canonical choice from a fresh basis, for components in which most arcs are tied.
//!
//! Pivots from the optimal basis would move large subtrees of one deep tree, and many are needed. It is faster to discard that
//! tree: the optimal solutions are the solutions of an instance made of the tight arcs (reduced cost zero) alone, with the
//! canonical weights as costs, and a penalty above the weight of any path where everything must be matched. It is solved like
//! any other instance, from the shallow tree in which nothing is matched.
//!
//! Its optimal basis uses no such penalty arc, so it is a basis of the component as well: from every node some path of tight
//! arcs leads to the root, as in the basis before, and any of these is cheaper.

use super::assignment::Assignment;
use super::auction::start_by_bids;
use super::canonical::{WEIGHT, each_tight};
use super::components::Component;
use super::optimal_face::{Tight, penalty_arc};
use super::pricing::{Columns, Pricer};
use super::scalar::Number;
use super::simplex::{Problem, minimise, pivot_on, plant_duals, warm_up};
use super::spanning_tree::Tree;

/// Components of fewer nodes are settled from the basis at hand.
const FEWEST_NODES: usize = 256;
/// Patches of rows that are minimised first, each by itself.
const FEWEST_PARTS: usize = 4;

/// Whether so many tied nodes make a fresh start faster.
pub(super) fn pays(component: &Component<'_>, tied_nodes: usize) -> bool {
    component.n_nodes() >= FEWEST_NODES && 2 * tied_nodes > component.n_nodes()
}

/// Buffers, reused from component to component: the tight arcs row by row.
#[derive(Default)]
pub(super) struct CanonicalRestart {
    arc: Vec<u32>,
    tail: Vec<u32>,
    head: Vec<u32>,
    weight: Vec<i64>,
    /// Per source, where its arcs end.
    end: Vec<u32>,
    penalty: Vec<i64>,
    assignment: Assignment,
}

impl CanonicalRestart {
    /// Loads what is tight at an optimum, with these weights.
    pub fn load<P: Number>(&mut self, component: &Component<'_>, weight: impl Fn(Tight) -> i64, potential: &[P]) {
        self.list_arcs(component, weight, potential);
        // "must be matched": more than a path through all nodes can weigh
        let dearest = (component.n_nodes() as i64 / 2 + 1) * WEIGHT;
        self.penalty.clear();
        for (x, &penalty) in (0..).zip(component.penalty) {
            let Tight { tail, head, .. } = penalty_arc(component, x);
            let is_tight = P::of(penalty) + potential[tail as usize] == potential[head as usize];
            self.penalty.push(if is_tight { 0 } else { dearest });
        }
    }

    /// Replaces the basis with one whose flow has the least weight among the optima, and `dual` with its duals; `settled`
    /// says that all optima leave the same unmatched. Returns the number of pivots.
    pub fn choose(&mut self, component: &Component<'_>, settled: bool, tree: &mut Tree, dual: &mut [i64]) -> u64 {
        tree.plant(component);
        plant_duals(component, &self.penalty, dual);
        let columns = Columns {
            tail: &self.tail,
            head: &self.head,
            cost: &self.weight,
            end: &self.end,
            arc: &self.arc,
        };
        let problem = Problem {
            columns,
            penalty: &self.penalty,
            component,
        };
        if self.assignment.start(problem, tree, dual) {
            return 0;
        }
        if !settled {
            // what may stay unmatched keeps the tree shallow
            return minimise(problem, tree, dual);
        }
        let mut pricer = Pricer::watching(columns, &self.penalty, component);
        if problem.is_even() {
            start_by_bids(columns, &self.penalty, component, tree, dual);
            return pivot_on(&mut pricer, tree, dual);
        }
        let pivots = warm_up(columns, tree, dual);
        pivots + dissect(&mut pricer, tree, dual)
    }

    /// All arcs of reduced cost zero.
    fn list_arcs<P: Number>(&mut self, component: &Component<'_>, weight: impl Fn(Tight) -> i64, potential: &[P]) {
        self.arc.clear();
        self.tail.clear();
        self.head.clear();
        self.weight.clear();
        self.end.clear();
        each_tight(component, potential, |tight| {
            self.arc.push(tight.arc);
            self.tail.push(tight.tail);
            self.head.push(tight.head);
            self.weight.push(weight(tight));
        });
        let mut end = 0;
        for source in 0..component.sinks {
            end += self.tail[end..].iter().take_while(|&&tail| tail == source).count();
            self.end.push(end as u32);
        }
    }
}

/// Minimises parts of neighbouring rows, then twice as large parts, up to all: while parts are small no pivot moves much,
/// and in large ones only what crosses a border is left to do. Where rows do not end near each other, all at once.
/// Returns the number of pivots.
fn dissect(pricer: &mut Pricer<'_, i64>, tree: &mut Tree, dual: &mut [i64]) -> u64 {
    let (parts, mut pivots, mut size) = (pricer.local_parts(), 0, FEWEST_PARTS);
    while size < parts {
        for from in (0..parts).step_by(size) {
            pricer.confine(from..from + size);
            pivots += pivot_on(pricer, tree, dual);
        }
        size *= 2;
    }
    pricer.release();
    pivots + pivot_on(pricer, tree, dual)
}
