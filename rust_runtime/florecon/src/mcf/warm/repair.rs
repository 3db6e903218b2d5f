//! Repair of an edited basis to optimality.

use super::graph::{Graph, Kind, ROOT};
use super::pair::Pair;
use crate::mcf::canonical::weight;
use crate::mcf::components::NONE;
use crate::mcf::optimal_face::Tight;
use crate::mcf::spanning_tree::{Node, PENALTY, Tree};

/// One tree over all nodes, its duals, and what is left to repair.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis {
    pub tree: Tree,
    /// Dual of each slot; the root has zero.
    pub dual: Vec<Pair>,
    /// An arc outside the basis has the reduced cost zero, so that the first round of weights may not decide.
    pub tied: bool,
    /// Pivots since the basis was loaded.
    pub pivots: u64,
    /// Nodes whose arc to the parent may have a negative flow.
    negative: Vec<u32>,
    /// Arcs that may have a negative reduced cost.
    cheap: Vec<Tight>,
    /// The subtree at hand, and the number that marks its nodes.
    inside: Vec<u32>,
    mark: Vec<u32>,
    epoch: u32,
}

/// Too many pivots for one edit: start again from scratch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stuck;

impl Basis {
    pub fn new(tree: Tree, dual: Vec<Pair>) -> Self {
        let mark = vec![0; dual.len()];
        Self {
            tree,
            dual,
            mark,
            ..Self::default()
        }
    }

    /// Brings a basis with the canonical flow to the optimum of the pairs as well; no flow changes.
    pub fn price_all(&mut self, graph: &Graph) -> Result<(), Stuck> {
        for x in (1..graph.places.len() as u32).filter(|&x| graph.kind(x) == Kind::Source) {
            self.offer_all(graph, x);
        }
        for x in (1..graph.places.len() as u32).filter(|&x| graph.kind(x) == Kind::Sink) {
            self.offer(
                graph,
                Tight {
                    arc: PENALTY,
                    tail: ROOT,
                    head: x,
                },
            );
        }
        self.repair(graph)
    }

    /// Adds a node without amount or arcs under the root.
    pub fn hang(&mut self, x: u32, dual: Pair) {
        let slots = self.dual.len().max(x as usize + 1);
        self.dual.resize(slots, Pair::default());
        self.mark.resize(slots, 0);
        self.tree.node.resize(slots, Node::default());
        self.dual[x as usize] = dual;
        self.tree.hang(x, ROOT, 0);
    }

    pub fn reduced(&self, graph: &Graph, tight: Tight) -> Pair {
        let cost = arc_cost(graph, tight);
        cost + self.dual[tight.tail as usize] - self.dual[tight.head as usize]
    }

    /// Sends a change of a node's amount along its path to the root.
    pub fn change_amount(&mut self, x: u32, change: i64) {
        let (mut x, mut gain) = (x, change);
        while x != ROOT {
            let node = &mut self.tree.node[x as usize];
            node.flow += gain;
            if node.flow < 0 {
                self.negative.push(x);
            }
            (x, gain) = (node.parent, -gain);
        }
    }

    /// Takes an arc out of the basis that is out of the graph already.
    pub fn cut_arc(&mut self, graph: &Graph, arc: Tight) {
        for x in [arc.tail, arc.head] {
            let node = self.tree.node[x as usize];
            if node.pred == arc.arc {
                self.reconnect(graph, x, graph.kind(x) == Kind::Sink, node.flow);
                return;
            }
        }
    }

    /// Notes an arc if it is worth entering, or ties.
    pub fn offer(&mut self, graph: &Graph, arc: Tight) {
        if self.reduced(graph, arc) <= Pair::default() && !self.tree.holds(ROOT, &arc) {
            self.cheap.push(arc);
        }
    }

    fn offer_all(&mut self, graph: &Graph, x: u32) {
        arcs_of(graph, x).for_each(|arc| self.offer(graph, arc));
    }

    /// Dual pivots until no flow is negative, then primal ones until no reduced cost is. One of the two has work.
    pub fn repair(&mut self, graph: &Graph) -> Result<(), Stuck> {
        let limit = self.pivots + 4 * self.dual.len() as u64 + 64;
        while let Some(x) = self.negative.pop() {
            let flow = self.tree.node[x as usize].flow;
            if flow < 0 {
                self.reconnect(graph, x, graph.kind(x) == Kind::Source, -flow);
            }
            if self.pivots > limit {
                return Err(Stuck);
            }
        }
        while let Some(arc) = self.cheap.pop() {
            let reduced = self.reduced(graph, arc);
            if reduced < Pair::default() {
                self.enter(graph, arc, reduced);
            } else if reduced == Pair::default() && !self.tree.holds(ROOT, &arc) {
                self.tied = true;
            }
            if self.pivots > limit {
                return Err(Stuck);
            }
        }
        Ok(())
    }

    /// All flows and reduced costs have the right sign, and no unnoticed arc has the reduced cost zero. `O(arcs)`.
    pub fn is_sound(&self, graph: &Graph) -> bool {
        let zero = Pair::default();
        let good = |arc: Tight| match self.reduced(graph, arc) {
            reduced if self.tree.holds(ROOT, &arc) => reduced == zero,
            reduced => reduced > zero || (reduced == zero && self.tied),
        };
        (1u32..)
            .zip(&graph.places[1..])
            .filter(|(_, place)| place.kind != Kind::Vacant)
            .all(|(x, _)| self.tree.node[x as usize].flow >= 0 && arcs_of(graph, x).all(good))
    }

