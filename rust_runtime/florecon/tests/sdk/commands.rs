//! Commands and their replies.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use florecon::prelude::*;
use serde_json::{Value, json};

use super::common::{Kinds, kinds, opened, refused, send, stream};

/// Pairs of equal amounts; a param stops the strategy in each way a strategy can fail.
pub struct Pairs;

/// A row: its order and amount.
pub struct Pair {
    day: i64,
    amount: i64,
}

packed!(Pair, day, amount);

impl Plugin for Pairs {
    type Row = Pair;
    type Params = (String, i64);

    fn domain() -> Domain {
        Domain::new("test.pairs", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("row_id").id(),
            Field::integer("amount").amount(),
            Field::date("day"),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![ParamSpec::text("mode", "pairs"), ParamSpec::integer("tol", 0)]
    }

    fn configure(values: &ParamValues) -> (String, i64) {
        (values.text("mode").to_string(), values.integer("tol"))
    }

    fn row(record: &Record<'_>) -> Result<Pair, EvalError> {
        int::abs(record.integer(1))?;
        Ok(Pair {
            day: record.date(2),
            amount: record.integer(1),
        })
    }

    fn numeraire(row: &Pair) -> Result<i64, EvalError> {
        Ok(row.amount)
    }

    fn strategy((mode, tol): &(String, i64)) -> Plan<Pair> {
        match mode.as_str() {
            "pairs" => exact_1to1(one_bucket, |lot: Item<'_, Pair>| lot.row.day),
            "net" => agg_net(one_bucket, abs_tol(*tol)),
            "meet" => flow(Flow::new(constant(9.0), |_, _| Some(1.0)).window(|lot: Item<'_, Pair>| lot.row.day, 1)),
            "cost" => {
                flow(Flow::new(constant(f64::NAN), |_, _| Some(1.0)).window(|lot: Item<'_, Pair>| lot.row.day, 1))
            }
            _ => accept_if(
                |group: &Group<'_, Pair>| Ok(int::add(group.max_abs(), i64::MAX)? > 0),
                agg_net(one_bucket, abs_tol(0)),
            ),
        }
    }
}

pub fn rows(lines: &[(i64, i64)]) -> Vec<u8> {
    let column = |cells: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(cells)) };
    stream(&[
        ("row_id", column(lines.iter().map(|line| line.0).collect())),
        ("amount", column(lines.iter().map(|line| line.1).collect())),
        ("day", column(vec![0; lines.len()])),
    ])
}

pub fn solved(lines: &[(i64, i64)]) -> Session<Pairs> {
    let mut session = opened::<Pairs>();
    send(&mut session, &json!({"op": "upsert", "reply": "none"}), &rows(lines));
    assert_eq!(
        send(&mut session, &json!({"op": "solve", "reply": "none"}), &[]),
        json!({"ok": true})
    );
    session
}

pub fn say(session: &mut Session<Pairs>, command: &Value) -> Value {
    send(session, command, &[])
}

#[test]
fn a_report_has_groups_and_allocations() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    let report = say(&mut session, &json!({"op": "report"}));
    let groups = json!([
        {"group_id": 4, "status": "proposed", "net": 0, "size": 2, "origin": "exact_1to1", "reason": "exact 1:1 pair"},
        {"group_id": 5, "status": "proposed", "net": 7, "size": 1, "origin": "unmatched"},
    ]);
    let allocations = json!([
        {"id": 1, "group_id": 4, "amount": 5}, {"id": 2, "group_id": 4, "amount": -5}, {"id": 3, "group_id": 5, "amount": 7},
    ]);
    assert_eq!(
        report,
        json!({"ok": true, "report": {"groups": groups, "allocations": allocations}})
    );
}

#[test]
fn replies_come_in_three_sizes() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    let summary = json!({"rows": 3, "groups": 2, "allocations": 3, "proposed": 2, "pinned": 0, "unmatched_rows": 1});
    assert_eq!(
        say(&mut session, &json!({"op": "report", "reply": "summary"})),
        json!({"ok": true, "summary": summary})
    );
    assert_eq!(
        say(&mut session, &json!({"op": "report", "reply": "none"})),
        json!({"ok": true})
    );
    assert_eq!(
        say(&mut session, &json!({"op": "report", "reply": null}))["report"]["groups"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn every_way_to_pin() {
    let pinned = |session: &mut Session<Pairs>| {
        let report = say(session, &json!({"op": "report"}));
        let groups = report["report"]["groups"].as_array().unwrap().clone();
        groups
            .iter()
            .filter(|g| g["status"] == json!("pinned"))
            .map(|g| g["group_id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let lines = [(1, 5), (2, -5), (3, 7)];
    let mut session = solved(&lines);
    assert_eq!(
        say(&mut session, &json!({"op": "pin", "by": "group", "group_id": 4}))["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4]);
    assert_eq!(
        say(&mut session, &json!({"op": "unpin", "group_id": 4}))["ok"],
        json!(true)
    );
    assert!(pinned(&mut session).is_empty());
    assert_eq!(
        say(&mut session, &json!({"op": "pin", "by": "groups", "group_ids": [4, 5]}))["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4, 5]);
    let mut session = solved(&lines);
    assert_eq!(
        say(
            &mut session,
            &json!({"op": "pin", "by": "clean", "tol": 0, "reply": "none"})
        ),
        json!({"ok": true, "pinned": 1})
    );
    assert_eq!(
        say(
            &mut session,
            &json!({"op": "pin", "by": "singletons", "ids": [3], "reply": "none"})
        )["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4, 5]);
}

#[test]
fn a_dry_run_of_a_merge_gets_the_reply_of_the_merge_and_changes_nothing() {
    for reply in ["none", "summary", "report"] {
        let mut session = solved(&[(1, 5), (2, -5), (3, 7), (4, -7)]);
        say(&mut session, &json!({"op": "remove", "ids": [4], "reply": "none"}));
        say(&mut session, &json!({"op": "solve", "budget": 1, "reply": "none"}));
        let before = session.dispatch(br#"{"op":"snapshot"}"#, b"");
        let merge = |dry_run: bool| {
            let allocations = json!([{"id": 1, "amount": 2}, {"id": 3, "amount": 2}]);
            json!({"op": "merge", "allocations": allocations, "label": "desk", "dry_run": dry_run, "reply": reply})
        };
        let would_be = say(&mut session, &merge(true));
        let few = json!({"op": "merge", "allocations": [{"id": 1, "amount": 2}], "dry_run": true});
        assert_eq!(say(&mut session, &few)["error"]["code"], "degenerate_group");
        assert_eq!(session.dispatch(br#"{"op":"snapshot"}"#, b""), before);
        assert_eq!(say(&mut session, &merge(false)), would_be);
        assert_ne!(session.dispatch(br#"{"op":"snapshot"}"#, b""), before);
    }
    let mut session = solved(&[(1, 5), (2, -5)]);
    let odd = json!({"op": "merge", "allocations": [], "dry_run": 1});
    assert_eq!(say(&mut session, &odd)["error"]["code"], "bad_command");
}

#[test]
fn a_dry_run_of_a_merge_leaves_a_solve_under_way() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    say(&mut session, &json!({"op": "remove", "ids": [3], "reply": "none"}));
    let step = json!({"op": "solve", "budget": 1, "reply": "none"});
    let first = say(&mut session, &step)["progress"]["done"].clone();
    let allocations = json!([{"id": 1, "amount": 5}, {"id": 2, "amount": -5}]);
    say(
        &mut session,
        &json!({"op": "merge", "allocations": allocations, "dry_run": true}),
    );
    let second = say(&mut session, &step)["progress"]["done"].clone();
    assert!(second.as_u64() > first.as_u64(), "{first} then {second}");
}

#[test]
fn merge_detach_dissolve_and_remove() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    let allocations = json!([{"id": 1, "amount": 5}, {"id": 3, "amount": 2}]);
    let reply = say(
        &mut session,
        &json!({"op": "merge", "allocations": allocations, "label": "desk", "reason": "by hand"}),
    );
    let merged = reply["group_id"].as_i64().unwrap();
    let group = reply["report"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["group_id"] == json!(merged))
        .unwrap()
        .clone();
    assert_eq!(
        group,
        json!({"group_id": merged, "status": "pinned", "net": 7, "size": 2, "origin": "desk", "reason": "by hand"})
    );
    let reply = say(&mut session, &json!({"op": "remove", "ids": [3], "reply": "none"}));
    assert_eq!(reply, json!({"ok": true, "demoted": [merged]}));
    say(&mut session, &json!({"op": "solve"}));
    let report = say(&mut session, &json!({"op": "report"}));
    let pair = report["report"]["groups"][0]["group_id"].as_i64().unwrap();
    assert_eq!(
        say(&mut session, &json!({"op": "detach", "group_id": pair, "ids": [1]}))["ok"],
        json!(true)
    );
    say(&mut session, &json!({"op": "solve"}));
    let pair = say(&mut session, &json!({"op": "report"}))["report"]["groups"][0]["group_id"]
        .as_i64()
        .unwrap();
    let reply = say(&mut session, &json!({"op": "dissolve", "group_id": pair}));
    assert_eq!(reply["report"]["groups"].as_array().unwrap().len(), 2);
}

#[test]
fn an_upsert_names_the_groups_it_broke() {
    let mut session = solved(&[(1, 5), (2, -5)]);
    say(&mut session, &json!({"op": "pin", "by": "clean", "tol": 0}));
    let reply = send(
        &mut session,
        &json!({"op": "upsert", "reply": "none"}),
        &rows(&[(2, -6)]),
    );
    assert_eq!(reply, json!({"ok": true, "demoted": [3]}));
    let reply = send(&mut session, &json!({"op": "upsert"}), &rows(&[(2, -6)]));
    assert_eq!((&reply["demoted"], reply["report"].is_object()), (&json!([]), true));
}

#[test]
fn a_plan_of_another_shape_leaves_no_node_behind_and_its_snapshot_restores() {
    for (before, after) in [("accept", "pairs"), ("pairs", "accept"), ("pairs", "net")] {
        let mut session = Session::<Pairs>::new();
        let config = json!({"op": "init", "config": {"mode": before}});
        send(&mut session, &config, &rows(&[(1, 5), (2, -5), (3, 7)]));
        say(&mut session, &json!({"op": "solve"}));
        say(&mut session, &json!({"op": "pin", "by": "clean", "tol": 0}));
        say(
            &mut session,
            &json!({"op": "configure", "config": {"mode": after}, "reply": "none"}),
        );
        let groups = json!({"op": "fetch", "what": "groups"}).to_string();
        for solve in [false, true] {
            if solve {
                say(&mut session, &json!({"op": "solve"}));
            }
            let taken = session.dispatch(br#"{"op": "snapshot"}"#, &[]);
            let mut restored = Session::<Pairs>::new();
            let reply = restored.dispatch(br#"{"op": "restore", "reply": "none"}"#, &taken);
            assert_eq!(String::from_utf8_lossy(&reply), r#"{"ok":true}"#, "{before} to {after}");
            assert_eq!(
                restored.dispatch(groups.as_bytes(), &[]),
                session.dispatch(groups.as_bytes(), &[])
            );
            assert_eq!(restored.dispatch(br#"{"op": "snapshot"}"#, &[]), taken);
        }
    }
}

#[test]
fn configure_keeps_rows_decisions_and_other_params() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7), (4, -6)]);
    say(&mut session, &json!({"op": "pin", "by": "clean", "tol": 0}));
    let reply = say(
        &mut session,
        &json!({"op": "configure", "config": {"mode": "net"}, "reply": "none"}),
    );
    assert_eq!(reply, json!({"ok": true}));
    say(&mut session, &json!({"op": "configure", "config": {"tol": 1}}));
    let report = say(&mut session, &json!({"op": "solve"}));
    let origins: Vec<&str> = report["report"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["origin"].as_str().unwrap())
        .collect();
    assert_eq!(origins, ["exact_1to1", "agg_net"]);
    // a refused config changes nothing
    let (code, _) = refused(&say(
        &mut session,
        &json!({"op": "configure", "config": {"mode": "pairs", "tol": "x"}}),
    ));
    assert_eq!(code, "bad_config");
    assert_eq!(
        say(&mut session, &json!({"op": "solve"}))["report"]["groups"][1]["origin"],
        json!("agg_net")
    );
}

/// Equal amounts net; it does not read its second param.
struct Unread;

impl Plugin for Unread {
    type Row = Pair;
    type Params = i64;

    fn domain() -> Domain {
        Domain::new("test.unread", "1.0.0")
    }

    fn schema() -> Schema {
        Pairs::schema()
    }

    fn params() -> Vec<ParamSpec> {
        vec![ParamSpec::integer("tol", 0), ParamSpec::text("shown", "")]
    }

    fn configure(values: &ParamValues) -> i64 {
        values.integer("tol")
    }

    fn row(record: &Record<'_>) -> Result<Pair, EvalError> {
        Pairs::row(record)
    }

    fn numeraire(row: &Pair) -> Result<i64, EvalError> {
        Pairs::numeraire(row)
    }

    fn strategy(tol: &i64) -> Plan<Pair> {
        agg_net(|lot: Item<'_, Pair>| Some(lot.row.amount.abs()), abs_tol(*tol))
    }
}

#[test]
fn a_param_that_the_strategy_does_not_read_costs_no_solve_of_all_rows() {
    let mut session = opened::<Unread>();
    let lines: Vec<(i64, i64)> = (1..40).map(|id| (id, id % 7 + 1)).collect();
    send(&mut session, &json!({"op": "upsert", "reply": "none"}), &rows(&lines));
    let mut edit = |amount: i64, config: Value| {
        send(&mut session, &json!({"op": "configure", "config": config}), &[]);
        let table = &rows(&[(1, amount)]);
        send(&mut session, &json!({"op": "upsert", "reply": "none"}), table);
        let first = send(&mut session, &json!({"op": "solve", "budget": 1, "reply": "none"}), &[]);
        send(&mut session, &json!({"op": "solve", "reply": "none"}), &[]);
        first["progress"]["done"] == first["progress"]["total"]
    };
    for amount in 1..5 {
        edit(amount, json!({}));
    }
    assert!(edit(6, json!({})), "an edit is solved with what it can reach");
    assert!(edit(7, json!({"shown": "net", "tol": 0})));
    assert!(!edit(8, json!({"tol": 1})), "the strategy has become another one");
}

#[test]
fn arrow_with_a_command_that_takes_none_is_ignored() {
    let mut session = solved(&[(1, 5)]);
    assert_eq!(
        send(&mut session, &json!({"op": "report", "extra": 1}), b"garbage")["ok"],
        json!(true)
    );
}

#[test]
fn params_of_every_kind() {
    let mut session = opened::<Kinds>();
    let all = json!({"slack": 5, "penalty": 3, "floor": 250, "since": "2024-02-29", "strict": 0, "currency": "USD"});
    assert_eq!(
        send(&mut session, &json!({"op": "configure", "config": all}), &[])["ok"],
        json!(true)
    );
    assert_eq!(
        send(
            &mut session,
            &json!({"op": "init", "config": null}),
            &stream(&kinds(&[1], &[1.0], &[]))
        )["ok"],
        json!(true)
    );
}

#[test]
fn describe_is_the_wire_page() {
    let described: Value = serde_json::from_str(&Session::<Kinds>::new().describe()).unwrap();
    let input = json!([
        {"name": "row_id", "type": "i64", "id": true},
        {"name": "amount", "type": "f64", "logical": "money", "scale": 2, "amount": true},
        {"name": "company", "type": "utf8"},
        {"name": "day", "type": "i64", "logical": "date", "nullable": true},
        {"name": "rate", "type": "f64", "nullable": true},
        {"name": "open", "type": "i64", "logical": "boolean", "nullable": true},
        {"name": "note", "type": "utf8", "nullable": true},
    ]);
    let params = json!([
        {"name": "slack", "type": "i64", "default": 100, "doc": "cents"},
        {"name": "penalty", "type": "f64", "default": 1000.0, "doc": ""},
        {"name": "floor", "type": "i64", "logical": "money", "scale": 2, "default": 105, "doc": ""},
        {"name": "since", "type": "i64", "logical": "date", "default": 19_000, "doc": ""},
        {"name": "strict", "type": "i64", "logical": "boolean", "default": 1, "doc": ""},
        {"name": "currency", "type": "utf8", "default": "EUR", "doc": ""},
    ]);
    assert_eq!(described["abi_version"], json!(1));
    assert_eq!(described["report_schema"], json!(1));
    assert_eq!(described["domain"], json!({"id": "test.kinds", "version": "1.0.0"}));
    assert_eq!(described["id"], json!({"name": "row_id", "type": "i64"}));
    assert_eq!(described["input"], input);
    assert_eq!(described["params"], params);
    assert_eq!(described["numeraire"], json!({"scale": 0}));
    assert_eq!(
        (&described["currency"], &described["account"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(described["build"]["runtime"], json!(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_solve_says_how_many_flows_it_has_certified() {
    let mut session = Session::<Pairs>::new();
    let open = json!({"op": "init", "config": {"mode": "meet"}});
    send(&mut session, &open, &rows(&[(1, 5), (2, -5), (3, 9)]));
    let reply = say(&mut session, &json!({"op": "solve", "certify": true, "reply": "none"}));
    assert_eq!(reply, json!({"ok": true, "certified": 1}));
    let step = json!({"op": "solve", "certify": true, "budget": 1, "reply": "none"});
    let mut reply = say(&mut session, &step);
    while reply["progress"]["done"] != reply["progress"]["total"] {
        reply = say(&mut session, &step);
    }
    assert_eq!(reply["certified"], 1);
    let plain = say(&mut session, &json!({"op": "solve", "certify": false, "reply": "none"}));
    assert_eq!(plain, json!({"ok": true}));
    let refusal = say(&mut session, &json!({"op": "solve", "certify": "yes"}));
    assert_eq!(refused(&refusal).0, "bad_command");
}

#[test]
fn a_solve_that_records_links_answers_as_one_that_does_not() {
    let [with, without] = [true, false].map(|links| {
        let mut session = Session::<Pairs>::new();
        send(
            &mut session,
            &json!({"op": "init"}),
            &rows(&[(1, 5), (2, -5), (3, 9), (4, 2)]),
        );
        let solved = say(&mut session, &json!({"op": "solve", "links": links}));
        let edited = send(&mut session, &json!({"op": "upsert"}), &rows(&[(4, -9), (5, 1)]));
        [solved, edited, say(&mut session, &json!({"op": "solve", "budget": 1}))]
    });
    assert_eq!(with[..2], without[..2]);
    assert_eq!(
        with[2]["progress"]["done"], with[2]["progress"]["total"],
        "what the edit reaches is one piece"
    );
    assert_ne!(without[2]["progress"]["done"], without[2]["progress"]["total"]);
    let refusal = say(&mut Session::<Pairs>::new(), &json!({"op": "solve", "links": 1}));
    assert_eq!(refused(&refusal).0, "bad_command");
}

#[test]
fn a_solve_in_steps_says_how_far_it_is() {
    let mut session = Session::<Pairs>::new();
    send(&mut session, &json!({"op": "init"}), &rows(&[(1, 5), (2, -5), (3, 9)]));
    let step = json!({"op": "solve", "budget": 1, "reply": "summary"});
    let first = send(&mut session, &step, &[]);
    assert_eq!(first["progress"], json!({"done": 3, "total": 7}));
    assert_eq!(first["summary"]["groups"], 3, "the state of before");
    let last = send(&mut session, &step, &[]);
    assert_eq!(last["progress"], json!({"done": 7, "total": 7}));
    assert_eq!(last["summary"]["groups"], 2);
    for budget in [json!(0), json!(-1), json!(1.5), json!("all")] {
        let reply = say(&mut session, &json!({"op": "solve", "budget": budget}));
        assert_eq!(refused(&reply).0, "bad_command");
    }
}
