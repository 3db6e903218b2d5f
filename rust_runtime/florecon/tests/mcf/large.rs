//! Large instances: pricing cache, long paths, wide potentials.

use super::support;
use florecon::mcf::{EngineError, Instance, MAX_COST, Options, Solution, SolvedInstance, certify, solve};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 1) as i64) % bound
    }
}

/// `side` sources, each with arcs to the `degree` sinks around it; costs up to `cost`, amounts up to `amount`.
fn window(side: usize, degree: usize, amount: i64, cost: i64) -> Instance {
    let mut random = Random(7);
    let mut instance = Instance {
        n_sources: side,
        ..Instance::default()
    };
    for node in 0..2 * side {
        let amount = 1 + random.below(amount);
        instance.supply.push(if node < side { amount } else { -amount });
        instance.penalty.push(2 * cost + random.below(cost));
        instance.key.push(node as u64);
    }
    for source in 0..side {
        let low = source.saturating_sub(degree / 2).min(side - degree);
        for sink in low..low + degree {
            instance.tail.push(source as u32);
            instance.head.push((side + sink) as u32);
            instance.cost.push(random.below(cost));
        }
    }
    instance
}

fn certified(instance: &Instance) -> Solution {
    let solution = solve(instance, &Options { certify: true }).unwrap();
    assert_eq!(certify(instance, &solution), Ok(()));
    solution
}

/// Nodes of each side and all arcs in the opposite order.
fn reversed(instance: &Instance) -> Instance {
    let (n, sources) = (instance.n_nodes(), instance.n_sources);
    let old: Vec<usize> = (0..sources).rev().chain((sources..n).rev()).collect();
    let new = |node: &u32| old.iter().position(|&o| o == *node as usize).unwrap() as u32;
    Instance {
        n_sources: sources,
        supply: old.iter().map(|&o| instance.supply[o]).collect(),
        penalty: old.iter().map(|&o| instance.penalty[o]).collect(),
        key: old.iter().map(|&o| instance.key[o]).collect(),
        tail: instance.tail.iter().rev().map(new).collect(),
        head: instance.head.iter().rev().map(new).collect(),
        cost: instance.cost.iter().rev().copied().collect(),
    }
}

fn check_both_ways(instance: &Instance) {
    let (one, other) = (certified(instance), certified(&reversed(instance)));
    assert_eq!(one.objective, other.objective);
    assert!(one.flow.iter().eq(other.flow.iter().rev()));
}

#[test]
fn solves_one_large_component() {
    check_both_ways(&window(700, 20, 100_000, 500));
}

#[test]
fn solves_one_large_component_full_of_ties() {
    check_both_ways(&window(700, 20, 3, 4));
}

#[test]
fn solves_a_dense_component_of_equal_amounts() {
    check_both_ways(&window(120, 120, 1, 100));
}

#[test]
fn solves_a_component_where_all_is_equal() {
    check_both_ways(&window(100, 100, 1, 1));
}

/// As many equal arcs as there are, amounts that balance node by node if `paired`.
fn all_tied(side: usize, amount: i64, paired: bool) -> Instance {
    let mut instance = window(side, 16, amount, 1);
    if paired {
        for node in 0..side {
            instance.supply[side + node] = -instance.supply[node];
        }
    }
    instance
}

#[test]
fn settles_many_ties_from_scratch_as_from_the_basis() {
    for (amount, paired) in [(1, true), (2, true), (3, false), (1000, true), (1000, false)] {
        let mut instance = all_tied(600, amount, paired);
        let cold = certified(&instance);
        let pivots = cold.stats.canonical_pivots;
        assert!(pivots > 600, "{pivots} pivots");
        instance.supply[7] += 1;
        let kept = SolvedInstance::new(instance.clone(), &certified(&instance));
        instance.supply[7] -= 1;
        let same: Vec<u32> = (0..1200).collect();
        let near = kept.solve(&instance, &same, &Options { certify: true }).unwrap();
        assert!(near.stats.canonical_pivots < pivots / 4, "the basis was not near");
        assert_eq!((&near.flow, &near.unique), (&cold.flow, &cold.unique));
        check_both_ways(&instance);
    }
}

