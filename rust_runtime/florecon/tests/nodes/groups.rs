//! Group combinators by example.

use florecon::prelude::*;

use super::common::{Line, all, costless, dated, day, groups, key, keyed, line, reasons};

#[test]
fn labels_go_before_the_reason_and_nest() {
    let plan = labeled("outer", labeled("inner", exact_1to1(one_bucket, by_id)));
    assert_eq!(
        reasons(plan, &[line(5), line(-5), line(9)]),
        ["outer: inner: exact 1:1 pair"]
    );
}

#[test]
fn groups_that_are_not_accepted_go_back_whole() {
    let rows = [keyed("a", 5), keyed("a", -5), keyed("a", 6), keyed("b", -6)];
    let guard = |g: &Group<Line>| g.distinct(key).map(|keys| keys >= 2);
    let plan = seq(vec![
        accept_if(guard, exact_1to1(one_bucket, by_id)),
        soak_all("rest", singleton()),
    ]);
    assert_eq!(
        groups(plan, &rows),
        ["rest [1:5]", "rest [2:-5]", "exact_1to1 [3:6, 4:-6]"]
    );
}

#[test]
fn a_group_knows_its_metrics() {
    let rows = [dated(3, 5), dated(9, -4), dated(6, -4)];
    let metrics = |g: &Group<Line>| {
        assert_eq!(
            (g.size(), g.net(), g.abs_net(), g.max_abs(), g.min_side()),
            (3, Ok(-3), Ok(3), 5, 1)
        );
        assert!(g.clean(abs_tol(3)) && !g.clean(rel_tol(5_000, 0)) && g.clean(rel_max_tol(6_000, 0)));
        assert_eq!(
            (g.span(day), g.distinct(|i| Some(i.amount)), g.distinct(key)),
            (Ok(6), Ok(2), Ok(0))
        );
        assert_eq!(
            (g.any(|i| i.amount > 0), g.all(|i| i.amount > 0)),
            (Ok(true), Ok(false))
        );
        assert_eq!(g.count(|i| i.amount < 0), Ok(2));
        true
    };
    assert_eq!(groups(accept_if(metrics, agg_net(all, abs_tol(3))), &rows).len(), 1);
    let far = [dated(i64::MIN, 1), dated(i64::MAX, -1)];
    let span = accept_if(
        |g: &Group<Line>| g.span(day).map(|span| span > 0),
        agg_net(all, abs_tol(0)),
    );
    let mut recon = Recon::new(span, |line: &Line| line.amount).unwrap();
    recon.upsert((1..).map(RowId::from).zip(far).collect()).unwrap();
    assert_eq!(recon.solve().unwrap_err().code(), "amount_overflow");
}

#[test]
fn groups_that_share_a_row_coalesce() {
    // row 1 is split between two orders of the same window
    let a = |i: Item<Line>| i.row.day == 1 || i.row.amount > 0;
    let half = |which: bool| {
        let keep = move |i: Item<Line>| i.row.amount > 0 || a(i) == which;
        when(keep, flow(costless(1.0).match_on(all)))
    };
    let rows = [dated(0, 100), dated(1, -30), dated(2, -20)];
    assert_eq!(
        groups(seq(vec![half(true), half(false)]), &rows),
        ["flow [1:20, 3:-20]", "flow [1:30, 2:-30]"]
    );
    let plan = coalesce(
        "cluster",
        seq(vec![
            half(true),
            half(false),
            soak_small(abs_tol(0), "none", singleton()),
        ]),
    );
    assert_eq!(groups(plan, &rows), ["cluster [1:50, 2:-30, 3:-20]"]);
    let alone = coalesce("cluster", exact_1to1(one_bucket, by_id));
    assert_eq!(reasons(alone, &[line(5), line(-5)]), ["exact 1:1 pair"]);
}

#[test]
fn small_edges_are_trimmed_and_lonely_members_freed() {
    let plan = |slack| trim(abs_tol(slack), flow(costless(1.0).match_on(all)));
    let rows = [line(100), line(-97), line(-3)];
    assert_eq!(groups(plan(2), &rows), ["flow [1:100, 2:-97, 3:-3]"]);
    assert_eq!(groups(plan(3), &rows), ["flow [1:100, 2:-97]"]);
    assert!(groups(plan(97), &rows).is_empty(), "what is left is one member");
    // a slack relative to the original
    let relative = trim(rel_tol(10_000, 0), flow(costless(1.0).match_on(all)));
    assert!(groups(relative, &rows).is_empty());
}

#[test]
fn small_edges_snap_to_the_largest_other_edge() {
    // row 1 goes 97 into one group, and 3 into another by the next step
    let by_day = |d: i64| {
        when(
            move |i: Item<Line>| i.row.day == d || i.row.amount > 0,
            flow(costless(1.0).match_on(all)),
        )
    };
    let rows = [dated(0, 100), dated(1, -97), dated(2, -2)];
    let plan = |slack| snap(abs_tol(slack), seq(vec![by_day(1), by_day(2)]));
    assert_eq!(groups(plan(1), &rows), ["flow [1:2, 3:-2]", "flow [1:97, 2:-97]"]);
    // 2 is folded onto 97; the lonely -2 has no other edge and is freed with its group
    assert_eq!(groups(plan(2), &rows), ["flow [1:99, 2:-97]"]);
    // with no group edge left the residual is the largest
    let single = snap(abs_tol(97), by_day(1));
    let freed = [dated(0, 300), dated(1, -97)];
    assert!(groups(single, &freed).is_empty());
}

#[test]
fn only_whole_groups_stay() {
    let plan = || whole_only(flow(costless(1.0).match_on(all)));
    assert!(groups(plan(), &[line(100), line(-97)]).is_empty());
    assert_eq!(groups(plan(), &[line(100), line(-97), line(-3)]).len(), 1);
}
