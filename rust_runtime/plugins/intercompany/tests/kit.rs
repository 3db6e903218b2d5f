//! Intercompany plugin under the conformance kit, and a small quarter with a known result.

use florecon::prelude::*;
use florecon::sdk::conformance::{Table, Target, run};
use intercompany::Intercompany;

/// Company, counterparty, account, amount, day, memo.
type Line = (&'static str, &'static str, &'static str, f64, i64, Option<&'static str>);

fn table(lines: &[Line]) -> Table {
    Table::new()
        .integers("row_id", 1..=lines.len() as i64)
        .texts("company", lines.iter().map(|line| line.0))
        .texts("icp", lines.iter().map(|line| line.1))
        .texts("objsub", lines.iter().map(|line| line.2))
        .texts("currency", lines.iter().map(|_| "EUR"))
        .reals("amount", lines.iter().map(|line| line.3))
        .integers("gl_date", lines.iter().map(|line| line.4))
        .texts("reference", lines.iter().map(|line| line.5))
}

fn quarter() -> Table {
    table(&[
        // one invoice, told twice
        ("AT", "DE", "1200", 250.0, 19_000, Some("inv#1000001 licence")),
        ("DE", "AT", "1600", -250.0, 19_004, Some("Rechnung INV-1000001")),
        // a month on the pool account, a few cents off
        ("AT", "DE", "1810.900", 70.25, 19_000, None),
        ("DE", "AT", "1810.900", -70.0, 19_010, Some("cash pool")),
        // two invoices, one payment that names a settlement
        ("AT", "FR", "1200", 30.0, 19_000, Some("SETTLE 2000002")),
        ("AT", "FR", "1200", 12.5, 19_001, Some("settle-2000002")),
        ("FR", "AT", "1600", -42.5, 19_009, Some("SETTLE2000002 batch")),
        // equal amounts that say nothing
        ("FR", "AT", "1200", 99.0, 19_020, None),
        ("AT", "FR", "1600", -99.0, 19_026, None),
        // two lines of one ledger never settle each other
        ("DE", "FR", "1200", 500.0, 19_000, Some("INV-3000003")),
        ("DE", "FR", "1200", -500.0, 19_000, Some("INV-3000003")),
        // a bagatelle
        ("FR", "DE", "1200", 3.5, 19_000, None),
    ])
}

#[test]
fn a_quarter_whose_answer_is_known() {
    let mut session = Session::<Intercompany>::new();
    session.dispatch(br#"{"op": "init", "reply": "none"}"#, &quarter().to_ipc());
    let report = String::from_utf8(session.dispatch(br#"{"op": "solve"}"#, &[])).unwrap();
    for group in [
        r#""net":0,"size":2,"origin":"exact_1to1","reason":"invoice and amount: exact 1:1 pair""#,
        r#""net":25,"size":2,"origin":"agg_net","reason":"netting cycle: aggregate net""#,
        r#""net":0,"size":3,"origin":"signal_group","reason":"reference nets: shared reference SETTLE2000002""#,
        r#""net":0,"size":2,"origin":"flow","reason":"flow: min-cost flow""#,
        r#""net":50000,"size":1,"origin":"unmatched""#,
        r#""net":-50000,"size":1,"origin":"unmatched""#,
        r#""net":350,"size":1,"origin":"write_off","reason":"write-off: classified""#,
    ] {
        assert!(report.contains(group), "{group} is not in {report}");
    }
}

#[test]
fn the_kit_finds_nothing() {
    let verdict = run(&Target::native::<Intercompany>(), &quarter());
    assert!(verdict.is_ok(), "{verdict}");
}

#[test]
fn the_kit_finds_nothing_in_many_rows() {
    let companies = ["AT", "DE", "FR"];
    let memos = [
        None,
        Some("INV-1000001"),
        Some("SETTLE 2000002"),
        Some("PO 3000003 part"),
        Some("rent"),
    ];
    let lines: Vec<Line> = (0..240_usize)
        .map(|row| {
            let (one, other) = (companies[row % 3], companies[(row + 1 + row / 3 % 2) % 3]);
            let account = if row % 7 == 0 { "1810.900" } else { "1200" };
            let amount = ((row * 37 % 23) as f64 - 11.0) * 1.25;
            (
                one,
                other,
                account,
                amount,
                19_000 + (row * 13 % 60) as i64,
                memos[row * 5 % 11 % 5],
            )
        })
        .collect();
    let verdict = run(&Target::native::<Intercompany>(), &table(&lines));
    assert!(verdict.is_ok(), "{verdict}");
}
