//! Exact minimum-cost transportation with a penalty on unmatched supply, by the network simplex method.
//!
//! [`solve`] takes an [`Instance`] and returns the [`Solution`] of least cost; among equal optima the canonical one, which
//! depends on the instance alone and not on the order of its arcs. The solution carries its duals, so that [`certify`], which
//! shares no code with the solver, can prove it optimal in linear time.
//!
//! The instance is split into connected components. Each starts from the tree of its penalty arcs (the flow that matches
//! nothing is feasible, and the penalties are its duals), or, for assignment problems, from shortest paths. Block pricing
//! selects the entering arc; strongly feasible trees select the leaving arc, which excludes cycling; then ties are resolved on
//! the arcs of reduced cost zero. Arithmetic is exact: potentials are 64 bits wide where a bound proves that enough, else 128.

mod assignment;
mod auction;
mod canonical;
mod canonical_restart;
mod certify;
mod components;
mod connectivity;
mod instance;
mod optimal_face;
mod pricing;
mod pricing_cache;
mod reoptimize;
mod scalar;
mod simplex;
mod small_component;
mod spanning_tree;
mod warm_start;

pub use certify::{Violation, certify};
pub use instance::{EngineError, Instance, MAX_COST, Options, Place, Solution, Stats};
pub use reoptimize::SolvedInstance;

use components::{Component, Layout, NONE};
use scalar::Number;
use simplex::Network;
use spanning_tree::PENALTY;

/// Finds the canonical solution of least cost.
///
/// # Errors
/// [`EngineError`] for an instance that is malformed or out of range, and for an objective that leaves 128 bits.
///
/// ```
/// use florecon::mcf::{Instance, Options, solve};
/// let instance = Instance {
///     n_sources: 2,
///     supply: vec![5, 5, -5],
///     penalty: vec![10, 10, 10],
///     key: vec![7, 8, 9],
///     tail: vec![0, 1],
///     head: vec![2, 2],
///     cost: vec![3, 2],
/// };
/// let solution = solve(&instance, &Options { certify: true }).unwrap();
/// assert_eq!(solution.flow, vec![0, 5]);
/// assert_eq!(solution.objective, 5 * 2 + 5 * 10);
/// assert!(solution.unique.iter().all(|&unique| unique));
/// ```
pub fn solve(instance: &Instance, options: &Options) -> Result<Solution, EngineError> {
    Prepared::new(instance)?.solve(options)
}

/// An instance that has been checked and cut into connected components: the part of [`solve`] before the simplex.
///
/// ```
/// use florecon::mcf::{Instance, Options, Prepared};
/// let empty = Instance::default();
/// assert_eq!(Prepared::new(&empty).unwrap().solve(&Options::default()).unwrap().objective, 0);
/// ```
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    instance: &'a Instance,
    layout: Layout,
}

impl<'a> Prepared<'a> {
    /// Checks and cuts an instance in `O(nodes + arcs)`.
    ///
    /// # Errors
    /// [`EngineError`] for an instance that is malformed or out of range.
    ///
    /// ```
    /// # use florecon::mcf::Instance;
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// use florecon::mcf::Prepared;
    /// assert!(Prepared::new(&instance).is_ok());
    /// assert!(Prepared::new(&Instance { cost: vec![], ..instance }).is_err());
    /// ```
    pub fn new(instance: &'a Instance) -> Result<Self, EngineError> {
        let ascending = instance.check()?;
        let layout = Layout::new(instance, ascending);
        Instance::check_connected(layout.largest_component())?;
        Ok(Self { instance, layout })
    }

    /// Finds the canonical solution of least cost.
    ///
    /// # Errors
    /// [`EngineError::ObjectiveOverflow`] if the objective leaves 128 bits.
    ///
    /// ```
    /// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
    /// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
    /// use florecon::mcf::{Instance, Options, Prepared};
    /// let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
    /// let solution = Prepared::new(&instance).unwrap().solve(&Options { certify: true }).unwrap();
    /// assert_eq!((solution.flow, solution.objective), (vec![10], 90));
    /// ```
    pub fn solve(self, options: &Options) -> Result<Solution, EngineError> {
        let instance = self.instance;
        let solution = self.solve_from(None)?;
        if options.certify || cfg!(debug_assertions) {
            certify(instance, &solution)?;
        }
        Ok(solution)
    }

