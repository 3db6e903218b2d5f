//! Explanations of every kind of node: rows taken, rows refused, pairs that did not meet.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use florecon::prelude::*;
use florecon::wire::EventName;
use serde_json::{Value, json};

use super::common::{refused, send, stream};

/// A strategy by name over rows of an amount, a day and a key.
struct Any;

struct Row {
    amount: i64,
    day: i64,
    key: Option<Text>,
}

packed!(Row, amount, day, key);

type Lot<'a> = Item<'a, Row>;

fn key(lot: Lot<'_>) -> Option<Text> {
    lot.row.key.clone()
}

fn day(lot: Lot<'_>) -> i64 {
    lot.row.day
}

fn keys(lot: Lot<'_>) -> Tokens {
    text::tokens(lot.row.key.as_deref(), 1, false)
}

fn near(a: Lot<'_>, b: Lot<'_>) -> Result<Option<f64>, EvalError> {
    let days = int::gap(a.row.day, b.row.day)?;
    Ok((days != 3).then_some(days as f64))
}

fn settle() -> Plan<Row> {
    flow(Flow::new(constant(4.0), near).window(day, 20))
}

fn plan(name: &str) -> Plan<Row> {
    match name {
        "agg_net" => agg_net(key, rel_tol(100, 2)),
        "exact_1to1" => exact_1to1(key, day),
        "signal_group" => signal_group(keys, abs_tol(1), 3),
        "reference_net" => reference_net(keys, abs_tol(1), 3),
        "running_zero" => running_zero(day, abs_tol(0), key),
        "subset_net" => subset_net(key, abs_tol(0), 3, 50),
        "anchored_subset" => anchored_subset(key, |lot| lot.amount < 0, abs_tol(0), closest(Some(3), None), 10_000),
        "anchored_subset of all" => {
            anchored_subset(key, |lot| lot.amount < 0, abs_tol(0), closest(None, None), 10_000_000)
        }
        "anchored_subset in one step" => anchored_subset(key, |lot| lot.amount < 0, abs_tol(0), fewest(None, None), 1),
        "subset_net accepting" => {
            subset_net_accepting(key, abs_tol(0), 3, 50, |group: &Group<'_, Row>| group.max_abs() < 3)
        }
        "subset_net in one step" => subset_net(key, abs_tol(0), 3, 1),
        "flow" => settle(),
        "flow in a crowd" => flow(Flow::new(constant(4.0), near).window(day, 20).window_cap(1)),
        "flow by key" => flow(Flow::new(constant(4.0), near).match_on(keys).bucket_cap(3)),
        "soak_all" => soak_all("open", bucket(key, |key: &Text| key.to_string())),
        "soak_small" => soak_small(abs_tol(5), "small", singleton()),
        "soak_if" => soak_if(|lot: Lot<'_>| lot.row.day > 5, "late", singleton()),
        "identity" => identity(),
        "seq" => seq(vec![
            exact_1to1(one_bucket, by_id),
            soak_small(abs_tol(5), "small", singleton()),
        ]),
        "partition_by" => partition_by(key, agg_net(one_bucket, abs_tol(0))),
        "partition_by_table" => partition_by_table(key, vec![(Text::from("A"), identity())], exact_1to1(key, by_id)),
        "partition_by_with" => partition_by_with(key, |_: &Text| agg_net(one_bucket, abs_tol(0))),
        "when" => when(|lot: Lot<'_>| lot.row.day > 5, agg_net(one_bucket, abs_tol(0))),
        "windowed" => windowed(day, 3, exact_1to1(one_bucket, by_id)),
        "fixed_point" => fixed_point(3, exact_1to1(one_bucket, by_id)),
        "pivot" => pivot(
            |lot: Lot<'_>| (lot.row.day != 9).then_some(lot.row.amount * 2),
            exact_1to1(one_bucket, by_id),
        ),
        "labeled" => labeled("pairs", exact_1to1(one_bucket, by_id)),
        "accept_if" => accept_if(
            |group: &Group<'_, Row>| group.max_abs() < 50,
            exact_1to1(one_bucket, by_id),
        ),
        "whole_only" => whole_only(settle()),
        "coalesce" => coalesce("both", seq(vec![settle(), exact_1to1(one_bucket, by_id)])),
        "trim" => trim(rel_tol(1000, 0), settle()),
        "snap" => snap(rel_tol(1000, 0), settle()),
        "best_of" => best_of(
            matched_value(),
            vec![exact_1to1(one_bucket, by_id), agg_net(one_bucket, abs_tol(1_000))],
        ),
        "reclaim" => reclaim(abs_tol(3), settle()),
        other => panic!("no plan {other}"),
    }
}

impl Plugin for Any {
    type Row = Row;
    type Params = String;

    fn domain() -> Domain {
        Domain::new("test.any", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::text("name").id(),
            Field::integer("amount"),
            Field::date("day"),
            Field::text("key").nullable(),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![ParamSpec::text("plan", "identity")]
    }

    fn configure(values: &ParamValues) -> String {
        values.text("plan").to_string()
    }

    fn row(record: &Record<'_>) -> Result<Row, EvalError> {
        Ok(Row {
            amount: record.integer(1),
            day: record.date(2),
            key: record.opt_text(3),
        })
    }

    fn numeraire(row: &Row) -> Result<i64, EvalError> {
        Ok(row.amount)
    }

    fn strategy(name: &String) -> Plan<Row> {
        plan(name)
    }
}

/// A row: id, amount, day, key.
type Line = (&'static str, i64, i64, Option<&'static str>);

fn session(name: &str, lines: &[Line]) -> Session<Any> {
    let columns: [(&str, ArrayRef); 4] = [
        (
            "name",
            Arc::new(StringArray::from_iter_values(lines.iter().map(|line| line.0))),
        ),
        (
            "amount",
            Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.1))),
        ),
        (
            "day",
            Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.2))),
        ),
        ("key", Arc::new(StringArray::from_iter(lines.iter().map(|line| line.3)))),
    ];
    let mut session = Session::new();
    let init = json!({"op": "init", "config": {"plan": name}});
    assert_eq!(send(&mut session, &init, &stream(&columns))["ok"], json!(true));
    assert_eq!(send(&mut session, &json!({"op": "solve"}), &[])["ok"], json!(true));
    session
}