/// A component of a few hundred nodes in which little but ties is to be found.
fn random_ties(random: &mut support::Random) -> Instance {
    let mut pick = |from: &[i64]| from[random.below(from.len() as u64) as usize];
    let (amount, cost, penalty) = (pick(&[1, 1, 2, 5, 1000]), pick(&[1, 1, 2, 4]), pick(&[1, 2, 4, 100]));
    let paired = pick(&[0, 1]) == 1;
    let spread = pick(&[8, 30, 400]);
    let (sources, degree) = (130 + random.below(200) as usize, 3 + random.below(40) as usize);
    let sinks = if paired {
        sources
    } else {
        sources - 20 + random.below(40) as usize
    };
    let mut instance = Instance {
        n_sources: sources,
        ..Instance::default()
    };
    for node in 0..sources + sinks {
        let amount = 1 + random.below(amount as u64) as i64;
        let amount = if node < sources { amount } else { -amount };
        let partner = node.checked_sub(sources).filter(|_| paired);
        instance
            .supply
            .push(partner.map_or(amount, |partner| -instance.supply[partner]));
        instance.penalty.push(penalty + random.below(2) as i64);
        instance.key.push(random.below(1 << 62));
    }
    for source in 0..sources {
        let near = |random: &mut support::Random| {
            let step = random.below(spread as u64) as i64 - spread / 2;
            (source as i64 + step).clamp(0, sinks as i64 - 1) as u32
        };
        let mut heads: Vec<u32> = (0..degree).map(|_| near(random)).collect();
        heads.push(source.min(sinks - 1) as u32);
        heads.sort_unstable();
        heads.dedup();
        for head in heads {
            instance.tail.push(source as u32);
            instance.head.push(sources as u32 + head);
            instance.cost.push(random.below(cost as u64) as i64);
        }
    }
    instance
}

/// So many seeds, or as many as `FLORECON_TIES` says.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("FLORECON_TIES").ok().and_then(|asked| asked.parse().ok());
    0..asked.unwrap_or(count)
}

/// The answer, after comparing it with one from the basis of an instance that differs in one amount.
fn check_from_a_basis(mut instance: Instance, random: &mut support::Random) -> Solution {
    let cold = certified(&instance);
    let touched = random.below(instance.n_sources as u64) as usize;
    let supply = instance.supply[touched];
    instance.supply[touched] = supply + 7;
    let kept = SolvedInstance::new(instance.clone(), &certified(&instance));
    instance.supply[touched] = supply;
    let same: Vec<u32> = (0..instance.n_nodes() as u32).collect();
    let near = kept.solve(&instance, &same, &Options { certify: true }).unwrap();
    assert_eq!((&near.flow, &near.unique), (&cold.flow, &cold.unique));
    cold
}

#[test]
fn settles_random_ties_from_scratch_as_from_the_basis() {
    for seed in seeds(25) {
        println!("seed {seed}");
        let mut random = support::Random(seed);
        let instance = random_ties(&mut random);
        check_both_ways(&instance);
        check_from_a_basis(instance, &mut random);
    }
}

/// Equal amounts, and arcs from every source to every sink: costs few or many, small or as large as an assignment takes,
/// penalties dear, cheap, or below zero.
fn random_assignment(random: &mut support::Random) -> Instance {
    let mut pick = |from: &[i64]| from[random.below(from.len() as u64) as usize];
    let (cost, low) = (pick(&[2, 5, 100, 1_000_000, 1 << 54]), pick(&[0, 0, -50, -(1 << 53)]));
    let penalty = pick(&[cost / 8, cost / 2, cost, 1 << 54]).max(1);
    let dearest = pick(&[0, 0, penalty, -penalty]);
    let amount = pick(&[1, 1000, i64::MAX / (1 << 20)]);
    let sinks = 8 + random.below(50);
    let sources = 1 + random.below(sinks);
    let nodes = (sources + sinks) as usize;
    let mut instance = Instance {
        n_sources: sources as usize,
        supply: vec![amount; nodes],
        penalty: (0..nodes)
            .map(|_| random.below(penalty as u64) as i64 / 2 + dearest)
            .collect(),
        key: (0..nodes).map(|_| random.below(1 << 62)).collect(),
        ..Instance::default()
    };
    instance.supply[sources as usize..]
        .iter_mut()
        .for_each(|supply| *supply = -amount);
    for (tail, head) in (0..sources).flat_map(|tail| (sources..sources + sinks).map(move |head| (tail, head))) {
        instance.tail.push(tail as u32);
        instance.head.push(head as u32);
        instance.cost.push(random.below(cost as u64) as i64 + low);
    }
    instance
}

