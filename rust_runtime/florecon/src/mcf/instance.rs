//! Problem instance, solution and errors of the solver.

use super::canonical::MOST_NODES;
use super::certify::Violation;

/// Largest magnitude of a cost or penalty: a quarter of the `i64` range, so that every optimal dual fits an `i64`.
pub const MAX_COST: i64 = 1 << 61;

/// A transportation problem with a price on what stays unmatched.
///
/// Nodes `0 .. n_sources` are sources (`supply >= 0`), the others sinks (`supply <= 0`); an arc leads from a source to a
/// sink and may carry any amount. The engine minimises `sum(flow * cost) + sum(unmatched * penalty)` over both sides.
///
/// ```
/// use florecon::mcf::{Instance, Options, solve};
/// let instance = Instance {
///     n_sources: 1,
///     supply: vec![10, -4, -9],
///     penalty: vec![100, 100, 100],
///     key: vec![1, 2, 3],
///     tail: vec![0, 0],
///     head: vec![1, 2],
///     cost: vec![5, 1],
/// };
/// let solution = solve(&instance, &Options::default()).unwrap();
/// assert_eq!(solution.flow, vec![1, 9]);
/// assert_eq!(solution.objective, 5 + 9 + 3 * 100);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Number of sources; they are the first nodes.
    pub n_sources: usize,
    /// Amount to send (`>= 0`, sources) or to receive (`<= 0`, sinks), per node. `i64::MIN` is refused.
    pub supply: Vec<i64>,
    /// Price per unit left unmatched, per node, within `+-MAX_COST`.
    pub penalty: Vec<i64>,
    /// Identity of each node for the canonical choice among equal optima; read by nothing else.
    pub key: Vec<u64>,
    /// Source of each arc, a node index below `n_sources`.
    pub tail: Vec<u32>,
    /// Sink of each arc, a node index from `n_sources` on.
    pub head: Vec<u32>,
    /// Cost per unit of each arc, within `+-MAX_COST`. Of parallel arcs only the cheapest, of equals the first, is used.
    pub cost: Vec<i64>,
}

impl Instance {
    /// Nodes and arcs are counted in `u32`, with room for a root per component and for sentinels.
    pub(super) const MAX_INDEX: usize = (u32::MAX / 4) as usize;

    /// Number of nodes.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// assert_eq!(instance.n_nodes(), 2);
    /// ```
    #[must_use]
    pub fn n_nodes(&self) -> usize {
        self.supply.len()
    }

    /// Number of arcs.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// assert_eq!(instance.n_arcs(), 1);
    /// ```
    #[must_use]
    pub fn n_arcs(&self) -> usize {
        self.tail.len()
    }

    /// Checks the shape and the ranges; `Ok(true)` says that arcs come strictly ascending by (tail, head).
    pub(super) fn check(&self) -> Result<bool, EngineError> {
        let (n, m) = (self.n_nodes(), self.n_arcs());
        for (what, got, want) in [
            ("penalty", self.penalty.len(), n),
            ("key", self.key.len(), n),
            ("head", self.head.len(), m),
            ("cost", self.cost.len(), m),
        ] {
            if got != want {
                return Err(EngineError::Length { what, got, want });
            }
        }
        if self.n_sources > n || n >= Self::MAX_INDEX || m >= Self::MAX_INDEX {
            return Err(EngineError::TooLarge { nodes: n, arcs: m });
        }
        self.check_nodes()?;
        self.check_arcs()
    }

    /// Refuses more nodes in one component than the canonical weights allow.
    pub(super) fn check_connected(nodes: usize) -> Result<(), EngineError> {
        if nodes > MOST_NODES {
            return Err(EngineError::TooConnected { nodes });
        }
        Ok(())
    }

    fn check_nodes(&self) -> Result<(), EngineError> {
        for (node, (&supply, &penalty)) in self.supply.iter().zip(&self.penalty).enumerate() {
            let right_side = if node < self.n_sources {
                supply >= 0
            } else {
                supply <= 0 && supply != i64::MIN
            };
            if !right_side {
                return Err(EngineError::Supply { node, supply });
            }
            if !(-MAX_COST..=MAX_COST).contains(&penalty) {
                return Err(EngineError::Cost {
                    place: Place::Node(node),
                    cost: penalty,
                });
            }
        }
        Ok(())
    }

