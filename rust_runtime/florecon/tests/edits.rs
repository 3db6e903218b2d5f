//! Edits of a ledger whose shards are large enough to have their rows counted anew: a solve of what they can reach has the report
//! of a solve of all.

use florecon::prelude::*;

#[derive(Clone)]
struct Line {
    amount: i64,
    shard: i64,
    keys: Vec<i64>,
}

fn plan() -> Plan<Line> {
    let keys = |lot: Item<'_, Line>| lot.row.keys.clone();
    let steps = seq(vec![
        exact_1to1(|lot: Item<'_, Line>| lot.row.keys.first().copied(), by_id),
        signal_group(keys, abs_tol(3), 64),
        agg_net(|lot: Item<'_, Line>| lot.row.keys.last().copied(), abs_tol(9)),
    ]);
    partition_by(|lot: Item<'_, Line>| Some(lot.row.shard), steps)
}

fn draw(state: &mut u64, below: u64) -> i64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    ((*state >> 33) % below) as i64
}

fn line(state: &mut u64, rows: i64) -> Line {
    Line {
        amount: 100 * (draw(state, 19) - 9) + draw(state, 2),
        shard: draw(state, 20),
        keys: (0..draw(state, 4)).map(|_| draw(state, rows as u64)).collect(),
    }
}

/// The origin and the members of each group.
type Groups = Vec<(String, Vec<(RowId, i64)>)>;

fn groups(recon: &Recon<Line>) -> Groups {
    let report = recon.report();
    let mut members: std::collections::BTreeMap<i64, Vec<(RowId, i64)>> = std::collections::BTreeMap::new();
    for part in &report.allocations {
        members
            .entry(part.group_id)
            .or_default()
            .push((part.id.clone(), part.amount));
    }
    let origins = report.groups.iter().map(|group| group.origin.to_string());
    let ids = report.groups.iter().map(|group| group.group_id);
    origins.zip(ids.map(|id| members.remove(&id).unwrap())).collect()
}

#[test]
fn edits_of_many_rows_give_the_report_of_a_solve_of_all() {
    const ROWS: i64 = 30_000;
    let mut state = 7;
    let amount = |line: &Line| line.amount;
    let (mut recon, mut known) = (Recon::new(plan(), amount).unwrap(), Vec::new());
    for _ in 0..ROWS {
        let seed = state;
        known.push(seed);
        line(&mut state, ROWS);
    }
    let all = |known: &[u64]| -> Vec<(RowId, Line)> {
        known
            .iter()
            .enumerate()
            .map(|(id, seed)| (RowId::from(id as i64), line(&mut seed.clone(), ROWS)))
            .collect()
    };
    recon.upsert(all(&known)).unwrap();
    recon.solve().unwrap();
    for edit in 0..30 {
        let id = draw(&mut state, ROWS as u64);
        known[id as usize] = state;
        recon
            .upsert(vec![(RowId::from(id), line(&mut state.clone(), ROWS))])
            .unwrap();
        recon.solve().unwrap();
        if edit % 5 < 2 {
            let mut cold = Recon::new(plan(), amount).unwrap();
            cold.upsert(all(&known)).unwrap();
            cold.solve().unwrap();
            assert!(groups(&recon) == groups(&cold), "edit {edit}");
        }
    }
}

/// Decisions and edits, of which one workspace solves what they reach and the other all rows.
#[test]
fn groups_have_the_same_ids_over_many_edits() {
    const ROWS: i64 = 400;
    let mut state = 3;
    let amount = |line: &Line| line.amount;
    let mut few = Recon::new(plan(), amount).unwrap();
    let mut all = Recon::new(plan(), amount).unwrap();
    let lines = |state: &mut u64, ids: std::ops::Range<i64>| -> Vec<(RowId, Line)> {
        ids.map(|id| (RowId::from(id), line(state, ROWS))).collect()
    };
    for recon in [&mut few, &mut all] {
        recon.upsert(lines(&mut state.clone(), 0..ROWS)).unwrap();
        recon.solve().unwrap();
    }
    let mut next = ROWS;
    for edit in 0..1200 {
        let report = few.report();
        let group = |state: &mut u64| report.groups[draw(state, report.groups.len() as u64) as usize].group_id;
        let row = |state: &mut u64| {
            let part = &report.allocations[draw(state, report.allocations.len() as u64) as usize];
            part.id.clone()
        };
        let (seed, kind) = (state, draw(&mut state, 20));
        for recon in [&mut few, &mut all] {
            let mut state = seed;
            match kind {
                0 => drop(recon.pin(group(&mut state))),
                1 => drop(recon.dissolve(group(&mut state))),
                2 => {
                    // a group that is not pinned is refused, by both
                    let pinned = report.groups.iter().rfind(|group| group.pinned);
                    let _ = recon.unpin(pinned.map_or_else(|| group(&mut state), |group| group.group_id));
                }
                3 => drop(recon.remove(&[row(&mut state)])),
                4 => drop(recon.upsert(lines(&mut state, next..next + 1))),
                _ => drop(recon.upsert(vec![(row(&mut state), line(&mut state, ROWS))])),
            }
        }
        next += i64::from(kind == 4);
        assert_eq!(few.report(), all.report(), "before the solve of edit {edit}");
        all.set_plan(plan()).unwrap();
        few.solve().unwrap();
        all.solve().unwrap();
        assert_eq!(few.report(), all.report(), "edit {edit}");
        let report = few.report();
        let ids: Vec<i64> = report
            .groups
            .iter()
            .filter(|group| !group.pinned)
            .map(|group| group.group_id)
            .collect();
        assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "edit {edit}");
    }
    assert!(few.report().groups.iter().any(|group| group.pinned));
}

/// A strategy whose shards are known before a solve, or, with a step that would join rows of any shard if it had any, one that
/// has to read them.
fn divided(partition: Plan<Line>, is_read: bool) -> Plan<Line> {
    let nothing = when(|_: Item<'_, Line>| false, agg_net(one_bucket, abs_tol(0)));
    if is_read {
        seq(vec![partition, nothing])
    } else {
        partition
    }
}

/// Rows of shards whose number the amount decides, none for some and an error for others, in a strategy whose shards are known
/// before a solve and in one that has to read them.
#[test]
fn shards_that_are_known_are_those_that_are_read() {
    fn shards(modulus: i64, is_read: bool) -> Plan<Line> {
        let shard = move |lot: Item<'_, Line>| match (lot.row.shard, lot.amount.rem_euclid(modulus)) {
            (19, 0) => Err(EvalError::Overflow),
            (_, 1) => Ok(None),
            (shard, rest) => Ok(Some((shard % 3, rest))),
        };
        let inner = seq(vec![
            flow(Flow::new(constant(9.0), |_: Item<'_, Line>, _: Item<'_, Line>| Some(1.0)).window(|_| 0, 0)),
            agg_net(one_bucket, abs_tol(3)),
        ]);
        divided(partition_by(shard, inner), is_read)
    }
    fn solved(recon: &mut Recon<Line>) -> Result<Groups, String> {
        recon.solve().map_err(|error| error.to_string())?;
        Ok(groups(recon))
    }
    const ROWS: i64 = 60;
    let mut state = 11;
    let lines = |state: &mut u64, ids: std::ops::Range<i64>| -> Vec<(RowId, Line)> {
        ids.map(|id| (RowId::from(id), line(state, ROWS))).collect()
    };
    let mut both = [false, true].map(|is_read| {
        let mut recon = Recon::new(shards(4, is_read), |line: &Line| line.amount).unwrap();
        recon.upsert(lines(&mut state.clone(), 0..ROWS)).unwrap();
        recon
    });
    let (mut next, mut errors, mut pinned) = (ROWS, 0, 0);
    for edit in 0..400 {
        let [known, read] = both.each_mut().map(solved);
        assert_eq!(known, read, "edit {edit}");
        errors += u32::from(known.is_err());
        let report = both[0].report();
        pinned += report.groups.iter().filter(|group| group.pinned).count();
        let (seed, kind) = (state, draw(&mut state, 12));
        for (recon, is_read) in both.iter_mut().zip([false, true]) {
            let mut state = seed;
            let group = |state: &mut u64| report.groups[draw(state, report.groups.len() as u64) as usize].group_id;
            let row = |state: &mut u64| {
                let part = &report.allocations[draw(state, report.allocations.len() as u64) as usize];
                part.id.clone()
            };
            match kind {
                0 | 1 => drop(recon.pin(group(&mut state))),
                2 => drop(recon.remove(&[row(&mut state)])),
                3 | 4 => recon.upsert(lines(&mut state, next..next + 1)).map(drop).unwrap(),
                5 => recon.set_plan(shards(2 + draw(&mut state, 4), is_read)).unwrap(),
                // not in the order of ids
                6 => recon.upsert(lines(&mut state, -next..1 - next)).map(drop).unwrap(),
                // the first error takes nothing in
                7 => drop(recon.upsert(vec![
                    (RowId::from(next), line(&mut state, ROWS)),
                    (RowId::from(next), line(&mut state, ROWS)),
                ])),
                _ => recon
                    .upsert(vec![(row(&mut state), line(&mut state, ROWS))])
                    .map(drop)
                    .unwrap(),
            }
        }
        next += 1;
    }
    assert!(
        (20..300).contains(&errors) && pinned > 100,
        "{errors} errors, {pinned} pinned"
    );
}

/// Shards come and go, as periods do, so that most keys that ever had a number are forgotten.
#[test]
fn shards_that_come_and_go_are_those_that_are_read() {
    const ROWS: i64 = 60;
    fn period(state: &mut u64, edit: i64) -> Line {
        let line = line(state, ROWS);
        Line {
            shard: edit / 4 + line.shard % 3,
            ..line
        }
    }
    let mut both = [false, true].map(|is_read| {
        let shards = partition_by(
            |lot: Item<'_, Line>| Some(lot.row.shard),
            agg_net(one_bucket, abs_tol(300)),
        );
        Recon::new(divided(shards, is_read), |line: &Line| line.amount).unwrap()
    });
    let (mut state, mut matched) = (17, 0);
    for edit in 0..600 {
        let seed = state;
        let [known, read] = both.each_mut().map(|recon| {
            state = seed;
            let ids = (0..8).map(|_| RowId::from(draw(&mut state, ROWS as u64)));
            let ids: std::collections::BTreeSet<RowId> = ids.collect();
            let batch = ids.iter().map(|id| (id.clone(), period(&mut state, edit)));
            recon.upsert(batch.collect::<Vec<_>>()).unwrap();
            if edit % 7 == 0 {
                recon.remove(&[ids.first().unwrap().clone()]).unwrap();
            }
            recon.solve().unwrap();
            groups(recon)
        });
        assert_eq!(known, read, "edit {edit}");
        matched += known.iter().filter(|(_, members)| members.len() > 1).count();
    }
    assert!(matched > 500, "{matched} groups of several rows");
}

/// Edits of a few rows that have one part in each of several groups, and a rest that is unmatched: these come in the order of the
/// parts.
#[test]
fn parts_of_a_row_are_in_the_order_of_their_amounts_after_an_edit() {
    fn pairs(at: usize) -> Plan<Line> {
        let edge = |_: Item<'_, Line>, _: Item<'_, Line>| Some(1.0);
        flow(Flow::new(constant(9.0), edge).match_on(move |lot: Item<'_, Line>| lot.row.keys.get(at).copied()))
    }
    const ROWS: i64 = 8;
    let plan = || seq(vec![pairs(0), pairs(1)]);
    let amount = |line: &Line| line.amount;
    let mut state = 5;
    let mut draw_line = || Line {
        amount: draw(&mut state, 19) - 9,
        shard: 0,
        keys: vec![draw(&mut state, 3), draw(&mut state, 3)],
    };
    let (mut warm, mut shared) = (Recon::new(plan(), amount).unwrap(), 0);
    for edit in 0..3000 {
        let line = draw_line();
        let id = RowId::from(edit * 5 % ROWS);
        if edit % 3 == 2 {
            drop(warm.remove(&[id]));
        } else {
            warm.upsert(vec![(id, line)]).unwrap();
        }
        warm.solve().unwrap();
        let mut cold = Recon::new(plan(), amount).unwrap();
        cold.upsert(warm.rows().map(|(id, line)| (id.clone(), line.clone())).collect())
            .unwrap();
        cold.solve().unwrap();
        assert_eq!(groups(&warm), groups(&cold), "edit {edit}");
        let groups = warm.report().groups;
        shared += groups.windows(2).filter(|pair| pair[0].first == pair[1].first).count();
    }
    assert!(shared > 500, "only {shared} groups share their first row");
}
