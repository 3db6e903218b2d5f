//! Bag combinators by example, and the validation of plans.

use florecon::prelude::*;

use super::common::{Line, all, costless, dated, day, groups, key, keyed, line, refs, solved};

#[test]
fn orders_at_the_edge_of_the_range_do_not_wrap() {
    let rows = [dated(i64::MIN, 5), dated(i64::MAX, -5)];
    assert!(groups(flow(costless(1.0).window(day, 1)), &rows).is_empty());
    assert_eq!(groups(flow(costless(1.0).window(day, i64::MAX)), &rows).len(), 0);
    assert_eq!(groups(windowed(day, 1, exact_1to1(one_bucket, by_id)), &rows).len(), 0);
    assert_eq!(
        groups(windowed(day, i64::MAX, exact_1to1(one_bucket, by_id)), &rows).len(),
        0
    );
}

#[test]
fn a_window_carries_what_is_unmatched_one_width_on() {
    let plan = || windowed(day, 3, exact_1to1(one_bucket, by_id));
    // bands [0, 3) and [4, 7): the first is carried while 0 + 3 >= 4 fails, 1 + 3 >= 4 holds
    assert_eq!(
        groups(plan(), &[dated(1, 5), dated(0, 6), dated(4, -5), dated(5, -6)]),
        ["exact_1to1 [1:5, 3:-5]"]
    );
    let stages = solved(plan(), &[dated(0, 1), dated(3, 1), dated(6, 1)]).stages();
    assert_eq!(stages[1].items_in, 1 + 2 + 2);
}

#[test]
fn a_key_may_choose_or_shape_the_strategy() {
    let rows = [
        keyed("a", 5),
        keyed("a", -4),
        keyed("b", 5),
        keyed("b", -4),
        keyed("c", 1),
        keyed("d", -1),
    ];
    let table = partition_by_table(
        key,
        vec![
            (Text::from("a"), agg_net(one_bucket, abs_tol(1))),
            (Text::from("a"), soak_all("never", singleton())),
        ],
        soak_all("other", bucket(one_bucket, |()| "all".to_owned())),
    );
    assert_eq!(
        groups(table, &rows),
        [
            "agg_net [1:5, 2:-4]",
            "other:all [3:5, 4:-4]",
            "other:all [5:1]",
            "other:all [6:-1]"
        ]
    );
    let with = partition_by_with(key, |key: &Text| agg_net(one_bucket, abs_tol(i64::from(&**key == "b"))));
    assert_eq!(groups(with, &rows), ["agg_net [3:5, 4:-4]"]);
    let nodes = solved(
        seq(vec![
            partition_by_with(key, |_: &Text| labeled("x", identity())),
            soak_all("rest", singleton()),
        ]),
        &rows,
    );
    assert_eq!(
        nodes.report().groups[0].node,
        Some(4),
        "seq, partition_by_with, labeled, identity, soak_all"
    );
}

#[test]
fn what_a_key_builds_is_checked_when_it_is_run() {
    let run = |plan: Plan<Line>| {
        let mut recon = Recon::new(plan, |line: &Line| line.amount).unwrap();
        recon.upsert(vec![(RowId::from(1), dated(7, 5))]).unwrap();
        recon.solve().unwrap_err().code()
    };
    let day = |i: Item<Line>| Some(i.row.day);
    assert_eq!(
        run(partition_by_with(day, |day: &i64| agg_net(all, abs_tol(-day)))),
        "bad_config"
    );
    let other_shape = partition_by_with(day, |day: &i64| {
        if *day == 0 {
            identity()
        } else {
            agg_net(all, abs_tol(0))
        }
    });
    assert_eq!(run(other_shape), "bad_config");
    let overflow = partition_by_with(day, |day: &i64| {
        int::mul(*day, i64::MAX).map(|slack| agg_net(all, abs_tol(slack)))
    });
    assert_eq!(run(overflow), "amount_overflow");
}

#[test]
fn when_sends_only_what_satisfies() {
    let rows = [dated(1, 5), dated(2, -5), dated(1, -5)];
    assert_eq!(
        groups(when(|i: Item<Line>| i.row.day == 1, agg_net(all, abs_tol(0))), &rows),
        ["agg_net [1:5, 3:-5]"]
    );
}

