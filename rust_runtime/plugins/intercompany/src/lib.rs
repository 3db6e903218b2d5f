//! Intercompany reconciliation: agreement of two companies of one group on their mutual debts.
//!
//! Every deal stands in two ledgers: positive with the creditor, negative with the debtor. Lines meet only inside a pair of
//! companies and a currency. Hard evidence goes first (a netting cycle that closes, one invoice number on two equal amounts, a
//! shared reference that nets to zero), then the flow decides among the rest, and the small remains are written off.

use florecon::prelude::*;

/// The account on which companies settle what nets to nothing over a month.
const POOL: &str = "1810.900";

/// The plugin.
pub struct Intercompany;

/// One posting, with its lanes.
pub struct Posting {
    company: Text,
    account: Text,
    currency: Text,
    amount: i64,
    day: i64,
    /// The two companies, in an order both ledgers agree on.
    pair: (Text, Text),
    /// The last day of the posting's month.
    month: i64,
    references: Tokens,
    invoice: Option<Text>,
}

packed!(
    Posting, company, account, currency, amount, day, pair, month, references, invoice
);

/// What may be tuned without a rebuild.
pub struct Tuning {
    slack: i64,
    fee: i64,
    bagatelle: i64,
}

type Lot<'a> = Item<'a, Posting>;

impl Plugin for Intercompany {
    type Row = Posting;
    type Params = Tuning;

    fn domain() -> Domain {
        Domain::new("examples.intercompany", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("row_id").id(),
            Field::text("company"),
            Field::text("icp"),
            Field::text("objsub"),
            Field::text("currency"),
            Field::money("amount", 2).amount(),
            Field::date("gl_date"),
            Field::text("reference").nullable(),
        ])
        .currency("currency")
    }

    fn params() -> Vec<ParamSpec> {
        vec![
            ParamSpec::integer("slack", 100).doc("cents that a netting cycle may be off by"),
            ParamSpec::integer("fee", 5000).doc("cents that a bank or an exchange rate may take from a payment"),
            ParamSpec::integer("bagatelle", 500).doc("cents up to which an open line is written off"),
        ]
    }

    fn build() -> BuildInfo {
        BuildInfo {
            numeraire_scale: 2,
            amount_column: AmountColumn::Named("amount"),
            shard_columns: Some(&["company", "icp", "currency"]),
            ..BuildInfo::default()
        }
    }

    fn configure(values: &ParamValues) -> Tuning {
        Tuning {
            slack: values.integer("slack"),
            fee: values.integer("fee"),
            bagatelle: values.integer("bagatelle"),
        }
    }

    fn row(record: &Record<'_>) -> Result<Posting, EvalError> {
        let (company, counterparty) = (record.text(1), record.text(2));
        let day = record.date(6);
        let memo = spelled(&record.opt_text(7).unwrap_or_default());
        Ok(Posting {
            pair: text::sorted_pair(&company, &counterparty),
            company,
            account: record.text(3),
            currency: record.text(4),
            amount: record.money(5),
            day,
            month: date::month_end(day),
            references: text::tokens(Some(&memo), 8, true),
            invoice: invoice(&memo),
        })
    }

    fn numeraire(posting: &Posting) -> Result<i64, EvalError> {
        Ok(posting.amount)
    }

    fn strategy(tuning: &Tuning) -> Plan<Posting> {
        let cycle = agg_net(|lot: Lot<'_>| Some(lot.row.month), abs_tol(tuning.slack));
        let fees = signal_group(references, rel_max_tol(40, tuning.fee), 256);
        let steps = seq(vec![
            labeled(
                "netting cycle",
                when(|lot: Lot<'_>| lot.row.account == *POOL, both_sides(cycle)),
            ),
            labeled(
                "invoice and amount",
                both_sides(exact_1to1(|lot: Lot<'_>| lot.row.invoice.clone(), day)),
            ),
            labeled("reference nets", both_sides(signal_group(references, abs_tol(0), 256))),
            labeled("fee or exchange", both_sides(fees)),
            labeled(
                "flow",
                coalesce("settlement", seq(vec![by_reference(), by_amount(tuning.bagatelle)])),
            ),
            labeled(
                "write-off",
                soak_small(abs_tol(tuning.bagatelle), "write_off", singleton()),
            ),
        ]);
        partition_by(
            |lot: Lot<'_>| Some((lot.row.pair.clone(), lot.row.currency.clone())),
            steps,
        )
    }
}

/// One spelling for INV-1000001, INV 1000001 and inv#1000001.
fn spelled(memo: &str) -> Text {
    let typed = text::replace(&text::replace(&text::upper(memo), "-", ""), "#", "");
    let joined = text::replace(&text::replace(&typed, "INV ", "INV"), "PO ", "PO");
    text::replace(&joined, "SETTLE ", "SETTLE")
}

/// The word after the first INV.
fn invoice(memo: &str) -> Option<Text> {
    let after = text::split(memo, "INV", 1)?;
    text::split(&after, " ", 0)
}

fn references(lot: Lot<'_>) -> Tokens {
    lot.row.references.clone()
}

fn day(lot: Lot<'_>) -> i64 {
    lot.row.day
}

/// Only groups that both companies tell.
fn both_sides(stage: Plan<Posting>) -> Plan<Posting> {
    let companies = |group: &Group<'_, Posting>| group.distinct(|lot: Lot<'_>| Some(lot.row.company.clone()));
    accept_if(move |group: &Group<'_, Posting>| Ok(companies(group)? == 2), stage)
}

/// Lines that quote one number, the closer in time the better. Two lines of one ledger never settle each other.
fn by_reference() -> Plan<Posting> {
    let cost = |a: Lot<'_>, b: Lot<'_>| {
        let told_twice = a.row.references.overlaps(&b.row.references) && a.row.company != b.row.company;
        Ok(if told_twice {
            Some(1.0 + 0.002 * int::gap(a.row.day, b.row.day)? as f64)
        } else {
            None
        })
    };
    flow(Flow::new(constant(1000.0), cost).match_on(references))
}

/// Equal amounts within three weeks: weaker evidence, so dearer by the day, and none at all for bagatelles.
fn by_amount(bagatelle: i64) -> Plan<Posting> {
    let cost = move |a: Lot<'_>, b: Lot<'_>| {
        let days = int::gap(a.row.day, b.row.day)?;
        let same = nets(a, b, abs_tol(0)) && a.row.company != b.row.company && a.amount > bagatelle;
        Ok((same && days <= 20).then_some(4.5 + 0.05 * days as f64))
    };
    flow(Flow::new(constant(1000.0), cost).match_on(|lot: Lot<'_>| Some(lot.amount.abs())))
}

export_plugin!(Intercompany);
