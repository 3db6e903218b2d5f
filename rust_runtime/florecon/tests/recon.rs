//! Workspace commands, and their errors in the order of the checks.

use florecon::prelude::*;

fn id(n: i64) -> RowId {
    RowId::from(n)
}

fn recon(plan: Plan<i64>, rows: &[(i64, i64)]) -> Recon<i64> {
    let mut recon = Recon::new(plan, |amount: &i64| *amount).unwrap();
    recon
        .upsert(rows.iter().map(|&(n, amount)| (id(n), amount)).collect())
        .unwrap();
    recon
}

fn pairs() -> Plan<i64> {
    exact_1to1(one_bucket, by_id)
}

/// Pinned, origin, ids and amounts.
type Shown = (bool, String, Vec<(i64, i64)>);

/// The groups in the order of the report.
fn shown(recon: &Recon<i64>) -> Vec<Shown> {
    let number = |id: &RowId| match id {
        RowId::Int(n) => *n,
        RowId::Text(_) => panic!("these tests use integers"),
    };
    let view = recon.view();
    view.groups()
        .map(|group| {
            let members = group.members().map(|(id, amount)| (number(id), amount)).collect();
            (group.pinned(), group.origin().to_string(), members)
        })
        .collect()
}

fn unmatched(n: i64, amount: i64) -> Shown {
    (false, "unmatched".to_owned(), vec![(n, amount)])
}

fn group_of(recon: &Recon<i64>, n: i64) -> i64 {
    let report = recon.report();
    report
        .allocations
        .iter()
        .find(|allocation| allocation.id == id(n))
        .unwrap()
        .group_id
}

/// Runs a command that fails; returns its code, and checks that nothing has changed.
fn refused<T: std::fmt::Debug>(
    recon: &mut Recon<i64>,
    command: impl FnOnce(&mut Recon<i64>) -> Result<T, Error>,
) -> &'static str {
    let before = (recon.report(), recon.len());
    let error = command(recon).unwrap_err();
    assert_eq!((recon.report(), recon.len()), before, "{error}");
    error.code()
}

#[test]
fn a_new_row_is_an_unmatched_singleton_even_at_zero() {
    let mut recon = recon(pairs(), &[(2, 0), (1, 7)]);
    assert_eq!(shown(&recon), [unmatched(1, 7), unmatched(2, 0)]);
    recon.solve().unwrap();
    assert_eq!(shown(&recon), [unmatched(1, 7), unmatched(2, 0)]);
    assert_eq!(recon.rows().map(|(_, amount)| *amount).collect::<Vec<_>>(), [7, 0]);
}

#[test]
fn text_ids_come_in_the_order_of_their_bytes() {
    let mut recon = Recon::new(pairs(), |amount: &i64| *amount).unwrap();
    let rows = ["b", "é", "a", "Z"].map(|text| (RowId::from(text), 1));
    recon.upsert(rows.to_vec()).unwrap();
    let order: Vec<String> = recon.rows().map(|(id, _)| id.to_string()).collect();
    assert_eq!(order, ["Z", "a", "b", "é"]);
}

#[test]
fn a_batch_is_taken_whole_or_not_at_all() {
    let mut recon = recon(pairs(), &[(1, 1), (5, 5)]);
    assert_eq!(
        refused(&mut recon, |r| r.upsert(vec![(id(7), 7), (id(7), 8)])),
        "duplicate_id"
    );
    assert_eq!(
        refused(&mut recon, |r| r.upsert(vec![(id(9), 1), (id(1), 2), (id(1), 3)])),
        "duplicate_id"
    );
    assert_eq!(
        refused(&mut recon, |r| r.upsert(vec![(id(3), 3), (id(9), i64::MIN)])),
        "amount_overflow"
    );
    let overflow = recon.upsert(vec![(id(9), i64::MIN)]).unwrap_err();
    assert_eq!(overflow.id(), Some(&id(9)));
    let broken = vec![Ok((id(3), 3)), Err(Error::bad_command("stop"))];
    assert_eq!(refused(&mut recon, |r| r.upsert_each(broken)), "bad_command");
    recon.upsert(vec![(id(3), 3), (id(1), 2)]).unwrap();
    assert_eq!(shown(&recon), [unmatched(1, 2), unmatched(3, 3), unmatched(5, 5)]);
}

