//! Reoptimisation: solves an instance from the solution of a similar one.
//!
//! Components without a change keep their solution. The others start from the basis they had (see `warm_start`), so the number
//! of pivots follows the change and not the size of the component. The canonical optimum and its uniqueness marks depend on the
//! instance alone, so the result equals that of a solve from scratch.

use super::components::{NONE, smallest_of_component};
use super::instance::{EngineError, Instance, Options, Solution};
use super::{Prepared, certify};

/// A solved instance, kept to solve a similar one.
///
/// ```
/// use florecon::mcf::{Instance, SolvedInstance, Options, solve};
/// let mut instance = Instance {
///     n_sources: 1,
///     supply: vec![10, -4, -9],
///     penalty: vec![100, 100, 100],
///     key: vec![1, 2, 3],
///     tail: vec![0, 0],
///     head: vec![1, 2],
///     cost: vec![5, 1],
/// };
/// let solution = solve(&instance, &Options::default()).unwrap();
/// let kept = SolvedInstance::new(instance.clone(), &solution);
/// instance.supply[0] = 12;
/// let again = kept.solve(&instance, &[0, 1, 2], &Options::default()).unwrap();
/// assert_eq!(again.flow, solve(&instance, &Options::default()).unwrap().flow);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SolvedInstance {
    n_sources: usize,
    supply: Vec<i64>,
    penalty: Vec<i64>,
    key: Vec<u64>,
    /// First arc of each source, and one more.
    start: Vec<u32>,
    head: Vec<u32>,
    cost: Vec<i64>,
    basis: Vec<u32>,
    /// Flow on the arc of the basis above each node.
    flow: Vec<i64>,
    potential: Vec<i64>,
    unique: Vec<bool>,
}

impl SolvedInstance {
    /// Keeps an instance and its solution: 12 bytes an arc, about 60 a node. One that cannot be used again (arcs not
    /// ascending by tail and head, or nodes without supply) is kept as an empty one.
    #[must_use]
    pub fn new(instance: Instance, solution: &Solution) -> Self {
        if instance.check() != Ok(true) || instance.supply.contains(&0) {
            return Self::default();
        }
        let start = starts(&instance);
        let flow = (0..instance.n_nodes())
            .map(|node| match basic_arc(&instance, &start, node, solution.basis[node]) {
                Some(arc) => solution.flow[arc],
                None => 0,
            })
            .collect();
        Self {
            n_sources: instance.n_sources,
            supply: instance.supply,
            penalty: instance.penalty,
            key: instance.key,
            start,
            head: instance.head,
            cost: instance.cost,
            basis: solution.basis.clone(),
            flow,
            potential: solution.potential.clone(),
            unique: solution.unique.clone(),
        }
    }

    /// Solves an instance; `before` names the node of the kept instance that each of its nodes was, `u32::MAX` for none.
    /// Nodes of a side must be named in ascending order.
    ///
    /// # Errors
    /// As [`solve`](super::solve).
    pub fn solve(&self, instance: &Instance, before: &[u32], options: &Options) -> Result<Solution, EngineError> {
        let ascending = instance.check()?;
        if !ascending || instance.supply.contains(&0) || before.len() != instance.n_nodes() {
            return super::solve(instance, options);
        }
        let again = Reoptimization {
            kept: self,
            instance,
            before,
            start: starts(instance),
            now: self.places_now(before),
        };
        let solution = again.solve()?;
        if options.certify || cfg!(debug_assertions) {
            certify(instance, &solution)?;
        }
        Ok(solution)
    }

    /// The node that each kept node is now.
    fn places_now(&self, before: &[u32]) -> Vec<u32> {
        let mut now = vec![NONE; self.supply.len()];
        for (node, &old) in before.iter().enumerate() {
            if let Some(place) = now.get_mut(old as usize) {
                *place = node as u32;
            }
        }
        now
    }

    fn arcs(&self, source: usize) -> std::ops::Range<usize> {
        self.start[source] as usize..self.start[source + 1] as usize
    }
}

/// First arc of each source, and one more.
fn starts(instance: &Instance) -> Vec<u32> {
    let mut start = vec![0; instance.n_sources + 1];
    for &tail in &instance.tail {
        start[tail as usize + 1] += 1;
    }
    for source in 0..instance.n_sources {
        start[source + 1] += start[source];
    }
    start
}

/// The arc between a node and its parent in a basis.
fn basic_arc(instance: &Instance, start: &[u32], node: usize, parent: u32) -> Option<usize> {
    if parent == NONE {
        return None;
    }
    let (tail, head) = if node < instance.n_sources {
        (node, parent)
    } else {
        (parent as usize, node as u32)
    };
    let from = start[tail] as usize;
    let arcs = &instance.head[from..start[tail + 1] as usize];
    arcs.binary_search(&head).ok().map(|at| from + at)
}

/// One solve with what is known from before.
struct Reoptimization<'a> {
    kept: &'a SolvedInstance,
    instance: &'a Instance,
    before: &'a [u32],
    start: Vec<u32>,
    now: Vec<u32>,
}

