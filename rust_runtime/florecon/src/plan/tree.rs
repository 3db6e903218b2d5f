//! Plan tree: nodes, their ids and their validation.

use super::Stage;
use super::lot::Lot;
use super::node_id::NodeId;
use super::operator::{GroupTransform, Operator, Partition};
use super::run_state::Run;
use crate::error::Error;
use crate::value::EvalError;

/// A strategy: a tree of nodes, built by the functions of this module and given to [`Recon`](crate::recon::Recon).
///
/// Node ids are places in a pre-order walk of the tree, from 0.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = labeled("pairs", exact_1to1(one_bucket, by_id));
/// assert_eq!(plan.outline().iter().map(|node| node.kind).collect::<Vec<_>>(), ["labeled", "exact_1to1"]);
/// ```
pub struct Plan<R> {
    id: NodeId,
    kind: &'static str,
    label: String,
    children: Vec<Plan<R>>,
    operator: Operator<R>,
    weight: u64,
}

/// Behaviour of a node that is one step.
pub(crate) trait Body<R> {
    /// Refuses settings that are invalid for every bag.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether all its groups are of one row.
    fn keeps_apart(&self) -> bool {
        false
    }

    /// The links of the lots of a bag, each with its place: lots that can meet here have one in common. By default all can.
    fn links(&self, _: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        (0..bag.len()).for_each(|at| add(at, 0));
        Ok(())
    }

    /// Appends groups to the run, leaves the residual at the front of the bag in ascending row order, returns its
    /// length.
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error>;
}

impl<R> std::fmt::Debug for Plan<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(self.kind)
            .field("id", &self.id)
            .field("label", &self.label)
            .field("children", &self.children)
            .finish()
    }
}

impl<R: 'static> Plan<R> {
    pub(crate) fn leaf(kind: &'static str, body: impl Body<R> + 'static) -> Self {
        Self::node(kind, "", Vec::new(), body)
    }

    /// A node that is one step, its children included.
    pub(crate) fn node(kind: &'static str, label: &str, children: Vec<Self>, body: impl Body<R> + 'static) -> Self {
        Self::of(kind, label, children, Operator::Whole(Box::new(body)))
    }

    /// A node that transforms the groups of one child.
    pub(crate) fn wrap(kind: &'static str, label: &str, inner: Self, wrap: impl GroupTransform<R> + 'static) -> Self {
        Self::of(kind, label, vec![inner], Operator::Groups(Box::new(wrap)))
    }

    /// A node that partitions its bag among its children.
    pub(crate) fn split(kind: &'static str, children: Vec<Self>, split: impl Partition<R> + 'static) -> Self {
        Self::of(kind, "", children, Operator::Partition(Box::new(split)))
    }

    pub(crate) fn of(kind: &'static str, label: &str, children: Vec<Self>, operator: Operator<R>) -> Self {
        let mut plan = Self {
            id: NodeId::new(0),
            kind,
            label: label.to_owned(),
            weight: weight(&operator, &children),
            children,
            operator,
        };
        plan.renumber(0);
        plan
    }
}

impl<R: 'static> Plan<R> {
    /// The plan of a strategy whose settings cannot be computed from its params: installing it is refused.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let twice = |slack: i64| Ok(agg_net(one_bucket, abs_tol(int::mul(slack, 2)?)));
    /// let plan: Plan<i64> = twice(i64::MAX).unwrap_or_else(Plan::refused);
    /// assert_eq!(plan.check().unwrap_err().code(), "bad_config");
    /// ```
    #[must_use]
    pub fn refused(error: EvalError) -> Self {
        Self::leaf("refused", Refused(error))
    }
}

/// Upper bound of a weight, above that of any plan that terminates; a weight times a number of lots stays within 64 bits.
const HEAVIEST: u64 = 1 << 32;

fn weight<R>(operator: &Operator<R>, children: &[Plan<R>]) -> u64 {
    let passes = match operator {
        Operator::FixedPoint { max_passes } => *max_passes as u64,
        _ => 1,
    };
    let inner = children.iter().map(|child| child.weight).sum::<u64>();
    passes.saturating_mul(inner).saturating_add(1).min(HEAVIEST)
}

struct Refused(EvalError);

impl<R> Body<R> for Refused {
    fn check(&self) -> Result<(), String> {
        Err(format!("a setting cannot be computed from the params: {}", self.0))
    }

    fn run(&self, _: &mut Run<'_, R>, node: &Plan<R>, _: &mut [Lot]) -> Result<usize, Error> {
        node.check_here().map(|()| 0)
    }
}

impl<R> Plan<R> {
    /// The node's id.
    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) fn children(&self) -> &[Self] {
        &self.children
    }

    /// The one child of a combinator.
    pub(crate) fn inner(&self) -> &Self {
        &self.children[0]
    }

    pub(crate) fn operator(&self) -> &Operator<R> {
        &self.operator
    }

    /// Upper bound of the number of nodes that a lot passes in this node and below.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// The ids of the node and those below it.
    pub(crate) fn nodes(&self) -> std::ops::Range<usize> {
        let last = self
            .children
            .last()
            .map_or(self.id.index() + 1, |child| child.nodes().end);
        self.id.index()..last
    }

    /// Gives ids from `next` on in pre-order; returns the id after the last.
    pub(crate) fn renumber(&mut self, next: u32) -> u32 {
        self.id = NodeId::new(next);
        self.children
            .iter_mut()
            .fold(next + 1, |next, child| child.renumber(next))
    }

    /// The nodes in pre-order, with nothing counted yet.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = seq(vec![exact_1to1(one_bucket, by_id), soak_all("open", singleton())]);
    /// let kinds: Vec<&str> = plan.outline().iter().map(|stage| stage.kind).collect();
    /// assert_eq!(kinds, ["seq", "exact_1to1", "soak_all"]);
    /// ```
    #[must_use]
    pub fn outline(&self) -> Vec<Stage> {
        let mut stages = Vec::new();
        self.walk(&mut |node| {
            stages.push(Stage {
                node: node.id.get(),
                kind: node.kind,
                label: node.label.clone(),
                ..Stage::default()
            });
        });
        stages
    }

    /// Whether two plans have the same kinds of nodes in the same places.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.children.len() == other.children.len()
            && self.children.iter().zip(&other.children).all(|(a, b)| a.same_shape(b))
    }

    fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        self.children.iter().for_each(|child| child.walk(visit));
    }

    /// Refuses a plan that cannot be run.
    ///
    /// # Errors
    /// `bad_config`: a negative tolerance, width or window, a width of zero.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = agg_net(one_bucket, abs_tol(-1));
    /// assert_eq!(plan.check().unwrap_err().code(), "bad_config");
    /// ```
    pub fn check(&self) -> Result<(), Error> {
        self.check_here()?;
        if self.operator.has_template() {
            return self.children.iter().try_for_each(Self::check_templates);
        }
        self.children.iter().try_for_each(Self::check)
    }

    /// Checks that every nested template was built: node ids are numbered over its nodes. Its settings are those of no
    /// shard and are not checked.
    fn check_templates(&self) -> Result<(), Error> {
        if self.operator.has_template() {
            self.check_here()?;
        }
        self.children.iter().try_for_each(Self::check_templates)
    }

    pub(crate) fn check_here(&self) -> Result<(), Error> {
        self.operator
            .check()
            .map_err(|message| Error::bad_config(format!("{} (node {}): {message}", self.kind, self.id)))
    }
}
