//! Primal network simplex on one component at a time.

use super::assignment::Assignment;
use super::canonical::{Chooser, find_tight};
use super::components::{Component, Layout};
use super::instance::Stats;
use super::optimal_face::Tight;
use super::pricing::{Columns, Pricer};
use super::scalar::Number;
use super::spanning_tree::{Entering, PENALTY, Tree};

/// Layout, basis and duals of an instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Network<P> {
    pub layout: Layout,
    pub tree: Tree,
    /// Dual of each slot; `cost + potential[tail] - potential[head]` is an arc's reduced cost, and a root has zero.
    pub potential: Vec<P>,
    /// Per slot, whether its component of positive flow is the same in every optimum.
    pub unique: Vec<bool>,
    /// The basis to start from is that of an instance much like this one.
    pub near: bool,
}

impl<P: Number> Network<P> {
    /// Starts every component from the tree of its penalty arcs.
    pub fn new(layout: Layout) -> Self {
        let slots = layout.node.len();
        let mut tree = Tree {
            node: vec![Default::default(); slots],
        };
        let mut potential = vec![P::default(); slots];
        for component in &layout.components {
            tree.plant(component, &layout);
            let [first, sinks, root] = [component.first, component.sinks, component.root].map(|x| x as usize);
            for (dual, &penalty) in potential[first..root].iter_mut().zip(&layout.penalty[first..root]) {
                *dual = P::of(penalty);
            }
            potential[first..sinks].iter_mut().for_each(|dual| *dual = -*dual);
        }
        Self {
            layout,
            tree,
            potential,
            unique: vec![true; slots],
            near: false,
        }
    }

    /// Brings every component to its canonical optimum; `solved` sees each as it gets there.
    pub fn solve(&mut self, key: &[u64], mut solved: impl FnMut(&Self, &Component)) -> Stats {
        let mut stats = Stats {
            components: self.layout.components.len(),
            ..Stats::default()
        };
        let mut chooser = Chooser::new(self.layout.node.len());
        let (mut tight, mut assignment) = (Vec::new(), Assignment::default());
        for component in 0..stats.components {
            stats.pivots += self.minimise(component, &mut assignment);
            if let Some(pivots) = self.choose(component, key, &mut chooser, &mut tight) {
                stats.canonical_pivots += pivots;
                stats.tied_components += 1;
            }
            solved(self, &self.layout.components[component]);
        }
        stats
    }

    /// Minimises the cost of one component. Returns the number of pivots.
    fn minimise(&mut self, component: usize, assignment: &mut Assignment) -> u64 {
        let (layout, component) = (&self.layout, &self.layout.components[component]);
        let arcs = component.arcs.clone();
        let columns = Columns {
            tail: &layout.tail[arcs.clone()],
            head: &layout.head[arcs.clone()],
            cost: &layout.cost[arcs.clone()],
            end: &layout.end,
            first: arcs.start,
            arc: &[],
        };
        let nodes = component.first as usize..component.root as usize;
        let problem = Problem {
            columns,
            penalty: &layout.penalty[nodes.clone()],
            amount: &layout.amount[nodes],
            component,
        };
        if !self.near
            && let Some(potential) = P::plain(&mut self.potential)
            && assignment.start(problem, &mut self.tree, potential)
        {
            return 0;
        }
        minimise(problem, &mut self.tree, &mut self.potential)
    }

    /// Moves one optimal component to its canonical optimum and marks what is unique.
    fn choose(&mut self, component: usize, key: &[u64], chooser: &mut Chooser, tight: &mut Vec<Tight>) -> Option<u64> {
        let (layout, component) = (&self.layout, &self.layout.components[component]);
        find_tight(layout, component, &self.tree, &self.potential, tight);
        let basis = (&mut self.tree, &self.potential[..]);
        let pivots = chooser.choose(layout, component, key, basis, tight, self.near)?;
        mark_unique(component, &self.tree, |x| chooser.varies(x), &mut self.unique);
        Some(pivots)
    }
}

/// Marks each node by whether no node of its component of positive flow varies.
fn mark_unique(component: &Component, tree: &Tree, varies: impl Fn(u32) -> bool, unique: &mut [bool]) {
    // In preorder a node comes after its parent; `top` is the first node of its component of flow.
    let mut top = vec![component.root; component.n_nodes()];
    let first = component.first;
    let mut x = tree.node[component.root as usize].thread;
    while x != component.root {
        let node = &tree.node[x as usize];
        let flows = node.flow > 0 && node.pred != PENALTY;
        let above = if flows { top[(node.parent - first) as usize] } else { x };
        top[(x - first) as usize] = above;
        unique[above as usize] &= !varies(x);
        x = node.thread;
    }
    for x in first..component.root {
        unique[x as usize] = unique[top[(x - first) as usize] as usize];
    }
}

/// Problem of the simplex: arcs in row order, and the penalty arcs of the nodes.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a> {
    pub columns: Columns<'a>,
    /// Per node of the component its penalty, and what it has to send or to receive.
    pub penalty: &'a [i64],
    pub amount: &'a [i64],
    pub component: &'a Component,
}

impl Problem<'_> {
    /// All nodes send or receive the same.
    pub fn is_even(&self) -> bool {
        self.amount.iter().all(|&own| own == self.amount[0])
    }
}

/// Minimises the cost. Returns the number of pivots.
pub(super) fn minimise<P: Number>(problem: Problem<'_>, tree: &mut Tree, potential: &mut [P]) -> u64 {
    let Problem {
        columns,
        penalty,
        component,
        ..
    } = problem;
    let pivots = warm_up(columns, tree, potential);
    let mut pricer = Pricer::watching(columns, penalty, component);
    pivots + pivot_on(&mut pricer, tree, potential)
}

/// Pivots until no arc that is priced has a negative reduced cost. Returns the number of pivots.
#[inline(never)]
pub(super) fn pivot_on<P: Number>(pricer: &mut Pricer<'_, P>, tree: &mut Tree, potential: &mut [P]) -> u64 {
    let mut pivots = 0;
    while let Some(entering) = pricer.entering(potential) {
        let moved = tree.pivot(&entering, potential, |x| pricer.touch(x));
        pricer.learn(moved);
        pivots += 1;
    }
    pivots
}

/// One pivot on the cheapest arc of each source, where it pays.
pub(super) fn warm_up<P: Number>(columns: Columns<'_>, tree: &mut Tree, potential: &mut [P]) -> u64 {
    let (mut pivots, mut from) = (0, 0);
    while from < columns.tail.len() {
        let source = columns.tail[from];
        let (end, own) = (
            columns.end[source as usize] as usize - columns.first,
            potential[source as usize],
        );
        let (mut best, mut arc) = (P::default(), None);
        let row = columns.head[from..end].iter().zip(&columns.cost[from..end]);
        for (at, (&head, &cost)) in (from..).zip(row) {
            let reduced = P::of(cost) + own - potential[head as usize];
            if reduced < best {
                (best, arc) = (reduced, Some(at));
            }
        }
        if let Some(arc) = arc {
            let entering = Entering {
                arc: columns.arc(arc),
                tail: source,
                head: columns.head[arc],
                reduced: best,
            };
            tree.pivot(&entering, potential, |_| ());
            pivots += 1;
        }
        from = end;
    }
    pivots
}
