//! Snapshot of a workspace: rows, groups, counters. Derived data is not written, nor what the last solve changed: that may name
//! rows that were removed.

use super::Recon;
use super::ledger::{Ledger, MAX_GROUP_ID, State};
use super::row_store::Store;
use crate::codec::{Damaged, Packer, Unpacker};
use crate::plan::Stage;
use crate::plan::arena::{GroupRef, Tag};
use crate::plan::lot::Lot;
use crate::plan::names::{Name, Names};
use crate::plan::node_id::NodeId;
use crate::row_id::RowId;
use crate::sorting::by_number;

impl<R> Recon<R> {
    /// Appends all but the plan and the numeraire.
    pub(crate) fn pack(&self, packer: &mut Packer, pack_row: impl Fn(&R, &mut Packer)) {
        pack_ids(packer, &self.store.ids);
        self.store.rows.iter().for_each(|row| pack_row(row, packer));
        pack_groups(packer, &self.ledger);
        packer.count(usize::from(self.ledger.log.solved.is_some()));
        packer.integer(self.solved_to);
        packer.count(self.stages.len());
        self.stages.iter().for_each(|stage| pack_stage(packer, stage));
    }

    /// Takes the place of an empty workspace of the same plan and numeraire; after an error it is of no use.
    pub(crate) fn unpack(
        &mut self,
        unpacker: &mut Unpacker<'_>,
        unpack_row: impl Fn(&mut Unpacker<'_>) -> Result<R, Damaged>,
    ) -> Result<(), Damaged> {
        self.unpack_rows(unpacker, unpack_row)?;
        self.ledger = unpack_groups(unpacker, &self.store, self.stages.len())?;
        // the changes of the next solve are those of what is here
        let is_solved = unpacker.place(2)? == 1;
        self.ledger.log.solved = is_solved.then_some(self.ledger.count());
        self.solved_to = unpacker.integer()?;
        if !(0..=self.ledger.last_id()).contains(&self.solved_to) {
            return Err(Damaged);
        }
        unpacker
            .place(self.stages.len() + 1)
            .and_then(|count| same(count, self.stages.len()))?;
        self.stages
            .iter_mut()
            .try_for_each(|stage| unpack_stage(unpacker, stage))
    }

    fn unpack_rows(
        &mut self,
        unpacker: &mut Unpacker<'_>,
        unpack_row: impl Fn(&mut Unpacker<'_>) -> Result<R, Damaged>,
    ) -> Result<(), Damaged> {
        let ids = unpack_ids(unpacker)?;
        let router = self.plan.router();
        let mut store = Store {
            amounts: unpacker.room(ids.len())?,
            ..Store::default()
        };
        store.rows.reserve(ids.len());
        for _ in 0..ids.len() {
            let row = unpack_row(unpacker)?;
            let amount = (self.numeraire)(&row).ok().filter(|&amount| amount != i64::MIN);
            let amount = amount.ok_or(Damaged)?;
            store.push(row, amount, router);
        }
        store.ids = ids;
        self.store = store;
        Ok(())
    }
}

fn same(found: usize, expected: usize) -> Result<(), Damaged> {
    if found == expected { Ok(()) } else { Err(Damaged) }
}

/// Integers come first, as the steps between them; then texts.
fn pack_ids(packer: &mut Packer, ids: &[RowId]) {
    let integers = ids.partition_point(|id| matches!(id, RowId::Int(_)));
    packer.count(integers);
    packer.count(ids.len() - integers);
    let mut last = 0;
    for id in ids {
        match id {
            RowId::Int(id) => {
                packer.number(id.wrapping_sub(last).cast_unsigned());
                last = *id;
            }
            RowId::Text(id) => packer.letters(id),
        }
    }
}

fn unpack_ids(unpacker: &mut Unpacker<'_>) -> Result<Vec<RowId>, Damaged> {
    let (integers, texts) = (unpacker.count()?, unpacker.count()?);
    let mut ids = unpacker.room(integers + texts)?;
    let mut last = 0_i64;
    for _ in 0..integers {
        last = last.wrapping_add(unpacker.number()?.cast_signed());
        ids.push(RowId::Int(last));
    }
    for _ in 0..texts {
        ids.push(RowId::from(unpacker.letters()?));
    }
    if ids.len() < u32::MAX as usize && ids.is_sorted_by(|a, b| a < b) {
        Ok(ids)
    } else {
        Err(Damaged)
    }
}

fn pack_groups(packer: &mut Packer, ledger: &Ledger) {
    packer.integer(ledger.last_id());
    let names = ledger.names.texts();
    packer.count(names.len());
    names.iter().for_each(|name| packer.letters(name));

    let mut groups: Vec<usize> = ledger.alive().collect();
    by_number(&mut groups, |index| ledger.id(index));
    packer.count(groups.len());
    let mut last = 0;
    for index in groups {
        packer.number((ledger.id(index) - last).cast_unsigned());
        last = ledger.id(index);
        pack_group(packer, ledger.group(index), ledger.is_pinned(index));
    }
    for slot in 0..ledger.slots() as u32 {
        match ledger.single(slot) {
            Some((id, amount)) => {
                packer.integer(id);
                packer.integer(amount);
            }
            None => packer.integer(0),
        }
    }
}

fn pack_group(packer: &mut Packer, group: GroupRef<'_>, pinned: bool) {
    let unique = group.tag.unique.map_or(0, |unique| 1 + u64::from(unique));
    packer.number(2 * unique + u64::from(pinned));
    packer.count(group.tag.origin.place().map_or(0, |place| place + 1));
    packer.count(group.tag.reason.place().map_or(0, |place| place + 1));
    packer.number(group.tag.node.map_or(0, |node| 1 + u64::from(node.get())));
    packer.count(group.len());
    let mut last = 0;
    for lot in group.lots() {
        packer.number(u64::from(lot.row - last));
        packer.integer(lot.amount);
        last = lot.row;
    }
}

/// Groups and singletons that add up to the rows' amounts, as they do in every workspace.
fn unpack_groups<R>(unpacker: &mut Unpacker<'_>, store: &Store<R>, nodes: usize) -> Result<Ledger, Damaged> {
    let last_id = unpacker.integer()?;
    if !(0..=MAX_GROUP_ID).contains(&last_id) {
        return Err(Damaged);
    }
    let mut names = Names::default();
    let count = unpacker.count()?;
    for _ in 0..count {
        names.intern(unpacker.letters()?);
    }
    same(names.texts().len(), count)?;
    let mut ledger = Ledger::after(last_id, names);
    ledger.grow(store.len());
    let mut missing: Vec<i128> = store.amounts.iter().map(|&amount| i128::from(amount)).collect();
    let mut ids: Vec<i64> = Vec::new();
    for _ in 0..unpacker.count()? {
        let id = ids
            .last()
            .copied()
            .unwrap_or(0)
            .checked_add_unsigned(unpacker.number()?);
        let id = id.filter(|&id| (1..=last_id).contains(&id)).ok_or(Damaged)?;
        ids.push(id);
        let (state, tag) = unpack_tag(unpacker, &ledger.names, nodes)?;
        let lots = unpack_lots(unpacker, &mut missing)?;
        ledger.add(id, state, tag, lots);
    }
    for (slot, missing) in missing.iter_mut().enumerate() {
        let id = unpacker.integer()?;
        if id != 0 {
            let amount = unpacker.integer()?;
            *missing -= i128::from(amount);
            ledger.set_single(slot as u32, id, amount);
            ids.push(id);
        }
    }
    by_number(&mut ids, |id| id);
    let distinct = ids.is_sorted_by(|a, b| a < b) && ids.iter().all(|id| (1..=last_id).contains(id));
    if distinct && missing.iter().all(|&missing| missing == 0) {
        Ok(ledger)
    } else {
        Err(Damaged)
    }
}

fn unpack_tag(unpacker: &mut Unpacker<'_>, names: &Names, nodes: usize) -> Result<(State, Tag), Damaged> {
    let head = unpacker.place(6)?;
    let mut name = || {
        let place = unpacker.place(names.texts().len() + 1)?;
        Ok(place.checked_sub(1).map_or(Name::NONE, Name::at))
    };
    let (origin, reason) = (name()?, name()?);
    let node = unpacker.place(nodes + 1)?.checked_sub(1);
    let tag = Tag {
        origin,
        reason,
        node: node.map(|node| NodeId::new(node as u32)),
        unique: (head > 1).then_some(head > 3),
    };
    Ok((if head % 2 == 1 { State::Pinned } else { State::Proposed }, tag))
}

fn unpack_lots(unpacker: &mut Unpacker<'_>, missing: &mut [i128]) -> Result<Vec<Lot>, Damaged> {
    let count = unpacker.count()?;
    let mut lots: Vec<Lot> = unpacker.room(count)?;
    let mut net = 0_i128;
    for _ in 0..count {
        let before = lots.last().map(|lot| lot.row);
        let step = unpacker.place(missing.len())?;
        let row = before.unwrap_or(0) as usize + step;
        if before.is_some() && step == 0 || row >= missing.len() {
            return Err(Damaged);
        }
        let amount = unpacker.integer()?;
        missing[row] -= i128::from(amount);
        net += i128::from(amount);
        lots.push(Lot {
            row: row as u32,
            amount,
        });
    }
    if lots.is_empty() || net.unsigned_abs() > u128::from(i64::MAX.unsigned_abs()) {
        return Err(Damaged);
    }
    Ok(lots)
}

fn pack_stage(packer: &mut Packer, stage: &Stage) {
    for count in stage.counts() {
        packer.number(count);
    }
    for value in stage.values() {
        packer.raw(&value.to_le_bytes());
    }
}

fn unpack_stage(unpacker: &mut Unpacker<'_>, stage: &mut Stage) -> Result<(), Damaged> {
    for count in stage.counts_mut() {
        *count = unpacker.number()?;
    }
    for value in stage.values_mut() {
        let bytes = unpacker.raw(16)?.try_into().map_err(|_| Damaged)?;
        *value = i128::from_le_bytes(bytes);
    }
    Ok(())
}
