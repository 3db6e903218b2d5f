//! Solver compared with an independent solver, with enumeration, and under renaming.

use super::support::{Shape, instances, price, reference};
use florecon::mcf::{EngineError, Instance, MAX_COST, Options, Solution, certify, solve};
use proptest::prelude::*;

const SMALL: Shape = Shape {
    side: 5,
    amount: 12,
    cost: 9,
    penalty: 10,
    keys: 1 << 60,
};
const TIED: Shape = Shape {
    side: 4,
    amount: 2,
    cost: 2,
    penalty: 2,
    keys: 1 << 60,
};
const SAME_KEYS: Shape = Shape { keys: 2, ..TIED };
/// Up to 68 nodes, so that some components are too large for sets of bits.
const BORDER: Shape = Shape {
    side: 34,
    amount: 5,
    cost: 3,
    penalty: 4,
    keys: 1 << 60,
};
const HUGE: Shape = Shape {
    side: 4,
    amount: i64::MAX,
    cost: MAX_COST,
    penalty: MAX_COST,
    keys: 1 << 60,
};

fn certified(instance: &Instance) -> Solution {
    let solution = solve(instance, &Options { certify: true }).unwrap();
    certify(instance, &solution).unwrap();
    solution
}

/// Two instances with the same content, the second with nodes and arcs in another order; and where each arc went.
fn renamed(shape: Shape) -> impl Strategy<Value = (Instance, Instance, Vec<usize>)> {
    instances(shape).prop_flat_map(|mut instance| {
        for (node, key) in instance.key.iter_mut().enumerate() {
            *key = (*key << 4) | node as u64; // distinct, so that the weights decide
        }
        let (n, sources) = (instance.n_nodes(), instance.n_sources);
        let left = Just((0..sources).collect::<Vec<_>>()).prop_shuffle();
        let right = Just((sources..n).collect::<Vec<_>>()).prop_shuffle();
        let arcs = Just((0..instance.n_arcs()).collect::<Vec<_>>()).prop_shuffle();
        (left, right, arcs).prop_map(move |(left, right, arcs)| {
            let old: Vec<usize> = left.into_iter().chain(right).collect();
            let new = |node: u32| old.iter().position(|&o| o == node as usize).unwrap() as u32;
            let other = Instance {
                n_sources: instance.n_sources,
                supply: old.iter().map(|&o| instance.supply[o]).collect(),
                penalty: old.iter().map(|&o| instance.penalty[o]).collect(),
                key: old.iter().map(|&o| instance.key[o]).collect(),
                tail: arcs.iter().map(|&arc| new(instance.tail[arc])).collect(),
                head: arcs.iter().map(|&arc| new(instance.head[arc])).collect(),
                cost: arcs.iter().map(|&arc| instance.cost[arc]).collect(),
            };
            (instance.clone(), other, arcs)
        })
    })
}

/// The instance beside a pair of the largest cost, which asks for duals of 128 bits: those the general simplex handles.
fn in_128_bits(instance: &Instance) -> Instance {
    let (n, sources) = (instance.n_nodes() as u32, instance.n_sources);
    let moved = |node: &u32| node + u32::from(*node >= sources as u32);
    let mut wide = Instance {
        n_sources: sources + 1,
        tail: instance.tail.clone(),
        head: instance.head.iter().map(moved).collect(),
        ..instance.clone()
    };
    for (values, value) in [(&mut wide.supply, 1), (&mut wide.penalty, MAX_COST)] {
        values.insert(sources, value);
        values.push(value);
    }
    wide.supply[n as usize + 1] = -1;
    wide.key.insert(sources, 1);
    wide.key.push(2);
    wide.tail.push(sources as u32);
    wide.head.push(n + 1);
    wide.cost.push(MAX_COST);
    wide
}

