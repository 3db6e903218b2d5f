//! Manual decisions: pin, unpin, merge, detach, dissolve.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;

use super::Recon;
use super::ledger::{Ledger, Place, State};
use super::solve::net_overflow;
use crate::error::Error;
use crate::plan::arena::Tag;
use crate::plan::lot::Lot;
use crate::report::{GroupSummary, ReportView};
use crate::row_id::RowId;

/// A workspace as a merge would leave it.
#[derive(Debug)]
pub struct DryRun<'a> {
    /// The group that the merge would make.
    pub group_id: i64,
    ids: &'a [RowId],
    ledger: Ledger,
}

impl DryRun<'_> {
    /// All groups and allocations as they would be, in the order of the report.
    #[must_use]
    pub fn view(&self) -> ReportView<'_> {
        ReportView::new(self.ids, &self.ledger)
    }
}

impl<R> Recon<R> {
    fn place(&self, group: i64) -> Result<Place, Error> {
        self.ledger.locate(group).ok_or(Error::UnknownGroup { group })
    }

    /// Keeps a group verbatim through every solve. One that is pinned already stays so.
    ///
    /// # Errors
    /// `unknown_group`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let pair = recon.report().groups[0].group_id;
    /// recon.pin(pair)?;
    /// recon.solve()?;
    /// assert_eq!(recon.report().groups[0].group_id, pair);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin(&mut self, group: i64) -> Result<(), Error> {
        let place = self.place(group)?;
        self.pin_places(vec![place]);
        Ok(())
    }

    /// Pins many groups, or, on an error, none.
    ///
    /// # Errors
    /// `unknown_group`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let all: Vec<i64> = recon.report().groups.iter().map(|group| group.group_id).collect();
    /// recon.pin_groups(&all)?;
    /// assert!(recon.report().groups.iter().all(|group| group.pinned));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin_groups(&mut self, groups: &[i64]) -> Result<(), Error> {
        let places = self.ledger.locate_all(groups);
        if let Some(at) = places.iter().position(Option::is_none) {
            return Err(Error::UnknownGroup { group: groups[at] });
        }
        let mut seen: Vec<Place> = Vec::with_capacity(places.len());
        seen.extend(places.into_iter().flatten());
        self.pin_places(seen);
        Ok(())
    }

    /// Pins the proposed groups that satisfy `predicate`, singletons included; returns how many.
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.pin_where(|group| group.size == 2 && group.net == 0)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin_where(&mut self, predicate: impl Fn(&GroupSummary) -> bool) -> Result<usize, Error> {
        let chosen = self
            .view()
            .groups()
            .filter(|group| !group.pinned() && predicate(&group.line()))
            .map(|group| group.place())
            .collect();
        Ok(self.pin_places(chosen))
    }

    /// Pins the proposed groups of at least two members whose net is within `tol`; returns how many.
    ///
    /// # Errors
    /// `bad_command` when `tol` is negative.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.pin_clean(0)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin_clean(&mut self, tol: i64) -> Result<usize, Error> {
        if tol < 0 {
            return Err(Error::bad_command(format!(
                "the tolerance is {tol}; give zero or a positive number"
            )));
        }
        let is_clean = |index: usize| {
            let group = self.ledger.group(index);
            let net: i128 = group.amounts.iter().map(|&amount| i128::from(amount)).sum();
            group.len() >= 2 && net.abs() <= i128::from(tol)
        };
        let clean = self
            .ledger
            .alive()
            .filter(|&index| is_clean(index))
            .map(Place::Group)
            .collect();
        Ok(self.pin_places(clean))
    }

    /// Pins the proposed groups of size one of each row, or, on an error, none; returns how many.
    ///
    /// # Errors
    /// `unknown_id`; `unknown_allocation` for a row that has no group of size one at all.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(recon.pin_singletons(&[RowId::from(3)])?, 1);
    /// assert_eq!(recon.pin_singletons(&[RowId::from(1)]).unwrap_err().code(), "unknown_allocation");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin_singletons(&mut self, ids: &[RowId]) -> Result<usize, Error> {
        let mut places = Vec::new();
        for id in ids {
            let slot = self.store.expect(id)?;
            let groups = self.ledger.groups_of(slot);
            let alone = |index: &usize| self.ledger.group(*index).len() == 1;
            let own: Vec<usize> = groups.into_iter().filter(alone).collect();
            let single = self.ledger.single(slot).map(|_| Place::Single(slot));
            if own.is_empty() && single.is_none() {
                let message = format!("row {id} has no group of its own; detach it from its group first");
                return Err(Error::UnknownAllocation {
                    message,
                    id: id.clone(),
                    group: None,
                });
            }
            places.extend(single);
            places.extend(own.into_iter().map(Place::Group));
        }
        Ok(self.pin_places(places))
    }

    fn touch_places(&mut self, places: &[Place]) {
        let mut slots = Vec::new();
        for &place in places {
            match place {
                Place::Group(index) => slots.extend_from_slice(self.ledger.group(index).rows),
                Place::Single(slot) => slots.push(slot),
            }
        }
        self.touch(&slots);
    }

    /// Pins what is not pinned yet; returns how many.
    fn pin_places(&mut self, places: Vec<Place>) -> usize {
        self.touch_places(&places);
        let mut pinned = 0;
        for place in places {
            let still_there = match place {
                Place::Group(_) => true,
                Place::Single(slot) => self.ledger.single(slot).is_some(),
            };
            pinned += usize::from(still_there && self.ledger.pin(place));
        }
        if pinned > 0 {
            self.abandon();
        }
        pinned
    }

    /// Gives a pinned group back to the solver: the next solve drops it. One that is proposed stays so.
    ///
    /// # Errors
    /// `unknown_group`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let pair = recon.report().groups[0].group_id;
    /// recon.pin(pair)?;
    /// recon.unpin(pair)?;
    /// assert!(!recon.report().groups[0].pinned);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unpin(&mut self, group: i64) -> Result<(), Error> {
        let place = self.place(group)?;
        self.abandon();
        self.touch_places(&[place]);
        self.ledger.unpin(place);
        Ok(())
    }

    /// Makes one pinned group over exact signed amounts, taken from proposed ones; returns its id. Proposed groups
    /// that lose an amount break up into singletons.
    ///
    /// # Errors
    /// In this order: for each allocation `unknown_id`, `duplicate_id`, `bad_command` (amount zero);
    /// `degenerate_group` for fewer than two; for each `frozen_member`, `insufficient_live_amount`; `amount_overflow`
    /// of the net.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 100), (RowId::from(2), -60)])?;
    /// let group = recon.merge(&[(RowId::from(1), 60), (RowId::from(2), -60)], "paid", Some("statement 7"))?;
    /// let report = recon.report();
    /// assert_eq!(report.allocations.len(), 3);
    /// assert!(report.groups.iter().any(|g| g.group_id == group && g.pinned && g.net == 0));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn merge(&mut self, allocations: &[(RowId, i64)], label: &str, reason: Option<&str>) -> Result<i64, Error> {
        let lots = self.checked_merge(allocations)?;
        self.abandon();
        let slots: Vec<u32> = lots.iter().map(|lot| lot.row).collect();
        self.touch(&slots);
        Ok(self.ledger.merge(lots, label, reason))
    }

    /// The outcome of [`merge`](Self::merge), which is not carried out: groups, decisions and a solve under way stay as
    /// they are. Takes memory for a copy of the groups.
    ///
    /// # Errors
    /// Those of [`merge`](Self::merge).
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 100), (RowId::from(2), -60)])?;
    /// let pair = [(RowId::from(1), 60), (RowId::from(2), -60)];
    /// let would_be = recon.merge_dry_run(&pair, "paid", None)?.group_id;
    /// assert!(recon.report().groups.iter().all(|group| !group.pinned));
    /// assert_eq!(recon.merge(&pair, "paid", None)?, would_be);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn merge_dry_run(
        &mut self,
        allocations: &[(RowId, i64)],
        label: &str,
        reason: Option<&str>,
    ) -> Result<DryRun<'_>, Error> {
        let lots = self.checked_merge(allocations)?;
        let mut ledger = self.ledger.clone();
        let group_id = ledger.merge(lots, label, reason);
        let ids = &self.store.ids;
        Ok(DryRun { group_id, ids, ledger })
    }

    fn checked_merge(&mut self, allocations: &[(RowId, i64)]) -> Result<Vec<Lot>, Error> {
        let mut lots: Vec<Lot> = Vec::with_capacity(allocations.len());
        let mut seen = HashMap::with_hasher(FxBuildHasher);
        for (place, (id, amount)) in allocations.iter().enumerate() {
            let row = self.store.expect(id)?;
            if let Some(first) = seen.insert(row, place) {
                return Err(Error::DuplicateId {
                    id: id.clone(),
                    what: "allocations",
                    places: (first, place),
                });
            }
            if *amount == 0 {
                return Err(Error::BadCommand {
                    message: format!("row {id} is merged with amount 0; leave it out"),
                    id: Some(id.clone()),
                });
            }
            lots.push(Lot { row, amount: *amount });
        }
        if lots.len() < 2 {
            return Err(Error::DegenerateGroup { given: lots.len() });
        }
        for (lot, (id, _)) in lots.iter().zip(allocations) {
            let live = self.ledger.proposed(lot.row);
            if live == 0 {
                return Err(Error::FrozenMember { id: id.clone() });
            }
            if live.signum() != lot.amount.signum() || live.unsigned_abs() < lot.amount.unsigned_abs() {
                return Err(Error::InsufficientLiveAmount {
                    id: id.clone(),
                    asked: lot.amount,
                    live,
                });
            }
        }
        self.check_net(&lots)?;
        Ok(lots)
    }

    /// Refuses a group whose net cannot be reported.
    fn check_net(&self, lots: &[Lot]) -> Result<(), Error> {
        let net: i128 = lots.iter().map(|lot| i128::from(lot.amount)).sum();
        match lots.iter().map(|lot| lot.row).min() {
            Some(first) if net.unsigned_abs() > u128::from(i64::MAX.unsigned_abs()) => {
                Err(net_overflow(&self.store, first))
            }
            _ => Ok(()),
        }
    }

    /// Takes rows out of a proposed group, whole; what is left of them in it becomes unmatched. A group of one that
    /// remains is unmatched as well.
    ///
    /// # Errors
    /// `unknown_group`, `frozen_group`; for each id `unknown_id`, `unknown_allocation`; `amount_overflow` when the net
    /// of what remains cannot be reported.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let pair = recon.report().groups[0].group_id;
    /// recon.detach(pair, &[RowId::from(1)])?;
    /// assert_eq!(recon.report().groups.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn detach(&mut self, group: i64, ids: &[RowId]) -> Result<(), Error> {
        let place = self.proposed_place(group)?;
        let mut slots = Vec::with_capacity(ids.len());
        for id in ids {
            let slot = self.store.expect(id)?;
            let is_member = match place {
                Place::Group(index) => self.ledger.group(index).rows.binary_search(&slot).is_ok(),
                Place::Single(own) => own == slot,
            };
            if !is_member {
                return Err(Error::UnknownAllocation {
                    message: format!("row {id} is not in group {group}; name rows that are"),
                    id: id.clone(),
                    group: Some(group),
                });
            }
            slots.push(slot);
        }
        match place {
            Place::Group(index) if !slots.is_empty() => self.split(index, &slots),
            // what is unmatched already stays so
            _ => Ok(()),
        }
    }

    fn split(&mut self, index: usize, slots: &[u32]) -> Result<(), Error> {
        let (id, tag) = (self.ledger.id(index), self.ledger.group(index).tag);
        let mut seen = HashSet::with_hasher(FxBuildHasher);
        let mut out: Vec<u32> = slots.to_vec();
        out.retain(|&slot| seen.insert(slot));
        let rest: Vec<Lot> = self
            .ledger
            .group(index)
            .lots()
            .filter(|lot| !seen.contains(&lot.row))
            .collect();
        self.check_net(&rest)?;
        self.abandon();
        self.touch_places(&[Place::Group(index)]);
        self.ledger.remove(index);
        for slot in out {
            let amount = self.ledger.part(index, slot);
            self.ledger.free(slot, amount);
        }
        match *rest {
            [] => {}
            [lot] => self.ledger.free(lot.row, lot.amount),
            _ => {
                let tag = Tag { unique: None, ..tag };
                self.ledger.add(id, State::Proposed, tag, rest);
            }
        }
        Ok(())
    }

    /// Breaks up a proposed group into singletons.
    ///
    /// # Errors
    /// `unknown_group`, `frozen_group`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let pair = recon.report().groups[0].group_id;
    /// recon.dissolve(pair)?;
    /// assert_eq!(recon.report().groups.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn dissolve(&mut self, group: i64) -> Result<(), Error> {
        if let Place::Group(index) = self.proposed_place(group)? {
            self.abandon();
            self.touch_places(&[Place::Group(index)]);
            self.ledger.break_up(index);
        }
        Ok(())
    }

    fn proposed_place(&self, group: i64) -> Result<Place, Error> {
        match self.place(group)? {
            Place::Group(index) if self.ledger.is_pinned(index) => Err(Error::FrozenGroup { group }),
            place => Ok(place),
        }
    }
}