fn explain(session: &mut Session<Any>, ids: &[&str]) -> Value {
    let before = send(session, &json!({"op": "report"}), &[]);
    let mut reply = send(session, &json!({"op": "explain", "ids": ids}), &[]);
    assert_eq!(reply["ok"], json!(true), "{reply}");
    assert_eq!(
        send(session, &json!({"op": "report"}), &[]),
        before,
        "explaining changes nothing"
    );
    assert_eq!(reply["explain"]["stale"], json!(false), "{reply}");
    reply["explain"].take()
}

/// The steps of one event, without what every step has.
fn steps<'a>(explained: &'a Value, event: &str) -> Vec<&'a Value> {
    let all = explained["steps"].as_array().unwrap().iter();
    all.filter(|step| step["event"] == event).collect()
}

const A: Option<&str> = Some("A");
const B: Option<&str> = Some("B");
const MIXED: [Line; 9] = [
    ("a", 100, 1, A),
    ("b", -100, 1, A),
    ("c", 40, 2, A),
    ("d", -41, 9, B),
    ("e", 7, 9, B),
    ("f", 3, 6, None),
    ("g", -3, 6, None),
    ("h", 100, 8, Some("A Z")),
    ("i", -20, 30, Some("Q")),
];

/// A row that is matched in parts, one of them small.
const SPLIT: [Line; 3] = [("x", 100, 1, A), ("y", -5, 1, A), ("w", -95, 60, A)];

/// A pair whose cost is null, and two rows of one sign.
const FORBIDDEN: [Line; 4] = [("x", 5, 1, A), ("y", -5, 4, A), ("v", 5, 1, B), ("w", 6, 2, B)];

/// Rows whose only subset is one of three.
const THREE: [Line; 5] = [
    ("a", 10, 1, A),
    ("b", -4, 1, A),
    ("c", -6, 1, A),
    ("d", -6, 1, A),
    ("e", -4, 1, A),
];