#[test]
fn a_numeraire_that_fails_names_the_row() {
    let mut recon = Recon::new(identity(), |amount: &i64| int::add(*amount, i64::MAX)).unwrap();
    let error = recon.upsert(vec![(id(1), 0), (id(2), 1)]).unwrap_err();
    assert_eq!((error.code(), error.id()), ("amount_overflow", Some(&id(2))));
    assert!(recon.is_empty());
}

#[test]
fn a_changed_amount_breaks_the_groups_of_its_row() {
    let mut recon = recon(pairs(), &[(1, 5), (2, -5), (3, 8), (4, -8)]);
    recon.solve().unwrap();
    let pinned = group_of(&recon, 1);
    recon.pin(pinned).unwrap();
    // the same amount changes nothing
    assert!(recon.upsert(vec![(id(1), 5), (id(3), 8)]).unwrap().is_empty());
    assert_eq!(shown(&recon).len(), 2);
    assert_eq!(recon.upsert(vec![(id(3), 9), (id(2), -4)]).unwrap(), [pinned]);
    assert_eq!(
        shown(&recon),
        [unmatched(1, 5), unmatched(2, -4), unmatched(3, 9), unmatched(4, -8)]
    );
}

#[test]
fn a_removed_row_breaks_the_groups_that_held_it() {
    let mut recon = recon(pairs(), &[(1, 5), (2, -5), (3, 8), (4, -8)]);
    recon.solve().unwrap();
    let pinned = group_of(&recon, 1);
    recon.pin(pinned).unwrap();
    assert_eq!(refused(&mut recon, |r| r.remove(&[id(1), id(77)])), "unknown_id");
    assert_eq!(recon.remove(&[id(1), id(4), id(1)]).unwrap(), [pinned]);
    assert_eq!(shown(&recon), [unmatched(2, -5), unmatched(3, 8)]);
    assert!(recon.remove(&[]).unwrap().is_empty());
}

#[test]
fn a_pinned_group_survives_every_solve() {
    let mut recon = recon(pairs(), &[(1, 5), (2, -5), (3, 5)]);
    let pinned = recon
        .merge(&[(id(2), -5), (id(3), 5)], "bank", Some("statement 7"))
        .unwrap();
    recon.solve().unwrap();
    recon.solve().unwrap();
    let report = recon.report();
    assert_eq!(
        shown(&recon),
        [unmatched(1, 5), (true, "bank".to_owned(), vec![(2, -5), (3, 5)])]
    );
    assert_eq!(report.groups[1].group_id, pinned);
    assert_eq!(report.groups[1].reason.as_deref(), Some("statement 7"));
    recon.unpin(pinned).unwrap();
    assert_eq!(group_of(&recon, 2), pinned, "unpinning changes no shape");
    recon.solve().unwrap();
    assert_eq!(shown(&recon)[0].2, [(1, 5), (2, -5)]);
}

#[test]
fn pinning_is_idempotent_and_atomic() {
    let mut recon = recon(pairs(), &[(1, 5), (2, -5), (3, 9)]);
    recon.solve().unwrap();
    let (pair, single) = (group_of(&recon, 1), group_of(&recon, 3));
    assert_eq!(refused(&mut recon, |r| r.pin(99)), "unknown_group");
    assert_eq!(refused(&mut recon, |r| r.pin(0)), "unknown_group");
    assert_eq!(refused(&mut recon, |r| r.unpin(99)), "unknown_group");
    assert_eq!(refused(&mut recon, |r| r.pin_groups(&[pair, 99])), "unknown_group");
    recon.pin_groups(&[pair, single, pair, single]).unwrap();
    recon.pin(pair).unwrap();
    recon.pin(single).unwrap();
    assert!(shown(&recon).iter().all(|group| group.0));
    recon.unpin(single).unwrap();
    recon.unpin(single).unwrap();
    assert_eq!(group_of(&recon, 3), single);
    assert_eq!(shown(&recon)[1], unmatched(3, 9));
}

