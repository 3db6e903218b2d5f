//! Edited instance that keeps its basis from one optimum to the next.

mod graph;
mod pair;
mod repair;

use super::components::{Layout, NONE};
use super::instance::{EngineError, Instance, Place as Where, check_cost};
use super::optimal_face::Tight;
use super::scalar::{self, Number};
use super::simplex::Network;
use super::spanning_tree::{Node, PENALTY, Tree};
use graph::{Extract, Graph, Kind, Place, ROOT};
use pair::Pair;
use repair::{Basis, arc_cost};

/// Which way a node of [`Warm`] moves its amount.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{Side, Warm};
/// let mut warm = Warm::new(&instance).unwrap();
/// let source = warm.add_node(Side::Source, 50, 3).unwrap();
/// assert_eq!(source, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It sends.
    Source,
    /// It receives.
    Sink,
}

/// A solved instance that takes edits and is at its canonical optimum after each.
///
/// The basis minimises the pair of cost and first-round weight of the canonical rule, compared in this order, so its flow
/// is the canonical one whenever no arc outside the basis has the reduced pair zero. An edit leaves a basis that is
/// optimal but for some negative flows (or, for a new arc, one negative reduced cost); a few pivots mend it, each looking
/// only at the arcs of the subtree that it moves. If a tie of pairs appears, or numbers grow so large that sums might
/// leave 64 bits, the edit is followed by a solve from scratch instead: always the result of [`solve`](super::solve).
///
/// Nodes and arcs are named by their indices in the instance and by what `add_node` and `add_arc` return; the names of
/// removed ones are given out again.
///
/// ```
/// use florecon::mcf::{Instance, Side, Warm};
/// let instance = Instance {
///     n_sources: 1,
///     supply: vec![10, -10],
///     penalty: vec![50, 50],
///     key: vec![1, 2],
///     tail: vec![0],
///     head: vec![1],
///     cost: vec![9],
/// };
/// let mut warm = Warm::new(&instance).unwrap();
/// warm.set_supply(0, 7).unwrap();
/// assert_eq!((warm.flow(0), warm.objective()), (7, Some(7 * 9 + 3 * 50)));
/// let sink = warm.add_node(Side::Sink, 50, 3).unwrap();
/// let arc = warm.add_arc(0, sink, 4).unwrap();
/// warm.set_supply(sink, 5).unwrap();
/// assert_eq!((warm.flow(0), warm.flow(arc)), (2, 5));
/// warm.remove_node(1).unwrap();
/// assert_eq!(warm.flow(arc), 5);
/// ```
#[derive(Clone, Debug)]
pub struct Warm {
    graph: Graph,
    basis: Basis,
    /// The basis may be repaired; otherwise every edit is a solve from scratch.
    repairable: bool,
    /// Sum of all amounts.
    total: i128,
    /// The largest magnitude of a cost and of a penalty so far.
    dearest: [i64; 2],
}

impl Warm {
    /// Solves an instance and keeps its basis.
    ///
    /// # Errors
    /// [`EngineError`] for an instance that is malformed or out of range.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// assert_eq!(warm.flow(0), 10);
    /// ```
    pub fn new(instance: &Instance) -> Result<Self, EngineError> {
        let ascending = instance.check()?;
        Instance::check_connected(instance.n_nodes())?;
        let largest = |values: &[i64]| values.iter().map(|v| v.abs()).max().unwrap_or(0);
        let mut warm = Self {
            graph: Graph::new(instance),
            basis: Basis::default(),
            repairable: false,
            total: instance.supply.iter().map(|&s| i128::from(s).abs()).sum(),
            dearest: [largest(&instance.cost), largest(&instance.penalty)],
        };
        let layout = Layout::new(instance, ascending);
        let (places, links) = (
            (1..=instance.n_nodes() as u32).collect(),
            (0..instance.n_arcs() as u32).collect(),
        );
        warm.start(
            layout,
            &Extract {
                instance: Instance {
                    key: instance.key.clone(),
                    ..Instance::default()
                },
                places,
                links,
            },
        );
        Ok(warm)
    }

    /// Flow of an arc.
    ///
    /// # Panics
    /// If there never was such an arc.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// assert_eq!(warm.flow(0), 10);
    /// ```
    #[must_use]
    pub fn flow(&self, arc: u32) -> i64 {
        let link = &self.graph.links[arc as usize];
        let ends = [link.tail, link.head].into_iter().filter(|&x| x != NONE);
        ends.map(|x| &self.basis.tree.node[x as usize])
            .find(|node| node.pred == arc)
            .map_or(0, |node| node.flow)
    }

