//! Edits of a ledger whose shards are large enough to have their rows counted anew: a solve of what they can reach has the report
//! of a solve of all.

use florecon::prelude::*;

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

fn groups(recon: &Recon<Line>) -> Vec<(String, Vec<(RowId, i64)>)> {
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