#[test]
fn clean_groups_are_pinned_by_their_net() {
    let mut recon = recon(agg_net(one_bucket, abs_tol(3)), &[(1, 5), (2, -7)]);
    recon.solve().unwrap();
    assert_eq!(refused(&mut recon, |r| r.pin_clean(-1)), "bad_command");
    assert_eq!(recon.pin_clean(1).unwrap(), 0);
    assert_eq!(recon.pin_clean(2).unwrap(), 1);
    assert_eq!(recon.pin_clean(2).unwrap(), 0, "it is pinned already");
    assert_eq!(recon.pin_where(|group| group.size > 0).unwrap(), 0);
}

#[test]
fn singletons_are_pinned_row_by_row() {
    let plan = seq(vec![pairs(), soak_small(abs_tol(5), "small", singleton())]);
    let mut recon = recon(plan, &[(1, 9), (2, -9), (3, 4), (4, 6), (5, 0)]);
    recon.solve().unwrap();
    assert_eq!(
        refused(&mut recon, |r| r.pin_singletons(&[id(3), id(77)])),
        "unknown_id"
    );
    assert_eq!(
        refused(&mut recon, |r| r.pin_singletons(&[id(3), id(1)])),
        "unknown_allocation"
    );
    assert_eq!(recon.pin_singletons(&[id(3), id(4), id(5), id(3)]).unwrap(), 3);
    assert_eq!(recon.pin_singletons(&[id(3), id(5)]).unwrap(), 0, "no-op");
    let before = shown(&recon);
    recon.solve().unwrap();
    assert_eq!(shown(&recon), before, "a pinned zero row gets no second singleton");
}

#[test]
fn freed_amounts_join_the_one_singleton_of_a_row() {
    let mut recon = recon(identity(), &[(1, 10), (2, -4)]);
    let merged = recon.merge(&[(id(1), 4), (id(2), -4)], "manual", None).unwrap();
    recon.pin_singletons(&[id(1)]).unwrap();
    let kept = recon.report().groups[1].group_id;
    recon.unpin(merged).unwrap();
    recon.dissolve(merged).unwrap();
    assert_eq!(
        shown(&recon),
        [
            unmatched(1, 4),
            (true, "unmatched".to_owned(), vec![(1, 6)]),
            unmatched(2, -4)
        ]
    );
    recon.unpin(kept).unwrap();
    assert_eq!(shown(&recon), [unmatched(1, 10), unmatched(2, -4)]);
}

#[test]
fn a_merge_checks_in_the_stated_order() {
    let mut r = recon(pairs(), &[(1, 10), (2, -10), (3, i64::MAX), (4, i64::MAX), (5, 0)]);
    r.merge(&[(id(1), 10), (id(2), -6)], "manual", None).unwrap();
    let merge = |r: &mut Recon<i64>, list: &[(i64, i64)]| {
        let allocations: Vec<_> = list.iter().map(|&(n, amount)| (id(n), amount)).collect();
        refused(r, |r| r.merge(&allocations, "manual", None))
    };
    assert_eq!(merge(&mut r, &[]), "degenerate_group");
    assert_eq!(merge(&mut r, &[(2, -4)]), "degenerate_group");
    assert_eq!(merge(&mut r, &[(2, 0)]), "bad_command");
    assert_eq!(merge(&mut r, &[(2, -4), (2, -4)]), "duplicate_id");
    assert_eq!(merge(&mut r, &[(2, -4), (2, 0), (77, 1)]), "duplicate_id");
    assert_eq!(merge(&mut r, &[(77, 0)]), "unknown_id");
    assert_eq!(merge(&mut r, &[(2, -9), (1, 1)]), "insufficient_live_amount");
    assert_eq!(merge(&mut r, &[(1, 1), (2, -9)]), "frozen_member");
    assert_eq!(merge(&mut r, &[(5, 1), (2, -1)]), "frozen_member");
    assert_eq!(merge(&mut r, &[(2, 4), (3, 1)]), "insufficient_live_amount");
    assert_eq!(merge(&mut r, &[(3, i64::MAX), (4, 1)]), "amount_overflow");
    r.merge(&[(id(2), -4), (id(3), 4)], "manual", None).unwrap();
}

