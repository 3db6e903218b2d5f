//! Reoptimised instances compared with solves from scratch.

use std::collections::BTreeMap;

use super::support::Random;
use florecon::mcf::{Instance, Options, Solution, SolvedInstance, solve};

/// A node by its name: whether it sends, what, and the price of leaving it.
#[derive(Clone, Copy)]
struct Node {
    is_source: bool,
    amount: i64,
    penalty: i64,
}

/// A ledger of nodes and arcs by name, so that one instance can be told from the next.
struct Model {
    nodes: BTreeMap<u32, Node>,
    arcs: BTreeMap<(u32, u32), i64>,
    random: Random,
    /// Amounts and costs are below this: small ones tie.
    range: u64,
}

impl Model {
    fn new(seed: u64, nodes: u32, range: u64) -> Self {
        let (nodes_named, arcs) = (BTreeMap::new(), BTreeMap::new());
        let mut model = Self {
            nodes: nodes_named,
            arcs,
            random: Random(seed),
            range,
        };
        (0..nodes).for_each(|name| model.add(name));
        model
    }

    fn number(&mut self) -> i64 {
        1 + self.random.below(self.range) as i64
    }

    fn add(&mut self, name: u32) {
        let node = Node {
            is_source: self.random.below(2) == 0,
            amount: self.number(),
            penalty: self.number(),
        };
        self.nodes.insert(name, node);
        let others: Vec<u32> = self.nodes.keys().copied().collect();
        for other in others {
            let ends = if node.is_source { (name, other) } else { (other, name) };
            if self.nodes[&other].is_source != node.is_source && self.random.below(4) == 0 {
                let cost = self.number() - 2;
                self.arcs.insert(ends, cost);
            }
        }
    }

    fn remove(&mut self, name: u32) {
        self.nodes.remove(&name);
        self.arcs.retain(|&(tail, head), _| tail != name && head != name);
    }

    fn edit(&mut self, fresh: u32) {
        let names: Vec<u32> = self.nodes.keys().copied().collect();
        let name = names[self.random.below(names.len() as u64) as usize];
        let value = self.number();
        match self.random.below(7) {
            0 => self.add(fresh),
            1 if names.len() > 4 => self.remove(name),
            2 => {
                let arcs: Vec<(u32, u32)> = self.arcs.keys().copied().collect();
                if let Some(arc) = arcs.get(self.random.below(arcs.len() as u64) as usize) {
                    self.arcs.remove(arc);
                }
            }
            3 => {
                let place = self.random.below(self.arcs.len() as u64) as usize;
                if let Some(cost) = self.arcs.values_mut().nth(place) {
                    *cost = value - 2;
                }
            }
            4 => self.nodes.get_mut(&name).unwrap().penalty = value,
            5 => {
                // another sign, and other partners
                self.remove(name);
                self.add(name);
            }
            _ => self.nodes.get_mut(&name).unwrap().amount = value,
        }
    }

    /// The instance at hand, and the name of each of its nodes.
    fn instance(&self) -> (Instance, Vec<u32>) {
        let side = |source: bool| self.nodes.iter().filter(move |(_, node)| node.is_source == source);
        let mut instance = Instance {
            n_sources: side(true).count(),
            ..Instance::default()
        };
        let mut names = Vec::new();
        for (&name, node) in side(true).chain(side(false)) {
            names.push(name);
            let sign = if node.is_source { 1 } else { -1 };
            instance.supply.push(sign * node.amount);
            instance.penalty.push(node.penalty);
            instance.key.push(u64::from(name));
        }
        let place = |name: u32| names.iter().position(|&other| other == name).unwrap() as u32;
        for (&(tail, head), &cost) in &self.arcs {
            instance.tail.push(place(tail));
            instance.head.push(place(head));
            instance.cost.push(cost);
        }
        (instance, names)
    }
}

fn same(again: &Solution, cold: &Solution) {
    assert_eq!(again.flow, cold.flow);
    assert_eq!(again.unique, cold.unique);
    assert_eq!(again.objective, cold.objective);
}

/// A chain of edited instances, each solved from the answer to the one before.
fn chain(seed: u64, nodes: u32, range: u64) {
    let mut model = Model::new(seed, nodes, range);
    let mut before: Option<(SolvedInstance, Vec<u32>, Vec<bool>)> = None;
    for step in 0..12 {
        let (instance, names) = model.instance();
        let cold = solve(&instance, &Options::default()).unwrap();
        let solution = match &before {
            None => cold.clone(),
            Some((kept, old_names, old_sides)) => {
                let old = |(node, name): (usize, &u32)| {
                    let place = old_names.iter().position(|old| old == name);
                    let place = place.filter(|&place| old_sides[place] == (node < instance.n_sources));
                    place.map_or(u32::MAX, |place| place as u32)
                };
                let map: Vec<u32> = names.iter().enumerate().map(old).collect();
                kept.solve(&instance, &map, &Options { certify: true }).unwrap()
            }
        };
        same(&solution, &cold);
        let sides = (0..names.len()).map(|node| node < instance.n_sources).collect();
        before = Some((SolvedInstance::new(instance, &solution), names, sides));
        for edit in 0..=model.random.below(3) as u32 {
            model.edit(1000 + 10 * step + edit);
        }
    }
}

#[test]
fn an_edited_instance_is_solved_to_the_canonical_optimum_of_a_fresh_one() {
    for seed in 0..150 {
        chain(seed, 3 + seed as u32 % 14, [2, 3, 9, 1000][seed as usize % 4]);
    }
}

#[test]
fn an_unchanged_instance_takes_no_pivot() {
    let (instance, names) = Model::new(7, 40, 1000).instance();
    let cold = solve(&instance, &Options::default()).unwrap();
    assert!(cold.stats.pivots > 0);
    let map: Vec<u32> = (0..names.len() as u32).collect();
    let again = SolvedInstance::new(instance.clone(), &cold)
        .solve(&instance, &map, &Options::default())
        .unwrap();
    same(&again, &cold);
    assert_eq!((again.stats.pivots, again.stats.components), (0, 0));
}

#[test]
fn a_small_change_in_a_large_component_takes_few_pivots() {
    let (mut instance, names) = Model::new(3, 300, 100_000).instance();
    let cold = solve(&instance, &Options::default()).unwrap();
    let kept = SolvedInstance::new(instance.clone(), &cold);
    instance.supply[0] += 5;
    let map: Vec<u32> = (0..names.len() as u32).collect();
    let again = kept.solve(&instance, &map, &Options::default()).unwrap();
    let fresh = solve(&instance, &Options::default()).unwrap();
    same(&again, &fresh);
    assert!(
        again.stats.pivots * 10 < fresh.stats.pivots,
        "{} of {} pivots",
        again.stats.pivots,
        fresh.stats.pivots
    );
}

#[test]
fn what_cannot_be_kept_is_solved_from_scratch() {
    let mut instance = Model::new(5, 9, 9).instance().0;
    instance.supply[0] = 0;
    let cold = solve(&instance, &Options::default()).unwrap();
    let kept = SolvedInstance::new(instance.clone(), &cold);
    let map: Vec<u32> = (0..instance.n_nodes() as u32).collect();
    same(&kept.solve(&instance, &map, &Options::default()).unwrap(), &cold);
}
