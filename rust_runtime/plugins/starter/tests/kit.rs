//! Starter plugin under the conformance kit, and a ledger with a known result.

use florecon::prelude::*;
use florecon::sdk::conformance::{Table, Target, run};
use starter::Starter;

fn ledger() -> Table {
    let notes = [
        Some("INV-4711"),
        Some("inv 4711"),
        None,
        Some("rent"),
        None,
        Some("fee 0815"),
        None,
        None,
    ];
    Table::new()
        .integers("row_id", [1, 2, 3, 4, 5, 6, 7, 8])
        .texts("account", ["A"; 8])
        .reals("amount", [100.0, -99.5, 40.0, -40.0, 0.03, 12.0, 55.0, -54.98])
        .integers("date", [19_000, 19_003, 19_001, 19_400, 19_002, 19_002, 19_003, 19_009])
        .texts("reference", notes)
}

fn dispatch(session: &mut Session<Starter>, command: &str, arrow: &[u8]) -> String {
    String::from_utf8(session.dispatch(command.as_bytes(), arrow)).unwrap()
}

#[test]
fn a_ledger_read_off_by_hand() {
    let mut session = Session::<Starter>::new();
    dispatch(&mut session, r#"{"op": "init"}"#, &ledger().to_ipc());
    let report = dispatch(&mut session, r#"{"op": "solve"}"#, &[]);
    for group in [
        r#""net":50,"size":2,"origin":"signal_group","reason":"reference: shared reference 4711""#,
        r#""net":0,"size":2,"origin":"exact_1to1","reason":"exact 1:1 pair""#,
        r#""net":0,"size":2,"origin":"flow","reason":"min-cost flow""#,
        r#""net":2,"size":1,"origin":"write_off","reason":"write-off: classified""#,
        r#""net":3,"size":1,"origin":"write_off","reason":"write-off: classified""#,
        r#""net":1200,"size":1,"origin":"unmatched""#,
    ] {
        assert!(report.contains(group), "{group} is not in {report}");
    }
}

#[test]
fn the_kit_finds_nothing() {
    let verdict = run(&Target::native::<Starter>(), &ledger());
    assert!(verdict.is_ok(), "{verdict}");
}

#[test]
fn the_kit_finds_nothing_in_many_rows() {
    let rows = 300;
    let many = Table::new()
        .integers("row_id", (0..rows).map(|row| row * 7919 % 10_007))
        .texts("account", (0..rows).map(|row| ["A", "B", "C"][row as usize % 3]))
        .reals("amount", (0..rows).map(|row| ((row * 37 % 23) - 11) as f64 / 4.0))
        .integers("date", (0..rows).map(|row| 19_000 + row * 13 % 40))
        .texts(
            "reference",
            (0..rows).map(|row| [None, Some("INV-1001"), Some("PO 2002 x"), None][row as usize % 4]),
        );
    let verdict = run(&Target::native::<Starter>(), &many);
    assert!(verdict.is_ok(), "{verdict}");
}
