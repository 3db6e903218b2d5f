//! Random bytes: a reply, never a panic, and an unchanged session.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::common::{Kinds, Named, kinds, opened, send, stream};

const EVERY_OP: [&str; 16] = [
    "init",
    "configure",
    "upsert",
    "remove",
    "solve",
    "pin",
    "unpin",
    "merge",
    "detach",
    "dissolve",
    "report",
    "fetch",
    "explain",
    "snapshot",
    "restore",
    "",
];

fn ledger() -> florecon::sdk::Session<Kinds> {
    let mut session = opened::<Kinds>();
    let notes = std::sync::Arc::new(arrow_array::StringViewArray::from(vec![
        "a note that is longer than twelve",
        "b",
        "c",
    ]));
    let bytes = stream(&kinds(&[1, 2, 3], &[1.0, -1.0, 5.0], &[("note", notes)]));
    assert_eq!(send(&mut session, &json!({"op": "upsert"}), &bytes)["ok"], json!(true));
    session
}

fn is_error(reply: &[u8]) -> bool {
    serde_json::from_slice::<Value>(reply).is_ok_and(|reply| reply["ok"] == json!(false))
}

/// A JSON value of any kind, biased to what a command holds.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..5).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        prop::sample::select(vec![
            "group",
            "groups",
            "clean",
            "singletons",
            "rows",
            "stages",
            "none",
            "summary"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(
                prop::sample::select(vec!["id", "amount", "slack", "x"]).prop_map(str::to_owned),
                inner,
                0..3
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn command() -> impl Strategy<Value = Value> {
    let names = vec![
        "group_id",
        "group_ids",
        "ids",
        "by",
        "tol",
        "config",
        "what",
        "reply",
        "label",
        "reason",
        "allocations",
    ];
    let fields = prop::collection::hash_map(prop::sample::select(names).prop_map(str::to_owned), value(), 0..5);
    (prop::sample::select(EVERY_OP.to_vec()), fields).prop_map(|(op, fields)| {
        let mut object: serde_json::Map<String, Value> = fields.into_iter().collect();
        object.insert("op".to_owned(), Value::from(op));
        Value::Object(object)
    })
}

proptest! {
    #[test]
    fn any_bytes_as_a_command(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut session = ledger();
        let before = send(&mut session, &json!({"op": "report"}), &[]);
        prop_assert!(is_error(&session.dispatch(&bytes, &[])));
        prop_assert_eq!(send(&mut session, &json!({"op": "report"}), &[]), before);
    }

    #[test]
    fn any_json_as_a_command(command in command()) {
        let mut session = ledger();
        let before = send(&mut session, &json!({"op": "report"}), &[]);
        let reply = session.dispatch(command.to_string().as_bytes(), &[]);
        if is_error(&reply) {
            prop_assert_eq!(send(&mut session, &json!({"op": "report"}), &[]), before);
        }
    }

    #[test]
    fn any_bytes_as_a_table(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let mut session = ledger();
        let before = send(&mut session, &json!({"op": "report"}), &[]);
        for op in [&br#"{"op":"upsert"}"#[..], br#"{"op":"init"}"#] {
            let reply = session.dispatch(op, &bytes);
            prop_assert!(is_error(&reply) || bytes.is_empty());
        }
        if !bytes.is_empty() {
            prop_assert_eq!(send(&mut session, &json!({"op": "report"}), &[]), before);
        }
    }

    #[test]
    fn a_table_cut_anywhere_is_refused(cut in 0_usize..10_000) {
        let mut session = ledger();
        let before = send(&mut session, &json!({"op": "report"}), &[]);
        let whole = stream(&kinds(&[7, 8], &[1.0, -1.0], &[]));
        let reply = session.dispatch(br#"{"op":"upsert"}"#, &whole[..cut % whole.len()]);
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        prop_assert_eq!(&reply["error"]["code"], &json!("bad_table"));
        prop_assert_eq!(send(&mut session, &json!({"op": "report"}), &[]), before);
    }

    #[test]
    fn a_table_with_bytes_changed(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), shift in 0_usize..9) {
        let mut session = ledger();
        let before = send(&mut session, &json!({"op": "report"}), &[]);
        let dictionary: arrow_array::DictionaryArray<arrow_array::types::Int8Type> = vec!["x", "y", "x"].into_iter().collect();
        let views = arrow_array::StringViewArray::from(vec![Some("longer than twelve bytes"), None, Some("short")]);
        let replaced: Vec<(&'static str, arrow_array::ArrayRef)> =
            vec![("company", std::sync::Arc::new(dictionary)), ("note", std::sync::Arc::new(views))];
        // a message may stand at any address
        let mut bytes = vec![0; shift];
        bytes.extend(stream(&kinds(&[7, 8, 9], &[1.0, -1.0, 0.5], &replaced)));
        for (index, byte) in changes {
            let index = shift + index.index(bytes.len() - shift);
            bytes[index] = byte;
        }
        if is_error(&session.dispatch(br#"{"op":"upsert"}"#, &bytes[shift..])) {
            prop_assert_eq!(send(&mut session, &json!({"op": "report"}), &[]), before);
        }
    }

    #[test]
    fn any_text_id(names in prop::collection::vec(".{0,8}", 0..6)) {
        let amounts: Vec<i64> = (0..names.len() as i64).collect();
        let columns: [(&str, arrow_array::ArrayRef); 2] = [
            ("name", std::sync::Arc::new(arrow_array::StringArray::from(names.clone()))),
            ("amount", std::sync::Arc::new(arrow_array::Int64Array::from(amounts))),
        ];
        let reply = send(&mut opened::<Named>(), &json!({"op": "upsert"}), &stream(&columns));
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        prop_assert_eq!(reply["ok"] == json!(true), distinct.len() == names.len());
    }
}