    /// A dual pivot: the arc above `cut` leaves, `flow` is sent across by the cheapest arc into (or out of) its subtree.
    fn reconnect(&mut self, graph: &Graph, cut: u32, into: bool, flow: i64) {
        self.collect(cut);
        let (entering, least, even) = self.cheapest(graph, into);
        self.tied |= even || least == Pair::default();
        self.send(entering, flow);
        let (child, parent, shift) = if into {
            (entering.head, entering.tail, least)
        } else {
            (entering.tail, entering.head, -least)
        };
        let dual = &mut self.dual;
        self.tree
            .rehang(child, cut, (parent, entering.arc, flow), |x| dual[x] = dual[x] + shift);
        self.pivots += 1;
    }

    /// A primal pivot, after which the arcs of all moved nodes are looked at again.
    fn enter(&mut self, graph: &Graph, arc: Tight, reduced: Pair) {
        let leaving = self.tree.find_leaving(arc.tail, arc.head);
        self.collect(leaving.node);
        self.send(arc, leaving.flow);
        let (child, parent, shift) = if leaving.at_tail {
            (arc.tail, arc.head, -reduced)
        } else {
            (arc.head, arc.tail, reduced)
        };
        let dual = &mut self.dual;
        self.tree
            .rehang(child, leaving.node, (parent, arc.arc, leaving.flow), |x| {
                dual[x] = dual[x] + shift;
            });
        self.pivots += 1;
        let inside = std::mem::take(&mut self.inside);
        for &x in &inside {
            self.offer_all(graph, x);
        }
        self.inside = inside;
    }

    /// Lists and marks the subtree of a node.
    fn collect(&mut self, top: u32) {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.mark.fill(0);
            self.epoch = 1;
        }
        self.inside.clear();
        let nodes = &self.tree.node;
        let (mut x, depth) = (top, nodes[top as usize].depth);
        loop {
            self.mark[x as usize] = self.epoch;
            self.inside.push(x);
            x = nodes[x as usize].thread;
            if nodes[x as usize].depth <= depth {
                break;
            }
        }
    }

    /// The arc of least reduced cost into or out of the collected subtree, that cost, and whether another has the same.
    fn cheapest(&self, graph: &Graph, into: bool) -> (Tight, Pair, bool) {
        let wanted = if into { Kind::Sink } else { Kind::Source };
        let none = Tight {
            arc: NONE,
            tail: NONE,
            head: NONE,
        };
        let (mut best, mut least, mut even) = (
            none,
            Pair {
                cost: i64::MAX,
                weight: i64::MAX,
            },
            false,
        );
        for &x in self.inside.iter().filter(|&&x| graph.kind(x) == wanted) {
            for arc in arcs_of(graph, x) {
                let outer = if into { arc.tail } else { arc.head };
                if self.mark[outer as usize] == self.epoch {
                    continue;
                }
                let cost =
                    cost_alone(graph, arc) + self.dual[arc.tail as usize].cost - self.dual[arc.head as usize].cost;
                if cost > least.cost {
                    continue;
                }
                let reduced = self.reduced(graph, arc);
                even = reduced == least || (even && reduced > least);
                if reduced < least {
                    (best, least) = (arc, reduced);
                }
            }
        }
        (best, least, even)
    }

    /// Sends flow around the cycle of an entering arc and notes what runs negative once the tree is mended.
    fn send(&mut self, arc: Tight, flow: i64) {
        if flow != 0 {
            let negative = &mut self.negative;
            self.tree.push(arc.tail, arc.head, flow, |x| negative.push(x));
        }
    }
}

/// All arcs of a node, its penalty arc first.
fn arcs_of(graph: &Graph, x: u32) -> impl Iterator<Item = Tight> {
    let place = &graph.places[x as usize];
    let (side, penalty) = match place.kind {
        Kind::Source => (
            0,
            Tight {
                arc: PENALTY,
                tail: x,
                head: ROOT,
            },
        ),
        _ => (
            1,
            Tight {
                arc: PENALTY,
                tail: ROOT,
                head: x,
            },
        ),
    };
    let mut next = place.first;
    let listed = std::iter::from_fn(move || {
        let arc = next;
        let link = graph.links.get(arc as usize)?;
        next = link.next[side];
        Some(Tight {
            arc,
            tail: link.tail,
            head: link.head,
        })
    });
    std::iter::once(penalty).chain(listed)
}

fn cost_alone(graph: &Graph, arc: Tight) -> i64 {
    match arc.arc {
        PENALTY => graph.places[arc.tail.max(arc.head) as usize].penalty,
        listed => graph.links[listed as usize].cost,
    }
}

/// Cost and first-round weight of an arc.
pub(super) fn arc_cost(graph: &Graph, arc: Tight) -> Pair {
    let weight = match arc.arc {
        PENALTY => 0,
        _ => weight(
            graph.places[arc.tail as usize].key,
            graph.places[arc.head as usize].key,
            1,
        ),
    };
    Pair {
        cost: cost_alone(graph, arc),
        weight,
    }
}