/// All flows of least cost, by trying every amount on every arc.
fn optima(instance: &Instance) -> Vec<Vec<i64>> {
    fn extend(instance: &Instance, left: &mut [i64], flow: &mut Vec<i64>, best: &mut (i128, Vec<Vec<i64>>)) {
        let arc = flow.len();
        if arc == instance.n_arcs() {
            let price = price(instance, flow);
            if price < best.0 {
                *best = (price, Vec::new());
            }
            if price == best.0 {
                best.1.push(flow.clone());
            }
            return;
        }
        let (tail, head) = (instance.tail[arc] as usize, instance.head[arc] as usize);
        for amount in 0..=left[tail].min(left[head]) {
            left[tail] -= amount;
            left[head] -= amount;
            flow.push(amount);
            extend(instance, left, flow, best);
            flow.pop();
            left[tail] += amount;
            left[head] += amount;
        }
    }
    let mut left: Vec<i64> = instance.supply.iter().map(|s| s.abs()).collect();
    let mut best = (i128::MAX, Vec::new());
    extend(instance, &mut left, &mut Vec::new(), &mut best);
    best.1
}

/// Per node: no optimum changes an arc at a node of its component of positive flow.
fn unique_by_enumeration(instance: &Instance, flow: &[i64]) -> Vec<bool> {
    let n = instance.n_nodes();
    let mut group: Vec<usize> = (0..n).collect();
    for _ in 0..n {
        for (arc, _) in flow.iter().enumerate().filter(|(_, flow)| **flow > 0) {
            let (tail, head) = (instance.tail[arc] as usize, instance.head[arc] as usize);
            let low = group[tail].min(group[head]);
            (group[tail], group[head]) = (low, low);
        }
    }
    let mut unique = vec![true; n];
    for other in optima(instance) {
        for arc in (0..flow.len()).filter(|&arc| other[arc] != flow[arc]) {
            unique[group[instance.tail[arc] as usize]] = false;
            unique[group[instance.head[arc] as usize]] = false;
        }
    }
    (0..n).map(|node| unique[group[node]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn agrees_with_shortest_paths(instance in instances(SMALL)) {
        let solution = certified(&instance);
        let expected = reference(&instance);
        prop_assert_eq!(solution.objective, price(&instance, &expected));
        prop_assert_eq!(solution.flow, expected);
    }

    #[test]
    fn agrees_where_ties_are_everywhere(instance in instances(TIED)) {
        prop_assert_eq!(certified(&instance).flow, reference(&instance));
    }

    #[test]
    fn falls_back_to_the_largest_flow_when_weights_tie(instance in instances(SAME_KEYS)) {
        prop_assert_eq!(certified(&instance).flow, reference(&instance));
    }

    #[test]
    fn small_components_agree_with_the_general_simplex(
        instance in prop_oneof![4 => instances(SMALL), 4 => instances(TIED), 1 => instances(BORDER)],
    ) {
        let (narrow, mut wide) = (certified(&instance), certified(&in_128_bits(&instance)));
        prop_assert_eq!(wide.flow.pop(), Some(1));
        prop_assert_eq!(&narrow.flow, &wide.flow);
        prop_assert!(wide.unique.remove(instance.n_sources) && wide.unique.pop() == Some(true));
        prop_assert_eq!(narrow.unique, wide.unique);
    }

    #[test]
    fn marks_what_enumeration_proves_unique(instance in instances(Shape { side: 3, ..TIED })) {
        let solution = certified(&instance);
        let expected = unique_by_enumeration(&instance, &solution.flow);
        prop_assert_eq!(solution.unique, expected);
    }

    #[test]
    fn is_exact_or_refuses_at_the_edge_of_the_range(instance in instances(HUGE)) {
        match solve(&instance, &Options { certify: true }) {
            Ok(solution) => prop_assert_eq!(certify(&instance, &solution), Ok(())),
            Err(error) => prop_assert_eq!(error, EngineError::ObjectiveOverflow),
        }
    }

    #[test]
    fn does_not_depend_on_the_order_of_nodes_and_arcs((one, other, arcs) in renamed(TIED)) {
        let (one, other) = (certified(&one), certified(&other));
        prop_assert_eq!(one.objective, other.objective);
        for (new, &old) in arcs.iter().enumerate() {
            prop_assert_eq!(one.flow[old], other.flow[new]);
        }
    }
}