    /// The least total of `flow * cost` and `unmatched * penalty`, `None` if it leaves 128 bits. `O(nodes)`.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// assert_eq!(warm.objective(), Some(90));
    /// ```
    #[must_use]
    pub fn objective(&self) -> Option<i128> {
        let present = (1u32..)
            .zip(&self.graph.places[1..])
            .filter(|(_, place)| place.kind != Kind::Vacant);
        present
            .map(|(x, place)| (&self.basis.tree.node[x as usize], place))
            .try_fold(0i128, |sum, (node, place)| {
                let cost = if node.pred == PENALTY {
                    place.penalty
                } else {
                    self.graph.links[node.pred as usize].cost
                };
                sum.checked_add(i128::from(node.flow) * i128::from(cost))
            })
    }

    /// Pivots of all repairs since the last solve from scratch.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// warm.set_supply(0, 7).unwrap();
    /// assert!(warm.pivots() <= 1);
    /// ```
    #[must_use]
    pub fn pivots(&self) -> u64 {
        self.basis.pivots
    }

    /// Gives a node another amount, the magnitude of its supply.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] without such a node, [`EngineError::Supply`] if the amount is negative.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// warm.set_supply(0, 7).unwrap();
    /// assert_eq!(warm.objective(), Some(7 * 9 + 3 * 50));
    /// ```
    pub fn set_supply(&mut self, node: u32, amount: i64) -> Result<(), EngineError> {
        let x = self.slot(node)?;
        if amount < 0 {
            return Err(EngineError::Supply {
                node: node as usize,
                supply: amount,
            });
        }
        self.change_amount(x, amount);
        self.settle();
        Ok(())
    }

    /// Adds a node without amount and arcs; give it arcs, then its amount. Returns its name.
    ///
    /// # Errors
    /// [`EngineError::Cost`] if the penalty is out of range, [`EngineError::TooConnected`] if there are too many nodes.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// let sink = warm.add_node(Side::Sink, 50, 3).unwrap();
    /// warm.set_supply(sink, 4).unwrap();
    /// assert_eq!(warm.objective(), Some(90 + 4 * 50));
    /// ```
    pub fn add_node(&mut self, side: Side, penalty: i64, key: u64) -> Result<u32, EngineError> {
        let nodes = self.graph.places.len();
        Instance::check_connected(nodes)?;
        check_cost(Where::Node(nodes - 1), penalty)?;
        self.dearest[1] = self.dearest[1].max(penalty.abs());
        let kind = if side == Side::Source { Kind::Source } else { Kind::Sink };
        let x = self.graph.add_place(Place {
            kind,
            amount: 0,
            penalty,
            key,
            first: NONE,
        });
        let dual = Pair::of(penalty);
        self.basis.hang(x, if side == Side::Source { -dual } else { dual });
        self.settle();
        Ok(x - 1)
    }

    /// Adds an arc from a source to a sink. Returns its name.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] without such nodes, [`EngineError::Endpoint`] if they are not a source and a sink,
    /// [`EngineError::Cost`] if the cost is out of range, [`EngineError::TooLarge`] if names run out.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// let sink = warm.add_node(Side::Sink, 50, 3).unwrap();
    /// let arc = warm.add_arc(0, sink, 4).unwrap();
    /// warm.set_supply(sink, 5).unwrap();
    /// assert_eq!((warm.flow(0), warm.flow(arc)), (5, 5));
    /// ```
    pub fn add_arc(&mut self, tail: u32, head: u32, cost: i64) -> Result<u32, EngineError> {
        let (nodes, arcs) = (self.graph.places.len(), self.graph.links.len());
        let (from, to) = (self.slot(tail)?, self.slot(head)?);
        if arcs >= Instance::MAX_INDEX {
            return Err(EngineError::TooLarge { nodes, arcs });
        }
        if self.graph.kind(from) != Kind::Source || self.graph.kind(to) != Kind::Sink {
            return Err(EngineError::Endpoint { arc: arcs, tail, head });
        }
        check_cost(Where::Arc(arcs), cost)?;
        self.dearest[0] = self.dearest[0].max(cost.abs());
        let arc = self.graph.add_link(from, to, cost);
        if self.repairable {
            self.basis.offer(
                &self.graph,
                Tight {
                    arc,
                    tail: from,
                    head: to,
                },
            );
        }
        self.settle();
        Ok(arc)
    }

    /// Removes an arc. `O(arcs of its ends)` besides the repair.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] without such an arc.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// warm.remove_arc(0).unwrap();
    /// assert_eq!(warm.objective(), Some(20 * 50));
    /// ```
    pub fn remove_arc(&mut self, arc: u32) -> Result<(), EngineError> {
        if self.graph.links.get(arc as usize).is_none_or(|link| link.tail == NONE) {
            return Err(EngineError::Unknown { what: "arc", name: arc });
        }
        self.cut(arc);
        self.settle();
        Ok(())
    }