/// The plan, and what it must say to some row of `MIXED` besides `entered`.
const SAID: [(&str, &[&str]); 31] = [
    ("agg_net", &["bucket", "null_key", "too_small", "out_of_tolerance"]),
    ("exact_1to1", &["bucket", "taken", "too_small", "null_key"]),
    ("signal_group", &["signals", "null_key", "over_cap", "out_of_tolerance"]),
    (
        "reference_net",
        &["signals", "null_key", "too_small", "over_cap", "out_of_tolerance"],
    ),
    (
        "running_zero",
        &["bucket", "taken", "tail", "too_small", "out_of_tolerance", "null_key"],
    ),
    (
        "subset_net",
        &["bucket", "taken", "no_subset", "too_small", "out_of_tolerance"],
    ),
    (
        "anchored_subset",
        &["bucket", "taken", "no_subset", "too_small", "out_of_tolerance"],
    ),
    ("subset_net accepting", &["bucket", "predicate_false"]),
    ("anchored_subset in one step", &["out_of_budget"]),
    ("flow", &["matched", "taken", "no_candidate", "cheaper_elsewhere"]),
    ("flow by key", &["no_candidate"]),
    ("soak_all", &["bucket", "taken", "null_key"]),
    ("soak_small", &["taken", "too_large"]),
    ("soak_if", &["taken", "predicate_false"]),
    ("identity", &[]),
    ("seq", &["taken", "too_large"]),
    ("partition_by", &["bucket", "null_key", "out_of_tolerance"]),
    ("partition_by_table", &["bucket", "null_key", "too_small"]),
    ("partition_by_with", &["bucket", "null_key", "out_of_tolerance"]),
    ("when", &["predicate_true", "predicate_false", "out_of_tolerance"]),
    ("windowed", &["band", "taken", "too_small"]),
    ("fixed_point", &["taken", "too_small"]),
    ("pivot", &["pivot", "not_entered", "taken", "translated"]),
    ("labeled", &["taken", "kept", "too_small"]),
    ("accept_if", &["taken", "kept", "regrouped"]),
    ("whole_only", &["matched", "kept", "regrouped"]),
    ("coalesce", &["matched", "regrouped"]),
    ("trim", &["matched", "regrouped"]),
    ("snap", &["matched", "regrouped"]),
    ("reclaim", &["matched", "kept", "regrouped"]),
    ("best_of", &["chosen", "bucket", "taken"]),
];

#[test]
fn every_node_says_something_to_rows_it_took_and_to_rows_it_left() {
    let mut unsaid = Vec::new();
    for (name, expected) in SAID {
        let lines: &[Line] = match name {
            "coalesce" | "trim" | "snap" => &SPLIT,
            _ => &MIXED,
        };
        let mut session = session(name, lines);
        let mut said = BTreeSet::new();
        for (id, ..) in lines {
            let explained = explain(&mut session, &[id]);
            let steps = explained["steps"].as_array().unwrap();
            assert_eq!(steps[0]["event"], "entered", "{name} {id}");
            assert_eq!(steps[0]["node"], 0);
            said.extend(steps.iter().map(|step| step["event"].as_str().unwrap().to_owned()));
            let is_taken = explained["rows"][0]["places"][0]["origin"] != "unmatched";
            let says_so = steps.iter().any(|step| step["event"] == "taken");
            assert!(says_so || !is_taken, "{name} {id}: {explained}");
        }
        let missing: Vec<_> = expected.iter().filter(|event| !said.contains(**event)).collect();
        if !missing.is_empty() {
            unsaid.push(format!("{name} never says {missing:?}; it says {said:?}"));
        }
    }
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}

#[test]
fn every_event_of_the_wire_is_recorded() {
    let mut seen = BTreeSet::new();
    let bounded: [(&str, &[&str]); 2] = [("flow in a crowd", &[]), ("subset_net in one step", &[])];
    for (name, _) in SAID.into_iter().chain(bounded) {
        for lines in [&MIXED[..], &SPLIT, &FORBIDDEN, &THREE] {
            let mut session = session(name, lines);
            for (at, (id, ..)) in lines.iter().enumerate() {
                let others = lines[at + 1..].iter().map(|(other, ..)| vec![*id, *other]);
                for asked in others.chain([vec![*id]]) {
                    let explained = explain(&mut session, &asked);
                    let steps = explained["steps"].as_array().unwrap();
                    seen.extend(steps.iter().map(|step| step["event"].as_str().unwrap().to_owned()));
                }
            }
        }
    }
    // of 30 amounts there are more choices than are looked at
    let line = |at: i64| -> Line { (format!("n{at}").leak(), 2 * at.pow(5), 1, A) };
    let mut lines: Vec<Line> = (1..=30).map(line).collect();
    lines.push(("paid", -100_000_001, 1, A));
    let explained = explain(&mut session("anchored_subset of all", &lines), &["paid"]);
    let steps = explained["steps"].as_array().unwrap();
    seen.extend(steps.iter().map(|step| step["event"].as_str().unwrap().to_owned()));
    let declared: BTreeSet<String> = EventName::ALL.iter().map(|event| event.name().to_owned()).collect();
    assert_eq!(seen, declared);
}

