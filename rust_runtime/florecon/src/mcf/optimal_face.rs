//! Arcs whose flow differs between optimal solutions.
//!
//! All optimal solutions differ by circulations in the *tight residual graph*: an arc of reduced cost zero may always take
//! more, and may return some if it has flow. So an arc varies exactly if it lies on a cycle of that graph other than the arc and
//! its own reverse. Arcs without flow are one-way and vary exactly if both ends lie in one strongly connected component. An arc
//! with flow goes both ways; suppose it varies in neither direction, so without it neither end reaches the other. Every node of
//! the strong component reaches, and is reached from, one end without using the arc, and both must be the same end; no arc
//! leads from the nodes of one end to those of the other; hence the arc is a bridge of the component seen as an undirected
//! graph. Conversely a bridge lies on no cycle. Arcs with flow are arcs of the basis.

use super::components::Component;
use super::connectivity::{Adjacency, Bridges, Strong};
use super::spanning_tree::{PENALTY, Tree};

/// A tight arc; `arc` is `PENALTY` for the penalty arc of the end that is not the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tight {
    pub arc: u32,
    pub tail: u32,
    pub head: u32,
}

/// Buffers of the analysis, reused from component to component.
#[derive(Default)]
pub(super) struct Face {
    /// Maximal subtree of arcs with flow that holds each node.
    cluster: Vec<u32>,
    strong: Strong,
    bridges: Bridges,
    graph: Adjacency,
    pairs: Vec<(u32, u32)>,
    /// Nodes whose arc to the parent is within a strong component.
    inside: Vec<u32>,
}

impl Face {
    /// Replaces the list of tight arcs outside the basis by the arcs, in the basis or not, that vary.
    pub fn keep_varying(&mut self, component: &Component<'_>, tree: &Tree, list: &mut Vec<Tight>) {
        if list.is_empty() {
            return;
        }
        self.find_strong(component, tree, list);
        list.retain(|tight| self.joined(tight.tail, tight.head));
        if !list.is_empty() {
            self.drop_bridges(component, tree, list);
        }
    }

    /// Both nodes lie in one strong component.
    fn joined(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.cluster[a as usize], self.cluster[b as usize]);
        a == b || self.strong.of(a) == self.strong.of(b)
    }

    /// Contracts arcs with flow, which are all in the tree, and finds the strong components of what is left.
    fn find_strong(&mut self, component: &Component<'_>, tree: &Tree, list: &[Tight]) {
        let root = component.root;
        self.cluster.clear();
        self.cluster.resize(component.n_nodes() + 1, 0);
        self.pairs.clear();
        let mut clusters = 1;
        let mut x = tree.node[root as usize].thread;
        while x != root {
            let node = &tree.node[x as usize];
            let above = self.cluster[node.parent as usize];
            self.cluster[x as usize] = if node.flow > 0 {
                above
            } else {
                self.pairs.push((clusters, above));
                clusters += 1;
                clusters - 1
            };
            x = node.thread;
        }
        for tight in list {
            let tail = self.cluster[tight.tail as usize];
            let head = self.cluster[tight.head as usize];
            if tail != head {
                self.pairs.push((tail, head));
            }
        }
        self.graph.directed(clusters as usize, &self.pairs);
        self.strong.find(&self.graph);
    }

    /// Adds to the list the arcs of the tree that are no bridges of their strong component.
    fn drop_bridges(&mut self, component: &Component<'_>, tree: &Tree, list: &mut Vec<Tight>) {
        self.pairs.clear();
        self.pairs.extend(list.iter().map(|tight| (tight.tail, tight.head)));
        let outside = self.pairs.len();
        self.inside.clear();
        for x in 0..component.root {
            let node = &tree.node[x as usize];
            if self.joined(x, node.parent) {
                self.pairs.push((x, node.parent));
                self.inside.push(x);
            }
        }
        self.graph.undirected(component.n_nodes() + 1, &self.pairs);
        self.bridges.find(&self.graph, &self.pairs, outside);
        for (edge, &x) in (outside..).zip(&self.inside) {
            if self.bridges.on_cycle(edge) {
                let node = &tree.node[x as usize];
                let (tail, head) = if x < component.sinks {
                    (x, node.parent)
                } else {
                    (node.parent, x)
                };
                list.push(Tight {
                    arc: node.pred,
                    tail,
                    head,
                });
            }
        }
        debug_assert!((0..outside).all(|edge| self.bridges.on_cycle(edge)));
    }
}

/// The penalty arc of a node.
pub(super) fn penalty_arc(component: &Component<'_>, x: u32) -> Tight {
    let root = component.root;
    let (tail, head) = if x < component.sinks { (x, root) } else { (root, x) };
    Tight {
        arc: PENALTY,
        tail,
        head,
    }
}