#[test]
fn a_merge_takes_loose_amounts_first_and_dissolves_what_it_takes_from() {
    let plan = flow(Flow::new(constant(9.0), |_, _| Some(1.0)).match_on(|_| Some(())));
    let mut recon = recon(plan, &[(1, 10), (2, -4), (3, -3)]);
    recon.solve().unwrap();
    assert_eq!(shown(&recon)[0].2, [(1, 3)]);
    assert_eq!(shown(&recon)[1].2, [(1, 7), (2, -4), (3, -3)]);
    let a = recon.merge(&[(id(1), 2), (id(2), -1)], "manual", None).unwrap();
    assert_eq!(
        shown(&recon),
        [
            (true, "manual".to_owned(), vec![(1, 2), (2, -1)]),
            unmatched(1, 8),
            unmatched(2, -3),
            unmatched(3, -3),
        ]
    );
    assert_eq!(refused(&mut recon, |r| r.dissolve(a)), "frozen_group");
    assert_eq!(refused(&mut recon, |r| r.detach(a, &[id(77)])), "frozen_group");
}

#[test]
fn detaching_leaves_the_rest_together() {
    let mut recon = recon(agg_net(one_bucket, abs_tol(0)), &[(1, 5), (2, -2), (3, -3)]);
    recon.solve().unwrap();
    let group = group_of(&recon, 1);
    assert_eq!(refused(&mut recon, |r| r.detach(99, &[id(77)])), "unknown_group");
    assert_eq!(refused(&mut recon, |r| r.detach(group, &[id(77)])), "unknown_id");
    recon.detach(group, &[id(3), id(3)]).unwrap();
    assert_eq!(
        shown(&recon),
        [(false, "agg_net".to_owned(), vec![(1, 5), (2, -2)]), unmatched(3, -3)]
    );
    assert_eq!(
        refused(&mut recon, |r| r.detach(group, &[id(1), id(3)])),
        "unknown_allocation"
    );
    recon.detach(group, &[id(1)]).unwrap();
    assert_eq!(shown(&recon), [unmatched(1, 5), unmatched(2, -2), unmatched(3, -3)]);
    assert_eq!(refused(&mut recon, |r| r.dissolve(group)), "unknown_group");
    // what is unmatched cannot be taken apart any further
    let single = group_of(&recon, 2);
    recon.detach(single, &[id(2)]).unwrap();
    recon.dissolve(single).unwrap();
    assert_eq!(group_of(&recon, 2), single);
}

#[test]
fn detaching_never_makes_a_net_that_wraps() {
    let rows = [(1, i64::MAX), (2, i64::MAX), (3, -i64::MAX), (4, -i64::MAX)];
    let mut recon = recon(agg_net(one_bucket, abs_tol(0)), &rows);
    recon.solve().unwrap();
    let group = group_of(&recon, 1);
    assert_eq!(
        refused(&mut recon, |r| r.detach(group, &[id(3), id(4)])),
        "amount_overflow"
    );
}

#[test]
fn dissolving_a_classified_row_makes_it_unmatched() {
    let mut recon = recon(soak_all("open", singleton()), &[(1, 5)]);
    recon.solve().unwrap();
    let group = group_of(&recon, 1);
    recon.dissolve(group).unwrap();
    assert_eq!(shown(&recon), [unmatched(1, 5)]);
    assert_ne!(group_of(&recon, 1), group, "ids are never used again");
}

#[test]
fn a_net_beyond_64_bits_is_an_error_and_changes_nothing() {
    let mut r = recon(
        soak_all("open", bucket(one_bucket, |()| "all".to_owned())),
        &[(1, i64::MAX), (2, 1)],
    );
    assert_eq!(refused(&mut r, |r| r.solve()), "amount_overflow");
    r.upsert(vec![(id(2), -1)]).unwrap();
    r.solve().unwrap();
    assert_eq!(shown(&r)[0].1, "open:all");
}

#[test]
fn a_new_plan_is_used_by_the_next_solve() {
    let mut recon = recon(identity(), &[(1, 5), (2, -5)]);
    recon.solve().unwrap();
    assert_eq!(
        refused(&mut recon, |r| r.set_plan(agg_net(one_bucket, abs_tol(-1)))),
        "bad_config"
    );
    recon.set_plan(pairs()).unwrap();
    assert_eq!(shown(&recon).len(), 2);
    recon.solve().unwrap();
    assert_eq!(shown(&recon).len(), 1);
    assert_eq!(recon.stages()[0].kind, "exact_1to1");
    assert!(Recon::new(agg_net(one_bucket, abs_tol(-1)), |amount: &i64| *amount).is_err());
}

