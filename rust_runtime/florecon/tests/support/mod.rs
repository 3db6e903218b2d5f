//! Shared fixtures of the algebra and workspace tests: a row with all lanes, plans as data, report invariants.

use std::collections::BTreeMap;

use florecon::prelude::*;
use florecon::report::ReportView;
use proptest::prelude::*;

/// A row with everything a node can ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub key: Option<i64>,
    pub day: i64,
    pub tokens: Vec<i64>,
    pub alt: Option<i64>,
    pub amount: i64,
}

/// Rows by id.
pub type Lines = BTreeMap<i64, Line>;

/// Amounts that meet often, and amounts at the edge of the range.
fn amounts() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => -6_i64..=6,
        2 => -1000_i64..=1000,
        1 => prop_oneof![Just(i64::MAX), Just(-i64::MAX), Just(i64::MAX / 2), Just(-i64::MAX / 2 - 1)],
    ]
}

fn line(amount: impl Strategy<Value = i64>) -> impl Strategy<Value = Line> {
    let key = prop_oneof![1 => Just(None), 5 => (0_i64..3).prop_map(Some)];
    let alt = prop_oneof![1 => Just(None), 5 => (-40_i64..=40).prop_map(Some)];
    let tokens = prop::collection::vec(0_i64..5, 0..3);
    (key, 0_i64..12, tokens, alt, amount).prop_map(|(key, day, tokens, alt, amount)| Line {
        key,
        day,
        tokens,
        alt,
        amount,
    })
}

/// Up to 24 rows, amounts up to the edge of `i64`.
pub fn lines() -> impl Strategy<Value = Lines> {
    prop::collection::btree_map(-50_i64..50, line(amounts()), 0..24)
}

/// Up to 24 rows of small amounts, whose sums always fit.
pub fn small_lines() -> impl Strategy<Value = Lines> {
    prop::collection::btree_map(-50_i64..50, line(-9_i64..=9), 0..24)
}

/// A row of a small amount.
pub fn small_line() -> impl Strategy<Value = Line> {
    line(-9_i64..=9)
}

/// A plan as data: can be shown, shrunk, and built as often as needed.
#[derive(Debug, Clone)]
pub enum Shape {
    Identity,
    Exact,
    AggNet(i64),
    Signal(i64),
    References(i64, usize),
    RunningZero(i64),
    Subset(i64),
    SubsetAccepting(i64),
    AnchoredSubset(i64, Option<usize>),
    Flow,
    FlowByToken,
    SoakAll,
    SoakByKey,
    SoakSmall(i64),
    SoakIf,
    Seq(Vec<Shape>),
    Partition(Box<Shape>),
    Table(Box<Shape>, Box<Shape>),
    With(i64),
    When(Box<Shape>),
    Windowed(i64, Box<Shape>),
    Pivot(Box<Shape>),
    FixedPoint(Box<Shape>),
    Labeled(Box<Shape>),
    AcceptIf(Box<Shape>),
    Coalesce(Box<Shape>),
    Trim(i64, Box<Shape>),
    Snap(i64, Box<Shape>),
    WholeOnly(Box<Shape>),
    BestOf(u8, Vec<Shape>),
    Reclaim(i64, Box<Shape>),
}

type Lot<'a> = Item<'a, Line>;

fn key(i: Lot) -> Option<i64> {
    i.row.key
}

fn day(i: Lot) -> i64 {
    i.row.day
}

fn arbiter() -> Flow<Line> {
    let cost = |a: Lot, b: Lot| Some(0.5 + (a.row.day - b.row.day).abs() as f64);
    Flow::new(constant(3.0), cost)
}

