//! Read-only view of the allocation hypergraph.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::plan::arena::{GroupRef, Tag};
use crate::plan::node_id::NodeId;
use crate::recon::ledger::{Ledger, Place};
use crate::recon::report_order::order_of;
use crate::row_id::RowId;
use crate::wire::origin::UNMATCHED;

/// All groups in the order of the report, and all allocations in the order of their groups and, within one, of their
/// ids.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let Report { groups, allocations } = recon.report();
/// assert_eq!((groups.len(), allocations.len()), (2, 3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// One line per group.
    pub groups: Vec<GroupLine>,
    /// One line per member of a group.
    pub allocations: Vec<Allocation>,
}

/// One group.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let line = &recon.report().groups[0];
/// assert_eq!((&*line.origin, line.net, line.size, line.max_abs, line.min_side), ("exact_1to1", 0, 2, 5, 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// The group's id: stable while it is pinned, new with every solve while it is proposed.
    pub group_id: i64,
    /// Whether a person keeps it; else the solver proposes it.
    pub pinned: bool,
    /// Its origin: a leaf, the label of a merge, or `unmatched`.
    pub origin: Arc<str>,
    /// Its reason, in words.
    pub reason: Option<Arc<str>>,
    /// The sum of the member amounts, in minor units.
    pub net: i64,
    /// Number of members.
    pub size: usize,
    /// The largest absolute member amount.
    pub max_abs: i64,
    /// The smaller of the counts of positive and of negative members.
    pub min_side: usize,
    /// The node of the strategy that formed it.
    pub node: Option<u32>,
    /// Whether every optimum has this group; known of groups that `flow` formed.
    pub unique: Option<bool>,
    /// The smallest id among its members.
    pub first: RowId,
}

/// View of a group for `pin_where`.
pub type GroupSummary = GroupLine;

/// A part of a row in a group.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let part = &recon.report().allocations[1];
/// assert_eq!((&part.id, part.amount), (&RowId::from(2), -5));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The row.
    pub id: RowId,
    /// The group.
    pub group_id: i64,
    /// Amount of the row in the group, signed, in minor units.
    pub amount: i64,
}

/// The report, read in place: at most eight bytes a group besides what the workspace holds anyway.
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// assert_eq!(recon.view().groups().filter(|group| group.size() > 1).count(), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct ReportView<'a> {
    ids: &'a [RowId],
    ledger: &'a Ledger,
    order: Cow<'a, [Place]>,
    /// The id of the first group, where those of the others follow it.
    base: Option<i64>,
    unmatched: Arc<str>,
}

impl<'a> ReportView<'a> {
    pub(crate) fn new(ids: &'a [RowId], ledger: &'a Ledger) -> Self {
        let (order, base) = order_of(ledger);
        Self {
            ids,
            ledger,
            order,
            base,
            unmatched: Arc::from(UNMATCHED),
        }
    }

    /// The ids of all rows, ascending.
    pub(crate) fn ids(&self) -> &'a [RowId] {
        self.ids
    }

    /// Number of groups.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.view().len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// A number of members that all groups together do not exceed.
    pub(crate) fn most_members(&self) -> usize {
        self.ledger.members() + self.ids.len()
    }

    /// Whether there are no groups.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// assert!(Recon::new(identity(), |amount: &i64| *amount)?.view().is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The groups in the order of the report.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let sizes: Vec<usize> = recon.view().groups().map(|group| group.size()).collect();
    /// assert_eq!(sizes, [2, 1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn groups(&self) -> impl ExactSizeIterator<Item = GroupView<'_>> {
        self.groups_at(0..self.len())
    }

    /// The groups at these places of the order.
    pub(crate) fn groups_at(&self, places: Range<usize>) -> impl ExactSizeIterator<Item = GroupView<'_>> {
        self.order[places.clone()]
            .iter()
            .zip(places)
            .map(|(&place, rank)| GroupView::new(self, place, rank))
    }

    /// A copy.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.view().report(), recon.report());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn report(&self) -> Report {
        let mut allocations = Vec::with_capacity(self.groups().map(|group| group.size()).sum());
        for group in self.groups() {
            let group_id = group.id();
            allocations.extend(group.members().map(|(id, amount)| Allocation {
                id: id.clone(),
                group_id,
                amount,
            }));
        }
        Report {
            groups: self.groups().map(|group| group.line()).collect(),
            allocations,
        }
    }
}

/// One group of a [`ReportView`].
///
/// ```
/// use florecon::prelude::*;
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
/// recon.solve()?;
/// let open: i64 = recon.view().groups().filter(|group| group.size() == 1).map(|group| group.line().net).sum();
/// assert_eq!(open, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct GroupView<'a> {
    view: &'a ReportView<'a>,
    place: Place,
    /// Its place in the order.
    rank: usize,
    /// The smallest slot.
    first: u32,
    /// The slots of a record, ascending; none of a singleton.
    slots: &'a [u32],
    /// The member amounts, in ascending id order.
    amounts: &'a [i64],
    /// Provenance of the group; none for an unmatched singleton.
    tag: Option<Tag>,
}