#[test]
fn only_what_is_not_pinned_is_solved_but_originals_are_whole() {
    // 100 of which 97 are pinned: 3 left are small beside the original
    let mut recon = recon(
        soak_small(rel_tol(300, 0), "rest", singleton()),
        &[(1, 100), (2, -97), (3, 3)],
    );
    recon.merge(&[(id(1), 97), (id(2), -97)], "manual", None).unwrap();
    recon.solve().unwrap();
    let origins: Vec<String> = shown(&recon).into_iter().map(|group| group.1).collect();
    assert_eq!(origins, ["rest", "manual", "unmatched"]);
}

#[test]
fn expressions_that_fail_leave_the_workspace_as_it_was() {
    let plan = agg_net(|i: Item<i64>| int::add(*i.row, i64::MAX).map(Some), abs_tol(0));
    let mut r = recon(plan, &[(1, 0), (2, 3), (3, 1)]);
    assert_eq!(refused(&mut r, |r| r.solve()), "amount_overflow");
    assert_eq!(r.solve().unwrap_err().id(), Some(&id(2)));
    let nan = flow(Flow::new(constant(1.0), |_, _| Some(f64::NAN)).match_on(|_| Some(())));
    let mut r = recon(nan, &[(1, 5), (2, -5)]);
    match r.solve().unwrap_err() {
        Error::BadCost { id: a, other, .. } => assert_eq!((a, other), (id(1), Some(id(2)))),
        other => panic!("{other}"),
    }
    let negative = flow(Flow::new(constant(-1.0), |_, _| Some(1.0)).match_on(|_| Some(())));
    assert_eq!(recon(negative, &[(1, 5)]).solve().unwrap_err().code(), "bad_cost");
}

/// Three steps of work, of which one is done.
fn begun() -> Recon<i64> {
    let plan = seq(vec![pairs(), agg_net(one_bucket, abs_tol(1))]);
    let mut recon = recon(plan, &[(1, 5), (2, -5), (3, 7), (4, -8), (5, 40)]);
    let kept = recon.merge(&[(id(3), 1), (id(4), -1)], "manual", None).unwrap();
    let progress = recon.solve_within(1).unwrap();
    assert!(0 < progress.done && progress.done < progress.total, "{progress:?}");
    assert!(recon.report().groups.iter().any(|group| group.group_id == kept));
    recon
}

#[test]
fn a_large_shard_is_one_step_whatever_the_budget() {
    let by_parity = |item: Item<'_, i64>| Some(item.row.rem_euclid(2));
    let rows: Vec<(i64, i64)> = (0..2200)
        .map(|at| (at, if at % 4 < 2 { at + 1 } else { -at + 1 }))
        .collect();
    let two_steps = || seq(vec![pairs(), agg_net(one_bucket, abs_tol(1))]);
    let steps = |rows: &[(i64, i64)]| {
        let mut recon = recon(partition_by(by_parity, two_steps()), rows);
        let mut steps = 1;
        while recon
            .solve_within(1)
            .map(|progress| progress.done < progress.total)
            .unwrap()
        {
            steps += 1;
        }
        let mut whole = self::recon(partition_by(by_parity, two_steps()), rows);
        whole.solve().unwrap();
        assert_eq!(shown(&recon), shown(&whole));
        steps
    };
    // the key of all rows, the two shards, the end; each shard of a small ledger has steps of its own
    assert_eq!(steps(&rows), 4);
    assert!(steps(&rows[..1000]) > 4);
}

/// Whether the next step goes on where the last one ended.
fn goes_on(mut recon: Recon<i64>) -> bool {
    let (mut begun, next) = (begun(), recon.solve_within(1).unwrap().done);
    next == begun.solve_within(1).unwrap().done
}

