//! The intercompany strategy (`examples/intercompany/strategy.py`) in the algebra of florecon 0.4.0: a peer in
//! `benchmarks/alternatives.py`.
//!
//! What that algebra has no word for, and what stands here instead:
//!
//! - decimals: the amount arrives as a binary floating-point number and is rounded to cents;
//! - dates: a date is the number of its day, the month end is computed here, and the host casts the column;
//! - null: an absent reference is the empty text;
//! - keys of several columns, and texts as keys: a key is a 64-bit hash;
//! - the order of `exact_1to1`: lines with the same invoice and amount pair by id, the largest first, not by date;
//! - parameters with bounds and a description: they are constants here.
//!
//! Its flow returns one of the optima that cost the same, and a key of more than 256 lines is skipped without a count.

use std::rc::Rc;

use florecon::export_plugin;
use florecon::sdk::{Domain, Plugin, Record};
use florecon::strategy::{
    FlowSpec, GroupView, Item, Strategy, accept_if, agg_net, coalesce, exact_1to1, flow, labeled, partition_by, seq,
    signal_group, soak, when,
};
use florecon::token::fnv1a;

const POOL: &str = "1810.900";
const SLACK: i64 = 100;
const FEE: i64 = 5_000;
const FEE_BPS: i64 = 40;
const BAGATELLE: i64 = 500;
const DAYS: i64 = 20;
const CAP: usize = 256;
const PENALTY: f64 = 1000.0;

/// One line of the ledger.
#[derive(Record)]
pub struct Line {
    #[record(id)]
    row_id: i64,
    company: String,
    icp: String,
    objsub: String,
    currency: String,
    #[record(amount)]
    amount: f64,
    gl_date: i64,
    reference: String,
}

/// The derived columns of a line. A clone of a row shares its references, because `accept_if` clones every row.
#[derive(Clone)]
pub struct Row {
    unit: u64,
    company: u64,
    in_pool: bool,
    cents: i64,
    day: i64,
    month: i64,
    invoice: Option<u64>,
    references: Rc<[u64]>,
}

/// The plugin.
pub struct Intercompany;

impl Plugin for Intercompany {
    type Input = Line;
    type Row = Row;
    type Config = ();

    fn domain() -> Domain {
        Domain::new("benchmarks.predecessor", "1.0.0")
    }

    fn new((): ()) -> Self {
        Self
    }

    fn project(&self, line: &Line) -> Row {
        let plain = line.reference.to_uppercase().replace(['-', '#'], "");
        let memo = plain
            .replace("INV ", "INV")
            .replace("PO ", "PO")
            .replace("SETTLE ", "SETTLE");
        let (low, high) = if line.company <= line.icp {
            (&line.company, &line.icp)
        } else {
            (&line.icp, &line.company)
        };
        Row {
            unit: fnv1a(format!("{low}|{high}|{}", line.currency).as_bytes()),
            company: fnv1a(line.company.as_bytes()),
            in_pool: line.objsub == POOL,
            cents: (line.amount * 100.0).round() as i64,
            day: line.gl_date,
            month: month(line.gl_date),
            invoice: invoice(&memo),
            references: references(&memo),
        }
    }

    fn primary(row: &Row) -> i64 {
        row.cents
    }

    fn strategy(&self) -> Box<dyn Strategy<Row>> {
        partition_by(|line: &Item<Row>| line.data.unit, |_| stages())
    }
}

fn stages() -> Box<dyn Strategy<Row>> {
    let cycle = agg_net(
        |line: &Item<Row>| line.data.month as u64,
        |group| group.net().abs() <= SLACK,
    );
    seq(vec![
        labeled(
            "netting cycle",
            when(|line: &Item<Row>| line.data.in_pool, both_sides(cycle)),
        ),
        labeled(
            "invoice and amount",
            both_sides(exact_1to1(|line: &Item<Row>| line.data.invoice)),
        ),
        labeled("reference nets", both_sides(by_signal(|group| group.net() == 0))),
        labeled("fee or exchange", both_sides(by_signal(within_fee))),
        labeled(
            "flow",
            coalesce("settlement", seq(vec![flow(by_reference()), flow(by_amount())])),
        ),
        labeled(
            "write-off",
            when(
                |line: &Item<Row>| line.amount.abs() <= BAGATELLE,
                partition_by(|line: &Item<Row>| line.id, |_| soak("write_off")),
            ),
        ),
    ])
}

/// Accepts only groups with lines of both companies.
fn both_sides(stage: Box<dyn Strategy<Row>>) -> Box<dyn Strategy<Row>> {
    accept_if(
        |group: &GroupView<Row>| {
            let mut companies = group.members().map(|line| line.data.company);
            let first = companies.next();
            companies.any(|company| Some(company) != first)
        },
        stage,
    )
}

fn by_signal(accept: impl Fn(&GroupView<Row>) -> bool + 'static) -> Box<dyn Strategy<Row>> {
    signal_group(|line: &Item<Row>| line.data.references.to_vec(), accept, CAP)
}

fn within_fee(group: &GroupView<Row>) -> bool {
    let share = i128::from(group.max_leg()) * i128::from(FEE_BPS) / 10_000;
    i128::from(group.net().abs()) <= share.max(i128::from(FEE))
}

/// Lines with one reference number, closer dates preferred. Two lines of one ledger are never matched.
fn by_reference() -> FlowSpec<Row> {
    FlowSpec::new()
        .penalty(PENALTY)
        .match_keys(|line: &Row| line.references.to_vec())
        .cost(|a: &Row, b: &Row| {
            let told_twice = a.company != b.company && a.references.iter().any(|key| b.references.contains(key));
            told_twice.then(|| 1.0 + 0.002 * (a.day - b.day).abs() as f64)
        })
}

/// Equal amounts within three weeks: weaker evidence with a cost per day, and not for small amounts.
fn by_amount() -> FlowSpec<Row> {
    FlowSpec::new()
        .penalty(PENALTY)
        .match_keys_lot(|_, amount| vec![amount.unsigned_abs()])
        .cost_lot(|a: &Row, a_amount, b: &Row, b_amount| {
            let days = (a.day - b.day).abs();
            let same = a_amount == -b_amount && a.company != b.company && a_amount > BAGATELLE;
            (same && days <= DAYS).then(|| 4.5 + 0.05 * days as f64)
        })
}

/// Number of the month of a day since 1970-01-01 in the Gregorian calendar.
fn month(day: i64) -> i64 {
    // Years of 400 that begin on 1 March, so that the leap day is the last of a year.
    let since = day + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    (era * 400 + year) * 12 + (5 * of_year + 2) / 153
}

/// What stands after the first `INV`, up to a space.
fn invoice(memo: &str) -> Option<u64> {
    let after = memo.split("INV").nth(1)?;
    Some(fnv1a(after.split(' ').next().unwrap_or("").as_bytes()))
}

/// The distinct words of at least eight characters with a digit.
fn references(memo: &str) -> Rc<[u64]> {
    let words = memo.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let mut keys: Vec<u64> = words
        .filter(|word| word.chars().count() >= 8 && word.contains(|letter: char| letter.is_ascii_digit()))
        .map(|word| fnv1a(word.as_bytes()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}

export_plugin!(Intercompany);
