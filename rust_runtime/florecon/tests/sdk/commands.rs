//! Every command, what it replies, and every error code with its message.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use florecon::prelude::*;
use serde_json::{Value, json};

use super::common::{Kinds, amounts, kinds, opened, refused, send, stream};

/// Pairs of equal amounts; a param stops the strategy in each way a strategy can fail.
pub struct Pairs;

/// A row: its order and amount.
pub struct Pair {
    day: i64,
    amount: i64,
}

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

fn rows(lines: &[(i64, i64)]) -> Vec<u8> {
    let column = |cells: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(cells)) };
    stream(&[
        ("row_id", column(lines.iter().map(|line| line.0).collect())),
        ("amount", column(lines.iter().map(|line| line.1).collect())),
        ("day", column(vec![0; lines.len()])),
    ])
}

fn solved(lines: &[(i64, i64)]) -> Session<Pairs> {
    let mut session = opened::<Pairs>();
    send(&mut session, &json!({"op": "upsert", "reply": "none"}), &rows(lines));
    assert_eq!(
        send(&mut session, &json!({"op": "solve", "reply": "none"}), &[]),
        json!({"ok": true})
    );
    session
}

fn say(session: &mut Session<Pairs>, command: Value) -> Value {
    send(session, &command, &[])
}

#[test]
fn a_report_has_groups_and_allocations() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    let report = say(&mut session, json!({"op": "report"}));
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
        say(&mut session, json!({"op": "report", "reply": "summary"})),
        json!({"ok": true, "summary": summary})
    );
    assert_eq!(
        say(&mut session, json!({"op": "report", "reply": "none"})),
        json!({"ok": true})
    );
    assert_eq!(
        say(&mut session, json!({"op": "report", "reply": null}))["report"]["groups"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn every_way_to_pin() {
    let pinned = |session: &mut Session<Pairs>| {
        let report = say(session, json!({"op": "report"}));
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
        say(&mut session, json!({"op": "pin", "by": "group", "group_id": 4}))["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4]);
    assert_eq!(
        say(&mut session, json!({"op": "unpin", "group_id": 4}))["ok"],
        json!(true)
    );
    assert!(pinned(&mut session).is_empty());
    assert_eq!(
        say(&mut session, json!({"op": "pin", "by": "groups", "group_ids": [4, 5]}))["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4, 5]);
    let mut session = solved(&lines);
    assert_eq!(
        say(
            &mut session,
            json!({"op": "pin", "by": "clean", "tol": 0, "reply": "none"})
        ),
        json!({"ok": true, "pinned": 1})
    );
    assert_eq!(
        say(
            &mut session,
            json!({"op": "pin", "by": "singletons", "ids": [3], "reply": "none"})
        )["ok"],
        json!(true)
    );
    assert_eq!(pinned(&mut session), [4, 5]);
}

#[test]
fn merge_detach_dissolve_and_remove() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7)]);
    let allocations = json!([{"id": 1, "amount": 5}, {"id": 3, "amount": 2}]);
    let reply = say(
        &mut session,
        json!({"op": "merge", "allocations": allocations, "label": "desk", "reason": "by hand"}),
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
    let reply = say(&mut session, json!({"op": "remove", "ids": [3], "reply": "none"}));
    assert_eq!(reply, json!({"ok": true, "demoted": [merged]}));
    say(&mut session, json!({"op": "solve"}));
    let report = say(&mut session, json!({"op": "report"}));
    let pair = report["report"]["groups"][0]["group_id"].as_i64().unwrap();
    assert_eq!(
        say(&mut session, json!({"op": "detach", "group_id": pair, "ids": [1]}))["ok"],
        json!(true)
    );
    say(&mut session, json!({"op": "solve"}));
    let pair = say(&mut session, json!({"op": "report"}))["report"]["groups"][0]["group_id"]
        .as_i64()
        .unwrap();
    let reply = say(&mut session, json!({"op": "dissolve", "group_id": pair}));
    assert_eq!(reply["report"]["groups"].as_array().unwrap().len(), 2);
}

#[test]
fn an_upsert_names_the_groups_it_broke() {
    let mut session = solved(&[(1, 5), (2, -5)]);
    say(&mut session, json!({"op": "pin", "by": "clean", "tol": 0}));
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
fn configure_keeps_rows_decisions_and_other_params() {
    let mut session = solved(&[(1, 5), (2, -5), (3, 7), (4, -6)]);
    say(&mut session, json!({"op": "pin", "by": "clean", "tol": 0}));
    let reply = say(
        &mut session,
        json!({"op": "configure", "config": {"mode": "net"}, "reply": "none"}),
    );
    assert_eq!(reply, json!({"ok": true}));
    say(&mut session, json!({"op": "configure", "config": {"tol": 1}}));
    let report = say(&mut session, json!({"op": "solve"}));
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
        json!({"op": "configure", "config": {"mode": "pairs", "tol": "x"}}),
    ));
    assert_eq!(code, "bad_config");
    assert_eq!(
        say(&mut session, json!({"op": "solve"}))["report"]["groups"][1]["origin"],
        json!("agg_net")
    );
}

#[test]
fn a_failed_init_keeps_the_session() {
    let mut session = solved(&[(1, 5)]);
    let before = say(&mut session, json!({"op": "report"}));
    for (command, arrow) in [
        (json!({"op": "init", "config": {"nope": 1}}), Vec::new()),
        (json!({"op": "init", "config": {"mode": "net", "tol": -1}}), Vec::new()),
        (json!({"op": "init"}), b"garbage".to_vec()),
        (json!({"op": "init"}), rows(&[(1, 1), (1, 2)])),
    ] {
        refused(&send(&mut session, &command, &arrow));
        assert_eq!(say(&mut session, json!({"op": "report"})), before);
    }
    let reply = send(&mut session, &json!({"op": "init"}), &rows(&[(9, 1)]));
    assert_eq!(amounts(&reply), [(9, 1)]);
    assert_eq!(reply.as_object().unwrap().len(), 2);
}

/// Each code a command can come back with: what was sent, and the message.
#[test]
fn every_error_code_says_where_and_what_to_do() {
    let cases: Vec<(&str, Value, &str)> = vec![
        (
            "unknown_id",
            json!({"op": "remove", "ids": [9]}),
            "no row has id 9; check the id or upsert the row first",
        ),
        (
            "unknown_group",
            json!({"op": "unpin", "group_id": 99}),
            "no group has id 99; ids of proposed groups change with every solve, read the report again",
        ),
        (
            "frozen_group",
            json!({"op": "dissolve", "group_id": 5}),
            "group 5 is pinned; unpin it first",
        ),
        (
            "degenerate_group",
            json!({"op": "merge", "allocations": [{"id": 3, "amount": 1}]}),
            "a merge needs at least two rows; it was given 1",
        ),
        (
            "frozen_member",
            json!({"op": "merge", "allocations": [{"id": 1, "amount": 1}, {"id": 3, "amount": 1}]}),
            "row 1 has no proposed amount left; unpin a group that holds it first",
        ),
        (
            "insufficient_live_amount",
            json!({"op": "merge", "allocations": [{"id": 3, "amount": 8}, {"id": 4, "amount": 1}]}),
            "row 3 has 7 proposed, but 8 was asked for; ask for a part of it with the same sign",
        ),
        (
            "duplicate_id",
            json!({"op": "merge", "allocations": [{"id": 3, "amount": 1}, {"id": 3, "amount": 1}]}),
            "id 3 occurs twice; send each id once",
        ),
        (
            "bad_config",
            json!({"op": "configure", "config": {"tool": 1}}),
            "there is no param `tool`; known: mode, tol",
        ),
        (
            "bad_config",
            json!({"op": "configure", "config": {"tol": 1.5}}),
            "param `tol` takes a 64-bit integer; it was given 1.5",
        ),
    ];
    let mut session = solved(&[(1, 5), (2, -5), (3, 7), (4, 9)]);
    say(&mut session, json!({"op": "pin", "by": "group", "group_id": 5}));
    let before = say(&mut session, json!({"op": "report"}));
    for (code, command, message) in cases {
        assert_eq!(
            refused(&say(&mut session, command)),
            (code.to_owned(), message.to_owned())
        );
        assert_eq!(say(&mut session, json!({"op": "report"})), before);
    }
    let reply = say(&mut session, json!({"op": "detach", "group_id": 6, "ids": [4]}));
    let (code, message) = refused(&reply);
    assert_eq!(
        (code.as_str(), &reply["error"]["id"], &reply["error"]["group_id"]),
        ("unknown_allocation", &json!(4), &json!(6))
    );
    assert!(message.contains('4') && message.contains('6'), "{message}");
}

#[test]
fn what_fails_in_a_strategy_leaves_the_report() {
    for (mode, code) in [("cost", "bad_cost"), ("overflow", "amount_overflow")] {
        let mut session = solved(&[(1, 5), (2, -5)]);
        say(&mut session, json!({"op": "configure", "config": {"mode": mode}}));
        let before = say(&mut session, json!({"op": "report"}));
        assert_eq!(refused(&say(&mut session, json!({"op": "solve"}))).0, code);
        assert_eq!(say(&mut session, json!({"op": "report"})), before);
    }
    let (code, message) = refused(&send(
        &mut opened::<Pairs>(),
        &json!({"op": "upsert"}),
        &rows(&[(1, 1), (7, i64::MIN)]),
    ));
    assert_eq!(code, "amount_overflow");
    assert_eq!(
        message,
        "row 1 (id 7): an integer left the 64-bit range; correct the row"
    );
}

#[test]
fn commands_are_read_strictly() {
    let mut session = solved(&[(1, 5), (2, -5)]);
    let cases: Vec<(&str, &str)> = vec![
        (
            "",
            "the command is not JSON (EOF while parsing a value at line 1 column 0); send one JSON object",
        ),
        ("[1]", "the command is a list; send one JSON object"),
        ("{}", "a command: `op` must be a text; it is missing"),
        (r#"{"op": 7}"#, "a command: `op` must be a text; it is 7"),
        (
            r#"{"op": "slove"}"#,
            "there is no op `slove`; known: init, configure, upsert, remove, solve, pin, unpin, merge, detach, dissolve, report, fetch",
        ),
        (
            r#"{"op": "unpin"}"#,
            "unpin: `group_id` must be a 64-bit integer; it is missing",
        ),
        (
            r#"{"op": "unpin", "group_id": 3.0}"#,
            "unpin: `group_id` must be a 64-bit integer; it is 3.0",
        ),
        (
            r#"{"op": "unpin", "group_id": 9223372036854775808}"#,
            "unpin: `group_id` must be a 64-bit integer; it is 9223372036854775808",
        ),
        (
            r#"{"op": "unpin", "group_id": "3"}"#,
            "unpin: `group_id` must be a 64-bit integer; it is \"3\"",
        ),
        (
            r#"{"op": "unpin", "group_id": true}"#,
            "unpin: `group_id` must be a 64-bit integer; it is true",
        ),
        (
            r#"{"op": "remove", "ids": 3}"#,
            "remove: `ids` must be a list of row ids; it is 3",
        ),
        (
            r#"{"op": "remove", "ids": [1, 1e3]}"#,
            "remove: `ids` is a list of row ids; item 1 is 1000.0",
        ),
        (
            r#"{"op": "remove", "ids": [99999999999999999999]}"#,
            "remove: `ids` is a list of row ids; item 0 is 1e+20",
        ),
        (
            r#"{"op": "remove", "ids": ["x"]}"#,
            "ids of this plugin are integers; \"x\" is a text",
        ),
        (
            r#"{"op": "pin", "by": "all"}"#,
            "pin: there is no way to pin by `all`; known: group, groups, clean, singletons",
        ),
        (
            r#"{"op": "pin", "by": "groups", "group_ids": [1, null]}"#,
            "pin: `group_ids` is a list of integers; item 1 is null",
        ),
        (
            r#"{"op": "merge", "allocations": [{"id": 1}]}"#,
            "merge: `allocations` is a list of objects {\"id\": ..., \"amount\": an integer in minor units}; item 0 is an object",
        ),
        (
            r#"{"op": "merge", "allocations": [], "label": 3}"#,
            "merge: `label` must be a text; it is 3",
        ),
        (
            r#"{"op": "fetch", "what": "money"}"#,
            "fetch: there is no table `money`; known: groups, allocations, stages, rows",
        ),
        (
            r#"{"op": "solve", "reply": "all"}"#,
            "solve: there is no reply `all`; known: none, summary, report",
        ),
        (
            r#"{"op": "init", "config": [1]}"#,
            "init: `config` must be an object of param values; it is a list",
        ),
        (
            r#"{"op": "configure"}"#,
            "configure: `config` must be an object of param values; it is missing",
        ),
    ];
    let before = say(&mut session, json!({"op": "report"}));
    for (command, message) in cases {
        let reply: Value = serde_json::from_slice(&session.dispatch(command.as_bytes(), &[])).unwrap();
        assert_eq!(
            refused(&reply),
            ("bad_command".to_owned(), message.to_owned()),
            "{command}"
        );
        assert_eq!(say(&mut session, json!({"op": "report"})), before);
    }
}

#[test]
fn nothing_goes_before_init() {
    for op in ["upsert", "solve", "report"] {
        let reply = send(&mut Session::<Pairs>::new(), &json!({"op": op}), &rows(&[(1, 1)]));
        assert_eq!(
            refused(&reply),
            (
                "no_session".to_owned(),
                "there is no session yet; send init first".to_owned()
            )
        );
    }
    let reply = send(
        &mut Session::<Pairs>::new(),
        &json!({"op": "fetch", "what": "rows"}),
        &[],
    );
    assert_eq!(refused(&reply).0, "no_session");
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
    assert_eq!(described["build"]["runtime"], json!(env!("CARGO_PKG_VERSION")));
}
