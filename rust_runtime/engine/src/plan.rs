//! Plan of a strategy: the nodes of the runtime over closures that run register code.

use std::rc::Rc;

use florecon::nodes;
use florecon::plan::{Group, Item, Plan, Tol, abs_tol, constant, rel_gross_tol, rel_max_tol, rel_side_tol, rel_tol};
use florecon::value::{EvalError, Real, Text};

use crate::code::{Bindings, Bound, Code, ShardKey, compile};
use crate::columns::{Layout, Row, Store, leaves};
use crate::ir::{Constant, Expr, Flow, Kind, Node, Soak, Tolerance, ToleranceKind, Type};
use crate::key::{Atom, Composite, Shape, text_of};

/// An item of this module's rows.
type Lot<'a> = Item<'a, Row>;

/// Compiled node.
#[derive(Debug)]
pub(crate) enum Step {
    Identity,
    Seq(Vec<Step>),
    PartitionBy(Rc<Code>, Box<Step>),
    PartitionByTable(Rc<Code>, Vec<(Vec<Constant>, Step)>, Box<Step>),
    PartitionByWith(Rc<Code>, i64, Rc<Step>),
    When(Rc<Code>, Box<Step>),
    Windowed(Rc<Code>, Rc<Code>, Box<Step>),
    Pivot(Rc<Code>, Box<Step>),
    FixedPoint(usize, Box<Step>),
    BestOf(nodes::Score, Vec<Step>),
    Labeled(String, Box<Step>),
    AcceptIf(Rc<Code>, Box<Step>),
    Coalesce(String, Box<Step>),
    Trim(Slack, Box<Step>),
    Snap(Slack, Box<Step>),
    WholeOnly(Box<Step>),
    Reclaim(Slack, Box<Step>),
    Exact1to1(Option<Rc<Code>>, Option<Rc<Code>>),
    AggNet(Option<Rc<Code>>, Slack, Option<Rc<Code>>),
    SignalGroup(Rc<Code>, Slack, usize, Option<Rc<Code>>),
    ReferenceNet(Rc<Code>, Slack, usize),
    RunningZero(Rc<Code>, Slack, Option<Rc<Code>>, Option<Rc<Code>>),
    SubsetNet {
        key: Option<Rc<Code>>,
        tol: Slack,
        max_size: usize,
        budget: u64,
        accept: Option<Rc<Code>>,
    },
    AnchoredSubset(Box<AnchoredSubset>),
    Flow(Box<Arbiter>),
    SoakAll(String, Option<Rc<Code>>),
    SoakSmall(Slack, String, Option<Rc<Code>>),
    SoakIf(Rc<Code>, String, Option<Rc<Code>>),
}

/// Compiled tolerance.
#[derive(Debug)]
pub(crate) struct Slack {
    kind: ToleranceKind,
    amount: Rc<Code>,
    floor: Option<Rc<Code>>,
}

#[derive(Debug)]
pub(crate) struct AnchoredSubset {
    key: Option<Rc<Code>>,
    anchor: Rc<Code>,
    tol: Slack,
    preference: nodes::Preference,
    budget: u64,
}

#[derive(Debug)]
pub(crate) struct Arbiter {
    penalty: Rc<Code>,
    is_constant: bool,
    cost: Rc<Code>,
    window: Option<(Rc<Code>, Rc<Code>)>,
    match_keys: Vec<Rc<Code>>,
    bucket_cap: usize,
    window_cap: usize,
}