impl Shape {
    /// The plan of this shape.
    pub fn plan(&self) -> Plan<Line> {
        match self {
            Self::Identity => identity(),
            Self::Exact => exact_1to1(key, day),
            Self::AggNet(slack) => agg_net(key, abs_tol(*slack)),
            Self::Signal(slack) => signal_group(|i: Lot| i.row.tokens.clone(), abs_tol(*slack), 6),
            Self::References(slack, cap) => reference_net(|i: Lot| i.row.tokens.clone(), abs_tol(*slack), *cap),
            Self::RunningZero(slack) => running_zero(day, rel_tol(500, *slack), key),
            Self::Subset(slack) => subset_net(key, abs_tol(*slack), 4, 2_000),
            Self::SubsetAccepting(slack) => {
                let accept = |g: &Group<Line>| g.distinct(|i| i.row.key).map(|n| n != 1);
                subset_net_accepting(one_bucket, abs_tol(*slack), 3, 200, accept)
            }
            Self::AnchoredSubset(slack, max_left_out) => {
                let anchor = |i: Lot| i.row.day % 3 == 0;
                anchored_subset(key, anchor, abs_tol(*slack), closest(None, *max_left_out), 20_000)
            }
            Self::Flow => flow(arbiter().window(day, 3)),
            Self::FlowByToken => flow(
                arbiter()
                    .match_on(|i: Lot| i.row.tokens.clone())
                    .match_on(key)
                    .bucket_cap(8),
            ),
            Self::SoakAll => soak_all("rest", singleton()),
            Self::SoakByKey => soak_all("rest", bucket(key, |key: &i64| key.to_string())),
            Self::SoakSmall(slack) => soak_small(abs_tol(*slack), "small", singleton()),
            Self::SoakIf => soak_if(|i: Lot| i.row.day % 2 == 0, "even", singleton()),
            Self::With(slack) => {
                let slack = *slack;
                partition_by_with(key, move |key: &i64| agg_net(one_bucket, abs_tol(slack + key)))
            }
            Self::BestOf(score, strategies) => {
                let score = [matched_value, matched_items, fewest_groups][usize::from(*score)]();
                best_of(score, strategies.iter().map(Self::plan).collect())
            }
            Self::Seq(steps) => seq(steps.iter().map(Self::plan).collect()),
            Self::Table(one, other) => partition_by_table(key, vec![(1, one.plan())], other.plan()),
            _ => self.combinator(),
        }
    }

    fn combinator(&self) -> Plan<Line> {
        match self {
            Self::Partition(inner) => partition_by(key, inner.plan()),
            Self::When(inner) => when(|i: Lot| i.row.day < 6, inner.plan()),
            Self::Windowed(width, inner) => windowed(day, *width, inner.plan()),
            Self::Pivot(inner) => pivot(|i: Lot| i.row.alt, inner.plan()),
            Self::FixedPoint(inner) => fixed_point(3, inner.plan()),
            Self::Labeled(inner) => labeled("tag", inner.plan()),
            Self::AcceptIf(inner) => accept_if(
                |g: &Group<Line>| g.distinct(|i| i.row.key).map(|n| n != 1),
                inner.plan(),
            ),
            Self::Coalesce(inner) => coalesce("cluster", inner.plan()),
            Self::Trim(slack, inner) => trim(abs_tol(*slack), inner.plan()),
            Self::Snap(slack, inner) => snap(rel_max_tol(2_000, *slack), inner.plan()),
            Self::WholeOnly(inner) => whole_only(inner.plan()),
            Self::Reclaim(slack, inner) => reclaim(rel_side_tol(1_500, *slack), inner.plan()),
            _ => identity(),
        }
    }
}

/// Every leaf.
pub fn leaves() -> impl Strategy<Value = Shape> {
    let slack = || 0_i64..4;
    prop_oneof![
        Just(Shape::Identity),
        Just(Shape::Exact),
        slack().prop_map(Shape::AggNet),
        slack().prop_map(Shape::Signal),
        (slack(), 2..9_usize).prop_map(|(slack, cap)| Shape::References(slack, cap)),
        slack().prop_map(Shape::RunningZero),
        (slack(), prop::option::of(0..3_usize)).prop_map(|(slack, most)| Shape::AnchoredSubset(slack, most)),
        slack().prop_map(Shape::Subset),
        slack().prop_map(Shape::SubsetAccepting),
        Just(Shape::Flow),
        Just(Shape::FlowByToken),
        Just(Shape::SoakAll),
        Just(Shape::SoakByKey),
        slack().prop_map(Shape::SoakSmall),
        Just(Shape::SoakIf),
        slack().prop_map(Shape::With),
    ]
}

