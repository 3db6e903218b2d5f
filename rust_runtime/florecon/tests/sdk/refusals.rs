//! Error codes with their messages, and an unchanged session.

use florecon::prelude::*;
use serde_json::{Value, json};

use super::commands::{Pairs, rows, say, solved};
use super::common::{amounts, opened, refused, send};

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
            "id 3 occurs twice, in allocations 0 and 1; send each id once",
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
    say(&mut session, &json!({"op": "pin", "by": "group", "group_id": 5}));
    let before = say(&mut session, &json!({"op": "report"}));
    for (code, command, message) in cases {
        assert_eq!(
            refused(&say(&mut session, &command)),
            (code.to_owned(), message.to_owned())
        );
        assert_eq!(say(&mut session, &json!({"op": "report"})), before);
    }
    let reply = say(&mut session, &json!({"op": "detach", "group_id": 6, "ids": [4]}));
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
        say(&mut session, &json!({"op": "configure", "config": {"mode": mode}}));
        let before = say(&mut session, &json!({"op": "report"}));
        assert_eq!(refused(&say(&mut session, &json!({"op": "solve"}))).0, code);
        assert_eq!(say(&mut session, &json!({"op": "report"})), before);
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
            "there is no op `slove`; known: init, upsert, remove, solve, pin, unpin, dissolve, detach, merge, report, configure, fetch, changes, snapshot, restore, explain, shard_keys",
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
            "fetch: there is no table `money`; known: groups, allocations, rows, stages",
        ),
        (
            r#"{"op": "solve", "reply": "all"}"#,
            "solve: there is no reply `all`; known: report, summary, none",
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
    let before = say(&mut session, &json!({"op": "report"}));
    for (command, message) in cases {
        let reply: Value = serde_json::from_slice(&session.dispatch(command.as_bytes(), &[])).unwrap();
        assert_eq!(
            refused(&reply),
            ("bad_command".to_owned(), message.to_owned()),
            "{command}"
        );
        assert_eq!(say(&mut session, &json!({"op": "report"})), before);
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
fn a_failed_init_keeps_the_session() {
    let mut session = solved(&[(1, 5)]);
    let before = say(&mut session, &json!({"op": "report"}));
    for (command, arrow) in [
        (json!({"op": "init", "config": {"nope": 1}}), Vec::new()),
        (json!({"op": "init", "config": {"mode": "net", "tol": -1}}), Vec::new()),
        (json!({"op": "init"}), b"garbage".to_vec()),
        (json!({"op": "init"}), rows(&[(1, 1), (1, 2)])),
    ] {
        refused(&send(&mut session, &command, &arrow));
        assert_eq!(say(&mut session, &json!({"op": "report"})), before);
    }
    let reply = send(&mut session, &json!({"op": "init"}), &rows(&[(9, 1)]));
    assert_eq!(amounts(&reply), [(9, 1)]);
    assert_eq!(reply.as_object().unwrap().len(), 2);
}