#[test]
fn assigns_as_pivots_do() {
    let (mut assigned, mut count) = (0, 0);
    for seed in seeds(300) {
        println!("seed {seed}");
        let mut random = support::Random(seed);
        let instance = random_assignment(&mut random);
        check_both_ways(&instance);
        let cold = check_from_a_basis(instance, &mut random);
        assigned += u64::from(cold.stats.components == 1 && cold.stats.pivots == 0);
        count += 1;
    }
    assert!(assigned > count / 3, "{assigned} of {count} without a pivot");
}

/// So many sources have a sink of their own; the others would rather have any of these than one that is left, each more so
/// than the one asked before, so that each asks all owners before it gives in.
fn long_searches(owners: usize, others: usize) -> Instance {
    let side = owners + others;
    let mut instance = Instance {
        n_sources: side,
        supply: [vec![1; side], vec![-1; side]].concat(),
        penalty: vec![1_000_000; 2 * side],
        key: (0..2 * side as u64).collect(),
        ..Instance::default()
    };
    for (source, sink) in (0..side).flat_map(|source| (0..side).map(move |sink| (source, sink))) {
        instance.tail.push(source as u32);
        instance.head.push((side + sink) as u32);
        instance.cost.push(match source {
            _ if source >= owners && sink < owners => 0,
            _ if source >= owners => 10_000 * (1 + (source + 2 - owners) % others) as i64,
            _ if sink == source => 0,
            _ if sink == source + 1 => 1,
            _ => 900_000,
        });
    }
    instance
}

#[test]
fn leaves_searches_that_take_too_long_to_pivots() {
    let short = certified(&long_searches(60, 12));
    assert_eq!(short.stats.pivots, 0, "no search was long");
    let instance = long_searches(208, 52);
    assert!(certified(&instance).stats.pivots > 0, "every search was short");
    check_from_a_basis(instance, &mut support::Random(1));
}

#[test]
fn refuses_a_component_that_is_too_large() {
    let (sinks, nodes) = (4_000_000, 4_000_001);
    let mut supply = vec![-1; nodes];
    supply[0] = 1;
    let instance = Instance {
        n_sources: 1,
        supply,
        penalty: vec![1; nodes],
        key: vec![0; nodes],
        tail: vec![0; sinks],
        head: (1..nodes as u32).collect(),
        cost: vec![1; sinks],
    };
    let refused = EngineError::TooConnected { nodes };
    assert_eq!(solve(&instance, &Options::default()), Err(refused));
}

#[test]
fn widens_potentials_where_costs_are_huge() {
    check_both_ways(&window(500, 20, 1_000, MAX_COST / 4));
}

#[test]
fn uses_the_cheapest_and_first_of_parallel_arcs() {
    let instance = Instance {
        n_sources: 1,
        supply: vec![5, -5],
        penalty: vec![100, 100],
        key: vec![1, 2],
        tail: vec![0; 4],
        head: vec![1; 4],
        cost: vec![7, 3, 3, 5],
    };
    let solution = certified(&instance);
    assert_eq!(solution.flow, [0, 5, 0, 0]);
    assert_eq!(solution.unique, [true, true]);
}

#[test]
fn names_what_is_malformed() {
    let good = window(10, 4, 10, 10);
    let refused = |edit: fn(&mut Instance)| {
        let mut bad = good.clone();
        edit(&mut bad);
        solve(&bad, &Options::default()).unwrap_err()
    };
    assert!(matches!(
        refused(|i| i.key.truncate(3)),
        EngineError::Length {
            what: "key",
            got: 3,
            want: 20
        }
    ));
    assert!(matches!(
        refused(|i| i.supply[3] = -1),
        EngineError::Supply { node: 3, supply: -1 }
    ));
    assert!(matches!(
        refused(|i| i.supply[12] = i64::MIN),
        EngineError::Supply { node: 12, .. }
    ));
    assert!(matches!(
        refused(|i| i.head[5] = 2),
        EngineError::Endpoint { arc: 5, head: 2, .. }
    ));
    assert!(matches!(
        refused(|i| i.cost[6] = MAX_COST + 1),
        EngineError::Cost { .. }
    ));
    assert!(matches!(refused(|i| i.penalty[6] = i64::MIN), EngineError::Cost { .. }));
    assert!(matches!(refused(|i| i.n_sources = 21), EngineError::TooLarge { .. }));
}

