//! Leaves and soakers by example, following `docs/semantics.md` sentence by sentence.

use florecon::prelude::*;

use super::common::{Line, all, costless, dated, day, groups, key, keyed, line, reasons, referring, refs, solved};

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
fn references_connect_directly_or_through_others() {
    let rows = [
        referring(&["A"], 80),
        referring(&["B"], 50),
        referring(&["B", "C"], -10),
        referring(&["C", "A"], -120),
        referring(&["D"], 7),
        referring(&[], -7),
    ];
    assert_eq!(
        groups(reference_net(refs, abs_tol(0), 4), &rows),
        ["reference_net [1:80, 2:50, 3:-10, 4:-120]"]
    );
    let capped = solved(reference_net(refs, abs_tol(0), 3), &rows);
    let stage = &capped.stages()[0];
    assert_eq!(
        (stage.groups, stage.over_cap, stage.too_small, stage.null_key),
        (0, 1, 1, 1)
    );
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

fn marks(plan: Plan<Line>, rows: &[Line]) -> Vec<Option<bool>> {
    let report = solved(plan, rows).report();
    let formed = report.groups.iter().filter(|group| &*group.origin != "unmatched");
    formed.map(|group| group.unique).collect()
}

#[test]
fn a_group_is_unique_where_its_leaf_had_no_other_choice() {
    let two = [
        dated(1, 200),
        dated(2, 200),
        dated(3, -200),
        dated(3, 75),
        dated(3, -75),
    ];
    assert_eq!(marks(exact_1to1(one_bucket, day), &two), [Some(false), Some(true)]);
    let kept = accept_if(|g: &Group<Line>| g.unique(), exact_1to1(one_bucket, day));
    assert_eq!(groups(kept, &two), ["exact_1to1 [4:75, 5:-75]"]);
    let pair = [keyed("a", 5), keyed("a", -5)];
    assert_eq!(marks(agg_net(key, abs_tol(0)), &pair), [Some(true)]);
    assert_eq!(marks(running_zero(day, abs_tol(0), key), &pair), [Some(true)]);
    assert_eq!(marks(soak_all("rest", singleton()), &pair), [Some(true); 2]);
}

#[test]
fn a_signal_group_has_a_rival_where_another_whole_bucket_would_be_accepted() {
    let signals = |rows: &[Line]| marks(signal_group(refs, abs_tol(0), 3), rows);
    assert_eq!(
        signals(&[referring(&["x", "y"], 5), referring(&["x", "y"], -5)]),
        [Some(true)]
    );
    let shared = [referring(&["x", "y"], 5), referring(&["x"], -5), referring(&["y"], -5)];
    assert_eq!(signals(&shared), [Some(false)]);
    let unequal = [referring(&["x", "y"], 5), referring(&["x"], -5), referring(&["y"], -4)];
    assert_eq!(signals(&unequal), [Some(true)]);
    // `x` took row 1, and `z` whole, of rows 1, 3 and 4, would have netted too
    let rest = [
        referring(&["x", "z"], 5),
        referring(&["x"], -5),
        referring(&["z"], 3),
        referring(&["z"], -8),
    ];
    assert_eq!(signals(&rest), [Some(false)]);
}

#[test]
fn a_condition_on_candidates_is_asked_before_a_group_is_formed() {
    let several = |g: &Group<Line>| g.size() > 2;
    let formed = |plan: Plan<Line>, rows: &[Line]| marks(plan, rows).len();
    let bucket =
        |key: &'static str, amounts: &[i64]| amounts.iter().map(|&amount| keyed(key, amount)).collect::<Vec<_>>();
    let buckets = [bucket("a", &[5, -5]), bucket("b", &[5, -3, -2])].concat();
    assert_eq!(formed(agg_net(key, abs_tol(0)), &buckets), 2);
    assert_eq!(formed(agg_net_accepting(key, abs_tol(0), several), &buckets), 1);
    let segments = bucket("a", &[5, -5, 7, -7, 1, -1]);
    assert_eq!(formed(running_zero(day, abs_tol(0), key), &segments), 3);
    assert_eq!(
        formed(running_zero_accepting(day, abs_tol(0), key, several), &segments),
        1
    );
    let shared = [
        referring(&["x", "y"], 5),
        referring(&["x", "y"], -5),
        referring(&["y"], 3),
        referring(&["y"], -3),
    ];
    let accepted = signal_group_accepting(refs, abs_tol(0), 9, several);
    assert_eq!(marks(accepted, &shared), [Some(true)]);
}