impl<'a> GroupView<'a> {
    /// The group at a place, its record looked up once for all that is asked of it.
    fn new(view: &'a ReportView<'a>, place: Place, rank: usize) -> Self {
        let (first, slots, amounts, tag) = match place {
            Place::Group(index) => {
                let GroupRef { rows, amounts, tag } = view.ledger.group(index);
                (rows[0], rows, amounts, Some(tag))
            }
            Place::Single(slot) => (slot, &[][..], view.ledger.loose(slot), None),
        };
        Self {
            view,
            place,
            rank,
            first,
            slots,
            amounts,
            tag,
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The group's id.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let (view, report) = (recon.view(), recon.report());
    /// assert!(view.groups().map(|group| group.id()).eq(report.groups.iter().map(|line| line.group_id)));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> i64 {
        let Some(base) = self.view.base else {
            return self.stored_id();
        };
        let id = base + self.rank as i64;
        debug_assert_eq!(id, self.stored_id(), "ids of an order follow each other");
        id
    }

    fn stored_id(&self) -> i64 {
        match self.place {
            Place::Group(index) => self.view.ledger.id(index),
            Place::Single(slot) => self.view.ledger.single(slot).map_or(0, |(id, _)| id),
        }
    }

    /// Whether a person keeps it.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// recon.pin_clean(0)?;
    /// let pinned: Vec<bool> = recon.view().groups().map(|group| group.pinned()).collect();
    /// assert_eq!(pinned, [true, false]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn pinned(&self) -> bool {
        matches!(self.place, Place::Group(index) if self.view.ledger.is_pinned(index))
    }

    /// Its origin.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let view = recon.view();
    /// let origins: Vec<&str> = view.groups().map(|group| &**group.origin()).collect();
    /// assert_eq!(origins, ["exact_1to1", "unmatched"]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &'a Arc<str> {
        let origin = self.tag.and_then(|tag| self.view.ledger.names.get(tag.origin));
        origin.unwrap_or(&self.view.unmatched)
    }

    /// Its reason, in words.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let view = recon.view();
    /// let reasons: Vec<Option<&str>> = view.groups().map(|group| group.reason().map(|text| &**text)).collect();
    /// assert_eq!(reasons, [Some("exact 1:1 pair"), None]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn reason(&self) -> Option<&'a Arc<str>> {
        self.tag.and_then(|tag| self.view.ledger.names.get(tag.reason))
    }

    /// Number of members.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.view().groups().map(|group| group.size()).sum::<usize>(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.amounts.len()
    }

    /// The members in ascending id order, each with its part in the group.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let view = recon.view();
    /// let parts: Vec<(RowId, i64)> = view.groups().flat_map(|group| group.members()).map(|(id, part)| (id.clone(), part)).collect();
    /// assert_eq!(parts, [(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn members(&self) -> impl Iterator<Item = (&'a RowId, i64)> + use<'a> {
        let ids = self.view.ids;
        self.parts().map(move |(slot, amount)| (&ids[slot as usize], amount))
    }

    /// The same with the place of each member among the ids of the view.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u32, i64)> + use<'a> {
        let Self {
            first, slots, amounts, ..
        } = *self;
        let amounts = amounts.iter().copied().enumerate();
        amounts.map(move |(at, amount)| (slots.get(at).copied().unwrap_or(first), amount))
    }

    /// The group as one line of the report.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let (view, report) = (recon.view(), recon.report());
    /// assert!(view.groups().map(|group| group.line()).eq(report.groups));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn line(&self) -> GroupLine {
        GroupLine {
            group_id: self.id(),
            pinned: self.pinned(),
            origin: Arc::clone(self.origin()),
            reason: self.reason().map(Arc::clone),
            net: self.net(),
            size: self.size(),
            max_abs: self.max_abs(),
            min_side: self.min_side(),
            node: self.node(),
            unique: self.unique(),
            first: self.first().clone(),
        }
    }

    pub(crate) fn net(&self) -> i64 {
        // a net is checked to fit when the group is made; a partial sum may not, but wraps back
        self.amounts.iter().fold(0, |net, &amount| net.wrapping_add(amount))
    }

    pub(crate) fn max_abs(&self) -> i64 {
        self.amounts.iter().map(|amount| amount.abs()).max().unwrap_or(0)
    }

    pub(crate) fn node(&self) -> Option<u32> {
        self.tag.and_then(|tag| tag.node).map(NodeId::get)
    }

    pub(crate) fn unique(&self) -> Option<bool> {
        self.tag.and_then(|tag| tag.unique)
    }

    pub(crate) fn first(&self) -> &'a RowId {
        &self.view.ids[self.first as usize]
    }

    /// The places of the first and the last member among the ids of the view.
    pub(crate) fn span(&self) -> (u32, u32) {
        (self.first, self.slots.last().copied().unwrap_or(self.first))
    }

    pub(crate) fn min_side(&self) -> usize {
        let side = |sign: i64| self.amounts.iter().filter(|amount| amount.signum() == sign).count();
        side(1).min(side(-1))
    }
}
