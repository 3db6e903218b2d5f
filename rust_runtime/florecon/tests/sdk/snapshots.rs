//! Snapshots: a restored session continues identically; other bytes are refused.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use florecon::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::commands::Pairs;
use super::common::{Kinds, Named, kinds, opened, refused, send, stream};

/// Text ids, a lane of every kind, a flow that splits rows.
struct Lanes;

struct Row {
    name: Text,
    amount: i64,
    key: Option<(Text, Text)>,
    tokens: Tokens,
    rate: f64,
    open: bool,
}

packed!(Row, name, amount, key, tokens, rate, open);

impl Plugin for Lanes {
    type Row = Row;
    type Params = i64;

    fn domain() -> Domain {
        Domain::new("test.lanes", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::text("name").id(),
            Field::integer("amount"),
            Field::text("note").nullable(),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![ParamSpec::integer("penalty", 1000)]
    }

    fn configure(values: &ParamValues) -> i64 {
        values.integer("penalty")
    }

    fn row(record: &Record<'_>) -> Result<Row, EvalError> {
        let (name, note) = (record.text(0), record.opt_text(2));
        Ok(Row {
            key: note.as_ref().map(|note| text::sorted_pair(&name, note)),
            tokens: text::tokens(note.as_deref(), 1, false),
            rate: record.integer(1) as f64 / 3.0,
            open: note.is_some(),
            amount: record.integer(1),
            name,
        })
    }

    fn numeraire(row: &Row) -> Result<i64, EvalError> {
        Ok(row.amount)
    }

    fn strategy(penalty: &i64) -> Plan<Row> {
        let penalty = *penalty as f64;
        let cost = |a: Item<'_, Row>, b: Item<'_, Row>| {
            (a.row.open && b.row.key.is_some()).then_some((a.row.rate + b.row.rate).abs() + a.row.name.len() as f64)
        };
        let arbiter = Flow::new(constant(penalty), cost).match_on(|lot: Item<'_, Row>| lot.row.tokens.clone());
        seq(vec![
            labeled("pairs", exact_1to1(one_bucket, by_id)),
            flow(arbiter),
            soak_small(abs_tol(1), "small", singleton()),
        ])
    }
}

fn rows(ids: &[i64], seed: i64) -> Vec<u8> {
    let amounts: Vec<i64> = ids.iter().map(|id| (id * 7 + seed * 3) % 11 - 5).collect();
    let notes = ids
        .iter()
        .map(|id| ((id + seed) % 4 > 0).then(|| format!("N{} X", (id + seed) % 3)));
    let columns: [(&str, ArrayRef); 3] = [
        (
            "name",
            Arc::new(StringArray::from_iter_values(ids.iter().map(|id| format!("row {id}")))),
        ),
        ("amount", Arc::new(Int64Array::from(amounts))),
        ("note", Arc::new(StringArray::from_iter(notes))),
    ];
    stream(&columns)
}

/// A command that may or may not be refused, with its rows.
fn command() -> impl Strategy<Value = (Value, Vec<u8>)> {
    let ids = || prop::collection::btree_set(0_i64..12, 1..6).prop_map(|ids| ids.into_iter().collect::<Vec<_>>());
    let names = |ids: Vec<i64>| ids.into_iter().map(|id| format!("row {id}")).collect::<Vec<_>>();
    let plain = |value: Value| (value, Vec::new());
    prop_oneof![
        3 => (ids(), 0_i64..5).prop_map(|(ids, seed)| (json!({"op": "upsert"}), rows(&ids, seed))),
        1 => ids().prop_map(move |ids| plain(json!({"op": "remove", "ids": names(ids)}))),
        3 => Just(plain(json!({"op": "solve"}))),
        1 => (1_i64..60).prop_map(move |group| plain(json!({"op": "pin", "by": "group", "group_id": group}))),
        1 => Just(plain(json!({"op": "pin", "by": "clean", "tol": 0}))),
        1 => (0_i64..12).prop_map(move |id| plain(json!({"op": "pin", "by": "singletons", "ids": [id]}))),
        1 => (1_i64..60).prop_map(move |group| plain(json!({"op": "unpin", "group_id": group}))),
        1 => (1_i64..60).prop_map(move |group| plain(json!({"op": "dissolve", "group_id": group}))),
        1 => (1_i64..60, 0_i64..12).prop_map(move |(group, id)| plain(json!({"op": "detach", "group_id": group, "ids": [id]}))),
        1 => (0_i64..12, 0_i64..12, 1_i64..3).prop_map(move |(a, b, amount)| plain(json!({
            "op": "merge", "label": "hand", "allocations": [{"id": a, "amount": amount}, {"id": b, "amount": -amount}]}))),
        1 => prop::sample::select(vec![0_i64, 3, 1000]).prop_map(move |penalty| {
            plain(json!({"op": "configure", "config": {"penalty": penalty}}))
        }),
    ]
}

/// All that a host can see.
fn seen(session: &mut Session<Lanes>) -> Vec<Vec<u8>> {
    let tables = ["groups", "allocations", "rows", "stages"];
    tables
        .map(|what| session.dispatch(json!({"op": "fetch", "what": what}).to_string().as_bytes(), &[]))
        .into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_restored_session_goes_on_like_the_original(
        before in prop::collection::vec(command(), 0..14),
        after in prop::collection::vec(command(), 1..10),
    ) {
        let mut original = opened::<Lanes>();
        for (command, arrow) in &before {
            send(&mut original, command, arrow);
        }
        let bytes = original.dispatch(br#"{"op":"snapshot"}"#, &[]);
        prop_assert_ne!(bytes[0], b'{');
        let mut copy = Session::<Lanes>::new();
        let reply = send(&mut copy, &json!({"op": "restore"}), &bytes);
        prop_assert_eq!(&reply, &send(&mut original, &json!({"op": "report"}), &[]));
        prop_assert_eq!(seen(&mut copy), seen(&mut original));
        prop_assert_eq!(copy.dispatch(br#"{"op":"snapshot"}"#, &[]), bytes);
        for (command, arrow) in &after {
            prop_assert_eq!(send(&mut copy, command, arrow), send(&mut original, command, arrow), "{}", command);
            prop_assert_eq!(seen(&mut copy), seen(&mut original));
        }
    }

    #[test]
    fn a_changed_snapshot_is_never_accepted(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..5),
        cut in any::<prop::sample::Index>(),
        more in prop::collection::vec(any::<u8>(), 0..9),
        how in 0..3,
    ) {
        let whole = taken();
        let mut bytes = whole.clone();
        match how {
            0 => changes.iter().for_each(|(at, change)| bytes[at.index(whole.len())] ^= change),
            1 => bytes.truncate(cut.index(whole.len())),
            _ => bytes.extend(&more),
        }
        prop_assume!(bytes != whole);
        prop_assert_eq!(refusal(&bytes), "bad_snapshot");
    }
}

fn taken() -> Vec<u8> {
    let mut session = opened::<Lanes>();
    send(
        &mut session,
        &json!({"op": "upsert"}),
        &rows(&[1, 2, 3, 4, 5, 6, 7, 8], 2),
    );
    send(&mut session, &json!({"op": "solve"}), &[]);
    session.dispatch(br#"{"op":"snapshot"}"#, &[])
}

/// The code with which a session that holds something refuses these bytes, having kept what it holds.
fn refusal(bytes: &[u8]) -> String {
    let mut session = opened::<Lanes>();
    send(&mut session, &json!({"op": "upsert"}), &rows(&[70, 71], 0));
    let before = seen(&mut session);
    let code = refused(&send(&mut session, &json!({"op": "restore"}), bytes)).0;
    assert_eq!(seen(&mut session), before);
    code
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let whole = taken();
    let mut session = Session::<Lanes>::new();
    let mut refused = |bytes: &[u8]| {
        let reply = session.dispatch(br#"{"op":"restore"}"#, bytes);
        assert!(reply.starts_with(br#"{"ok":false,"error":{"code":"bad_snapshot""#));
    };
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            refused(&bytes);
        }
        refused(&whole[..at]);
    }
}

#[test]
fn a_snapshot_of_another_plugin_is_refused() {
    assert_eq!(
        refusal(&opened::<Named>().dispatch(br#"{"op":"snapshot"}"#, &[])),
        "bad_snapshot"
    );
    let mut other = opened::<Pairs>();
    let (code, message) = refused(&send(&mut other, &json!({"op": "restore"}), &taken()));
    assert_eq!(code, "bad_snapshot");
    assert!(
        message.contains("domain test.lanes") && message.contains("test.pairs"),
        "{message}"
    );
}

#[test]
fn params_and_integer_ids_come_back() {
    let mut session = Session::<Kinds>::new();
    let config = json!({"op": "init", "config": {"slack": -7, "penalty": 0.25, "strict": false, "currency": "ÅÄÖ"}});
    let table = stream(&kinds(&[i64::MIN, -3, 0, i64::MAX], &[1.0, -1.0, 0.0, 2.5], &[]));
    assert_eq!(send(&mut session, &config, &table)["ok"], json!(true));
    let bytes = session.dispatch(br#"{"op":"snapshot"}"#, &[]);
    let mut copy = Session::<Kinds>::new();
    let reply = send(&mut copy, &json!({"op": "restore", "reply": "summary"}), &bytes);
    assert_eq!(reply["summary"]["rows"], json!(4));
    assert_eq!(copy.dispatch(br#"{"op":"snapshot"}"#, &[]), bytes);
    assert_eq!(
        send(&mut copy, &json!({"op": "report"}), &[]),
        send(&mut session, &json!({"op": "report"}), &[])
    );
}

#[test]
fn there_is_nothing_to_take_before_init() {
    let mut session = Session::<Lanes>::new();
    assert_eq!(
        refused(&send(&mut session, &json!({"op": "snapshot"}), &[])).0,
        "no_session"
    );
    assert_eq!(
        refused(&send(&mut session, &json!({"op": "restore"}), &[])).0,
        "bad_snapshot"
    );
    assert_eq!(
        refused(&send(&mut session, &json!({"op": "report"}), &[])).0,
        "no_session"
    );
}
