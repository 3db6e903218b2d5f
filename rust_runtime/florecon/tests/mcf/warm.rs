//! Edited networks compared with solves from scratch.

use super::support::{Shape, instances};
use florecon::mcf::{EngineError, Instance, MAX_COST, Options, Side, Warm, solve};
use proptest::prelude::*;

/// A plain copy of what a `Warm` should hold: nodes and arcs by name.
#[derive(Default)]
struct Model {
    nodes: Vec<Option<(Side, i64, i64, u64)>>,
    arcs: Vec<Option<(u32, u32, i64)>>,
}

fn put<T>(list: &mut Vec<Option<T>>, name: u32, value: T) {
    let name = name as usize;
    while list.len() <= name {
        list.push(None);
    }
    assert!(
        list[name].is_none(),
        "the name of something present was given out again"
    );
    list[name] = Some(value);
}

impl Model {
    fn new(instance: &Instance) -> Self {
        let side = |node| {
            if node < instance.n_sources {
                Side::Source
            } else {
                Side::Sink
            }
        };
        let node = |i: usize| Some((side(i), instance.supply[i].abs(), instance.penalty[i], instance.key[i]));
        let arc = |i: usize| Some((instance.tail[i], instance.head[i], instance.cost[i]));
        Self {
            nodes: (0..instance.n_nodes()).map(node).collect(),
            arcs: (0..instance.n_arcs()).map(arc).collect(),
        }
    }

    fn named(&self, side: Side) -> Vec<u32> {
        let present = |node: &Option<(Side, i64, i64, u64)>| node.is_some_and(|node| node.0 == side);
        (0u32..)
            .zip(&self.nodes)
            .filter(|(_, node)| present(node))
            .map(|(name, _)| name)
            .collect()
    }

    /// The instance at hand and the names of its arcs.
    fn instance(&self) -> (Instance, Vec<u32>) {
        let sources = self.named(Side::Source);
        let mut instance = Instance {
            n_sources: sources.len(),
            ..Instance::default()
        };
        let mut index = vec![u32::MAX; self.nodes.len()];
        for (i, name) in (0u32..).zip(sources.into_iter().chain(self.named(Side::Sink))) {
            let (side, amount, penalty, key) = self.nodes[name as usize].unwrap();
            index[name as usize] = i;
            instance
                .supply
                .push(if side == Side::Source { amount } else { -amount });
            instance.penalty.push(penalty);
            instance.key.push(key);
        }
        let mut names = Vec::new();
        for (name, arc) in (0u32..).zip(&self.arcs) {
            if let Some((tail, head, cost)) = *arc {
                instance.tail.push(index[tail as usize]);
                instance.head.push(index[head as usize]);
                instance.cost.push(cost);
                names.push(name);
            }
        }
        (instance, names)
    }

    fn compare(&self, warm: &Warm) {
        let (instance, names) = self.instance();
        let cold = solve(&instance, &Options { certify: true }).unwrap();
        let flow: Vec<i64> = names.iter().map(|&name| warm.flow(name)).collect();
        assert_eq!(flow, cold.flow);
        assert_eq!(warm.objective(), Some(cold.objective));
    }
}

/// One edit; numbers choose among what is present.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Supply(usize, i64),
    RemoveArc(usize),
    RemoveNode(usize),
    AddNode(bool, i64, u64),
    AddArc(usize, usize, i64),
}

fn edits(shape: Shape) -> impl Strategy<Value = Vec<Edit>> {
    let choice = 0..1_000_usize;
    let edit = prop_oneof![
        3 => (choice.clone(), 0..=shape.amount).prop_map(|(node, amount)| Edit::Supply(node, amount)),
        2 => choice.clone().prop_map(Edit::RemoveArc),
        1 => choice.clone().prop_map(Edit::RemoveNode),
        1 => (any::<bool>(), 0..=shape.penalty, 0..shape.keys).prop_map(|(side, p, k)| Edit::AddNode(side, p, k)),
        4 => (choice.clone(), choice, -shape.cost / 4..=shape.cost).prop_map(|(tail, head, cost)| Edit::AddArc(tail, head, cost)),
    ];
    prop::collection::vec(edit, 1..24)
}

fn pick(from: &[u32], choice: usize) -> Option<u32> {
    from.get(choice % from.len().max(1)).copied()
}

