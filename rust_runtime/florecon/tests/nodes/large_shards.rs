//! Large shards: a shard among others is solved as it is alone.

use florecon::prelude::*;

struct Posting {
    shard: i64,
    day: i64,
    amount: i64,
    references: Tokens,
}

const SHARDS: i64 = 3;
const ROWS: i64 = 3 * 1_500;

/// Rows of all shards, mixed; many equal amounts, and references that a few share.
fn postings() -> impl Iterator<Item = (RowId, Posting)> {
    (0..ROWS).map(|id| {
        let draw = (id * 2_654_435_761).rem_euclid(1 << 32) / 7;
        let sign = if draw % 2 == 0 { 1 } else { -1 };
        let posting = Posting {
            shard: draw % SHARDS,
            day: draw / 11 % 30,
            amount: sign * (1 + draw / 5 % 60),
            references: [draw % 400, draw / 3 % 500]
                .map(|number| Text::from(format!("reference number {number}")))
                .into_iter()
                .collect(),
        };
        (RowId::from(id), posting)
    })
}

fn day(item: Item<'_, Posting>) -> i64 {
    item.row.day
}

fn references(item: Item<'_, Posting>) -> Tokens {
    item.row.references.clone()
}

/// Every kind of node that reads rows, ids or originals.
fn strategy() -> Plan<Posting> {
    let days = |group: &Group<'_, Posting>| Ok(group.span(day)? < 20);
    let doubled = |item: Item<'_, Posting>| Some(2 * item.row.amount);
    let cost = |a: Item<'_, Posting>, b: Item<'_, Posting>| Some(1.0 + a.row.day.abs_diff(b.row.day) as f64);
    let week = |item: Item<'_, Posting>| Some(item.row.day / 7);
    let steps = seq(vec![
        accept_if(days, signal_group(references, abs_tol(0), 20)),
        when(|item: Item<'_, Posting>| item.row.day > 14, exact_1to1(week, day)),
        pivot(doubled, trim(abs_tol(6), agg_net(references_key, abs_tol(6)))),
        windowed(day, 2, subset_net(one_bucket, abs_tol(0), 4, 2_000)),
        coalesce(
            "joined",
            flow(Flow::new(constant(9.0), cost).window(day, 3).match_on(references)),
        ),
        running_zero(day, abs_tol(0), one_bucket),
        whole_only(snap(abs_tol(1), agg_net(week, abs_tol(9)))),
        soak_small(abs_tol(20), "small", bucket(week, i64::to_string)),
    ]);
    partition_by(|item: Item<'_, Posting>| Some(item.row.shard), steps)
}

/// Keys of what a lot is at hand, in no order, two of them perhaps equal.
fn sizes(item: Item<'_, Posting>) -> Vec<i64> {
    let size = item.amount.abs();
    vec![size, 1_000 + item.original % 7, size + size % 2]
}

/// Nodes that read keys by one function, of lots that are whole, in another numeraire, and in part.
fn one_key() -> Plan<Posting> {
    let altered = |item: Item<'_, Posting>| Some(3 * item.row.amount + item.row.day % 2);
    let same_day = |a: Item<'_, Posting>, b: Item<'_, Posting>| (a.row.day == b.row.day).then_some(1.0);
    let steps = seq(vec![
        signal_group(sizes, abs_tol(2), 100),
        pivot(altered, signal_group(sizes, abs_tol(9), 100)),
        flow(Flow::new(constant(9.0), same_day).match_on(sizes).bucket_cap(40)),
        flow(Flow::new(constant(9.0), same_day).window(day, 0)),
        signal_group(sizes, abs_tol(10), 100),
        reference_net(sizes, abs_tol(10_000), 1_000),
    ]);
    partition_by(|item: Item<'_, Posting>| Some(item.row.shard), steps)
}

/// A week, null for some days; of one day it cannot be computed, nor of what a lot of that day has in part.
fn week(item: Item<'_, Posting>) -> Result<Option<i64>, EvalError> {
    match item.row.day {
        29.. => Err(EvalError::Overflow),
        day if day % 5 == 4 => Ok(None),
        day => Ok(Some(day / 7 + 10 * (item.amount % 3))),
    }
}

/// Conditions that ask many groups for one value, of lots that are whole, in another numeraire, and in part.
fn one_value() -> Plan<Posting> {
    let weeks = |group: &Group<'_, Posting>| Ok(group.distinct(week)? == 2);
    let odd = |group: &Group<'_, Posting>| Ok(group.distinct(week)? % 2 == 1);
    let signs = |group: &Group<'_, Posting>| Ok(group.distinct(|item| Some(item.row.amount > 0))? == 2);
    let altered = |item: Item<'_, Posting>| Some(3 * item.row.amount + item.row.day % 2);
    let near = |a: Item<'_, Posting>, b: Item<'_, Posting>| Some(1.0 + a.row.day.abs_diff(b.row.day) as f64);
    let last = |item: Item<'_, Posting>| item.row.day == 29;
    let others = seq(vec![
        accept_if(weeks, exact_1to1(one_bucket, day)),
        pivot(altered, accept_if(odd, signal_group(references, abs_tol(9), 100))),
        accept_if(odd, flow(Flow::new(constant(9.0), near).window(day, 2))),
        accept_if(signs, signal_group(sizes, abs_tol(50), 100)),
        accept_if(
            odd,
            agg_net(|item: Item<'_, Posting>| Some(item.row.day), abs_tol(10_000)),
        ),
    ]);
    let steps = seq(vec![when(last, soak_all("last", singleton())), others]);
    partition_by(|item: Item<'_, Posting>| Some(item.row.shard), steps)
}

fn references_key(item: Item<'_, Posting>) -> Option<Text> {
    item.row.references.first().cloned()
}

/// Origin, reason, node, uniqueness and members of each group, in the order of the report.
type Found = (String, Option<String>, Option<u32>, Option<bool>, Vec<(RowId, i64)>);

fn solved(plan: Plan<Posting>, rows: Vec<(RowId, Posting)>) -> (Vec<Found>, Recon<Posting>) {
    let mut recon = Recon::new(plan, |posting: &Posting| posting.amount).unwrap();
    recon.upsert(rows).unwrap();
    recon.solve().unwrap();
    let found = found(&recon);
    (found, recon)
}

fn found(recon: &Recon<Posting>) -> Vec<Found> {
    let (view, report) = (recon.view(), recon.report());
    let lines = report.groups.iter().zip(view.groups());
    lines
        .map(|(line, group)| {
            let members = group.members().map(|(id, amount)| (id.clone(), amount)).collect();
            let reason = line.reason.as_ref().map(ToString::to_string);
            (line.origin.to_string(), reason, line.node, line.unique, members)
        })
        .collect()
}

#[test]
fn a_shard_among_others_is_solved_as_it_is_alone() {
    let mut recon = is_solved_as_alone(strategy);
    let origins: std::collections::BTreeSet<String> = found(&recon).into_iter().map(|group| group.0).collect();
    assert!(origins.len() > 6, "{origins:?}");

    // rows that are gone leave the others in place
    let gone: Vec<RowId> = (0..ROWS).filter(|id| id % 5 == 1).map(RowId::from).collect();
    recon.remove(&gone).unwrap();
    recon.solve().unwrap();
    let kept = |(id, _): &(RowId, Posting)| !gone.contains(id);
    assert_eq!(found(&recon), solved(strategy(), postings().filter(kept).collect()).0);
}

#[test]
fn nodes_of_one_key_function_read_the_keys_of_the_lots_at_hand() {
    let recon = is_solved_as_alone(one_key);
    let leaves = |stage: &&florecon::plan::Stage| ["signal_group", "flow", "reference_net"].contains(&stage.kind);
    let groups: Vec<u64> = recon.stages().iter().filter(leaves).map(|stage| stage.groups).collect();
    assert!(groups.iter().all(|&groups| groups > 0), "{groups:?}");
}

#[test]
fn groups_are_asked_for_the_values_of_the_lots_at_hand() {
    let recon = is_solved_as_alone(one_value);
    let accepted: Vec<u64> = recon
        .stages()
        .iter()
        .filter(|stage| stage.kind == "accept_if")
        .map(|stage| stage.groups)
        .collect();
    assert!(accepted.iter().all(|&groups| groups > 0), "{accepted:?}");
}

#[test]
fn a_value_that_cannot_be_computed_is_an_error_of_its_group() {
    let plan = || {
        let weeks = |group: &Group<'_, Posting>| Ok(group.distinct(week)? > 0);
        partition_by(
            |item: Item<'_, Posting>| Some(item.row.shard),
            accept_if(weeks, exact_1to1(one_bucket, day)),
        )
    };
    // after all other groups, one of rows without a week
    let early = postings().filter(|(_, posting)| posting.day < 29);
    let late = [1000, -1000].map(|amount| Posting {
        shard: 0,
        day: 99,
        amount,
        references: Tokens::default(),
    });
    let mut recon = Recon::new(plan(), |posting: &Posting| posting.amount).unwrap();
    recon.upsert(early.collect()).unwrap();
    recon.solve().unwrap();
    recon.upsert((ROWS..).map(RowId::from).zip(late).collect()).unwrap();
    let error = recon.solve().unwrap_err();
    assert_eq!(
        (error.code(), error.id()),
        ("amount_overflow", Some(&RowId::from(ROWS)))
    );
}

/// A workspace whose shards are solved as each is alone, where no keys are kept.
fn is_solved_as_alone(plan: fn() -> Plan<Posting>) -> Recon<Posting> {
    let (mut together, recon) = solved(plan(), postings().collect());
    let of = |shard: i64| postings().filter(move |(_, posting)| posting.shard == shard);
    let mut apart: Vec<Found> = (0..SHARDS)
        .flat_map(|shard| solved(plan(), of(shard).collect()).0)
        .collect();
    let first = |group: &Found| group.4.clone();
    together.sort_by_key(first);
    apart.sort_by_key(first);
    assert_eq!(together, apart);
    recon
}
