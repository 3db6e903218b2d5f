//! Snapshot of a session.
//!
//! Layout: `FLORSNAP`, format version, provenance (runtime, domain, strategy, shape of the rows), params, rows, groups,
//! ordinals, checksum.

use super::dispatch::Ledger;
use super::ordinals::Ordinals;
use super::params::{ParamSpec, ParamValue, ParamValues};
use super::program::Program;
use crate::codec::{Damaged, Packer, Unpacker, is_sealed, join_shapes, seal, without_seal};
use crate::error::Error;

const MAGIC: &[u8] = b"FLORSNAP";
const FORMAT: u64 = 3;

impl<P: Program> Ledger<P> {
    /// The session as bytes; [`restore`](Self::restore) takes them back.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut packer = Packer::new();
        packer.raw(MAGIC);
        packer.number(FORMAT);
        Owner::of(&self.program).pack(&mut packer);
        self.values.in_order().for_each(|value| pack_param(&mut packer, value));
        self.recon
            .pack(&mut packer, |row, packer| self.program.pack(row, packer));
        self.ordinals.pack(&mut packer, self.recon.rows().map(|(id, _)| id));
        let mut bytes = packer.into_bytes();
        seal(&mut bytes);
        bytes
    }

    /// The session that a snapshot holds.
    ///
    /// # Errors
    /// `bad_snapshot` for what is none, is damaged, or is of another strategy or runtime.
    pub fn restore(program: P, bytes: &[u8]) -> Result<Self, Error> {
        let body = without_seal(bytes).strip_prefix(MAGIC);
        let body = body.ok_or_else(|| refused("these bytes are no snapshot; give what `snapshot` returned"))?;
        let mut unpacker = Unpacker::new(body);
        let format = unpacker.number().unwrap_or_default();
        if format != FORMAT {
            let message = format!("the snapshot is of format {format}, this module reads format {FORMAT}");
            return Err(refused(&format!("{message}; restore it with the module that took it")));
        }
        if !is_sealed(bytes) {
            return Err(damaged());
        }
        let (found, own) = (
            Owner::unpack(&mut unpacker).map_err(|_| damaged())?,
            Owner::of(&program),
        );
        if let Some(message) = own.differs(&found) {
            return Err(refused(&message));
        }
        Self::unpack(program, &mut unpacker)
    }

    fn unpack(program: P, unpacker: &mut Unpacker<'_>) -> Result<Self, Error> {
        let mut values = ParamValues::defaults(program.params());
        for value in values.in_order_mut() {
            unpack_param(unpacker, value).map_err(|_| damaged())?;
        }
        let mut ledger = Self::empty(program, values).map_err(|error| refused(&error.to_string()))?;
        ledger.unpack_state(unpacker).map_err(|_| damaged())?;
        Ok(ledger)
    }

    fn unpack_state(&mut self, unpacker: &mut Unpacker<'_>) -> Result<(), Damaged> {
        self.recon.unpack(unpacker, |unpacker| self.program.unpack(unpacker))?;
        let ids: Vec<_> = self.recon.rows().map(|(id, _)| id).collect();
        self.ordinals = Ordinals::unpack(unpacker, &ids)?;
        if unpacker.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}

fn refused(message: &str) -> Error {
    Error::BadSnapshot {
        message: message.to_owned(),
    }
}

fn damaged() -> Error {
    refused("the snapshot is damaged: it is not what was taken; use another copy, or upsert the rows again")
}

/// Owner of a snapshot. A generated plugin is identified by the fingerprint of its strategy, one written by hand by its version.
struct Owner {
    runtime: String,
    domain: String,
    version: String,
    strategy: String,
    shape: u64,
}

impl Owner {
    fn of(program: &impl Program) -> Self {
        let domain = program.domain();
        let shape = join_shapes(program.shape(), u64::from(program.schema().has_text_id()));
        Self {
            runtime: env!("CARGO_PKG_VERSION").to_owned(),
            domain: domain.id().to_owned(),
            version: domain.version().to_owned(),
            strategy: program.fingerprint().to_owned(),
            shape: program.params().iter().map(param_shape).fold(shape, join_shapes),
        }
    }

    fn texts(&self) -> [&String; 4] {
        [&self.runtime, &self.domain, &self.version, &self.strategy]
    }

    fn pack(&self, packer: &mut Packer) {
        self.texts().into_iter().for_each(|text| packer.letters(text));
        packer.number(self.shape);
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        Ok(Self {
            runtime: unpacker.read()?,
            domain: unpacker.read()?,
            version: unpacker.read()?,
            strategy: unpacker.read()?,
            shape: unpacker.number()?,
        })
    }

