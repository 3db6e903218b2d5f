//! Intermediate representation of a strategy: types, expressions and nodes, as read from its JSON.

mod decode;
mod decode_nodes;
mod document;
mod operators;
mod place;
mod simplify;

use std::rc::Rc;

use florecon::nodes::{Preference, Score};
use florecon::value::Text;

pub(crate) use document::read;
pub(crate) use operators::Operator;
pub(crate) use simplify::simplify;

/// Kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Real,
    Text,
    Money,
    Date,
    Boolean,
    List,
    Tuple,
}

/// Type of a value. `scale` is 0 but for money; `parts` are those of a tuple, which are never nullable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    pub kind: Kind,
    pub nullable: bool,
    pub scale: u32,
    pub parts: Vec<Type>,
}

impl Type {
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
            scale: 0,
            parts: Vec::new(),
        }
    }

    pub fn list() -> Self {
        Self {
            parts: vec![Self::of(Kind::Text)],
            ..Self::of(Kind::List)
        }
    }

    pub fn money(scale: u32) -> Self {
        Self {
            scale,
            ..Self::of(Kind::Money)
        }
    }

    /// A composite: null when any part is.
    pub fn tuple<'t>(parts: impl IntoIterator<Item = &'t Self>) -> Self {
        let mut whole = Self::of(Kind::Tuple);
        for part in parts {
            whole.nullable |= part.nullable;
            whole.parts.push(part.plain());
        }
        whole
    }

    pub fn with_nullable(&self, nullable: bool) -> Self {
        Self {
            nullable,
            ..self.clone()
        }
    }

    /// The same, never null.
    pub fn plain(&self) -> Self {
        self.with_nullable(false)
    }

    pub fn is(&self, kind: Kind) -> bool {
        self.kind == kind && !self.nullable
    }

    /// Whether the value is an integer, money or a date.
    pub fn is_whole(&self) -> bool {
        matches!(self.kind, Kind::Integer | Kind::Money | Kind::Date)
    }

    /// Whether a value of this type, or a part of it, is of this kind.
    pub fn holds(&self, kind: Kind) -> bool {
        self.kind == kind || (self.kind == Kind::Tuple && self.parts.iter().any(|part| part.holds(kind)))
    }
}

/// Constant of a strategy. Dates are days, money is minor units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Null,
    Whole(i64),
    Real(f64),
    Flag(bool),
    Text(Text),
}

/// The lot of which an expression reads a lane or an amount: the one at hand, or a side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Var {
    /// The one at hand, or the source of a pair.
    First,
    /// The sink of a pair.
    Second,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    Size,
    Net,
    AbsNet,
    MaxAbs,
    MinSide,
    Gross,
    Positive,
    Negative,
    MinAbs,
    Originals,
}

impl Metric {
    /// Whether it is a sum, which can leave the range of money.
    pub fn is_fallible(self) -> bool {
        !matches!(self, Self::Size | Self::MaxAbs | Self::MinSide | Self::MinAbs)
    }
}

/// Sum or extreme of a member expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Min,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Any,
    All,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToleranceKind {
    Abs,
    Rel,
    RelMax,
    RelSide,
    RelGross,
}

/// Expression with its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    pub of: Type,
    pub node: ExprNode,
}