#[test]
fn a_refusal_names_the_bucket_its_net_and_what_was_allowed() {
    let mut session = session("agg_net", &MIXED);
    let explained = explain(&mut session, &["d"]);
    let bucket = steps(&explained, "bucket")[0];
    assert_eq!(
        (&bucket["key"], &bucket["size"], &bucket["net"]),
        (&json!("B"), &json!(2), &json!(-34))
    );
    let refusal = steps(&explained, "out_of_tolerance")[0];
    assert_eq!((&refusal["net"], &refusal["slack"]), (&json!(-34), &json!(2)));
    assert_eq!(refusal["kind"], "agg_net");
    assert_eq!(explained["names"]["3"], "d");
    let taken = explain(&mut self::session("exact_1to1", &MIXED), &["a"]);
    let taken = steps(&taken, "taken")[0];
    assert_eq!(
        taken["members"],
        json!([{"id": 0, "amount": 100}, {"id": 1, "amount": -100}])
    );
    assert_eq!((&taken["net"], &taken["reason"]), (&json!(0), &json!("exact 1:1 pair")));
}

/// A plan, rows, two ids, what is said of them and at which kind of node, and a fact of it.
type Meeting<'a> = (&'a str, &'a [Line], [&'a str; 2], &'a str, Value);

#[test]
fn two_rows_are_told_why_they_did_not_meet() {
    let crowd: [Line; 5] = [
        ("p", 5, 1, A),
        ("q", -5, 1, A),
        ("r", 6, 1, A),
        ("s", -7, 1, A),
        ("t", 9, 1, B),
    ];
    let rivals: [Line; 4] = [("p", 50, 10, A), ("q", -50, 10, A), ("r", -50, 11, A), ("s", 50, 12, B)];
    let cases: &[Meeting<'_>] = &[
        (
            "partition_by",
            &MIXED,
            ["a", "d"],
            "different_key",
            json!({"key": "A", "other_key": "B"}),
        ),
        (
            "agg_net",
            &MIXED,
            ["a", "d"],
            "different_key",
            json!({"key": "A", "other_key": "B"}),
        ),
        ("partition_by", &MIXED, ["a", "f"], "null_key", json!({})),
        (
            "exact_1to1",
            &crowd,
            ["p", "r"],
            "different_key",
            json!({"key": ["A", 5], "other_key": ["A", 6]}),
        ),
        ("seq", &MIXED, ["a", "h"], "same_sign", json!({})),
        ("fixed_point", &MIXED, ["b", "h"], "paired_elsewhere", json!({})),
        ("signal_group", &MIXED, ["a", "i"], "no_shared_key", json!({})),
        ("signal_group", &MIXED, ["a", "h"], "shared_key", json!({"key": "A"})),
        (
            "windowed",
            &MIXED,
            ["a", "d"],
            "outside_window",
            json!({"distance": 8, "width": 3}),
        ),
        (
            "flow",
            &MIXED,
            ["a", "i"],
            "outside_window",
            json!({"distance": 29, "width": 20}),
        ),
        ("flow", &MIXED, ["a", "c"], "same_sign", json!({})),
        (
            "flow",
            &[("x", 5, 1, A), ("y", -5, 4, A)],
            ["x", "y"],
            "forbidden",
            json!({}),
        ),
        (
            "flow",
            &[("x", 5, 1, A), ("y", -5, 13, A)],
            ["x", "y"],
            "too_dear",
            json!({"cost": 12_000_000, "penalty": 4_000_000}),
        ),
        (
            "flow",
            &rivals,
            ["p", "q"],
            "matched_together",
            json!({"cost": 0, "matched": 50}),
        ),
        (
            "flow",
            &rivals,
            ["p", "r"],
            "cheaper_elsewhere",
            json!({"cost": 1_000_000, "taker": 1, "taker_cost": 0, "other_taker": 3}),
        ),
        (
            "flow by key",
            &crowd,
            ["p", "q"],
            "over_cap",
            json!({"carriers": 4, "cap": 3}),
        ),
        ("flow by key", &crowd, ["q", "t"], "no_shared_key", json!({})),
        (
            "flow in a crowd",
            &[("x", 5, 1, A), ("y", 5, 3, A), ("z", -5, 1, A), ("w", -5, 3, A)],
            ["x", "w"],
            "crowded_window",
            json!({"distance": 2, "width": 20, "cap": 1}),
        ),
        ("when", &MIXED, ["a", "d"], "predicate_false", json!({})),
        (
            "running_zero",
            &[("x", 5, 1, A), ("y", -5, 2, A), ("z", 6, 3, A)],
            ["x", "z"],
            "different_segment",
            json!({}),
        ),
    ];
    for (name, lines, ids, event, facts) in cases {
        let explained = explain(&mut session(name, lines), ids);
        let said = steps(&explained, event);
        assert!(!said.is_empty(), "{name} {ids:?} never says {event}: {explained}");
        for (fact, value) in facts.as_object().unwrap() {
            assert_eq!(&said[0][fact], value, "{name} {ids:?} {event} {fact}");
        }
    }
}