#[test]
fn a_fixed_point_stops_when_a_pass_forms_nothing() {
    let rows: Vec<Line> = (0..4).flat_map(|_| [line(1), line(-1)]).collect();
    // one pair per pass: the bucket of the first half
    let one = || subset_net(one_bucket, abs_tol(0), 2, 1);
    assert_eq!(solved(fixed_point(9, one()), &rows[..2]).stages()[1].items_in, 2);
    let recon = solved(
        fixed_point(9, exact_1to1(one_bucket, by_id)),
        &[line(1), line(-1), line(3)],
    );
    assert_eq!(recon.stages()[1].items_in, 3 + 1);
    assert_eq!(
        solved(fixed_point(0, exact_1to1(one_bucket, by_id)), &rows).stages()[0].groups,
        0
    );
}

fn in_alt(amount: i64, alt: i64) -> Line {
    Line {
        alt: Some(alt),
        ..line(amount)
    }
}

fn alt(i: Item<Line>) -> Option<i64> {
    i.row.alt
}

#[test]
fn a_pivot_matches_in_the_other_numeraire_and_translates_back() {
    let rows = [in_alt(100, 3), in_alt(-90, -3), in_alt(7, 0), line(5)];
    let plan = pivot(alt, agg_net(one_bucket, abs_tol(0)));
    assert_eq!(groups(plan, &rows), ["agg_net [1:100, 2:-90]"]);
    // 2 of 3 is 66 of 100 toward zero; the last part takes the remainder, here the residual
    let rows = [in_alt(100, 3), in_alt(-50, -2)];
    let recon = solved(pivot(alt, flow(costless(1.0).match_on(all))), &rows);
    let parts: Vec<i64> = recon.report().allocations.iter().map(|part| part.amount).collect();
    assert_eq!(parts, [34, 66, -50]);
}

#[test]
fn a_share_that_rounds_to_nothing_leaves_its_groups() {
    // 1 of 1000 of an amount of 10 is nothing; the other member alone is no group
    let rows = [in_alt(10, 1000), in_alt(-10, -1)];
    assert!(groups(pivot(alt, flow(costless(1.0).match_on(all))), &rows).is_empty());
    // a whole lot that is matched is never nothing, however small
    let rows = [in_alt(1, 1000), in_alt(-1, -600), in_alt(-1, -400)];
    let recon = solved(pivot(alt, flow(costless(1.0).match_on(all))), &rows);
    assert_eq!(recon.report().groups[0].size, 3);
}

#[test]
fn pivots_nest_and_originals_follow() {
    let plan = pivot(
        alt,
        pivot(
            |i: Item<Line>| Some(i.original * 2),
            soak_small(abs_tol(0), "never", singleton()),
        ),
    );
    assert!(groups(plan, &[in_alt(5, 50)]).is_empty());
    let plan = pivot(
        alt,
        soak_if(|i: Item<Line>| i.original == 50 && i.amount == 50, "seen", singleton()),
    );
    assert_eq!(
        groups(
            seq(vec![plan, soak_all("rest", singleton())]),
            &[in_alt(5, 50), line(4)]
        ),
        ["seen [1:5]", "rest [2:4]"]
    );
    let edge = pivot(alt, exact_1to1(one_bucket, by_id));
    let rows = [in_alt(i64::MAX, i64::MAX), in_alt(-i64::MAX, -i64::MAX)];
    assert_eq!(groups(edge, &rows).len(), 1);
}

#[test]
fn ids_are_those_of_a_pre_order_walk() {
    let plan: Plan<Line> = seq(vec![
        partition_by(key, labeled("pairs", exact_1to1(one_bucket, by_id))),
        coalesce("cluster", identity()),
        soak_all("rest", singleton()),
    ]);
    let outline: Vec<(u32, &str, String)> = plan.outline().into_iter().map(|s| (s.node, s.kind, s.label)).collect();
    let expected = [
        (0, "seq", ""),
        (1, "partition_by", ""),
        (2, "labeled", "pairs"),
        (3, "exact_1to1", ""),
        (4, "coalesce", "cluster"),
        (5, "identity", ""),
        (6, "soak_all", "rest"),
    ];
    assert_eq!(outline, expected.map(|(id, kind, label)| (id, kind, label.to_owned())));
}

#[test]
fn settings_that_make_no_sense_are_refused_when_installed() {
    let bad: [Plan<Line>; 8] = [
        agg_net(all, rel_tol(-1, 0)),
        labeled("x", agg_net(all, abs_tol(-1))),
        signal_group(refs, abs_tol(-1), 2),
        running_zero(day, rel_max_tol(0, -1), all),
        subset_net(all, abs_tol(-1), 2, 1),
        trim(abs_tol(-1), identity()),
        windowed(day, 0, identity()),
        flow(costless(1.0).window(day, -1)),
    ];
    for plan in bad {
        let error = plan.check().unwrap_err();
        assert_eq!(error.code(), "bad_config", "{error}");
    }
}