#[test]
fn a_change_abandons_a_solve_under_way() {
    type Change = fn(&mut Recon<i64>) -> Result<(), Error>;
    let changes: [Change; 8] = [
        |r| r.upsert(vec![(id(9), 1)]).map(drop),
        |r| r.upsert(vec![(id(1), 5)]).map(drop),
        |r| r.remove(&[id(5)]).map(drop),
        |r| r.pin_singletons(&[id(5)]).map(drop),
        |r| r.unpin(r.report().groups.iter().find(|group| group.pinned).unwrap().group_id),
        |r| r.merge(&[(id(1), 5), (id(2), -5)], "manual", None).map(drop),
        |r| r.set_plan(pairs()),
        |r| r.solve(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut recon = begun();
        change(&mut recon).unwrap();
        let first = recon.solve_within(1).unwrap();
        assert!(first.done <= 6, "{number}: {first:?}");
        recon.solve().unwrap();
        let mut cold = begun();
        cold.solve().unwrap();
        change(&mut cold).unwrap();
        cold.solve().unwrap();
        assert_eq!(shown(&recon), shown(&cold), "{number}");
    }
}

#[test]
fn what_changes_nothing_does_not_abandon_a_solve_under_way() {
    assert!(goes_on(begun()));
    let mut r = begun();
    refused(&mut r, |r| r.upsert(vec![(id(9), 1), (id(9), 2)]));
    refused(&mut r, |r| r.remove(&[id(9)]));
    refused(&mut r, |r| r.pin(99));
    refused(&mut r, |r| r.merge(&[(id(1), 0)], "manual", None));
    refused(&mut r, |r| r.set_plan(agg_net(one_bucket, abs_tol(-1))));
    r.remove(&[]).unwrap();
    assert!(goes_on(r));
}

#[test]
fn a_step_that_fails_gives_the_error_of_one_call_and_the_next_starts_anew() {
    let plan = || {
        let broken = agg_net(|i: Item<i64>| int::add(*i.row, i64::MAX).map(Some), abs_tol(0));
        seq(vec![pairs(), broken])
    };
    let rows = [(1, -5), (2, 5), (3, 1), (4, 0)];
    let whole = recon(plan(), &rows).solve().unwrap_err();
    let mut r = recon(plan(), &rows);
    let first = r.solve_within(1).unwrap();
    assert_eq!(refused(&mut r, |r| r.solve_within(1)), whole.code());
    assert_eq!(r.solve_within(1).unwrap(), first);
    assert_eq!(r.solve_within(9).unwrap_err().to_string(), whole.to_string());
}

#[test]
fn a_large_shard_that_is_suspended_comes_to_the_same() {
    // so many nodes that a shard is more than one step, and rows enough to be counted anew
    let idle = || (0..700).map(|_| identity());
    let cost = |a: Item<'_, i64>, b: Item<'_, i64>| Some((a.amount + b.amount).abs() as f64);
    let plan = || {
        let steps = [
            exact_1to1(
                |i: Item<'_, i64>| Some(i.amount.abs() % 5 == 0).filter(|is_fifth| *is_fifth),
                by_id,
            ),
            flow(Flow::new(constant(90.0), cost).window(|i: Item<'_, i64>| i.original.abs(), 3)),
            soak_small(abs_tol(9), "small", singleton()),
        ];
        let steps = steps.into_iter().flat_map(|step| idle().chain([step])).collect();
        partition_by(|i: Item<'_, i64>| Some(i.amount % 2 == 0), seq(steps))
    };
    let rows: Vec<(i64, i64)> = (0..2600_i64)
        .map(|n| (n, (n * 7919 % 1201 + 1) * if n % 3 == 0 { -1 } else { 1 }))
        .collect();
    let (mut whole, mut parts) = (recon(plan(), &rows), recon(plan(), &rows));
    whole.solve().unwrap();
    let mut calls = 0;
    loop {
        calls += 1;
        let progress = parts.solve_within(100_000).unwrap();
        if progress.done == progress.total {
            break;
        }
    }
    assert!(calls > 20, "{calls} calls");
    assert_eq!(shown(&parts), shown(&whole));
    assert_eq!(parts.stages(), whole.stages());
    assert!(whole.stages().iter().filter(|stage| stage.groups > 0).count() > 4);
}