/// Compiles the expressions of a strategy.
pub(crate) fn step(node: &Node, layout: &Layout) -> Step {
    let code = |expr: &Expr| compile(expr, layout);
    let maybe = |expr: &Option<Expr>| expr.as_ref().map(|expr| compile(expr, layout));
    let inner = |node: &Node| Box::new(step(node, layout));
    let slack = |tol: &Tolerance| Slack {
        kind: tol.kind,
        amount: compile(&tol.amount, layout),
        floor: tol.floor.as_ref().map(|floor| compile(floor, layout)),
    };
    let soak = |mode: &Soak| match mode {
        Soak::Singleton => None,
        Soak::Bucket(key) => Some(compile(key, layout)),
    };
    match node {
        Node::Identity => Step::Identity,
        Node::Seq(steps) => Step::Seq(steps.iter().map(|node| step(node, layout)).collect()),
        Node::PartitionBy(key, below) => Step::PartitionBy(code(key), inner(below)),
        Node::PartitionByTable(key, cases, default) => {
            let cases = cases.iter().map(|(key, case)| (key.clone(), step(case, layout)));
            Step::PartitionByTable(code(key), cases.collect(), inner(default))
        }
        Node::PartitionByWith { key, binder, inner } => {
            Step::PartitionByWith(code(key), *binder, Rc::new(step(inner, layout)))
        }
        Node::When(predicate, below) => Step::When(code(predicate), inner(below)),
        Node::Windowed(order, width, below) => Step::Windowed(code(order), code(width), inner(below)),
        Node::Pivot(amount, below) => Step::Pivot(code(amount), inner(below)),
        Node::FixedPoint(passes, below) => Step::FixedPoint(*passes, inner(below)),
        Node::BestOf(score, strategies) => {
            Step::BestOf(*score, strategies.iter().map(|node| step(node, layout)).collect())
        }
        Node::Labeled(tag, below) => Step::Labeled(tag.clone(), inner(below)),
        Node::AcceptIf(predicate, below) => Step::AcceptIf(code(predicate), inner(below)),
        Node::Coalesce(origin, below) => Step::Coalesce(origin.clone(), inner(below)),
        Node::Trim(tol, below) => Step::Trim(slack(tol), inner(below)),
        Node::Snap(tol, below) => Step::Snap(slack(tol), inner(below)),
        Node::WholeOnly(below) => Step::WholeOnly(inner(below)),
        Node::Reclaim(tol, below) => Step::Reclaim(slack(tol), inner(below)),
        Node::Exact1to1 { key, order } => Step::Exact1to1(maybe(key), maybe(order)),
        Node::AggNet(key, tol, accept) => Step::AggNet(maybe(key), slack(tol), maybe(accept)),
        Node::SignalGroup(signals, tol, cap, accept) => {
            Step::SignalGroup(code(signals), slack(tol), *cap, maybe(accept))
        }
        Node::ReferenceNet(signals, tol, cap) => Step::ReferenceNet(code(signals), slack(tol), *cap),
        Node::RunningZero {
            order,
            tol,
            key,
            accept,
        } => Step::RunningZero(code(order), slack(tol), maybe(key), maybe(accept)),
        Node::SubsetNet {
            key,
            tol,
            max_size,
            budget,
            accept,
        } => Step::SubsetNet {
            key: maybe(key),
            tol: slack(tol),
            max_size: *max_size,
            budget: *budget,
            accept: maybe(accept),
        },
        Node::AnchoredSubset(subset) => Step::AnchoredSubset(Box::new(AnchoredSubset {
            key: maybe(&subset.key),
            anchor: code(&subset.anchor),
            tol: slack(&subset.tol),
            preference: subset.preference,
            budget: subset.budget,
        })),
        Node::Flow(flow) => Step::Flow(Box::new(arbiter(flow, layout))),
        Node::SoakAll(origin, mode) => Step::SoakAll(origin.clone(), soak(mode)),
        Node::SoakSmall(tol, origin, mode) => Step::SoakSmall(slack(tol), origin.clone(), soak(mode)),
        Node::SoakIf(predicate, origin, mode) => Step::SoakIf(code(predicate), origin.clone(), soak(mode)),
    }
}

fn arbiter(flow: &Flow, layout: &Layout) -> Arbiter {
    let code = |expr: &Expr| compile(expr, layout);
    Arbiter {
        penalty: code(&flow.penalty),
        is_constant: flow.penalty.is_setting(),
        cost: code(&flow.cost),
        window: flow.window.as_ref().map(|(order, width)| (code(order), code(width))),
        match_keys: flow.match_keys.iter().map(code).collect(),
        bucket_cap: flow.bucket_cap,
        window_cap: flow.window_cap,
    }
}

/// Builds plans under given params and shard keys.
#[derive(Clone)]
pub(crate) struct Builder {
    pub store: Rc<Store>,
    pub bindings: Bindings,
}

/// Calls a node's constructor with a key function of the type that the key has.
macro_rules! with_key {
    ($builder:expr, $key:expr, |$name:ident| $made:expr) => {
        match $key {
            None => {
                let $name = |_: Lot<'_>| Some(Atom::Unit);
                $made
            }
            Some(code) if code.of.kind == Kind::Tuple => {
                let bound = $builder.bound(code);
                let $name = move |item: Lot<'_>| bound.composite(item);
                $made
            }
            Some(code) => {
                let bound = $builder.bound(code);
                let $name = move |item: Lot<'_>| bound.atom(item);
                $made
            }
        }
    };
}