#[test]
fn a_row_that_was_taken_before_is_missed_by_the_other() {
    let explained = explain(&mut session("seq", &MIXED), &["a", "e"]);
    let alone: Vec<&Value> = steps(&explained, "entered")
        .into_iter()
        .filter(|step| !step["without"].is_null())
        .collect();
    assert_eq!(alone.len(), 1);
    assert_eq!(
        (&alone[0]["kind"], &alone[0]["id"], &alone[0]["without"]),
        (&json!("soak_small"), &json!(4), &json!(0))
    );
}

#[test]
fn pinned_and_new_rows_are_explained() {
    let mut session = session("exact_1to1", &MIXED);
    let group = explain(&mut session, &["a"])["rows"][0]["places"][0]["group_id"].clone();
    send(
        &mut session,
        &json!({"op": "pin", "by": "group", "group_id": group}),
        &[],
    );
    let explained = explain(&mut session, &["a"]);
    assert_eq!(explained["rows"][0]["places"][0]["status"], "pinned");
    assert_eq!(
        explained["steps"],
        json!([]),
        "what is pinned never enters the strategy"
    );
    assert_eq!(explained["rows"][0]["new"], json!(false));
    let columns: [(&str, ArrayRef); 4] = [
        ("name", Arc::new(StringArray::from(vec!["new"]))),
        ("amount", Arc::new(Int64Array::from(vec![-40]))),
        ("day", Arc::new(Int64Array::from(vec![2]))),
        ("key", Arc::new(StringArray::from(vec!["A"]))),
    ];
    send(&mut session, &json!({"op": "upsert"}), &stream(&columns));
    let reply = send(&mut session, &json!({"op": "explain", "ids": ["new", "c"]}), &[]);
    assert_eq!(reply["explain"]["rows"][0]["new"], json!(true));
    assert_eq!(reply["explain"]["rows"][1]["new"], json!(false));
    assert_eq!(reply["explain"]["stale"], json!(true), "a solve would pair them");
}

#[test]
fn the_arbiter_says_why_a_row_is_left() {
    let cases: [(&[Line], &str, Value); 3] = [
        (
            &[("x", 5, 1, A), ("y", -5, 4, A)],
            "all_forbidden",
            json!({"best": 1, "candidates": 1, "penalty": 4_000_000}),
        ),
        (
            &[("x", 5, 1, A), ("y", -5, 13, A)],
            "too_dear",
            json!({"best": 1, "cost": 12_000_000, "other_penalty": 4_000_000}),
        ),
        (
            &[("x", 5, 1, A), ("y", -5, 33, A)],
            "no_candidate",
            json!({"candidates": 0}),
        ),
    ];
    for (lines, event, facts) in cases {
        let explained = explain(&mut session("flow", lines), &["x"]);
        let said = steps(&explained, event);
        for (fact, value) in facts.as_object().unwrap() {
            assert_eq!(&said[0][fact], value, "{event} {fact}");
        }
    }
}

#[test]
fn explaining_is_refused_for_no_row_and_for_too_many() {
    let mut session = session("identity", &MIXED);
    for (ids, code) in [
        (json!([]), "bad_command"),
        (json!(["nobody"]), "unknown_id"),
        (json!(vec![1; 101]), "bad_command"),
    ] {
        let reply = send(&mut session, &json!({"op": "explain", "ids": ids}), &[]);
        assert_eq!(refused(&reply).0, code);
    }
}
