//! Network simplex on a component of few nodes.
//!
//! The rules are those of `simplex` and `spanning_tree`, and the tree stays strongly feasible. But the best arc of each source
//! enters in turn, and a subtree is a set of bits, so that neither a preorder nor depths are kept: the apex of a cycle is the
//! first node above its tail whose subtree holds its head. Indices are taken modulo the size of the arrays, which spares the
//! checks of bounds.
//!
//! At an optimum the arcs of reduced cost zero are counted. If they are as many as nodes they are those of the basis: then
//! no other optimum exists, and nothing is left to choose.

use super::components::{Component, NONE};
use super::spanning_tree::{PENALTY, Tree};

/// Nodes without the root; a set of nodes is 64 bits.
const MOST_NODES: usize = SIZE - 1;
const SIZE: usize = 64;

/// A node of the tree, with the arc between it and its parent.
#[derive(Clone, Copy, Default)]
struct Node {
    parent: u32,
    /// Arc to the parent, `PENALTY` if that is the penalty arc.
    pred: u32,
    /// The nodes of its subtree, itself among them.
    below: u64,
    /// Flow on the arc to the parent.
    flow: i64,
}

/// An arc that is to enter the basis.
#[derive(Clone, Copy)]
struct Entering {
    arc: u32,
    tail: u32,
    head: u32,
    reduced: i64,
}

/// Basis and duals of a small component, reused from component to component.
pub(super) struct SmallComponent {
    node: [Node; SIZE],
    potential: [i64; SIZE],
}

impl Default for SmallComponent {
    fn default() -> Self {
        Self {
            node: [Node::default(); SIZE],
            potential: [0; SIZE],
        }
    }
}

/// Outcome of minimising the cost of a component.
#[derive(Clone, Copy, Default)]
pub(super) struct Minimum {
    pub pivots: u64,
    /// Known to be the only optimum.
    pub is_only: bool,
}

fn at(x: u32) -> usize {
    x as usize % SIZE
}

impl SmallComponent {
    /// Minimises the cost, and writes parents, arcs and flows into `tree`, and the duals into `potential`; the preorder of the
    /// tree is left to the caller. `None`, with nothing written, for a component of more nodes.
    #[inline(never)]
    pub fn minimise(&mut self, component: &Component<'_>, tree: &mut Tree, potential: &mut [i64]) -> Option<Minimum> {
        if component.n_nodes() > MOST_NODES {
            return None;
        }
        self.plant(component);
        let mut pivots = 0;
        let n_tight = loop {
            let before = pivots;
            let n_tight = self.pass(component, &mut pivots);
            if pivots == before {
                break n_tight;
            }
        };
        let own = self.node.iter().zip(&self.potential);
        for ((x, dual), (own, potential)) in tree
            .node
            .iter_mut()
            .zip(potential)
            .zip(own)
            .take(component.n_nodes() + 1)
        {
            (x.parent, x.pred, x.flow) = (own.parent, own.pred, own.flow);
            *dual = *potential;
        }
        Some(Minimum {
            pivots,
            is_only: n_tight == component.root,
        })
    }

    /// The tree of the penalty arcs.
    fn plant(&mut self, component: &Component<'_>) {
        let (root, sinks) = (component.root, component.sinks);
        let places = component.amount.iter().zip(component.penalty);
        let own = self.node.iter_mut().zip(&mut self.potential);
        for ((x, (&flow, &penalty)), (node, potential)) in (0..).zip(places).zip(own) {
            *node = Node {
                parent: root,
                pred: PENALTY,
                below: 1 << x,
                flow,
            };
            *potential = if x < sinks { -penalty } else { penalty };
        }
        self.node[at(root)] = Node {
            parent: NONE,
            pred: NONE,
            below: u64::MAX,
            flow: 0,
        };
        self.potential[at(root)] = 0;
    }