    /// The differences to another one, in words.
    fn differs(&self, other: &Self) -> Option<String> {
        let what = ["runtime", "domain", "version", "strategy"];
        let pairs = self.texts().into_iter().zip(other.texts());
        let different = what.iter().zip(pairs).find(|(_, (own, other))| own != other);
        let (own, other) = match different {
            Some((what, (own, other))) => (format!("{what} {own}"), format!("{what} {other}")),
            None if self.shape != other.shape => ("rows of this shape".to_owned(), "rows of another shape".to_owned()),
            None => return None,
        };
        Some(format!(
            "the snapshot is of {other}, this module of {own}; restore it with the module that took it, or upsert the rows again"
        ))
    }
}

fn param_shape(spec: &ParamSpec) -> u64 {
    let name = spec.name().bytes().map(u64::from);
    name.fold(spec.kind().scale().map_or(0, u64::from), join_shapes)
}

fn pack_param(packer: &mut Packer, value: &ParamValue) {
    match value {
        ParamValue::Whole(value) => packer.write(&(0_i64, *value)),
        ParamValue::Real(value) => packer.write(&(1_i64, *value)),
        ParamValue::Text(value) => packer.write(&(2_i64, value.clone())),
        ParamValue::Boolean(value) => packer.write(&(3_i64, *value)),
    }
}

