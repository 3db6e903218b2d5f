//! Workspace edited and solved repeatedly, compared with a fresh one after every edit.

use std::collections::BTreeMap;

use florecon::prelude::*;
use florecon::report::ReportView;

struct Line {
    account: i64,
    day: i64,
    amount: i64,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    /// A number below `bound`.
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % bound.unsigned_abs()).cast_signed()
    }

    /// Few amounts and days, so that many optima cost the same.
    fn line(&mut self) -> (i64, i64, i64) {
        let amount = 1 + self.below(6);
        let sign = if self.below(2) == 0 { 1 } else { -1 };
        (self.below(2), self.below(25), sign * amount)
    }
}

fn plan() -> Plan<Line> {
    let cost = |a: Item<'_, Line>, b: Item<'_, Line>| Some((a.row.day - b.row.day).abs() as f64);
    let arbiter = || flow(Flow::new(constant(20.0), cost).window(|i: Item<'_, Line>| i.row.day, 30));
    seq(vec![
        partition_by(|i: Item<'_, Line>| Some(i.row.account), arbiter()),
        exact_1to1(one_bucket, by_id),
    ])
}

fn fresh() -> Recon<Line> {
    Recon::new(plan(), |line: &Line| line.amount).unwrap()
}

fn put(recon: &mut Recon<Line>, id: i64, (account, day, amount): (i64, i64, i64)) {
    recon
        .upsert(vec![(RowId::from(id), Line { account, day, amount })])
        .unwrap();
}

/// Everything a report says but for the group ids.
fn shown(view: &ReportView<'_>) -> Vec<String> {
    let groups = view.groups().map(|group| {
        let members: Vec<String> = group.members().map(|(id, amount)| format!("{id}:{amount}")).collect();
        let unique = group.line().unique;
        format!("{} {} {unique:?} {}", group.pinned(), group.origin(), members.join(" "))
    });
    let mut groups: Vec<String> = groups.collect();
    groups.sort();
    groups
}

/// The groups that a person has accepted, by what is in them.
fn pinned(view: &ReportView<'_>) -> Vec<Vec<(RowId, i64)>> {
    let pinned = view.groups().filter(|group| group.pinned());
    pinned
        .map(|group| group.members().map(|(id, amount)| (id.clone(), amount)).collect())
        .collect()
}

/// A workspace that has only ever seen these rows and decisions.
fn rebuilt(rows: &BTreeMap<i64, (i64, i64, i64)>, decided: &[Vec<(RowId, i64)>]) -> Recon<Line> {
    let mut recon = fresh();
    rows.iter().for_each(|(&id, &line)| put(&mut recon, id, line));
    for members in decided {
        recon.merge(members, "manual", None).unwrap();
    }
    recon
}

#[test]
fn edits_lead_to_the_report_of_a_fresh_workspace() {
    let mut random = Random(9);
    let (mut rows, mut recon) = (BTreeMap::new(), fresh());
    for id in 0..180 {
        rows.insert(id, random.line());
        put(&mut recon, id, rows[&id]);
    }
    for step in 0..220 {
        recon.solve().unwrap();
        let decided = pinned(&recon.view());
        let mut cold = rebuilt(&rows, &decided);
        assert_eq!(cold.solve_certified(u64::MAX).unwrap().certified, 2);
        // a decision rebuilt by hand has another label; what is in it is compared
        assert_eq!(pinned(&cold.view()), decided);
        let open = |recon: &Recon<Line>| -> Vec<String> {
            let all = shown(&recon.view()).into_iter();
            all.filter(|group| group.starts_with("false")).collect()
        };
        assert_eq!(open(&recon), open(&cold), "after step {step}");
        edit(&mut random, &mut rows, &mut recon, 1000 + step);
    }
}

/// One change of rows or decisions; decisions that an edit undoes are made up for nowhere.
fn edit(random: &mut Random, rows: &mut BTreeMap<i64, (i64, i64, i64)>, recon: &mut Recon<Line>, new: i64) {
    let ids: Vec<i64> = rows.keys().copied().collect();
    let id = ids[random.below(ids.len() as i64) as usize];
    match random.below(6) {
        0 => {
            rows.insert(new, random.line());
            put(recon, new, rows[&new]);
        }
        1 => {
            rows.remove(&id);
            recon.remove(&[RowId::from(id)]).unwrap();
        }
        2 => {
            let view = recon.view();
            let matched: Vec<i64> = view.groups().filter(|g| g.size() > 1).map(|g| g.id()).collect();
            let group = matched[random.below(matched.len() as i64) as usize];
            recon.pin(group).unwrap();
        }
        _ => {
            let line = random.line();
            rows.insert(id, line);
            put(recon, id, line);
        }
    }
}

#[test]
fn another_plan_forgets_what_the_one_before_knew() {
    let mut random = Random(4);
    let (mut rows, mut recon) = (BTreeMap::new(), fresh());
    for id in 0..180 {
        rows.insert(id, random.line());
        put(&mut recon, id, rows[&id]);
    }
    recon.solve().unwrap();
    let dear = |_: Item<'_, Line>, _: Item<'_, Line>| Some(41.0);
    let other = || flow(Flow::new(constant(20.0), dear).window(|i: Item<'_, Line>| i.row.day, 30));
    recon.set_plan(seq(vec![other(), identity()])).unwrap();
    recon.solve().unwrap();
    assert!(recon.view().groups().all(|group| group.size() == 1));
    recon.set_plan(plan()).unwrap();
    recon.solve().unwrap();
    let mut cold = rebuilt(&rows, &[]);
    cold.solve().unwrap();
    assert_eq!(shown(&recon.view()), shown(&cold.view()));
}