    fn check_arcs(&self) -> Result<bool, EngineError> {
        let (sources, nodes) = (self.n_sources as u32, self.n_nodes() as u32);
        let (mut ascending, mut before) = (true, None);
        for (arc, ((&tail, &head), &cost)) in self.tail.iter().zip(&self.head).zip(&self.cost).enumerate() {
            if tail >= sources || head < sources || head >= nodes {
                return Err(EngineError::Endpoint { arc, tail, head });
            }
            if !(-MAX_COST..=MAX_COST).contains(&cost) {
                return Err(EngineError::Cost {
                    place: Place::Arc(arc),
                    cost,
                });
            }
            let here = (u64::from(tail) << 32) | u64::from(head);
            ascending &= before < Some(here);
            before = Some(here);
        }
        Ok(ascending)
    }
}

/// Options of a solve.
///
/// ```
/// assert!(!florecon::mcf::Options::default().certify);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Run [`certify`](super::certify) on the answer before it is returned (debug builds always do).
    pub certify: bool,
}

/// The canonical optimum of an [`Instance`], with the duals that prove it.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{Options, solve};
/// let solution = solve(&instance, &Options::default()).unwrap();
/// assert_eq!((solution.flow, solution.unique), (vec![10], vec![true, true]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solution {
    /// Flow of each arc, in the order of the instance.
    pub flow: Vec<i64>,
    /// Dual of each node: `cost + potential[tail] - potential[head]` is never negative, and zero where flow is.
    pub potential: Vec<i64>,
    /// The least total of `flow * cost` and `unmatched * penalty`.
    pub objective: i128,
    /// Per node: the connected component of positive flow that holds it is the same in every optimal solution: no
    /// optimum changes the flow of any arc at any of its nodes.
    pub unique: Vec<bool>,
    /// Per node: the other end of the arc that binds it in the optimal basis, `u32::MAX` where that is its penalty. One of
    /// several that give the same flow; [`SolvedInstance`](super::SolvedInstance) starts from it.
    pub basis: Vec<u32>,
    /// Statistics of the solve.
    pub stats: Stats,
}

/// Counters of one solve.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{Options, solve};
/// let stats = solve(&instance, &Options::default()).unwrap().stats;
/// assert_eq!((stats.components, stats.tied_components), (1, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connected components that hold at least one arc.
    pub components: usize,
    /// Simplex pivots that minimised the cost.
    pub pivots: u64,
    /// Simplex pivots that chose among equal optima.
    pub canonical_pivots: u64,
    /// Components with more than one optimal solution.
    pub tied_components: usize,
}

/// Location of a number in an instance.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{EngineError, Options, Place, solve};
/// let cost = i64::MAX;
/// let refused = solve(&Instance { cost: vec![cost], ..instance }, &Options::default());
/// assert_eq!(refused.unwrap_err(), EngineError::Cost { place: Place::Arc(0), cost });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The arc of this index.
    Arc(usize),
    /// The node of this index.
    Node(usize),
}

/// Reason for refusing an instance.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{Options, solve};
/// let refused = solve(&Instance { key: vec![1], ..instance }, &Options::default());
/// assert_eq!(refused.unwrap_err().to_string(), "`key` has 1 entries; give it 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// An array of the instance has the wrong length.
    #[error("`{what}` has {got} entries; give it {want}")]
    Length {
        /// The array.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length it should have.
        want: usize,
    },
    /// More nodes or arcs than 32-bit indices hold, or more sources than nodes.
    #[error("{nodes} nodes and {arcs} arcs are more than the engine indexes; split the instance")]
    TooLarge {
        /// Number of nodes.
        nodes: usize,
        /// Number of arcs.
        arcs: usize,
    },
    /// A connected component whose sums of canonical weights could leave 64 bits.
    #[error("{nodes} nodes are connected; split the instance, the engine takes 4,000,000 in one component")]
    TooConnected {
        /// Nodes of the component.
        nodes: usize,
    },
    /// A source with a negative supply, a sink with a positive one, or `i64::MIN`.
    #[error("node {node} has supply {supply}; sources take 0 and more, sinks 0 and less, above i64::MIN")]
    Supply {
        /// The node.
        node: usize,
        /// Its supply.
        supply: i64,
    },
    /// An arc that does not lead from a source to a sink.
    #[error("arc {arc} leads from {tail} to {head}; an arc leads from a source to a sink")]
    Endpoint {
        /// The arc.
        arc: usize,
        /// Its tail.
        tail: u32,
        /// Its head.
        head: u32,
    },
    /// A cost or penalty beyond `MAX_COST`.
    #[error("{place:?} has cost {cost}; keep costs and penalties within +-2^61")]
    Cost {
        /// The arc or node.
        place: Place,
        /// The cost.
        cost: i64,
    },
    /// The optimal total does not fit 128 bits.
    #[error("the objective leaves 128 bits; scale amounts or costs down")]
    ObjectiveOverflow,
    /// The answer failed its certificate: a defect of the engine, never of the instance.
    #[error("the solution failed its certificate: {0}")]
    Certificate(#[from] Violation),
}