/// Reads a value of the kind that `value` is of.
fn unpack_param(unpacker: &mut Unpacker<'_>, value: &mut ParamValue) -> Result<(), Damaged> {
    match (unpacker.integer()?, value) {
        (0, ParamValue::Whole(value)) => *value = unpacker.read()?,
        (1, ParamValue::Real(value)) => *value = unpacker.read()?,
        (2, ParamValue::Text(value)) => *value = unpacker.read()?,
        (3, ParamValue::Boolean(value)) => *value = unpacker.read()?,
        _ => return Err(Damaged),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::prelude::*;
    use crate::sdk::conformance::Table;

    struct Notes;

    impl Plugin for Notes {
        type Row = (Tokens, i64);
        type Params = i64;

        fn domain() -> Domain {
            Domain::new("test.notes", "1.0.0")
        }

        fn schema() -> Schema {
            Schema::new(vec![
                Field::text("id").id(),
                Field::integer("amount"),
                Field::text("note"),
            ])
        }

        fn params() -> Vec<ParamSpec> {
            let spare = [ParamSpec::real("rate", 0.5), ParamSpec::text("currency", "EUR")];
            let mut specs = vec![ParamSpec::integer("tol", 1), ParamSpec::boolean("strict", true)];
            specs.extend(spare);
            specs
        }

        fn configure(values: &ParamValues) -> i64 {
            values.integer("tol")
        }

        fn row(record: &Record<'_>) -> Result<(Tokens, i64), EvalError> {
            Ok((text::tokens(Some(&record.text(2)), 1, false), record.integer(1)))
        }

        fn numeraire(row: &(Tokens, i64)) -> Result<i64, EvalError> {
            Ok(row.1)
        }

        fn strategy(tol: &i64) -> Plan<(Tokens, i64)> {
            labeled(
                "by note",
                signal_group(|lot: Item<'_, (Tokens, i64)>| lot.row.0.clone(), abs_tol(*tol), 9),
            )
        }
    }

    fn send(session: &mut Session<Notes>, command: &Value, arrow: &[u8]) -> Vec<u8> {
        session.dispatch(command.to_string().as_bytes(), arrow)
    }

    fn session() -> Session<Notes> {
        let mut session = Session::new();
        let rows = Table::new()
            .texts("id", ["a", "b", "c", "d", "e"].map(Some))
            .integers("amount", [5, -5, 7, -3, 0])
            .texts("note", ["X1", "X1", "Y Z", "Z", ""].map(Some));
        for command in [
            json!({"op": "init", "config": {"tol": 0}}),
            json!({"op": "solve"}),
            json!({"op": "pin", "by": "clean", "tol": 0}),
            json!({"op": "merge", "label": "by hand", "allocations": [{"id": "c", "amount": 3}, {"id": "d", "amount": -3}]}),
            json!({"op": "remove", "ids": ["e"]}),
        ] {
            let arrow = if command["op"] == "init" {
                rows.to_ipc()
            } else {
                Vec::new()
            };
            assert!(send(&mut session, &command, &arrow).starts_with(br#"{"ok":true"#));
        }
        session
    }

    fn restored(bytes: &[u8]) -> (Session<Notes>, Vec<u8>) {
        let mut session = Session::new();
        let reply = send(&mut session, &json!({"op": "restore"}), bytes);
        (session, reply)
    }

    fn resealed(mut bytes: Vec<u8>, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        bytes.truncate(without_seal(&bytes).len());
        change(&mut bytes);
        seal(&mut bytes);
        bytes
    }

    fn message(reply: &[u8]) -> String {
        let reply: Value = serde_json::from_slice(reply).unwrap();
        assert_eq!(reply["error"]["code"], "bad_snapshot");
        reply["error"]["message"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_snapshot_of_another_owner_is_refused_and_says_which() {
        let whole = send(&mut session(), &json!({"op": "snapshot"}), &[]);
        let renamed = |from: &str, to: &str| {
            let at = whole
                .windows(from.len())
                .position(|part| part == from.as_bytes())
                .unwrap();
            resealed(whole.clone(), |bytes| {
                bytes.splice(at..at + from.len(), to.bytes());
            })
        };
        let runtime = env!("CARGO_PKG_VERSION");
        for (bytes, expected) in [
            (renamed(runtime, &"9".repeat(runtime.len())), "runtime 9"),
            (renamed("test.notes", "test.votes"), "domain test.votes"),
            (renamed("1.0.0", "1.0.1"), "version 1.0.1"),
            (resealed(whole.clone(), |bytes| bytes[MAGIC.len()] = 7), "format 7"),
            (b"PK".to_vec(), "no snapshot"),
            (Vec::new(), "no snapshot"),
        ] {
            let said = message(&restored(&bytes).1);
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn a_removed_id_is_in_no_snapshot_and_comes_again_under_a_new_number() {
        let mut session = session();
        let private = "a name that nobody may keep";
        let row = Table::new()
            .texts("id", [Some(private)])
            .integers("amount", [1])
            .texts("note", [Some("none")]);
        let held = |bytes: &[u8]| bytes.windows(private.len()).any(|part| part == private.as_bytes());
        let place = |session: &mut Session<Notes>| -> i64 {
            let report: Value = serde_json::from_slice(&send(session, &json!({"op": "report"}), &[])).unwrap();
            let places = report["report"]["allocations"].as_array().unwrap();
            places.iter().map(|place| place["id"].as_i64().unwrap()).max().unwrap()
        };
        for number in [5, 6] {
            send(&mut session, &json!({"op": "upsert"}), &row.to_ipc());
            assert_eq!(place(&mut session), number);
            assert!(held(&send(&mut session, &json!({"op": "snapshot"}), &[])));
            send(&mut session, &json!({"op": "remove", "ids": [private]}), &[]);
            let taken = send(&mut session, &json!({"op": "snapshot"}), &[]);
            assert!(!held(&taken));
            session = restored(&taken).0;
        }
    }

    #[test]
    fn no_forged_snapshot_makes_a_group_id_negative() {
        let whole = send(&mut session(), &json!({"op": "snapshot"}), &[]);
        for number in [i64::MAX, i64::MAX - 1, -1, i64::MIN] {
            let mut packer = Packer::new();
            packer.integer(number);
            let forged = packer.into_bytes();
            for at in MAGIC.len()..without_seal(&whole).len() {
                let bytes = resealed(whole.clone(), |bytes| {
                    drop(bytes.splice(at..=at, forged.iter().copied()));
                });
                let (mut session, reply) = restored(&bytes);
                if !reply.starts_with(br#"{"ok":true"#) {
                    message(&reply);
                    continue;
                }
                let reply: Value = serde_json::from_slice(&send(&mut session, &json!({"op": "solve"}), &[])).unwrap();
                for group in reply["report"]["groups"].as_array().into_iter().flatten() {
                    assert!(group["group_id"].as_i64().unwrap() > 0, "at byte {at}");
                }
            }
        }
    }

    #[test]
    fn a_snapshot_that_was_forged_is_refused_or_holds_together() {
        let whole = send(&mut session(), &json!({"op": "snapshot"}), &[]);
        let mut accepted = 0;
        for at in MAGIC.len()..without_seal(&whole).len() {
            for value in [0, 1, 2, 5, 0x7f, 0x80, 0xff] {
                let (mut session, reply) = restored(&resealed(whole.clone(), |bytes| bytes[at] = value));
                if reply.starts_with(br#"{"ok":true"#) {
                    accepted += 1;
                    // no money is lost or invented, and every command goes on
                    for command in [json!({"op": "solve"}), json!({"op": "remove", "ids": ["a", "c"]})] {
                        send(&mut session, &command, &[]);
                    }
                } else {
                    message(&reply);
                }
            }
            restored(&resealed(whole.clone(), |bytes| bytes.truncate(at)));
            restored(&resealed(whole.clone(), |bytes| bytes.insert(at, 1)));
        }
        // another letter in a text is a true snapshot of another session
        assert!(accepted > 0);
        assert!(restored(&resealed(whole, |_| {})).1.starts_with(br#"{"ok":true"#));
    }
}