/// Constant arguments of an operator.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Settings {
    pub count: u32,
    pub flag: bool,
    pub first: Text,
    pub second: Text,
    /// Table of the pattern's automaton.
    pub automaton: Rc<[u8]>,
    /// Holidays as days since 1970-01-01.
    pub days: Rc<[i64]>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExprNode {
    Lit(Constant),
    /// A lane by its place among columns and derived lanes.
    Lane(Var, usize),
    Amount(Var),
    Original(Var),
    /// A param by its place.
    Param(usize),
    ShardKey {
        binder: i64,
        part: Option<usize>,
    },
    Operation(Operator, Vec<Expr>, Settings),
    Compare(Comparison, Box<[Expr; 2]>),
    And(Box<[Expr; 2]>),
    Or(Box<[Expr; 2]>),
    Not(Box<Expr>),
    /// Condition, then, otherwise.
    Where(Box<[Expr; 3]>),
    /// Condition, cost.
    Tier(Box<[Expr; 2]>),
    FirstOf(Vec<Expr>),
    Lookup(Box<Lookup>),
    Tuple(Vec<Expr>),
    Nets(Box<Tolerance>),
    Metric(Metric),
    Clean(Box<Tolerance>),
    Span(Box<Expr>),
    Distinct(Box<Expr>),
    Quantifier(Quantifier, Box<Expr>),
    Fold(Fold, Box<Expr>),
    Unique,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lookup {
    pub operand: Expr,
    pub table: Vec<(Constant, Constant)>,
    pub default: Constant,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tolerance {
    pub kind: ToleranceKind,
    pub amount: Expr,
    pub floor: Option<Expr>,
}

impl Expr {
    /// The expressions directly below, in the order of evaluation.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.node {
            ExprNode::Lit(_)
            | ExprNode::Lane(..)
            | ExprNode::Amount(_)
            | ExprNode::Original(_)
            | ExprNode::Param(_)
            | ExprNode::ShardKey { .. }
            | ExprNode::Metric(_)
            | ExprNode::Unique => Vec::new(),
            ExprNode::Operation(_, operands, _) | ExprNode::FirstOf(operands) | ExprNode::Tuple(operands) => {
                operands.iter().collect()
            }
            ExprNode::Compare(_, two) | ExprNode::And(two) | ExprNode::Or(two) | ExprNode::Tier(two) => {
                two.iter().collect()
            }
            ExprNode::Where(three) => three.iter().collect(),
            ExprNode::Lookup(lookup) => vec![&lookup.operand],
            ExprNode::Nets(tol) | ExprNode::Clean(tol) => tol.parts().collect(),
            ExprNode::Not(one)
            | ExprNode::Span(one)
            | ExprNode::Distinct(one)
            | ExprNode::Quantifier(_, one)
            | ExprNode::Fold(_, one) => vec![one],
        }
    }

    /// Calls `visit` with the expression and all below it.
    pub fn walk<'e>(&'e self, visit: &mut impl FnMut(&'e Expr)) {
        visit(self);
        for part in self.parts() {
            part.walk(visit);
        }
    }

    /// Whether a condition on any part holds.
    pub fn any(&self, holds: &impl Fn(&Expr) -> bool) -> bool {
        holds(self) || self.parts().into_iter().any(|part| part.any(holds))
    }

    /// Whether evaluating it can be an error.
    pub fn is_fallible(&self) -> bool {
        self.any(&|part| match &part.node {
            ExprNode::Operation(operator, ..) => operator.is_fallible(),
            ExprNode::Metric(metric) => metric.is_fallible(),
            ExprNode::Span(_) | ExprNode::Distinct(_) | ExprNode::Quantifier(..) | ExprNode::Fold(..) => true,
            _ => false,
        })
    }

    /// Whether it is the same for all rows of a shard: it reads params and shard keys only.
    pub fn is_setting(&self) -> bool {
        !self.any(&|part| {
            matches!(
                part.node,
                ExprNode::Lane(..) | ExprNode::Amount(_) | ExprNode::Original(_)
            )
        })
    }
}

impl Tolerance {
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.amount).chain(&self.floor)
    }
}

/// Column that the host ships.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub name: String,
    pub of: Type,
    pub id: bool,
    pub display: bool,
}

/// Lane computed at ingest.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub value: Expr,
}

#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub name: String,
    pub of: Type,
    pub default: Constant,
    pub doc: String,
}

/// Grouping of a soaker: one group a row, or one a key.
#[derive(Debug)]
pub(crate) enum Soak {
    Singleton,
    Bucket(Expr),
}

#[derive(Debug)]
pub(crate) enum Node {
    Identity,
    Seq(Vec<Node>),
    PartitionBy(Expr, Box<Node>),
    /// Key, cases, default.
    PartitionByTable(Expr, Vec<(Vec<Constant>, Node)>, Box<Node>),
    PartitionByWith {
        key: Expr,
        binder: i64,
        inner: Box<Node>,
    },
    When(Expr, Box<Node>),
    /// Order, width.
    Windowed(Expr, Expr, Box<Node>),
    Pivot(Expr, Box<Node>),
    FixedPoint(usize, Box<Node>),
    BestOf(Score, Vec<Node>),
    Labeled(String, Box<Node>),
    AcceptIf(Expr, Box<Node>),
    Coalesce(String, Box<Node>),
    Trim(Tolerance, Box<Node>),
    Snap(Tolerance, Box<Node>),
    WholeOnly(Box<Node>),
    Reclaim(Tolerance, Box<Node>),
    Exact1to1 {
        key: Option<Expr>,
        order: Option<Expr>,
    },
    /// Key, tolerance, condition on candidates.
    AggNet(Option<Expr>, Tolerance, Option<Expr>),
    /// Signals, tolerance, cap, condition on candidates.
    SignalGroup(Expr, Tolerance, usize, Option<Expr>),
    /// Signals, tolerance, cap.
    ReferenceNet(Expr, Tolerance, usize),
    RunningZero {
        order: Expr,
        tol: Tolerance,
        key: Option<Expr>,
        accept: Option<Expr>,
    },
    SubsetNet {
        key: Option<Expr>,
        tol: Tolerance,
        max_size: usize,
        budget: u64,
        accept: Option<Expr>,
    },
    AnchoredSubset(Box<AnchoredSubset>),
    Flow(Box<Flow>),
    SoakAll(String, Soak),
    SoakSmall(Tolerance, String, Soak),
    SoakIf(Expr, String, Soak),
}