fn apply(edit: Edit, warm: &mut Warm, model: &mut Model) -> Option<()> {
    let all: Vec<u32> = (0u32..)
        .zip(&model.nodes)
        .filter(|(_, node)| node.is_some())
        .map(|(name, _)| name)
        .collect();
    match edit {
        Edit::Supply(node, amount) => {
            let node = pick(&all, node)?;
            warm.set_supply(node, amount).unwrap();
            model.nodes[node as usize].as_mut()?.1 = amount;
        }
        Edit::RemoveArc(arc) => {
            let (_, names) = model.instance();
            let arc = pick(&names, arc)?;
            warm.remove_arc(arc).unwrap();
            model.arcs[arc as usize] = None;
        }
        Edit::RemoveNode(node) => {
            let node = pick(&all, node)?;
            warm.remove_node(node).unwrap();
            model.nodes[node as usize] = None;
            let gone = |arc: &(u32, u32, i64)| arc.0 == node || arc.1 == node;
            model
                .arcs
                .iter_mut()
                .filter(|arc| arc.as_ref().is_some_and(gone))
                .for_each(|arc| *arc = None);
        }
        Edit::AddNode(source, penalty, key) => {
            let side = if source { Side::Source } else { Side::Sink };
            put(
                &mut model.nodes,
                warm.add_node(side, penalty, key).unwrap(),
                (side, 0, penalty, key),
            );
        }
        Edit::AddArc(tail, head, cost) => {
            let (tail, head) = (
                pick(&model.named(Side::Source), tail)?,
                pick(&model.named(Side::Sink), head)?,
            );
            // Parallel arcs are the cold solver's business: their canonical rule is about the first of the instance.
            if !model.arcs.iter().flatten().any(|arc| (arc.0, arc.1) == (tail, head)) {
                put(
                    &mut model.arcs,
                    warm.add_arc(tail, head, cost).unwrap(),
                    (tail, head, cost),
                );
            }
        }
    }
    Some(())
}

fn replay(instance: &Instance, edits: Vec<Edit>) {
    let mut warm = Warm::new(instance).unwrap();
    let mut model = Model::new(instance);
    model.compare(&warm);
    for edit in edits {
        let _ = apply(edit, &mut warm, &mut model);
        model.compare(&warm);
    }
}

const MIXED: Shape = Shape {
    side: 6,
    amount: 30,
    cost: 12,
    penalty: 12,
    keys: u64::MAX,
};
const TIED: Shape = Shape {
    side: 6,
    amount: 2,
    cost: 2,
    penalty: 3,
    keys: u64::MAX,
};
const SAME_KEYS: Shape = Shape { keys: 2, ..TIED };
const HUGE: Shape = Shape {
    side: 4,
    amount: i64::MAX / 4,
    cost: 9,
    penalty: 9,
    keys: u64::MAX,
};
const DEAR: Shape = Shape {
    side: 4,
    amount: 9,
    cost: MAX_COST,
    penalty: MAX_COST,
    keys: u64::MAX,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn equals_cold(instance in instances(MIXED), edits in edits(MIXED)) {
        replay(&instance, edits);
    }

    #[test]
    fn equals_cold_where_ties_are_everywhere(instance in instances(TIED), edits in edits(TIED)) {
        replay(&instance, edits);
    }

    #[test]
    fn equals_cold_where_weights_tie(instance in instances(SAME_KEYS), edits in edits(SAME_KEYS)) {
        replay(&instance, edits);
    }

    #[test]
    fn equals_cold_where_amounts_are_huge(instance in instances(HUGE), edits in edits(HUGE)) {
        replay(&instance, edits);
    }

    #[test]
    fn equals_cold_where_costs_are_huge(instance in instances(DEAR), edits in edits(DEAR)) {
        replay(&instance, edits);
    }
}

#[test]
fn refuses_what_is_not_there() {
    let mut warm = Warm::new(&Instance::default()).unwrap();
    assert_eq!(
        warm.set_supply(0, 1),
        Err(EngineError::Unknown { what: "node", name: 0 })
    );
    assert_eq!(
        warm.remove_node(u32::MAX),
        Err(EngineError::Unknown {
            what: "node",
            name: u32::MAX
        })
    );
    assert_eq!(warm.remove_arc(7), Err(EngineError::Unknown { what: "arc", name: 7 }));
    let source = warm.add_node(Side::Source, 1, 1).unwrap();
    assert!(matches!(
        warm.add_arc(source, source, 1),
        Err(EngineError::Endpoint { .. })
    ));
    assert!(matches!(warm.set_supply(source, -1), Err(EngineError::Supply { .. })));
    assert!(matches!(
        warm.add_node(Side::Sink, i64::MAX, 1),
        Err(EngineError::Cost { .. })
    ));
}