/// Trees of up to four levels.
pub fn shapes() -> impl Strategy<Value = Shape> {
    leaves().prop_recursive(4, 16, 3, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        let slack = || 0_i64..4;
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::Seq),
            1 => one().prop_map(Shape::Partition),
            1 => (one(), one()).prop_map(|(a, b)| Shape::Table(a, b)),
            1 => one().prop_map(Shape::When),
            1 => (1_i64..5, one()).prop_map(|(width, inner)| Shape::Windowed(width, inner)),
            2 => one().prop_map(Shape::Pivot),
            1 => one().prop_map(Shape::FixedPoint),
            1 => one().prop_map(Shape::Labeled),
            1 => one().prop_map(Shape::AcceptIf),
            2 => one().prop_map(Shape::Coalesce),
            2 => (slack(), one()).prop_map(|(slack, inner)| Shape::Trim(slack, inner)),
            2 => (slack(), one()).prop_map(|(slack, inner)| Shape::Snap(slack, inner)),
            1 => one().prop_map(Shape::WholeOnly),
            3 => (0..3_u8, prop::collection::vec(inner.clone(), 2..4))
                .prop_map(|(score, strategies)| Shape::BestOf(score, strategies)),
            2 => (slack(), one()).prop_map(|(slack, inner)| Shape::Reclaim(slack, inner)),
        ]
    })
}

/// Trees whose shards are worth remembering.
pub fn sharded() -> impl Strategy<Value = Shape> {
    let inner = || shapes().prop_map(Box::new);
    let split = || {
        prop_oneof![
            3 => inner().prop_map(Shape::Partition),
            1 => (inner(), inner()).prop_map(|(a, b)| Shape::Table(a, b)),
            1 => (0_i64..4).prop_map(Shape::With),
            1 => inner().prop_map(|inner| Shape::When(Box::new(Shape::Partition(inner)))),
        ]
    };
    let wrapped = split().prop_flat_map(|split| {
        let one = Box::new(split);
        prop_oneof![
            Just(Shape::Labeled(one.clone())),
            Just(Shape::Coalesce(one.clone())),
            Just(Shape::Trim(2, one.clone())),
            Just(Shape::FixedPoint(one.clone())),
            Just(*one),
        ]
    });
    prop_oneof![
        2 => wrapped.clone(),
        1 => (wrapped.clone(), shapes()).prop_map(|(a, b)| Shape::Seq(vec![a, b])),
        1 => (wrapped.clone(), wrapped).prop_map(|(a, b)| Shape::Seq(vec![a, b])),
    ]
}

/// Something a person does between two solves. Numbers choose among what there is.
#[derive(Debug, Clone)]
pub enum Act {
    Upsert(Lines),
    /// Rows as they are, but for the day and what they refer to.
    Redate(Vec<usize>, i64),
    Remove(Vec<usize>),
    Pin(usize),
    Unpin(usize),
    Dissolve(usize),
    Merge(usize, usize),
    /// A part of a solve.
    Begin(u64),
}

/// Anything a person may do.
pub fn act() -> impl Strategy<Value = Act> {
    let some = || prop::collection::vec(0_usize..50, 1..4);
    prop_oneof![
        2 => prop::collection::btree_map(-50_i64..50, line(-9_i64..=9), 1..4).prop_map(Act::Upsert),
        3 => (some(), 0_i64..12).prop_map(|(places, day)| Act::Redate(places, day)),
        2 => some().prop_map(Act::Remove),
        2 => (0_usize..50).prop_map(Act::Pin),
        1 => (0_usize..50).prop_map(Act::Unpin),
        1 => (0_usize..50).prop_map(Act::Dissolve),
        1 => (0_usize..50, 0_usize..50).prop_map(|(a, b)| Act::Merge(a, b)),
        1 => (1_u64..200).prop_map(Act::Begin),
    ]
}

