//! Warm start: the basis of an earlier optimum, repaired until it is feasible.
//!
//! The lower end of an arc that is gone is hung under the root by its penalty arc. The flow on the remaining tree arcs follows
//! from the supplies, from the leaves up. Where the children of a node would move more than the node has, children are hung
//! under the root until they do not; what such a child moved becomes unmatched, which is always feasible. A sink gives up one
//! child more if its own arc would be left without flow, which would break strong feasibility (see `spanning_tree`).

use super::components::{Component, Layout, NONE};
use super::scalar::Number;
use super::simplex::Network;
use super::spanning_tree::{Node, PENALTY, Tree};
use crate::sorting::by_number;

/// Buffers, reused from component to component; per slot from the component's first.
#[derive(Default)]
pub(super) struct Forest {
    /// The children of a node as a list.
    first: Vec<u32>,
    next: Vec<u32>,
    /// Children that have no flow yet.
    waiting: Vec<u32>,
    ready: Vec<u32>,
    children: Vec<(i64, u32)>,
}

impl<P: Number> Network<P> {
    /// Replaces the tree of penalty arcs by one near `basis`: per node of the instance the parent it had, `NONE` for the
    /// root. Parents must come from one tree; those that no arc leads to any more are passed over.
    pub fn start_from(&mut self, basis: &[u32]) {
        self.near = true;
        let mut forest = Forest::default();
        for component in 0..self.layout.components.len() {
            let component = self.layout.components[component].clone();
            self.hang_as(&component, basis);
            self.find_flows(&component, &mut forest);
            forest.thread(&component, &mut self.tree);
            let layout = &self.layout;
            self.tree.load_duals(&component, &mut self.potential, |x, node| {
                P::of(if node.pred == PENALTY {
                    layout.penalty[x as usize]
                } else {
                    layout.cost[node.pred as usize]
                })
            });
        }
    }

    /// Gives every node its parent and the arc to it.
    fn hang_as(&mut self, component: &Component, basis: &[u32]) {
        let layout = &self.layout;
        for x in component.first..component.root {
            let parent = basis[layout.node[x as usize] as usize];
            let parent = if parent == NONE {
                NONE
            } else {
                layout.slot[parent as usize]
            };
            let arc = if parent == NONE {
                None
            } else {
                let ends = if x < component.sinks { (x, parent) } else { (parent, x) };
                find_arc(layout, component, ends)
            };
            let node = &mut self.tree.node[x as usize];
            (node.parent, node.pred) = arc.map_or((component.root, PENALTY), |arc| (parent, arc));
        }
    }

    /// The flow above every node, leaves first.
    fn find_flows(&mut self, component: &Component, forest: &mut Forest) {
        let (first, root) = (component.first, component.root);
        forest.list_children(component, &self.tree.node);
        forest.ready.clear();
        forest
            .ready
            .extend((first..root).filter(|&x| forest.waiting[(x - first) as usize] == 0));
        while let Some(x) = forest.ready.pop() {
            let left = self.settle(component, forest, x);
            let node = &mut self.tree.node[x as usize];
            node.flow = left;
            if node.parent != root {
                let waiting = &mut forest.waiting[(node.parent - first) as usize];
                *waiting -= 1;
                if *waiting == 0 {
                    forest.ready.push(node.parent);
                }
            }
        }
    }

    /// The flow that the children of `x` leave for its own arc; children are cut off until it is feasible.
    fn settle(&mut self, component: &Component, forest: &mut Forest, x: u32) -> i64 {
        forest.children.clear();
        let mut child = forest.first[(x - component.first) as usize];
        let mut left = i128::from(self.layout.amount[x as usize]);
        while child != NONE {
            let flow = self.tree.node[child as usize].flow;
            left -= i128::from(flow);
            forest.children.push((flow, child));
            child = forest.next[(child - component.first) as usize];
        }
        let least = i128::from(x >= component.sinks);
        if left < least {
            // the largest first, so that few are cut off
            by_number(&mut forest.children, |(flow, _)| -flow);
            for &(flow, child) in &forest.children {
                if left >= least {
                    break;
                }
                let node = &mut self.tree.node[child as usize];
                (node.parent, node.pred) = (component.root, PENALTY);
                left += i128::from(flow);
            }
        }
        // between zero and the node's amount
        left as i64
    }
}

impl Forest {
    /// Preorder and depths of a tree whose nodes have their parents.
    pub fn thread(&mut self, component: &Component, tree: &mut Tree) {
        let (first, root) = (component.first, component.root);
        self.list_children(component, &tree.node);
        tree.node[root as usize] = Node {
            parent: NONE,
            pred: NONE,
            ..Node::default()
        };
        let mut end = root;
        let stack = &mut self.ready;
        stack.clear();
        stack.extend((first..root).filter(|&x| tree.node[x as usize].parent == root).rev());
        while let Some(x) = stack.pop() {
            tree.follow(end, x);
            end = x;
            let above = tree.node[x as usize].parent;
            tree.node[x as usize].depth = tree.node[above as usize].depth + 1;
            let mut child = self.first[(x - first) as usize];
            while child != NONE {
                stack.push(child);
                child = self.next[(child - first) as usize];
            }
        }
        tree.follow(end, root);
    }

    /// Lists the children of every node but the root.
    fn list_children(&mut self, component: &Component, nodes: &[Node]) {
        let (first, root, n) = (component.first, component.root, component.n_nodes());
        for buffer in [&mut self.first, &mut self.next] {
            buffer.clear();
            buffer.resize(n, NONE);
        }
        self.waiting.clear();
        self.waiting.resize(n, 0);
        for x in (first..root).rev() {
            let parent = nodes[x as usize].parent;
            if parent != root {
                let at = (parent - first) as usize;
                self.next[(x - first) as usize] = self.first[at];
                self.first[at] = x;
                self.waiting[at] += 1;
            }
        }
    }
}

/// The arc between two slots, by its index in the layout.
fn find_arc(layout: &Layout, component: &Component, (tail, head): (u32, u32)) -> Option<u32> {
    if head < component.sinks || head >= component.root || tail < component.first || tail >= component.sinks {
        return None;
    }
    let arcs = component.arcs.clone();
    let from = arcs.start + layout.tail[arcs.clone()].partition_point(|&t| t < tail);
    let to = from + layout.tail[from..arcs.end].partition_point(|&t| t == tail);
    let at = layout.head[from..to].binary_search(&head).ok()?;
    Some((from + at) as u32)
}