    /// One pivot on the best arc of each source, and one on the best penalty arc, where they have a negative reduced cost.
    /// Returns the number of arcs of reduced cost zero, if there was no pivot.
    fn pass(&mut self, component: &Component<'_>, pivots: &mut u64) -> u32 {
        let (mut n_tight, mut start) = (0, 0);
        for (tail, &end) in (0..component.sinks).zip(component.end) {
            let own = self.potential[at(tail)];
            let (mut reduced, mut found) = (0, NONE);
            let row = component.head[start..end as usize].iter();
            for (arc, (&head, &cost)) in (start as u32..).zip(row.zip(&component.cost[start..end as usize])) {
                let here = cost + own - self.potential[at(head)];
                n_tight += u32::from(here == 0);
                (reduced, found) = if here < reduced { (here, arc) } else { (reduced, found) };
            }
            if let Some(&head) = component.head.get(found as usize) {
                self.pivot(Entering {
                    arc: found,
                    tail,
                    head,
                    reduced,
                });
                *pivots += 1;
            }
            start = end as usize;
        }
        let (mut reduced, mut found) = (0, NONE);
        for ((x, penalty), potential) in (0..).zip(component.penalty).zip(&self.potential) {
            let gain = if x < component.sinks { *potential } else { -potential };
            let here = penalty + gain;
            n_tight += u32::from(here == 0);
            (reduced, found) = if here < reduced { (here, x) } else { (reduced, found) };
        }
        if found != NONE {
            let root = component.root;
            let (tail, head) = if found < component.sinks {
                (found, root)
            } else {
                (root, found)
            };
            self.pivot(Entering {
                arc: PENALTY,
                tail,
                head,
                reduced,
            });
            *pivots += 1;
        }
        n_tight
    }

    /// Brings an arc into the basis, as [`Tree::pivot`] does.
    fn pivot(&mut self, entering: Entering) {
        let Entering {
            arc,
            tail,
            head,
            reduced,
        } = entering;
        let mut apex = tail;
        while self.node[at(apex)].below >> head & 1 == 0 {
            apex = self.node[at(apex)].parent;
        }
        // Going up, sources and sinks alternate; the tail's side drains the sources' arcs, the head's side the sinks'.
        let (mut cut, mut flow, mut at_tail) = (NONE, i64::MAX, true);
        let (mut x, mut drains) = (tail, true);
        while x != apex {
            let node = &self.node[at(x)];
            if drains && node.flow < flow {
                (cut, flow) = (x, node.flow);
            }
            (x, drains) = (node.parent, !drains);
        }
        (x, drains) = (head, true);
        while x != apex {
            let node = &self.node[at(x)];
            if drains && node.flow <= flow {
                (cut, flow, at_tail) = (x, node.flow, false);
            }
            (x, drains) = (node.parent, !drains);
        }
        if flow > 0 {
            for end in [tail, head] {
                let (mut x, mut gain) = (end, -flow);
                while x != apex {
                    let node = &mut self.node[at(x)];
                    node.flow += gain;
                    (x, gain) = (node.parent, -gain);
                }
            }
        }
        let (child, parent, shift) = if at_tail {
            (tail, head, -reduced)
        } else {
            (head, tail, reduced)
        };
        self.rehang(child, cut, (parent, arc, flow), apex, shift);
    }

    /// Cuts the subtree of `cut`, makes `child` its root and hangs it up by `link` (parent, arc, flow), below the same `apex`;
    /// its duals change by `shift`.
    fn rehang(&mut self, child: u32, cut: u32, link: (u32, u32, i64), apex: u32, shift: i64) {
        let Node {
            below: moved,
            parent: mut x,
            ..
        } = self.node[at(cut)];
        while x != apex {
            let node = &mut self.node[at(x)];
            node.below &= !moved;
            x = node.parent;
        }
        x = link.0;
        while x != apex {
            let node = &mut self.node[at(x)];
            node.below |= moved;
            x = node.parent;
        }
        // Along the stem from `child` to `cut`: what was above is now below.
        let (mut up, mut under) = (link, 0);
        x = child;
        loop {
            let node = &mut self.node[at(x)];
            let old = *node;
            (node.parent, node.pred, node.flow) = up;
            node.below = moved & !under;
            if x == cut {
                break;
            }
            (up, under, x) = ((x, old.pred, old.flow), old.below, old.parent);
        }
        let mut left = moved;
        while left != 0 {
            let x = left.trailing_zeros();
            self.potential[at(x)] += shift;
            left &= left - 1;
        }
    }
}