/// The same for an order. Texts and tuples are compared as keys are, numbers as they are.
macro_rules! with_order {
    ($builder:expr, $order:expr, |$name:ident| $made:expr) => {
        match $order {
            None => {
                let $name = |_: Lot<'_>| 0_i64;
                $made
            }
            Some(code) if matches!(code.of.kind, Kind::Text) => {
                let bound = $builder.bound(code);
                let $name = move |item: Lot<'_>| bound.atom(item);
                $made
            }
            Some(code) if matches!(code.of.kind, Kind::Tuple) => {
                let bound = $builder.bound(code);
                let $name = move |item: Lot<'_>| bound.composite(item);
                $made
            }
            Some(code) => {
                let bound = $builder.bound(code);
                let $name = move |item: Lot<'_>| bound.whole(item);
                $made
            }
        }
    };
}

impl Builder {
    fn bound(&self, code: &Rc<Code>) -> Bound {
        Bound::new(code, &self.store, &self.bindings)
    }

    /// The condition of a leaf on candidates; without one, each is accepted.
    fn accept(&self, code: &Option<Rc<Code>>) -> impl Fn(&Group<'_, Row>) -> Result<bool, EvalError> + use<> {
        let bound = code.as_ref().map(|code| self.bound(code));
        move |group| bound.as_ref().map_or(Ok(true), |bound| bound.accepts(group))
    }

    fn setting(&self, code: &Rc<Code>) -> Result<i64, EvalError> {
        self.bound(code).setting()
    }

    fn slack(&self, slack: &Slack) -> Result<Tol, EvalError> {
        let amount = self.setting(&slack.amount)?;
        let floor = slack.floor.as_ref().map_or(Ok(0), |floor| self.setting(floor))?;
        Ok(match slack.kind {
            ToleranceKind::Abs => abs_tol(amount),
            ToleranceKind::Rel => rel_tol(amount, floor),
            ToleranceKind::RelMax => rel_max_tol(amount, floor),
            ToleranceKind::RelSide => rel_side_tol(amount, floor),
            ToleranceKind::RelGross => rel_gross_tol(amount, floor),
        })
    }