/// Does it, if there is anything to do it to; refusals change nothing and are no matter here.
pub fn perform(recon: &mut Recon<Line>, act: &Act) {
    let rows: Vec<(RowId, Line)> = recon.rows().map(|(id, line)| (id.clone(), line.clone())).collect();
    let groups: Vec<i64> = recon.report().groups.iter().map(|group| group.group_id).collect();
    let group = |at: usize| groups[at % groups.len()];
    if rows.is_empty() && !matches!(act, Act::Upsert(_)) {
        return;
    }
    let chosen = |places: &[usize]| places.iter().map(|at| rows[at % rows.len()].clone()).collect();
    let _ = match act {
        Act::Upsert(lines) => {
            let batch = lines.iter().map(|(&id, line)| (RowId::from(id), line.clone()));
            recon.upsert(batch.collect()).map(drop)
        }
        Act::Redate(places, day) => {
            let mut batch: BTreeMap<RowId, Line> = Vec::into_iter(chosen(places)).collect();
            for line in batch.values_mut() {
                (line.day, line.tokens) = (*day, vec![*day % 5]);
            }
            recon.upsert(batch.into_iter().collect()).map(drop)
        }
        Act::Remove(places) => {
            let ids: Vec<RowId> = Vec::into_iter(chosen(places)).map(|row| row.0).collect();
            recon.remove(&ids).map(drop)
        }
        Act::Pin(at) => recon.pin(group(*at)),
        Act::Unpin(at) => recon.unpin(group(*at)),
        Act::Dissolve(at) => recon.dissolve(group(*at)),
        Act::Merge(a, b) => {
            let part = |at: usize| (rows[at % rows.len()].0.clone(), rows[at % rows.len()].1.amount.signum());
            recon.merge(&[part(*a), part(*b)], "manual", None).map(drop)
        }
        Act::Begin(budget) => recon.solve_within(*budget).map(drop),
    };
}

/// Budgets of the steps of a solve, from one unit to all of the work.
pub fn budgets() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![3 => Just(1), 3 => 2_u64..60, 1 => Just(u64::MAX)], 1..6)
}

/// A workspace over the rows, not yet solved.
pub fn workspace(shape: &Shape, lines: &Lines) -> Recon<Line> {
    let mut recon = empty(shape);
    let batch = lines
        .iter()
        .map(|(&id, line)| (RowId::from(id), line.clone()))
        .collect();
    recon.upsert(batch).expect("ids are distinct and amounts are amounts");
    recon
}

/// A workspace without rows.
pub fn empty(shape: &Shape) -> Recon<Line> {
    Recon::new(shape.plan(), |line: &Line| line.amount).expect("settings are legal")
}

/// A group without its id: pinned, origin, reason, node, members.
pub type Facts = (bool, String, Option<String>, Option<u32>, Vec<(RowId, i64)>);

/// All groups in the order of the report, without their ids.
pub fn facts(recon: &Recon<Line>) -> Vec<Facts> {
    let view: ReportView<'_> = recon.view();
    view.groups()
        .map(|group| {
            let line = group.line();
            let members = group.members().map(|(id, amount)| (id.clone(), amount)).collect();
            let reason = line.reason.map(|reason| reason.to_string());
            (line.pinned, line.origin.to_string(), reason, line.node, members)
        })
        .collect()
}

/// What is true of every report: nothing lost or invented, lines that agree with their members, one order, distinct
/// ids.
pub fn check_report(recon: &Recon<Line>, lines: &Lines) {
    let report = recon.report();
    let mut sums: BTreeMap<RowId, i128> = BTreeMap::new();
    for allocation in &report.allocations {
        *sums.entry(allocation.id.clone()).or_default() += i128::from(allocation.amount);
    }
    let expected: BTreeMap<RowId, i128> = lines
        .iter()
        .map(|(&id, line)| (RowId::from(id), i128::from(line.amount)))
        .collect();
    assert_eq!(sums, expected, "the parts of a row add up to it");
    let mut rest = &report.allocations[..];
    for group in &report.groups {
        let members;
        (members, rest) = rest.split_at(group.size);
        assert!(members.iter().all(|member| member.group_id == group.group_id));
        assert!(
            members.is_sorted_by(|a, b| a.id < b.id),
            "members in id order, each once"
        );
        assert_eq!(members[0].id, group.first);
        assert_eq!(
            members.iter().map(|member| i128::from(member.amount)).sum::<i128>(),
            i128::from(group.net)
        );
        assert_eq!(
            members.iter().map(|member| member.amount.abs()).max(),
            Some(group.max_abs)
        );
        let is_zero_row = group.size == 1 && &*group.origin == "unmatched" && group.net == 0;
        assert!(
            is_zero_row || members.iter().all(|member| member.amount != 0),
            "no empty members"
        );
    }
    assert!(rest.is_empty());
    assert!(report.groups.is_sorted_by(|a, b| a.first <= b.first));
    let mut ids: Vec<i64> = report.groups.iter().map(|group| group.group_id).collect();
    ids.sort_unstable();
    assert!(
        ids.is_sorted_by(|a, b| a < b) && ids.first().is_none_or(|&first| first > 0),
        "ids are used once"
    );
}
