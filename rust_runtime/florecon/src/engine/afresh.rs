//! The choice among equal optima where most of a component is tied.
//!
//! Pivots from the basis at hand move large parts of one deep tree, and with much to settle there are many. It is faster
//! to forget that tree: all optima together are the solutions of an instance of their own, with the arcs of reduced cost
//! zero alone, their weights for costs, and a penalty dearer than any detour where everything must be matched. It is
//! solved like any other, from the shallow tree in which nothing is matched yet.
//!
//! Its optimal basis needs no such penalty arc, so it is one of the component too: from every node some path of tight
//! arcs leads to the root, as it does in the basis before, and any is cheaper.

use super::canonical::WEIGHT;
use super::components::{Component, Layout};
use super::face::{Tight, penalty_arc};
use super::number::Number;
use super::pricing::Columns;
use super::simplex::minimise;
use super::tree::Tree;

/// Components of fewer nodes are settled from the basis at hand.
const FEWEST_NODES: usize = 256;

/// Whether so many nodes with ties are enough to start afresh.
pub(super) fn pays(component: &Component, tied_nodes: usize) -> bool {
    component.n_nodes() >= FEWEST_NODES && 2 * tied_nodes > component.n_nodes()
}

/// Buffers, reused from component to component: the tight arcs row by row.
#[derive(Default)]
pub(super) struct Afresh {
    arc: Vec<u32>,
    tail: Vec<u32>,
    head: Vec<u32>,
    weight: Vec<i64>,
    /// Per slot of a source, where its arcs end.
    end: Vec<u32>,
    penalty: Vec<i64>,
}

impl Afresh {
    /// Replaces an optimal basis with one whose flow has the least weight among the optima, and `dual` with its duals.
    /// Returns the number of pivots.
    pub fn choose<P: Number>(
        &mut self,
        layout: &Layout,
        component: &Component,
        weight: impl Fn(Tight) -> i64,
        tree: &mut Tree,
        potential: &[P],
        dual: &mut [i64],
    ) -> u64 {
        self.list_arcs(layout, component, weight, potential);
        let (first, root) = (component.first, component.root);
        // "must be matched": more than a path through all nodes can weigh
        let dearest = (component.n_nodes() as i64 / 2 + 1) * WEIGHT;
        self.penalty.clear();
        dual[root as usize] = 0;
        for x in first..root {
            let Tight { tail, head, .. } = penalty_arc(component, x);
            let is_tight = P::of(layout.penalty[x as usize]) + potential[tail as usize] == potential[head as usize];
            let penalty = if is_tight { 0 } else { dearest };
            self.penalty.push(penalty);
            dual[x as usize] = if x < component.sinks { -penalty } else { penalty };
        }
        tree.plant(component, layout);
        let columns = Columns {
            tail: &self.tail,
            head: &self.head,
            cost: &self.weight,
            end: &self.end,
            first: 0,
            arc: &self.arc,
        };
        minimise(columns, &self.penalty, component, tree, dual)
    }

    /// All arcs of reduced cost zero.
    fn list_arcs<P: Number>(
        &mut self,
        layout: &Layout,
        component: &Component,
        weight: impl Fn(Tight) -> i64,
        potential: &[P],
    ) {
        self.arc.clear();
        self.tail.clear();
        self.head.clear();
        self.weight.clear();
        self.end.resize(layout.node.len(), 0);
        let mut start = component.arcs.start;
        while start < component.arcs.end {
            let tail = layout.tail[start];
            let (end, from) = (layout.end[tail as usize] as usize, potential[tail as usize]);
            for (arc, &head) in (start as u32..).zip(&layout.head[start..end]) {
                if P::of(layout.cost[arc as usize]) + from == potential[head as usize] {
                    self.arc.push(arc);
                    self.tail.push(tail);
                    self.head.push(head);
                    self.weight.push(weight(Tight { arc, tail, head }));
                }
            }
            self.end[tail as usize] = self.arc.len() as u32;
            start = end;
        }
    }
}
