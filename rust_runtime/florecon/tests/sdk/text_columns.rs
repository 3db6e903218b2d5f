//! Texts that a plugin computes column by column.

use std::cell::RefCell;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int64Array, StringArray};
use florecon::prelude::*;
use serde_json::{Value, json};

use super::common::{opened, refused, send, stream};

const ROWS: usize = 2_600;

thread_local! {
    /// The texts of the rows of this thread's sessions: where they lie, and as values.
    static SEEN: RefCell<Vec<(String, Text)>> = const { RefCell::new(Vec::new()) };
}

/// Reads two computed columns; the amount is that of the row, doubled, which may overflow.
struct Columns;

impl Plugin for Columns {
    type Row = i64;
    type Params = ();

    fn domain() -> Domain {
        Domain::new("test.columns", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("id").id(),
            Field::integer("amount"),
            Field::text("company"),
            Field::text("note").nullable(),
        ])
    }

    fn configure(_: &ParamValues) {}

    fn columns(records: &Records<'_>) -> Vec<TextColumn> {
        let note = records.filled_text_column(3, "nothing to say").upper();
        let company = records.text_column(2).replace("ab", "");
        vec![note, company]
    }

    fn row(record: &Record<'_>) -> Result<i64, EvalError> {
        let note = record.opt_text(3).unwrap_or_else(|| Text::from("nothing to say"));
        assert_eq!(text::upper(&note), record.text_view(4));
        assert_eq!(record.text(2), record.text_view(2));
        SEEN.with_borrow_mut(|seen| seen.push((record.text_view(5).to_owned(), record.text(4))));
        int::mul(record.integer(1), 2)
    }

    fn numeraire(row: &i64) -> Result<i64, EvalError> {
        Ok(*row)
    }

    fn strategy((): &()) -> Plan<i64> {
        identity()
    }
}

fn company(row: usize) -> Option<String> {
    // no `ab` but across two rows, apart from every third
    Some(["a", "b é", "abba"][row % 3].repeat(row % 4))
}

fn note(row: usize) -> Option<&'static str> {
    [None, Some(""), Some("a note of some length")][row % 3]
}

fn table(amounts: &[i64], companies: Vec<Option<String>>, notes: ArrayRef) -> Vec<u8> {
    let ids: Vec<i64> = (0..amounts.len() as i64).collect();
    stream(&[
        ("id", Arc::new(Int64Array::from(ids))),
        ("amount", Arc::new(Int64Array::from(amounts.to_vec()))),
        ("company", Arc::new(StringArray::from(companies))),
        ("note", notes),
    ])
}

fn ingest(table: &[u8]) -> Value {
    SEEN.with_borrow_mut(Vec::clear);
    send(&mut opened::<Columns>(), &json!({"op": "upsert"}), table)
}

#[test]
fn rows_read_what_was_computed_of_their_texts() {
    let plain: StringArray = (0..ROWS).map(note).collect();
    let dictionary: DictionaryArray<Int32Type> = (0..ROWS).map(note).collect();
    for notes in [Arc::new(plain) as ArrayRef, Arc::new(dictionary)] {
        let reply = ingest(&table(&[1; ROWS], (0..ROWS).map(company).collect(), notes));
        assert_eq!(reply["ok"], json!(true));
        SEEN.with_borrow(|seen| {
            assert_eq!(seen.len(), ROWS);
            for (row, (company_text, note_text)) in seen.iter().enumerate() {
                assert_eq!(*company_text, company(row).unwrap().replace("ab", ""));
                assert_eq!(
                    *note_text,
                    note(row).unwrap_or("nothing to say").to_uppercase().as_str()
                );
            }
            // long texts of a computed column are shared as those of a column are
            assert!(seen[2].1.is_same(&seen[ROWS - 3].1));
        });
    }
}

#[test]
fn a_refused_cell_and_an_error_of_a_row_come_in_the_order_of_their_rows() {
    for (null, overflow, expected) in [(1_300, 1_200, "row 1200 (id 1200)"), (1_200, 1_300, "row 1200")] {
        let mut amounts = [1; ROWS];
        amounts[overflow] = i64::MAX;
        let mut companies: Vec<Option<String>> = (0..ROWS).map(company).collect();
        companies[null] = None;
        let notes: StringArray = (0..ROWS).map(note).collect();
        let (code, message) = refused(&ingest(&table(&amounts, companies, Arc::new(notes))));
        let wanted = if null < overflow {
            "null_value"
        } else {
            "amount_overflow"
        };
        assert_eq!(code, wanted, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