#[derive(Debug)]
pub(crate) struct AnchoredSubset {
    pub key: Option<Expr>,
    pub anchor: Expr,
    pub tol: Tolerance,
    pub preference: Preference,
    pub budget: u64,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub penalty: Expr,
    pub cost: Expr,
    /// Order and width.
    pub window: Option<(Expr, Expr)>,
    pub match_keys: Vec<Expr>,
    pub bucket_cap: usize,
    pub window_cap: usize,
}

impl Node {
    /// The nodes directly below, in the order in which ids are given.
    pub fn children(&self) -> Vec<&Node> {
        match self {
            Self::Seq(steps) | Self::BestOf(_, steps) => steps.iter().collect(),
            Self::PartitionByTable(_, cases, default) => {
                cases.iter().map(|(_, case)| case).chain([&**default]).collect()
            }
            Self::PartitionBy(_, inner)
            | Self::PartitionByWith { inner, .. }
            | Self::When(_, inner)
            | Self::Windowed(_, _, inner)
            | Self::Pivot(_, inner)
            | Self::FixedPoint(_, inner)
            | Self::Labeled(_, inner)
            | Self::AcceptIf(_, inner)
            | Self::Coalesce(_, inner)
            | Self::Trim(_, inner)
            | Self::Snap(_, inner)
            | Self::Reclaim(_, inner)
            | Self::WholeOnly(inner) => vec![inner],
            _ => Vec::new(),
        }
    }

    /// The expressions directly in the node, those of a tolerance among them.
    pub fn values(&self) -> Vec<&Expr> {
        let soak = |soak| match soak {
            &Soak::Singleton => None,
            Soak::Bucket(key) => Some(key),
        };
        match self {
            Self::Identity
            | Self::Seq(_)
            | Self::FixedPoint(..)
            | Self::BestOf(..)
            | Self::Labeled(..)
            | Self::Coalesce(..)
            | Self::WholeOnly(_) => Vec::new(),
            Self::PartitionBy(value, _)
            | Self::PartitionByTable(value, ..)
            | Self::PartitionByWith { key: value, .. }
            | Self::When(value, _)
            | Self::Pivot(value, _)
            | Self::AcceptIf(value, _) => vec![value],
            Self::Windowed(order, width, _) => vec![order, width],
            Self::Trim(tol, _) | Self::Snap(tol, _) | Self::Reclaim(tol, _) => tol.parts().collect(),
            Self::Exact1to1 { key, order } => key.iter().chain(order).collect(),
            Self::AggNet(key, tol, accept) => key.iter().chain(tol.parts()).chain(accept).collect(),
            Self::SignalGroup(signals, tol, _, accept) => {
                std::iter::once(signals).chain(tol.parts()).chain(accept).collect()
            }
            Self::ReferenceNet(signals, tol, _) => std::iter::once(signals).chain(tol.parts()).collect(),
            Self::RunningZero {
                order,
                tol,
                key,
                accept,
            } => std::iter::once(order)
                .chain(tol.parts())
                .chain(key)
                .chain(accept)
                .collect(),
            Self::SubsetNet { key, tol, accept, .. } => key.iter().chain(tol.parts()).chain(accept).collect(),
            Self::AnchoredSubset(subset) => {
                let key = subset.key.iter();
                key.chain([&subset.anchor]).chain(subset.tol.parts()).collect()
            }
            Self::Flow(flow) => {
                let window = flow.window.iter().flat_map(|(order, width)| [order, width]);
                [&flow.penalty, &flow.cost]
                    .into_iter()
                    .chain(window)
                    .chain(&flow.match_keys)
                    .collect()
            }
            Self::SoakAll(_, mode) => soak(mode).into_iter().collect(),
            Self::SoakSmall(tol, _, mode) => tol.parts().chain(soak(mode)).collect(),
            Self::SoakIf(predicate, _, mode) => std::iter::once(predicate).chain(soak(mode)).collect(),
        }
    }