    /// The plan of a step.
    ///
    /// # Errors
    /// That of a setting's arithmetic.
    pub fn plan(&self, step: &Step) -> Result<Plan<Row>, EvalError> {
        Ok(match step {
            Step::Identity => nodes::identity(),
            Step::Seq(steps) => {
                let plans = steps.iter().map(|step| self.plan(step));
                nodes::seq(plans.collect::<Result<_, _>>()?)
            }
            Step::PartitionBy(key, inner) => {
                let inner = self.plan(inner)?;
                with_key!(self, Some(key), |key| nodes::partition_by(key, inner))
            }
            Step::PartitionByTable(key, cases, default) => self.table(key, cases, default)?,
            Step::PartitionByWith(key, binder, inner) => self.per_shard(key, *binder, inner),
            Step::When(predicate, inner) => {
                let predicate = self.bound(predicate);
                nodes::when(move |item: Lot<'_>| predicate.flag(item), self.plan(inner)?)
            }
            Step::Windowed(order, width, inner) => {
                let (order, width) = (self.bound(order), self.setting(width)?);
                nodes::windowed(move |item: Lot<'_>| order.whole(item), width, self.plan(inner)?)
            }
            Step::Pivot(amount, inner) => {
                let amount = self.bound(amount);
                nodes::pivot(move |item: Lot<'_>| amount.optional_whole(item), self.plan(inner)?)
            }
            Step::FixedPoint(passes, inner) => nodes::fixed_point(*passes, self.plan(inner)?),
            Step::BestOf(score, strategies) => {
                let plans = strategies.iter().map(|step| self.plan(step));
                nodes::best_of(*score, plans.collect::<Result<_, _>>()?)
            }
            Step::Labeled(tag, inner) => nodes::labeled(tag, self.plan(inner)?),
            Step::AcceptIf(predicate, inner) => {
                let predicate = self.bound(predicate);
                nodes::accept_if(
                    move |group: &Group<'_, Row>| predicate.accepts(group),
                    self.plan(inner)?,
                )
            }
            Step::Coalesce(origin, inner) => nodes::coalesce(origin, self.plan(inner)?),
            Step::Trim(tol, inner) => nodes::trim(self.slack(tol)?, self.plan(inner)?),
            Step::Snap(tol, inner) => nodes::snap(self.slack(tol)?, self.plan(inner)?),
            Step::WholeOnly(inner) => nodes::whole_only(self.plan(inner)?),
            Step::Reclaim(tol, inner) => nodes::reclaim(self.slack(tol)?, self.plan(inner)?),
            Step::Exact1to1(key, order) => {
                with_key!(self, key, |key| with_order!(self, order, |order| nodes::exact_1to1(
                    key, order
                )))
            }
            Step::AggNet(key, tol, accept) => {
                let (tol, accept) = (self.slack(tol)?, self.accept(accept));
                with_key!(self, key, |key| nodes::agg_net_accepting(key, tol, accept))
            }
            Step::SignalGroup(signals, tol, cap, accept) => {
                let (bound, tol, accept) = (self.bound(signals), self.slack(tol)?, self.accept(accept));
                if signals.of.kind == Kind::List {
                    nodes::signal_group_accepting(move |item: Lot<'_>| bound.list(item), tol, *cap, accept)
                } else {
                    let text = move |item: Lot<'_>| bound.atom(item).map(text_key);
                    nodes::signal_group_accepting(text, tol, *cap, accept)
                }
            }
            Step::ReferenceNet(signals, tol, cap) => {
                let (bound, tol) = (self.bound(signals), self.slack(tol)?);
                if signals.of.kind == Kind::List {
                    nodes::reference_net(move |item: Lot<'_>| bound.list(item), tol, *cap)
                } else {
                    let text = move |item: Lot<'_>| bound.atom(item).map(text_key);
                    nodes::reference_net(text, tol, *cap)
                }
            }
            Step::RunningZero(order, tol, key, accept) => {
                let (tol, accept) = (self.slack(tol)?, self.accept(accept));
                with_key!(self, key, |key| with_order!(self, Some(order), |order| {
                    nodes::running_zero_accepting(order, tol, key, accept)
                }))
            }
            Step::SubsetNet {
                key,
                tol,
                max_size,
                budget,
                accept,
            } => {
                let (tol, accept) = (self.slack(tol)?, self.accept(accept));
                with_key!(self, key, |key| nodes::subset_net_accepting(
                    key, tol, *max_size, *budget, accept
                ))
            }
            Step::AnchoredSubset(subset) => {
                let (anchor, tol) = (self.bound(&subset.anchor), self.slack(&subset.tol)?);
                let (preference, budget) = (subset.preference, subset.budget);
                let anchor = move |item: Lot<'_>| anchor.flag(item);
                with_key!(self, &subset.key, |key| nodes::anchored_subset(
                    key, anchor, tol, preference, budget
                ))
            }
            Step::Flow(arbiter) => self.flow(arbiter)?,
            Step::SoakAll(origin, key) => nodes::soak_all(origin, self.mode(key)),
            Step::SoakSmall(tol, origin, key) => nodes::soak_small(self.slack(tol)?, origin, self.mode(key)),
            Step::SoakIf(predicate, origin, key) => {
                let predicate = self.bound(predicate);
                nodes::soak_if(move |item: Lot<'_>| predicate.flag(item), origin, self.mode(key))
            }
        })
    }

    fn table(&self, key: &Rc<Code>, cases: &[(Vec<Constant>, Step)], default: &Step) -> Result<Plan<Row>, EvalError> {
        let mut plans = Vec::with_capacity(cases.len());
        for (constants, case) in cases {
            let atoms: Vec<Atom> = constants.iter().map(atom_of).collect();
            plans.push((atoms, self.plan(case)?));
        }
        let default = self.plan(default)?;
        let bound = self.bound(key);
        if key.of.kind != Kind::Tuple {
            let cases = plans.into_iter().map(|(mut atoms, plan)| (atoms.remove(0), plan));
            let key = move |item: Lot<'_>| bound.atom(item);
            return Ok(nodes::partition_by_table(key, cases.collect(), default));
        }
        let shape = Rc::new(Shape::of(&key.of));
        let cases = plans.into_iter().filter_map(|(atoms, plan)| {
            let key = Composite::new(atoms.len(), &shape, |index| Some(atoms[index].clone()));
            key.map(|key| (key, plan))
        });
        let key = move |item: Lot<'_>| bound.composite(item);
        Ok(nodes::partition_by_table(key, cases.collect(), default))
    }

    fn per_shard(&self, key: &Rc<Code>, binder: i64, inner: &Rc<Step>) -> Plan<Row> {
        let (bound, builder, inner) = (self.bound(key), self.clone(), Rc::clone(inner));
        let of = Rc::new(key.of.plain());
        let count = leaves(&of).len();
        let make = move |atoms: &[Atom]| {
            // the default key stands for the defaults of its scalars
            let mut atoms = atoms.to_vec();
            atoms.resize(count, Atom::Unit);
            let mut shards = (*builder.bindings.shards).clone();
            let of = Rc::clone(&of);
            shards.push(ShardKey { binder, of, atoms });
            let bindings = Bindings {
                params: Rc::clone(&builder.bindings.params),
                shards: Rc::new(shards),
            };
            let builder = Self {
                store: Rc::clone(&builder.store),
                bindings,
            };
            builder.plan(&inner)
        };
        if key.of.kind == Kind::Tuple {
            let key = move |item: Lot<'_>| bound.composite(item);
            nodes::partition_by_with(key, move |key: &Composite| make(key.atoms()))
        } else {
            let key = move |item: Lot<'_>| bound.atom(item);
            nodes::partition_by_with(key, move |key: &Atom| make(std::slice::from_ref(key)))
        }
    }

    fn flow(&self, arbiter: &Arbiter) -> Result<Plan<Row>, EvalError> {
        let (penalty, cost) = (self.bound(&arbiter.penalty), self.bound(&arbiter.cost));
        let cost = move |a: Lot<'_>, b: Lot<'_>| cost.cost(a, b);
        let mut flow = if arbiter.is_constant {
            nodes::Flow::new(constant(penalty.real_setting()?), cost)
        } else {
            nodes::Flow::new(move |item: Lot<'_>| penalty.real(item), cost)
        };
        if let Some((order, width)) = &arbiter.window {
            let (order, width) = (self.bound(order), self.setting(width)?);
            flow = flow.window(move |item: Lot<'_>| order.whole(item), width);
        }
        for key in &arbiter.match_keys {
            let bound = self.bound(key);
            flow = match key.of.kind {
                Kind::List => flow.match_on(move |item: Lot<'_>| bound.list(item)),
                Kind::Tuple => flow.match_on(move |item: Lot<'_>| bound.composite(item)),
                _ => flow.match_on(move |item: Lot<'_>| bound.atom(item)),
            };
        }
        Ok(nodes::flow(
            flow.bucket_cap(arbiter.bucket_cap).window_cap(arbiter.window_cap),
        ))
    }

    fn mode(&self, key: &Option<Rc<Code>>) -> nodes::Mode<Row> {
        let Some(code) = key else {
            return nodes::singleton();
        };
        let bound = self.bound(code);
        let kinds = scalars(&code.of);
        if code.of.kind == Kind::Tuple {
            let key = move |item: Lot<'_>| bound.composite(item);
            nodes::bucket(key, move |key: &Composite| text_of(key.atoms(), &kinds))
        } else {
            let key = move |item: Lot<'_>| bound.atom(item);
            nodes::bucket(key, move |key: &Atom| text_of(std::slice::from_ref(key), &kinds))
        }
    }
}

fn text_key(key: Option<Atom>) -> Option<Text> {
    match key {
        Some(Atom::Text(text)) => Some(text),
        _ => None,
    }
}

/// The types of the scalars of a type.
fn scalars(of: &Type) -> Vec<Type> {
    match of.kind {
        Kind::Tuple => of.parts.iter().flat_map(scalars).collect(),
        _ => vec![of.clone()],
    }
}

fn atom_of(constant: &Constant) -> Atom {
    match constant {
        Constant::Null => Atom::Unit,
        Constant::Whole(whole) => Atom::Whole(*whole),
        Constant::Flag(flag) => Atom::Flag(*flag),
        Constant::Real(real) => Real::key(*real).map_or(Atom::Unit, Atom::Real),
        Constant::Text(text) => Atom::Text(text.clone()),
    }
}
