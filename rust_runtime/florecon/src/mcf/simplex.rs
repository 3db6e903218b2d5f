//! Primal network simplex on one component at a time.

use super::assignment::Assignment;
use super::canonical::{Chooser, find_tight};
use super::components::{Component, Layout};
use super::instance::Stats;
use super::pricing::{Columns, Pricer};
use super::scalar::Number;
use super::small_component::{Minimum, SmallComponent};
use super::spanning_tree::{Entering, PENALTY, Tree};
use super::warm_start::Forest;

/// Basis and duals of the component at hand; buffers are reused from component to component.
#[derive(Default)]
pub(super) struct Network<P> {
    pub tree: Tree,
    /// Dual of each node; `cost + potential[tail] - potential[head]` is an arc's reduced cost, and a root has zero.
    pub potential: Vec<P>,
    /// Per node of a tied component, whether its component of positive flow is the same in every optimum.
    pub unique: Vec<bool>,
    /// Per node the first node, in preorder, of its component of positive flow.
    top: Vec<u32>,
    small: SmallComponent,
    assignment: Assignment,
    pub forest: Forest,
}

impl<P: Number> Network<P> {
    /// Brings every component to its canonical optimum, from the tree of its penalty arcs or from `basis`, that of an instance
    /// much like this one; `solved` sees each as it gets there, and whether it is tied.
    pub fn solve_all(
        layout: &Layout,
        key: &[u64],
        basis: Option<&[u32]>,
        mut solved: impl FnMut(&Self, &Component<'_>, bool),
    ) -> Stats {
        let components = layout.components();
        let mut stats = Stats {
            components: components.len(),
            ..Stats::default()
        };
        let largest = layout.largest_component();
        let (mut chooser, mut tight, mut network) = (Chooser::new(largest), Vec::new(), Self::default());
        network.tree.node.resize(largest + 1, Default::default());
        network.potential.resize(largest + 1, P::default());
        for component in components {
            let minimum = network.minimise(&component, basis.map(|basis| (&layout.slot[..], basis)));
            stats.pivots += minimum.pivots;
            let mut is_tied = false;
            if !minimum.is_only {
                let Self { tree, potential, .. } = &mut network;
                find_tight(&component, tree, potential, &mut tight);
                if let Some(pivots) = chooser.choose(&component, key, (tree, potential), &mut tight, basis.is_some()) {
                    network.mark_unique(&component, |x| chooser.varies(x));
                    stats.canonical_pivots += pivots;
                    stats.tied_components += 1;
                    is_tied = true;
                }
            }
            solved(&network, &component, is_tied);
        }
        stats
    }

    /// Minimises the cost of one component; `near` is the layout's slots, and a basis to start from.
    fn minimise(&mut self, component: &Component<'_>, near: Option<(&[u32], &[u32])>) -> Minimum {
        let problem = Problem::of(component);
        if let Some((slot, basis)) = near {
            self.start_from(component, slot, basis);
        } else {
            let may_assign = Assignment::may_start(problem);
            if let Some(potential) = P::plain(&mut self.potential)
                && !may_assign
                && let Some(minimum) = self.small.minimise(component, &mut self.tree, potential)
            {
                if !minimum.is_only {
                    self.forest.thread(component, &mut self.tree);
                }
                return minimum;
            }
            self.tree.plant(component);
            plant_duals(component, component.penalty, &mut self.potential);
            if may_assign
                && let Some(potential) = P::plain(&mut self.potential)
                && self.assignment.start(problem, &mut self.tree, potential)
            {
                return Minimum::default();
            }
        }
        Minimum {
            pivots: minimise(problem, &mut self.tree, &mut self.potential),
            is_only: false,
        }
    }

    /// Marks each node by whether no node of its component of positive flow varies.
    fn mark_unique(&mut self, component: &Component<'_>, varies: impl Fn(u32) -> bool) {
        let Self { tree, unique, top, .. } = self;
        let (root, n) = (component.root, component.n_nodes());
        unique.clear();
        unique.resize(n, true);
        top.clear();
        top.resize(n, root);
        // In preorder a node comes after its parent.
        let mut x = tree.node[root as usize].thread;
        while x != root {
            let node = &tree.node[x as usize];
            let flows = node.flow > 0 && node.pred != PENALTY;
            let above = if flows { top[node.parent as usize] } else { x };
            top[x as usize] = above;
            unique[above as usize] &= !varies(x);
            x = node.thread;
        }
        for x in 0..n {
            unique[x] = unique[top[x] as usize];
        }
    }
}

/// The duals of the tree of penalty arcs.
pub(super) fn plant_duals<P: Number>(component: &Component<'_>, penalty: &[i64], dual: &mut [P]) {
    let (sources, sinks) = penalty.split_at(component.sinks as usize);
    let (above, below) = dual.split_at_mut(sources.len());
    for (dual, &penalty) in above.iter_mut().zip(sources) {
        *dual = -P::of(penalty);
    }
    for (dual, &penalty) in below.iter_mut().zip(sinks) {
        *dual = P::of(penalty);
    }
    dual[component.root as usize] = P::default();
}

/// Problem of the simplex: arcs in row order, and the penalty arcs of the nodes.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a> {
    pub columns: Columns<'a>,
    /// Per node of the component its penalty.
    pub penalty: &'a [i64],
    pub component: &'a Component<'a>,
}

impl<'a> Problem<'a> {
    /// The problem that a component is.
    fn of(component: &'a Component<'a>) -> Self {
        let columns = Columns {
            tail: component.tail,
            head: component.head,
            cost: component.cost,
            end: component.end,
            arc: &[],
        };
        Self {
            columns,
            penalty: component.penalty,
            component,
        }
    }

    /// All nodes send or receive the same.
    pub fn is_even(&self) -> bool {
        let amount = self.component.amount;
        amount.iter().all(|&own| own == amount[0])
    }
}

/// Minimises the cost. Returns the number of pivots.
pub(super) fn minimise<P: Number>(problem: Problem<'_>, tree: &mut Tree, potential: &mut [P]) -> u64 {
    let Problem {
        columns,
        penalty,
        component,
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
        let (end, own) = (columns.end[source as usize] as usize, potential[source as usize]);
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
