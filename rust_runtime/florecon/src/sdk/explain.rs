//! Reply of `explain`: where rows stand, and the recorded events of each node.

use super::command::GivenId;
use super::dispatch::Ledger;
use super::program::Program;
use super::reply::status;
use crate::error::Error;
use crate::explain::event::{Fields, Record};
use crate::plan::lot::Lot;
use crate::recon::explain::{Explained, Standing, Standpoint};
use crate::row_id::RowId;
use crate::value::json::show_text;

/// Most rows of a command.
const MOST: usize = 100;
/// Most rows of a command that are explained one by one.
const MOST_APART: usize = 10_000;

impl<P: Program> Ledger<P> {
    /// The reply to `explain`.
    ///
    /// # Errors
    /// `bad_command` for no rows or too many; `unknown_id`; the errors of the strategy's expressions.
    pub fn explain(&mut self, ids: Vec<GivenId>, apart: bool) -> Result<Vec<u8>, Error> {
        let most = if apart { MOST_APART } else { MOST };
        if ids.is_empty() || ids.len() > most {
            let given = ids.len();
            return Err(Error::bad_command(format!(
                "explain: `ids` names {given} rows; name from 1 to {most}"
            )));
        }
        let ids = self.resolve(ids)?;
        let explained = self.recon.explain(&ids, apart)?;
        let number = |row: u32| self.ordinals.number_or_none(self.recon.id_of(row));
        let writer = Writer {
            number: &number,
            id: &|row| self.recon.id_of(row),
            kinds: self.recon.outline(),
            named: Vec::new(),
            is_named: Vec::new(),
            out: String::new(),
        };
        Ok(writer.write(&explained).into_bytes())
    }
}

/// Writes JSON; `number` is what stands for a row in it.
struct Writer<'a> {
    number: &'a dyn Fn(u32) -> i64,
    id: &'a dyn Fn(u32) -> &'a RowId,
    kinds: Vec<&'static str>,
    /// The rows written, where their ids are texts.
    named: Vec<u32>,
    /// Whether a row is among them, by row.
    is_named: Vec<bool>,
    out: String,
}

impl Writer<'_> {
    fn write(mut self, explained: &Explained) -> String {
        self.out.push_str(r#"{"ok":true,"explain":{"rows":"#);
        self.list(&explained.rows, Self::standing);
        self.out.push_str(r#","steps":"#);
        self.list(&explained.records, Self::step);
        self.out.push_str(r#","stale":"#);
        self.flag(explained.stale);
        self.names();
        self.out.push_str("}}");
        self.out
    }

    /// The texts of the ids, by what stands for them.
    fn names(&mut self) {
        let named = std::mem::take(&mut self.named);
        if named.is_empty() {
            return;
        }
        self.out.push_str(r#","names":{"#);
        for row in named {
            self.text(&(self.number)(row).to_string(), &(self.id)(row).to_string());
        }
        self.out.push('}');
    }

    fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
        self.out.push(']');
    }

    fn key(&mut self, name: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        show_text(name, &mut self.out);
        self.out.push(':');
    }

    fn number(&mut self, name: &str, number: i128) {
        self.key(name);
        self.out.push_str(&number.to_string());
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        show_text(text, &mut self.out);
    }

    fn flag(&mut self, flag: bool) {
        self.out.push_str(if flag { "true" } else { "false" });
    }

    fn row(&mut self, name: &str, row: u32) {
        self.number(name, (self.number)(row).into());
        if matches!((self.id)(row), RowId::Text(_)) {
            let at = row as usize;
            self.is_named.resize(self.is_named.len().max(at + 1), false);
            if !std::mem::replace(&mut self.is_named[at], true) {
                self.named.push(row);
            }
        }
    }

    fn standing(&mut self, standing: &Standing) {
        self.out.push('{');
        self.row("id", standing.row);
        self.number("amount", standing.amount.into());
        self.key("new");
        self.flag(standing.new);
        self.key("places");
        self.list(&standing.places, Self::place);
        self.out.push('}');
    }

    fn place(&mut self, place: &Standpoint) {
        self.out.push('{');
        self.number("group_id", place.group_id.into());
        self.text("status", status(place.pinned));
        self.text("origin", &place.origin);
        if let Some(reason) = &place.reason {
            self.text("reason", reason);
        }
        if let Some(node) = place.node {
            self.number("node", node.into());
        }
        self.number("size", place.size as i128);
        self.number("amount", place.amount.into());
        self.out.push('}');
    }

    fn step(&mut self, record: &Record) {
        self.out.push('{');
        self.number("node", record.node.get().into());
        let kind = self.kinds.get(record.node.index()).copied().unwrap_or_default();
        self.text("kind", kind);
        self.row("id", record.row);
        self.text("event", record.event.name().name());
        record.write(self);
        self.out.push('}');
    }

    fn lot(&mut self, lot: &Lot) {
        self.out.push('{');
        self.row("id", lot.row);
        self.number("amount", lot.amount.into());
        self.out.push('}');
    }
}

impl Fields for Writer<'_> {
    fn number(&mut self, name: &'static str, number: i128) {
        Writer::number(self, name, number);
    }

    fn row(&mut self, name: &'static str, row: u32) {
        Writer::row(self, name, row);
    }

    fn text(&mut self, name: &'static str, text: &str) {
        Writer::text(self, name, text);
    }

    fn json(&mut self, name: &'static str, json: &str) {
        self.key(name);
        self.out.push_str(json);
    }

    fn lots(&mut self, name: &'static str, lots: &[Lot]) {
        self.key(name);
        self.list(lots, Self::lot);
    }
}
