//! Conformance checks: each takes a module and rows and returns a violation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::driver::{Driver, GroupSeen, Target};
use super::table::Table;

/// A check: what is wrong with a module over these rows, if anything is.
pub(super) type Check<'c> = dyn Fn(&Target, &Table) -> Result<(), String> + 'c;

/// Every check, by name.
pub(super) const CHECKS: [(&str, &Check<'static>); 6] = [
    ("unique ids", &unique_ids),
    ("conservation", &conservation),
    ("idempotent upsert", &idempotent_upsert),
    ("order independence", &order_independence),
    ("warm equals cold", &warm_equals_cold),
    ("refusal", &refusal),
];

/// Two reports are equal but for the numbers of their groups.
pub(super) fn same(one: &str, left: &[GroupSeen], other: &str, right: &[GroupSeen]) -> Result<(), String> {
    let differs = |ours: &[GroupSeen], theirs: &[GroupSeen]| ours.iter().find(|group| !theirs.contains(group)).cloned();
    match (differs(left, right), differs(right, left)) {
        _ if left == right => Ok(()),
        (Some(group), _) => Err(format!("{one} has {}, {other} has not", shown(&group))),
        (None, Some(group)) => Err(format!("{other} has {}, {one} has not", shown(&group))),
        (None, None) => Err(format!(
            "{one} and {other} have equal groups, but not equally many of them"
        )),
    }
}

fn shown(group: &GroupSeen) -> String {
    let members: Vec<String> = group
        .members
        .iter()
        .map(|(id, amount)| format!("{id}: {amount}"))
        .collect();
    format!("the {} group {} {{{}}}", group.status, group.origin, members.join(", "))
}

fn unique_ids(target: &Target, table: &Table) -> Result<(), String> {
    let mut driver = Driver::open(target)?;
    driver.upsert(table)?;
    let sent: BTreeSet<String> = driver.ids(table).into_iter().collect();
    if sent.len() < table.len() {
        return Err("the table itself has an id twice, or a row without one".to_owned());
    }
    let groups = driver.solve()?;
    for group in &groups {
        let ids: BTreeSet<&String> = group.members.iter().map(|(id, _)| id).collect();
        if ids.len() < group.members.len() {
            return Err(format!("{} has a row twice", shown(group)));
        }
        let net: i128 = group.members.iter().map(|(_, amount)| i128::from(*amount)).sum();
        if group.size != group.members.len() || i128::from(group.net) != net {
            return Err(format!(
                "{} says it has size {} and net {}",
                shown(group),
                group.size,
                group.net
            ));
        }
    }
    let reported: BTreeSet<String> = groups
        .into_iter()
        .flat_map(|group| group.members)
        .map(|(id, _)| id)
        .collect();
    match sent.symmetric_difference(&reported).next() {
        None => Ok(()),
        Some(id) if sent.contains(id) => Err(format!("row {id} was sent and is in no group")),
        Some(id) => Err(format!("row {id} is reported and was never sent")),
    }
}

fn totals(groups: &[GroupSeen]) -> BTreeMap<&str, i128> {
    let mut totals = BTreeMap::new();
    for (id, amount) in groups.iter().flat_map(|group| &group.members) {
        *totals.entry(id.as_str()).or_default() += i128::from(*amount);
    }
    totals
}

fn conservation(target: &Target, table: &Table) -> Result<(), String> {
    let mut driver = Driver::open(target)?;
    driver.upsert(table)?;
    let before = driver.report()?;
    let after = driver.solve()?;
    let (brought, found) = (totals(&before), totals(&after));
    for (id, amount) in &brought {
        let now = found.get(id).copied().unwrap_or_default();
        if now != *amount {
            return Err(format!(
                "row {id} brought {amount}; after the solve it adds up to {now}"
            ));
        }
    }
    match found.keys().find(|id| !brought.contains_key(*id)) {
        Some(id) => Err(format!(
            "row {id} is in the report of a solve, and was not there before"
        )),
        None => Ok(()),
    }
}

fn idempotent_upsert(target: &Target, table: &Table) -> Result<(), String> {
    let mut driver = Driver::open(target)?;
    driver.upsert(table)?;
    let once = driver.report()?;
    driver.upsert(table)?;
    same("one upsert", &once, "the same again", &driver.report()?)?;
    let solved = driver.solve()?;
    driver.upsert(table)?;
    same(
        "a solve",
        &solved,
        "an upsert of the same rows and another solve",
        &driver.solve()?,
    )
}

fn order_independence(target: &Target, table: &Table) -> Result<(), String> {
    let cold = Driver::open(target)?.solved(table)?;
    let backwards: Vec<usize> = (0..table.len()).rev().collect();
    let turned = Driver::open(target)?.solved(&table.take(&backwards))?;
    same("the table as it is", &cold, "the table backwards", &turned)?;
    let mut batches = Driver::open(target)?;
    for rows in dealt(table.len()).chunks(table.len().div_ceil(3).max(1)) {
        batches.upsert(&table.take(rows))?;
    }
    same("one batch", &cold, "three batches of shuffled rows", &batches.solve()?)
}

/// The rows dealt out by a fixed stride, so that neighbours part.
fn dealt(count: usize) -> Vec<usize> {
    let stride = 7.min(count.max(1));
    (0..stride).flat_map(|first| (first..count).step_by(stride)).collect()
}

fn warm_equals_cold(target: &Target, table: &Table) -> Result<(), String> {
    let (kept, late): (Vec<usize>, Vec<usize>) = (0..table.len()).partition(|row| row % 3 != 1);
    let cold = Driver::open(target)?.solved(table)?;
    let mut warm = Driver::open(target)?;
    warm.upsert(&table.take(&kept))?;
    let fewer = warm.solve()?;
    warm.upsert(&table.take(&late))?;
    same(
        "a fresh session",
        &cold,
        "one solved before the last rows came",
        &warm.solve()?,
    )?;
    pin_and_unpin(&mut warm)?;
    same(
        "a fresh session",
        &cold,
        "one that pinned and unpinned on the way",
        &warm.solve()?,
    )?;
    let gone = warm.json_ids(&table.take(&late));
    warm.send(&json!({"op": "remove", "ids": gone}), &[])?;
    same(
        "a session that never had the last rows",
        &fewer,
        "one that lost them",
        &warm.solve()?,
    )
}

fn pin_and_unpin(driver: &mut Driver) -> Result<(), String> {
    let report = driver.send(&json!({"op": "report"}), &[])?;
    let group_ids: Vec<i64> = report["report"]["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|group| group["group_id"].as_i64())
        .collect();
    for group_id in group_ids.iter().take(3) {
        driver.send(&json!({"op": "pin", "by": "group", "group_id": group_id}), &[])?;
    }
    driver.solve()?;
    for group_id in group_ids.iter().take(3) {
        driver.send(&json!({"op": "unpin", "group_id": group_id}), &[])?;
    }
    Ok(())
}

fn refusal(target: &Target, table: &Table) -> Result<(), String> {
    let mut driver = Driver::open(target)?;
    driver.upsert(table)?;
    let before = driver.solve()?;
    let whole = table.to_ipc();
    let cut = &whole[..whole.len() / 2];
    for (command, arrow) in [
        (json!({"op": "no such op"}), &[][..]),
        (json!({"op": "upsert"}), cut),
        (json!({"op": "unpin", "group_id": -1}), &[]),
        (json!({"op": "merge", "allocations": [], "label": "none"}), &[]),
    ] {
        if driver.send(&command, arrow).is_ok() {
            return Err(format!("{command} was carried out; it should have been refused"));
        }
        same("before an error", &before, "after it", &driver.report()?)?;
    }
    Ok(())
}