    /// Removes a node and its arcs.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] without such a node.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::{Side, Warm};
    /// let mut warm = Warm::new(&instance).unwrap();
    /// warm.remove_node(1).unwrap();
    /// assert_eq!(warm.objective(), Some(10 * 50));
    /// ```
    pub fn remove_node(&mut self, node: u32) -> Result<(), EngineError> {
        let x = self.slot(node)?;
        self.change_amount(x, 0);
        self.settle();
        while self.graph.places[x as usize].first != NONE {
            self.cut(self.graph.places[x as usize].first);
        }
        if self.repairable {
            self.basis.tree.unhang(x);
        }
        self.graph.remove_place(x);
        self.settle();
        Ok(())
    }

    fn slot(&self, node: u32) -> Result<u32, EngineError> {
        let x = node.saturating_add(1);
        match self.graph.places.get(x as usize) {
            Some(place) if place.kind != Kind::Vacant => Ok(x),
            _ => Err(EngineError::Unknown {
                what: "node",
                name: node,
            }),
        }
    }

    fn change_amount(&mut self, x: u32, amount: i64) {
        let place = &mut self.graph.places[x as usize];
        let change = amount - place.amount;
        self.total += i128::from(change);
        place.amount = amount;
        self.repairable &= self.roomy();
        if self.repairable {
            self.basis.change_amount(x, change);
        }
    }

    fn cut(&mut self, arc: u32) {
        let link = self.graph.links[arc as usize];
        self.graph.remove_link(arc);
        if self.repairable {
            self.basis.cut_arc(
                &self.graph,
                Tight {
                    arc,
                    tail: link.tail,
                    head: link.head,
                },
            );
        }
    }

    /// Every flow and dual that a repair can meet is within `i64`: a flow is a sum of amounts, a dual a penalty and a
    /// sum of costs along a path.
    fn roomy(&self) -> bool {
        let [cost, penalty] = self.dearest.map(i128::from);
        self.total <= i128::from(i64::MAX) && scalar::bounded(self.graph.places.len(), penalty, cost, 2 * cost)
    }

    /// Repairs the basis, or starts from scratch where that does not lead to the canonical optimum.
    fn settle(&mut self) {
        self.repairable = self.repairable && self.roomy() && self.basis.repair(&self.graph).is_ok() && !self.basis.tied;
        debug_assert!(!self.repairable || self.basis.is_sound(&self.graph));
        if !self.repairable {
            let extract = self.graph.extract();
            let layout = Layout::new(&extract.instance, false);
            self.start(layout, &extract);
        }
    }

    /// Solves from scratch and loads the basis.
    fn start(&mut self, layout: Layout, from: &Extract) {
        let tree = if scalar::fits_i64(&layout) {
            self.solved::<i64>(layout, from)
        } else {
            self.solved::<i128>(layout, from)
        };
        let dual = vec![Pair::default(); self.graph.places.len()];
        self.basis = Basis::new(tree, dual);
        self.repairable = self.roomy();
        if self.repairable {
            self.load_duals();
            self.repairable = self.basis.price_all(&self.graph).is_ok() && !self.basis.tied;
        }
    }

    /// The canonical basis of all components under one root.
    fn solved<P: Number>(&self, layout: Layout, from: &Extract) -> Tree {
        let mut network: Network<P> = Network::new(layout);
        network.solve(&from.instance.key, |_, _| ());
        let layout = &network.layout;
        let mut tree = Tree {
            node: vec![Node::default(); self.graph.places.len()],
        };
        let mut end = ROOT;
        for component in &layout.components {
            let place = |slot: u32| {
                if slot == component.root {
                    ROOT
                } else {
                    from.places[layout.node[slot as usize] as usize]
                }
            };
            let mut slot = network.tree.node[component.root as usize].thread;
            while slot != component.root {
                let (old, x) = (&network.tree.node[slot as usize], place(slot));
                let pred = if old.pred == PENALTY {
                    PENALTY
                } else {
                    from.links[layout.origin[old.pred as usize] as usize]
                };
                tree.node[x as usize] = Node {
                    parent: place(old.parent),
                    pred,
                    ..*old
                };
                tree.follow(end, x);
                (end, slot) = (x, old.thread);
            }
        }
        tree.follow(end, ROOT);
        for (&x, _) in from.places.iter().zip(&layout.slot).filter(|(_, slot)| **slot == NONE) {
            tree.hang(x, ROOT, self.graph.places[x as usize].amount);
        }
        tree
    }

    fn load_duals(&mut self) {
        let Basis { tree, dual, .. } = &mut self.basis;
        let mut x = tree.node[ROOT as usize].thread;
        while x != ROOT {
            let node = &tree.node[x as usize];
            let above = dual[node.parent as usize];
            dual[x as usize] = if self.graph.kind(x) == Kind::Source {
                above
                    - arc_cost(
                        &self.graph,
                        Tight {
                            arc: node.pred,
                            tail: x,
                            head: node.parent,
                        },
                    )
            } else {
                above
                    + arc_cost(
                        &self.graph,
                        Tight {
                            arc: node.pred,
                            tail: node.parent,
                            head: x,
                        },
                    )
            };
            x = node.thread;
        }
    }
}