/// Complete blocks of `degree` sources and sinks with one amount each, and costs of a few values: ties are everywhere.
fn block(pairs: usize, degree: usize) -> Instance {
    let mut random = Random(11);
    let mut instance = Instance {
        n_sources: pairs,
        supply: (0..2 * pairs)
            .map(|node| if node < pairs { 1_000 } else { -1_000 })
            .collect(),
        penalty: vec![1_000_000; 2 * pairs],
        key: (0..2 * pairs as u64).collect(),
        ..Instance::default()
    };
    for source in 0..pairs {
        for sink in 0..degree {
            instance.tail.push(source as u32);
            instance.head.push((pairs + source / degree * degree + sink) as u32);
            instance.cost.push(1 + random.below(4));
        }
    }
    instance
}

#[test]
fn solves_blocks_whatever_the_order() {
    let blocks = block(240, 24);
    check_both_ways(&blocks);
    let solution = certified(&blocks);
    assert_eq!(solution.stats.tied_components, 10);
    assert!(solution.stats.canonical_pivots > 0);
}

/// Solves an instance again after each of `turns` edits, from the solution before, and compares with a solve from scratch;
/// now and then also with that of the same instance in reverse order. Returns the pivots of both.
fn edited(mut instance: Instance, turns: usize, edit: impl Fn(&mut Instance, &mut Random)) -> [u64; 2] {
    let same: Vec<u32> = (0..instance.n_nodes() as u32).collect();
    let (mut random, mut pivots) = (Random(5), [0, 0]);
    let mut solution = certified(&instance);
    for turn in 0..turns {
        let kept = SolvedInstance::new(instance.clone(), &solution);
        edit(&mut instance, &mut random);
        solution = kept.solve(&instance, &same, &Options::default()).unwrap();
        let cold = solve(&instance, &Options::default()).unwrap();
        assert_eq!((&solution.flow, solution.objective), (&cold.flow, cold.objective));
        assert_eq!(solution.unique, cold.unique);
        pivots[0] += solution.stats.pivots;
        pivots[1] += cold.stats.pivots;
        if turn % 100 == 0 {
            let other = certified(&reversed(&instance));
            assert!(cold.flow.iter().eq(other.flow.iter().rev()));
        }
    }
    pivots
}

#[test]
fn stays_canonical_over_edits_of_blocks() {
    let [again, cold] = edited(block(48, 12), 1_000, |instance, random| {
        if random.below(4) > 0 {
            let node = random.below(96) as usize;
            let amount = 1_000 * (1 + random.below(2));
            instance.supply[node] = if node < 48 { amount } else { -amount };
        } else {
            let arc = random.below(instance.n_arcs() as i64) as usize;
            instance.cost[arc] = 1 + random.below(4);
        }
    });
    assert!(2 * again < cold, "{again} pivots, {cold} from scratch");
}

#[test]
fn stays_equal_to_cold_over_edits_where_ties_are_everywhere() {
    let [again, cold] = edited(window(60, 12, 4, 4), 1_000, |instance, random| {
        let node = random.below(120) as usize;
        let amount = 1 + random.below(4);
        instance.supply[node] = if node < 60 { amount } else { -amount };
    });
    assert!(2 * again < cold, "{again} pivots, {cold} from scratch");
}

/// The keys 3241358 and 4022416 weigh the same beside the source's 5 in the first round, and less for the second key in
/// the second; the lexicographic rule would take the first arc.
#[test]
fn asks_the_second_round_where_the_first_ties() {
    let mut instance = Instance {
        n_sources: 1,
        supply: vec![1, -1, -1],
        penalty: vec![9, 9, 9],
        key: vec![5, 3_241_358, 4_022_416],
        tail: vec![0, 0],
        head: vec![1, 2],
        cost: vec![1, 1],
    };
    let solution = certified(&instance);
    assert_eq!(solution.flow, [0, 1]);
    assert_eq!(solution.unique, [false; 3]);
    let kept = SolvedInstance::new(instance.clone(), &solution);
    let again = kept.solve(&instance, &[0, 1, 2], &Options::default()).unwrap();
    assert_eq!(again.flow, [0, 1]);
    instance.key.swap(1, 2);
    assert_eq!(certified(&instance).flow, [1, 0]);
}