    /// Rewrites each expression of the strategy.
    pub fn simplify(&mut self, change: &impl Fn(&mut Expr)) {
        let tolerance = |tol: &mut Tolerance| {
            change(&mut tol.amount);
            tol.floor.iter_mut().for_each(change);
        };
        let soak = |soak: &mut Soak| {
            if let Soak::Bucket(key) = soak {
                change(key);
            }
        };
        match self {
            Self::Identity => {}
            Self::Seq(steps) | Self::BestOf(_, steps) => steps.iter_mut().for_each(|step| step.simplify(change)),
            Self::PartitionByTable(key, cases, default) => {
                change(key);
                cases.iter_mut().for_each(|(_, case)| case.simplify(change));
                default.simplify(change);
            }
            Self::PartitionBy(value, inner)
            | Self::PartitionByWith { key: value, inner, .. }
            | Self::When(value, inner)
            | Self::Pivot(value, inner)
            | Self::AcceptIf(value, inner) => {
                change(value);
                inner.simplify(change);
            }
            Self::Windowed(order, width, inner) => {
                change(order);
                change(width);
                inner.simplify(change);
            }
            Self::FixedPoint(_, inner)
            | Self::Labeled(_, inner)
            | Self::Coalesce(_, inner)
            | Self::WholeOnly(inner) => {
                inner.simplify(change);
            }
            Self::Trim(tol, inner) | Self::Snap(tol, inner) | Self::Reclaim(tol, inner) => {
                tolerance(tol);
                inner.simplify(change);
            }
            Self::Exact1to1 { key, order } => key.iter_mut().chain(order).for_each(change),
            Self::AggNet(key, tol, accept) => {
                key.iter_mut().chain(accept).for_each(change);
                tolerance(tol);
            }
            Self::SubsetNet { key, tol, accept, .. } => {
                key.iter_mut().chain(accept).for_each(change);
                tolerance(tol);
            }
            Self::AnchoredSubset(subset) => {
                subset.key.iter_mut().for_each(change);
                change(&mut subset.anchor);
                tolerance(&mut subset.tol);
            }
            Self::SignalGroup(signals, tol, _, accept) => {
                change(signals);
                tolerance(tol);
                accept.iter_mut().for_each(change);
            }
            Self::ReferenceNet(signals, tol, _) => {
                change(signals);
                tolerance(tol);
            }
            Self::RunningZero {
                order,
                tol,
                key,
                accept,
            } => {
                change(order);
                tolerance(tol);
                key.iter_mut().chain(accept).for_each(change);
            }
            Self::Flow(flow) => {
                change(&mut flow.penalty);
                change(&mut flow.cost);
                if let Some((order, width)) = &mut flow.window {
                    change(order);
                    change(width);
                }
                flow.match_keys.iter_mut().for_each(change);
            }
            Self::SoakAll(_, mode) => soak(mode),
            Self::SoakSmall(tol, _, mode) => {
                tolerance(tol);
                soak(mode);
            }
            Self::SoakIf(predicate, _, mode) => {
                change(predicate);
                soak(mode);
            }
        }
    }

    /// The keys of the partitions that are inside no other.
    pub fn shard_keys<'n>(&'n self, into: &mut Vec<&'n Expr>) {
        match self {
            Self::PartitionBy(key, _) | Self::PartitionByTable(key, ..) | Self::PartitionByWith { key, .. } => {
                into.push(key);
            }
            _ => self.children().into_iter().for_each(|child| child.shard_keys(into)),
        }
    }

    /// Calls `visit` with each expression of the strategy.
    pub fn expressions<'n>(&'n self, visit: &mut impl FnMut(&'n Expr)) {
        for value in self.values() {
            visit(value);
        }
        for child in self.children() {
            child.expressions(visit);
        }
    }
}

/// Strategy as data, checked.
#[derive(Debug)]
pub(crate) struct Strategy {
    pub id: String,
    pub version: String,
    pub fingerprint: String,
    pub nodes_json: String,
    pub columns: Vec<Column>,
    pub lanes: Vec<Lane>,
    pub params: Vec<Param>,
    pub numeraire: Expr,
    pub currency: Option<String>,
    pub account: Option<String>,
    pub root: Node,
}

impl Strategy {
    /// The type of a column or derived lane by its place.
    pub fn lane_type(&self, lane: usize) -> &Type {
        match self.columns.get(lane) {
            Some(column) => &column.of,
            None => &self.lanes[lane - self.columns.len()].value.of,
        }
    }
}