    /// The same without its certificate, from the tree of an earlier optimum: per node its parent, `NONE` for the root.
    fn solve_from(self, basis: Option<&[u32]>) -> Result<Solution, EngineError> {
        if scalar::fits_i64(&self.layout) {
            answer::<i64>(self.instance, &self.layout, basis)
        } else {
            answer::<i128>(self.instance, &self.layout, basis)
        }
    }
}

fn answer<P: Number>(instance: &Instance, layout: &Layout, basis: Option<&[u32]>) -> Result<Solution, EngineError> {
    let n = instance.n_nodes();
    let mut answer = Answer {
        instance,
        objective: Some(0),
        solution: Solution {
            flow: vec![0; instance.n_arcs()],
            potential: vec![0; n],
            objective: 0,
            unique: vec![true; n],
            basis: vec![NONE; n],
            stats: Stats::default(),
        },
    };
    answer.read_unconnected(layout);
    // each component while its arcs are at hand
    let stats = Network::<P>::solve_all(layout, &instance.key, basis, |network, component, tied| {
        answer.read(network, component, tied);
    });
    let Answer {
        objective,
        mut solution,
        ..
    } = answer;
    if instance.supply.contains(&0) {
        settle_empty(instance, &mut solution.potential);
    }
    solution.stats = stats;
    solution.objective = objective.ok_or(EngineError::ObjectiveOverflow)?;
    Ok(solution)
}

/// A solution that is being read off bases.
struct Answer<'a> {
    instance: &'a Instance,
    solution: Solution,
    /// None once it has left 128 bits.
    objective: Option<i128>,
}

impl Answer<'_> {
    fn add(&mut self, amount: i64, cost: i64) {
        self.objective = self.objective.and_then(|sum| sum.checked_add(product(amount, cost)));
    }

    /// Nodes without arcs stay as they are.
    fn read_unconnected(&mut self, layout: &Layout) {
        for node in (0..layout.slot.len()).filter(|&node| layout.slot[node] == NONE) {
            let penalty = self.instance.penalty[node];
            self.solution.potential[node] = if node < self.instance.n_sources {
                -penalty
            } else {
                penalty
            };
            self.add(self.instance.supply[node].abs(), penalty);
        }
    }

    /// Flows and duals of a component, and what is unique where it is tied.
    fn read<P: Number>(&mut self, network: &Network<P>, component: &Component<'_>, tied: bool) {
        let places = component.node.iter().zip(component.penalty);
        for ((&node, &penalty), (basis, potential)) in places.zip(network.tree.node.iter().zip(&network.potential)) {
            let node = node as usize;
            self.solution.potential[node] = potential.dual();
            if basis.pred == PENALTY {
                self.add(basis.flow, penalty);
            } else {
                let arc = component.origin[basis.pred as usize] as usize;
                self.solution.flow[arc] = basis.flow;
                self.solution.basis[node] = component.node[basis.parent as usize];
                self.add(basis.flow, component.cost[basis.pred as usize]);
            }
        }
        if tied {
            for (&node, &unique) in component.node.iter().zip(&network.unique) {
                self.solution.unique[node as usize] = unique;
            }
        }
    }
}

/// An amount times a cost; in wasm a product of 128 bits is a call.
fn product(amount: i64, cost: i64) -> i128 {
    const SMALL: u64 = 1 << 31;
    if amount.unsigned_abs() < SMALL && cost.unsigned_abs() < SMALL {
        i128::from(amount * cost)
    } else {
        i128::from(amount) * i128::from(cost)
    }
}

/// Gives nodes without supply, which the solver leaves out, duals that no arc contradicts: sinks the least that any arc
/// asks for, then sources the largest.
fn settle_empty(instance: &Instance, potential: &mut [i64]) {
    let ends = |arc: usize| (instance.tail[arc] as usize, instance.head[arc] as usize);
    for arc in 0..instance.n_arcs() {
        let (tail, head) = ends(arc);
        if instance.supply[head] == 0 && instance.supply[tail] != 0 {
            potential[head] = potential[head].min(potential[tail] + instance.cost[arc]);
        }
    }
    for arc in 0..instance.n_arcs() {
        let (tail, head) = ends(arc);
        if instance.supply[tail] == 0 {
            potential[tail] = potential[tail].max(potential[head] - instance.cost[arc]);
        }
    }
}
