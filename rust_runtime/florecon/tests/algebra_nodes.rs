//! What each node does, by example: the sentences of the semantics one by one.

use florecon::prelude::*;

/// A row of these tests: a key, a day, references, an amount in another currency, an amount.
#[derive(Debug, Clone, Default)]
struct Line {
    key: Option<&'static str>,
    day: i64,
    refs: Vec<&'static str>,
    alt: Option<i64>,
    amount: i64,
}

fn line(amount: i64) -> Line {
    Line {
        amount,
        ..Line::default()
    }
}

fn keyed(key: &'static str, amount: i64) -> Line {
    Line {
        key: Some(key),
        ..line(amount)
    }
}

fn dated(day: i64, amount: i64) -> Line {
    Line { day, ..line(amount) }
}

fn referring(refs: &[&'static str], amount: i64) -> Line {
    Line {
        refs: refs.to_vec(),
        ..line(amount)
    }
}

fn key(i: Item<Line>) -> Option<Text> {
    i.row.key.map(Text::from)
}

fn day(i: Item<Line>) -> i64 {
    i.row.day
}

fn refs(i: Item<Line>) -> Vec<Text> {
    i.row.refs.iter().copied().map(Text::from).collect()
}

fn all(_: Item<Line>) -> Option<()> {
    Some(())
}

/// Rows with ids from 1 on, solved.
fn solved(plan: Plan<Line>, rows: &[Line]) -> Recon<Line> {
    let mut recon = Recon::new(plan, |line: &Line| line.amount).unwrap();
    recon
        .upsert((1..).map(RowId::from).zip(rows.to_vec()).collect())
        .unwrap();
    recon.solve().unwrap();
    recon
}

/// The groups that nodes formed: `origin [id:amount, ...]`, in the order of the report.
fn groups(plan: Plan<Line>, rows: &[Line]) -> Vec<String> {
    let recon = solved(plan, rows);
    let view = recon.view();
    view.groups()
        .filter(|group| group.line().node.is_some())
        .map(|group| {
            let members: Vec<String> = group.members().map(|(id, amount)| format!("{id}:{amount}")).collect();
            format!("{} [{}]", group.origin(), members.join(", "))
        })
        .collect()
}

fn reasons(plan: Plan<Line>, rows: &[Line]) -> Vec<String> {
    let report = solved(plan, rows).report();
    report
        .groups
        .iter()
        .filter_map(|group| group.reason.as_deref().map(str::to_owned))
        .collect()
}

fn costless(penalty: f64) -> Flow<Line> {
    Flow::new(constant(penalty), |_, _| Some(0.0))
}

#[test]
fn exact_pairs_first_with_first_by_order_then_id() {
    let rows = [dated(9, 5), dated(1, 5), dated(7, -5), dated(7, -5), dated(0, 6)];
    assert_eq!(
        groups(exact_1to1(one_bucket, day), &rows),
        ["exact_1to1 [1:5, 4:-5]", "exact_1to1 [2:5, 3:-5]"]
    );
    assert_eq!(
        groups(exact_1to1(one_bucket, by_id), &rows),
        ["exact_1to1 [1:5, 3:-5]", "exact_1to1 [2:5, 4:-5]"]
    );
    let edge = [line(i64::MAX), line(-i64::MAX)];
    assert_eq!(groups(exact_1to1(one_bucket, by_id), &edge).len(), 1);
}

#[test]
fn a_null_key_is_equal_to_nothing() {
    let rows = [line(5), line(-5), keyed("a", 5), keyed("a", -5)];
    assert_eq!(groups(exact_1to1(key, by_id), &rows), ["exact_1to1 [3:5, 4:-5]"]);
    assert_eq!(groups(agg_net(key, abs_tol(0)), &rows), ["agg_net [3:5, 4:-5]"]);
    assert_eq!(
        groups(running_zero(day, abs_tol(0), key), &rows),
        ["running_zero [3:5, 4:-5]"]
    );
    assert_eq!(
        groups(subset_net(key, abs_tol(0), 8, 100), &rows),
        ["subset_net [3:5, 4:-5]"]
    );
    assert_eq!(
        groups(partition_by(key, agg_net(all, abs_tol(0))), &rows),
        ["agg_net [3:5, 4:-5]"]
    );
    assert_eq!(groups(flow(costless(1.0).match_on(key)), &rows), ["flow [3:5, 4:-5]"]);
    assert_eq!(
        groups(soak_all("rest", bucket(key, |key: &Text| key.to_string())), &rows),
        ["rest:a [3:5, 4:-5]"]
    );
    assert_eq!(solved(agg_net(key, abs_tol(0)), &rows).stages()[0].null_key, 2);
}

#[test]
fn agg_net_takes_whole_buckets_of_both_signs_within_the_slack() {
    let rows = [
        keyed("a", 100),
        keyed("a", -60),
        keyed("a", -39),
        keyed("b", 1),
        keyed("c", 1),
        keyed("c", 1),
    ];
    let recon = solved(agg_net(key, abs_tol(0)), &rows);
    let stage = &recon.stages()[0];
    assert_eq!((stage.too_small, stage.one_sided, stage.out_of_tolerance), (1, 1, 1));
    assert_eq!(
        groups(agg_net(key, abs_tol(1)), &rows),
        ["agg_net [1:100, 2:-60, 3:-39]"]
    );
    // the smallest leg is 39, the largest 100
    assert!(groups(agg_net(key, rel_tol(250, 0)), &rows).is_empty());
    assert_eq!(groups(agg_net(key, rel_max_tol(250, 0)), &rows).len(), 1);
}

#[test]
fn signals_are_visited_by_size_then_smallest_id_then_text() {
    let rows = [
        referring(&["B", "A", "big"], 5),
        referring(&["A", "B", "big"], -5),
        referring(&["big"], 3),
        referring(&["big", "big"], -3),
        referring(&[], -3),
    ];
    assert_eq!(
        reasons(signal_group(refs, abs_tol(0), 256), &rows),
        ["shared reference A", "shared reference big"]
    );
    // at most `cap` members may be left when a bucket is visited
    assert_eq!(groups(signal_group(refs, abs_tol(0), 2), &rows).len(), 2);
    assert_eq!(groups(signal_group(|_| Some(7_i64), abs_tol(3), 5), &rows).len(), 1);
    let capped = solved(signal_group(|_| Some(7_i64), abs_tol(3), 4), &rows);
    assert_eq!(capped.stages()[0].over_cap, 1);
}

#[test]
fn running_zero_closes_segments_and_leaves_the_tail() {
    let rows = [dated(3, -4), dated(1, 6), dated(2, -6), dated(2, 4), dated(9, 1)];
    assert_eq!(
        groups(running_zero(day, abs_tol(0), one_bucket), &rows),
        ["running_zero [1:-4, 4:4]", "running_zero [2:6, 3:-6]"]
    );
    // one sign never closes, however large the slack
    assert!(groups(running_zero(day, abs_tol(100), one_bucket), &[line(1), line(2)]).is_empty());
}

#[test]
fn subsets_are_taken_smallest_first_then_by_lowest_ids() {
    let rows = [line(10), line(-4), line(-6), line(7), line(-10), line(3)];
    assert_eq!(
        groups(subset_net(one_bucket, abs_tol(0), 8, 10_000), &rows)[0],
        "subset_net [1:10, 5:-10]"
    );
    let rows = [line(10), line(-4), line(-6), line(-6), line(-4)];
    assert_eq!(
        groups(subset_net(one_bucket, abs_tol(0), 3, 100), &rows),
        ["subset_net [1:10, 2:-4, 3:-6]"]
    );
    assert!(groups(subset_net(one_bucket, abs_tol(0), 2, 100), &rows).is_empty());
    let tired = solved(subset_net(one_bucket, abs_tol(0), 3, 1), &rows);
    assert_eq!(tired.stages()[0].out_of_budget, 1);
    assert_eq!(tired.stages()[0].groups, 0);
}

#[test]
fn flow_splits_lots_at_the_least_total_cost() {
    let cost = |a: Item<Line>, b: Item<Line>| Some((a.row.day - b.row.day).abs() as f64);
    let plan = || flow(Flow::new(constant(10.0), cost).window(day, 5));
    let rows = [dated(1, 100), dated(2, -60), dated(4, -60), dated(9, -7)];
    assert_eq!(groups(plan(), &rows), ["flow [1:100, 2:-60, 3:-40]"]);
    // three days apart cost 3, but leaving both open costs less
    assert!(
        groups(
            flow(Flow::new(constant(1.0), cost).window(day, 5)),
            &[dated(1, 1), dated(4, -1)]
        )
        .is_empty()
    );
    // at equal cost, matching and not matching are both optimal: the arc is there, and a null cost is not
    assert!(groups(flow(Flow::new(constant(9.0), |_, _| None::<f64>).window(day, 5)), &rows).is_empty());
    assert!(
        groups(flow(costless(9.0)), &rows).is_empty(),
        "no window, no keys: no candidates"
    );
}

#[test]
fn keys_of_different_lists_never_meet_and_large_keys_are_counted() {
    let rows = [keyed("x", 5), referring(&["x"], -5)];
    let plan = |cap| flow(costless(1.0).match_on(key).match_on(refs).bucket_cap(cap));
    assert!(groups(plan(256), &rows).is_empty());
    let rows = [
        referring(&["x", "y"], 5),
        referring(&["x", "y"], -5),
        referring(&["y"], -5),
    ];
    assert_eq!(groups(plan(2), &rows), ["flow [1:5, 2:-5]"]);
    assert_eq!(solved(plan(2), &rows).stages()[0].over_cap, 1);
    assert!(groups(plan(1), &rows).is_empty());
}

#[test]
fn a_crowded_window_is_cut_to_the_nearest_and_counted() {
    let plan = |cap| {
        let far_is_cheap = |a: Item<Line>, b: Item<Line>| Some(20.0 - (a.row.day - b.row.day).abs() as f64);
        flow(Flow::new(constant(90.0), far_is_cheap).window(day, 9).window_cap(cap))
    };
    // one source and one sink a day
    let rows: Vec<Line> = (0..8)
        .map(|at| dated(at / 2, if at % 2 == 0 { 5 } else { -5 }))
        .collect();
    let pairs = |cap| groups(plan(cap), &rows);
    let far = [
        "flow [1:5, 8:-5]",
        "flow [2:-5, 7:5]",
        "flow [3:5, 6:-5]",
        "flow [4:-5, 5:5]",
    ];
    assert_eq!(pairs(4), far);
    let near = [
        "flow [1:5, 2:-5]",
        "flow [3:5, 4:-5]",
        "flow [5:5, 6:-5]",
        "flow [7:5, 8:-5]",
    ];
    assert_eq!(pairs(1), near);
    let count = |cap| solved(plan(cap), &rows).stages()[0].over_cap;
    assert_eq!((count(4), count(3), count(1)), (0, 2, 4));
    // a lot that many may pay is not crowded: each of them has room for it
    let mut rows: Vec<Line> = (0..9).map(|_| dated(0, -5)).collect();
    rows.push(dated(0, 45));
    assert_eq!(groups(plan(1), &rows).len(), 1);
    assert_eq!(solved(plan(1), &rows).stages()[0].over_cap, 0);
}

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

#[test]
fn soakers_name_what_is_left_whatever_it_nets_to() {
    let rows = [keyed("b", 5), keyed("a", 400), keyed("b", 2), line(1)];
    let text = |key: &Text| key.to_string();
    assert_eq!(
        groups(soak_all("open", bucket(key, text)), &rows),
        ["open:b [1:5, 3:2]", "open:a [2:400]"]
    );
    assert_eq!(
        groups(soak_small(abs_tol(2), "tiny", singleton()), &rows),
        ["tiny [3:2]", "tiny [4:1]"]
    );
    assert_eq!(
        groups(soak_if(|i: Item<Line>| i.amount > 4, "big", bucket(key, text)), &rows).len(),
        2
    );
    assert_eq!(reasons(soak_all("open", singleton()), &rows), ["classified"; 4]);
}

#[test]
fn keys_that_hash_alike_are_still_told_apart() {
    #[derive(Clone, PartialEq, Eq)]
    struct Alike(i64);

    impl Shown for Alike {
        fn show(&self, out: &mut String) {
            self.0.show(out);
        }
    }

    impl std::hash::Hash for Alike {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            0_u8.hash(state);
        }
    }
    let rows: Vec<Line> = (0..40).flat_map(|day| [dated(day, 1), dated(39 - day, -1)]).collect();
    let found = groups(agg_net(|i: Item<Line>| Some(Alike(i.row.day)), abs_tol(0)), &rows);
    assert_eq!(found.len(), 40);
    let table = (0..40)
        .map(|day| {
            (
                Alike(day),
                soak_all(&format!("d{day}"), bucket(all, |()| String::new())),
            )
        })
        .collect();
    let found = groups(
        partition_by_table(|i: Item<Line>| Some(Alike(i.row.day)), table, identity()),
        &rows,
    );
    assert_eq!(
        (found.len(), &*found[0], &*found[39]),
        (40, "d0: [1:1, 80:-1]", "d20: [40:-1, 41:1]")
    );
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
