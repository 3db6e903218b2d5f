//! Optimality certificate: primal and dual feasibility and complementary slackness, checked by code that shares nothing with
//! the solver.

use super::instance::{Instance, Solution};

/// The first thing found wrong with a solution.
///
/// ```
/// # use florecon::mcf::Instance;
/// # let (supply, penalty, key) = (vec![10, -10], vec![50, 50], vec![1, 2]);
/// # let (tail, head, cost) = (vec![0], vec![1], vec![9]);
/// # let instance = Instance { n_sources: 1, supply, penalty, key, tail, head, cost };
/// use florecon::mcf::{Options, Violation, certify, solve};
/// let mut solution = solve(&instance, &Options::default()).unwrap();
/// solution.flow[0] = -1;
/// assert_eq!(certify(&instance, &solution), Err(Violation::NegativeFlow { arc: 0, flow: -1 }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// `flow`, `potential` or `unique` does not fit the instance.
    #[error("the solution has arrays of another size than the instance")]
    Length,
    /// An arc carries less than nothing.
    #[error("arc {arc} carries the negative flow {flow}")]
    NegativeFlow {
        /// The arc.
        arc: usize,
        /// Its flow.
        flow: i64,
    },
    /// More flow passes a node than it supplies or takes.
    #[error("node {node} moves {moved}, more than its amount")]
    Overdrawn {
        /// The node.
        node: usize,
        /// The flow through it.
        moved: i128,
    },
    /// A negative reduced cost: sending more along the arc would be cheaper.
    #[error("arc {arc} has the negative reduced cost {reduced}")]
    DualInfeasible {
        /// The arc.
        arc: usize,
        /// Its reduced cost.
        reduced: i128,
    },
    /// An arc carries flow at a positive reduced cost.
    #[error("arc {arc} carries flow at the reduced cost {reduced}")]
    Slackness {
        /// The arc.
        arc: usize,
        /// Its reduced cost.
        reduced: i128,
    },
    /// A dual beyond the node's penalty: leaving more of the node unmatched would be cheaper.
    #[error("node {node} has a dual {reduced} beyond its penalty")]
    PenaltyDual {
        /// The node.
        node: usize,
        /// The reduced cost of leaving a unit unmatched.
        reduced: i128,
    },
    /// A node is partly unmatched although its dual says that this costs too much.
    #[error("node {node} leaves {unmatched} unmatched at the reduced cost {reduced}")]
    PenaltySlackness {
        /// The node.
        node: usize,
        /// Its unmatched supply.
        unmatched: i128,
        /// The reduced cost of leaving a unit unmatched.
        reduced: i128,
    },
    /// The objective is not the one of the flow, or not the one of the duals.
    #[error("the objective is {stated}, the flow costs {primal}, the duals prove {dual}")]
    Objective {
        /// The objective of the solution.
        stated: i128,
        /// The cost of the flow.
        primal: i128,
        /// The lower bound of the duals.
        dual: i128,
    },
}

/// Proves that a solution is feasible and optimal, or names the first violation.
///
/// Checked are conservation and bounds at every node, the sign of every reduced cost, complementary slackness on arcs
/// and penalties, and that the stated objective equals both the cost of the flow and the value of the duals. The time
/// is linear in nodes and arcs.
///
/// # Errors
/// The [`Violation`] found first.
///
/// ```
/// use florecon::mcf::{Instance, Options, certify, solve};
/// let instance = Instance {
///     n_sources: 1,
///     supply: vec![3, -3],
///     penalty: vec![9, 9],
///     key: vec![0, 1],
///     tail: vec![0],
///     head: vec![1],
///     cost: vec![2],
/// };
/// let mut solution = solve(&instance, &Options::default()).unwrap();
/// assert!(certify(&instance, &solution).is_ok());
/// solution.flow[0] = 2;
/// assert!(certify(&instance, &solution).is_err());
/// ```
pub fn certify(instance: &Instance, solution: &Solution) -> Result<(), Violation> {
    let (n, m) = (instance.n_nodes(), instance.n_arcs());
    if solution.potential.len() != n || solution.unique.len() != n || solution.flow.len() != m {
        return Err(Violation::Length);
    }
    let mut moved = vec![0i128; n];
    let arcs = check_arcs(instance, solution, &mut moved)?;
    let (nodes, dual) = check_nodes(instance, solution, &moved)?;
    let (stated, primal) = (solution.objective, arcs.wrapping_add(nodes));
    if stated == primal && primal == dual {
        Ok(())
    } else {
        Err(Violation::Objective { stated, primal, dual })
    }
}

/// Every arc by itself; adds the flow to both ends and returns its cost.
///
/// The sums of money here are taken modulo 2^128 (each product fits): the solver has refused objectives that do not
/// fit, and numbers that fit are equal when they are equal modulo 2^128.
fn check_arcs(instance: &Instance, solution: &Solution, moved: &mut [i128]) -> Result<i128, Violation> {
    let mut total = 0i128;
    for (arc, &flow) in solution.flow.iter().enumerate() {
        let (tail, head) = (instance.tail[arc] as usize, instance.head[arc] as usize);
        let cost = i128::from(instance.cost[arc]);
        let reduced = cost + i128::from(solution.potential[tail]) - i128::from(solution.potential[head]);
        if flow < 0 {
            return Err(Violation::NegativeFlow { arc, flow });
        }
        if reduced < 0 {
            return Err(Violation::DualInfeasible { arc, reduced });
        }
        if flow > 0 {
            if reduced > 0 {
                return Err(Violation::Slackness { arc, reduced });
            }
            moved[tail] += i128::from(flow);
            moved[head] += i128::from(flow);
            total = total.wrapping_add(cost * i128::from(flow));
        }
    }
    Ok(total)
}

/// Every node by itself; returns the price of what is unmatched and the value of the duals.
fn check_nodes(instance: &Instance, solution: &Solution, moved: &[i128]) -> Result<(i128, i128), Violation> {
    let (mut total, mut dual) = (0i128, 0i128);
    for (node, &moved) in moved.iter().enumerate() {
        let amount = i128::from(instance.supply[node]).abs();
        let potential = i128::from(solution.potential[node]);
        let value = if node < instance.n_sources {
            -potential
        } else {
            potential
        };
        let (unmatched, penalty) = (amount - moved, i128::from(instance.penalty[node]));
        let reduced = penalty - value;
        if unmatched < 0 {
            return Err(Violation::Overdrawn { node, moved });
        }
        if reduced < 0 {
            return Err(Violation::PenaltyDual { node, reduced });
        }
        if unmatched > 0 && reduced > 0 {
            return Err(Violation::PenaltySlackness {
                node,
                unmatched,
                reduced,
            });
        }
        total = total.wrapping_add(unmatched * penalty);
        dual = dual.wrapping_add(amount * value);
    }
    Ok((total, dual))
}