impl Reoptimization<'_> {
    fn solve(&self) -> Result<Solution, EngineError> {
        let changed = self.changed_components();
        let mut solution = self.unchanged(&changed);
        let nodes: Vec<u32> = (0u32..)
            .zip(&changed)
            .filter(|(_, changed)| **changed)
            .map(|(node, _)| node)
            .collect();
        if !nodes.is_empty() {
            self.solve_part(&nodes, &mut solution)?;
        }
        solution.objective = objective(self.instance, &solution).ok_or(EngineError::ObjectiveOverflow)?;
        Ok(solution)
    }

    /// Per node: its component is not what it was.
    fn changed_components(&self) -> Vec<bool> {
        let mut touched: Vec<bool> = (0..self.before.len()).map(|node| !self.is_same(node)).collect();
        // a sink that lost an arc; one that gained an arc stands beside a source that did
        for source in 0..self.kept.n_sources {
            let now = self.now[source];
            if now == NONE || touched[now as usize] {
                for &sink in &self.kept.head[self.kept.arcs(source)] {
                    if let Some(touched) = touched.get_mut(self.now[sink as usize] as usize) {
                        *touched = true;
                    }
                }
            }
        }
        let top = smallest_of_component(self.instance);
        let mut changed = vec![false; touched.len()];
        for (node, _) in touched.iter().enumerate().filter(|(_, touched)| **touched) {
            changed[top[node] as usize] = true;
        }
        for node in 0..changed.len() {
            changed[node] = changed[top[node] as usize];
        }
        changed
    }

    /// A node is what it was, and so are the arcs of a source.
    fn is_same(&self, node: usize) -> bool {
        let (kept, instance) = (self.kept, self.instance);
        let old = self.before[node] as usize;
        let is_source = node < instance.n_sources;
        if old >= kept.supply.len() || (old < kept.n_sources) != is_source {
            return false;
        }
        if (kept.supply[old], kept.penalty[old], kept.key[old])
            != (instance.supply[node], instance.penalty[node], instance.key[node])
        {
            return false;
        }
        if !is_source {
            return true;
        }
        let (was, is) = (kept.arcs(old), self.start[node] as usize..self.start[node + 1] as usize);
        kept.cost[was.clone()] == instance.cost[is.clone()]
            && kept.head[was]
                .iter()
                .zip(&instance.head[is])
                .all(|(&old, &new)| self.before[new as usize] == old)
    }

    /// The answer of the components that have not changed.
    fn unchanged(&self, changed: &[bool]) -> Solution {
        let (kept, instance, n) = (self.kept, self.instance, self.before.len());
        let mut solution = Solution {
            flow: vec![0; instance.n_arcs()],
            potential: vec![0; n],
            unique: vec![true; n],
            basis: vec![NONE; n],
            ..Solution::default()
        };
        for node in (0..n).filter(|&node| !changed[node]) {
            let old = self.before[node] as usize;
            let parent = self.parent(node);
            (solution.potential[node], solution.unique[node]) = (kept.potential[old], kept.unique[old]);
            solution.basis[node] = parent;
            if let Some(arc) = basic_arc(instance, &self.start, node, parent) {
                solution.flow[arc] = kept.flow[old];
            }
        }
        solution
    }

    /// The parent that a node had, if both are still there.
    fn parent(&self, node: usize) -> u32 {
        let old = self.before[node];
        match self.kept.basis.get(old as usize) {
            Some(&parent) if parent != NONE => self.now[parent as usize],
            _ => NONE,
        }
    }

    /// Solves the components of `nodes` by themselves, from the basis they had.
    fn solve_part(&self, nodes: &[u32], solution: &mut Solution) -> Result<(), EngineError> {
        let mut place = vec![NONE; self.before.len()];
        for (at, &node) in (0u32..).zip(nodes) {
            place[node as usize] = at;
        }
        let (part, arcs) = self.part(nodes, &place);
        let basis: Vec<u32> = nodes
            .iter()
            .map(|&node| match self.parent(node as usize) {
                NONE => NONE,
                parent => place[parent as usize],
            })
            .collect();
        let solved = Prepared::new(&part)?.solve_from(Some(&basis))?;
        for (&arc, &flow) in arcs.iter().zip(&solved.flow) {
            solution.flow[arc as usize] = flow;
        }
        for (at, &node) in nodes.iter().enumerate() {
            let node = node as usize;
            (solution.potential[node], solution.unique[node]) = (solved.potential[at], solved.unique[at]);
            solution.basis[node] = match solved.basis[at] {
                NONE => NONE,
                parent => nodes[parent as usize],
            };
        }
        solution.stats = solved.stats;
        Ok(())
    }

    /// The instance of some whole components, and which arcs it has; `place` says where each node is in it.
    fn part(&self, nodes: &[u32], place: &[u32]) -> (Instance, Vec<u32>) {
        let instance = self.instance;
        let pick = |values: &[i64]| nodes.iter().map(|&node| values[node as usize]).collect();
        let mut part = Instance {
            n_sources: nodes.partition_point(|&node| (node as usize) < instance.n_sources),
            supply: pick(&instance.supply),
            penalty: pick(&instance.penalty),
            key: nodes.iter().map(|&node| instance.key[node as usize]).collect(),
            ..Instance::default()
        };
        let mut arcs = Vec::new();
        for &source in &nodes[..part.n_sources] {
            let own = self.start[source as usize]..self.start[source as usize + 1];
            for arc in own {
                part.tail.push(place[source as usize]);
                part.head.push(place[instance.head[arc as usize] as usize]);
                part.cost.push(instance.cost[arc as usize]);
                arcs.push(arc);
            }
        }
        (part, arcs)
    }
}

/// Cost of a flow, `None` if it exceeds 128 bits.
fn objective(instance: &Instance, solution: &Solution) -> Option<i128> {
    let mut left: Vec<i64> = instance.supply.iter().map(|supply| supply.abs()).collect();
    let mut total = 0i128;
    for (arc, &flow) in solution.flow.iter().enumerate().filter(|(_, flow)| **flow != 0) {
        left[instance.tail[arc] as usize] -= flow;
        left[instance.head[arc] as usize] -= flow;
        total = total.checked_add(i128::from(flow) * i128::from(instance.cost[arc]))?;
    }
    left.iter()
        .zip(&instance.penalty)
        .try_fold(total, |total, (&left, &penalty)| {
            total.checked_add(i128::from(left) * i128::from(penalty))
        })
}
