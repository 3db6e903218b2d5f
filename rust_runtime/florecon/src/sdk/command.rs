//! Commands: parsed from JSON and validated before the workspace is touched.

use serde_json::{Map, Value};

use super::reply;
use crate::error::Error;

/// Extent of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    /// The whole report.
    Report,
    /// Counts only.
    Summary,
    /// Nothing but that it went well.
    Nothing,
}

/// A row id as the host wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GivenId {
    Number(i64),
    Text(String),
}

/// Selection of the groups to pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PinBy {
    Group(i64),
    Groups(Vec<i64>),
    Clean(i64),
    Singletons(Vec<GivenId>),
}

/// Table to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Groups,
    Allocations,
    Stages,
    Rows,
}

/// Verb of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verb {
    Init {
        config: Map<String, Value>,
    },
    Configure {
        config: Map<String, Value>,
    },
    Upsert,
    Remove {
        ids: Vec<GivenId>,
    },
    Solve {
        /// Units of work to do now; all of it when absent.
        budget: Option<u64>,
        /// Check the certificates of the flows.
        certify: bool,
    },
    Pin(PinBy),
    Unpin {
        group_id: i64,
    },
    Dissolve {
        group_id: i64,
    },
    Detach {
        group_id: i64,
        ids: Vec<GivenId>,
    },
    Merge {
        allocations: Vec<(GivenId, i64)>,
        label: String,
        reason: Option<String>,
    },
    Report,
    Fetch(Table),
    Snapshot,
    Restore,
    Explain {
        ids: Vec<GivenId>,
    },
    ShardKeys,
}

/// A command: the verb, and what to say when it is done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub verb: Verb,
    pub reply: ReplyKind,
}

const OPS: &str = "init, configure, upsert, remove, solve, pin, unpin, merge, detach, dissolve, report, fetch, \
    snapshot, restore, explain, shard_keys";

impl Command {
    /// Reads a command.
    ///
    /// # Errors
    /// `bad_command` for what is not JSON, an unknown op, a field that is missing or of another type. Unknown fields
    /// are ignored: a newer host may send them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|fault| Error::bad_command(format!("the command is not JSON ({fault}); send one JSON object")))?;
        let Value::Object(fields) = value else {
            return Err(Error::bad_command(format!(
                "the command is {}; send one JSON object",
                kind(&value)
            )));
        };
        let mut fields = Fields {
            op: String::new(),
            fields,
        };
        fields.op = fields.text("op")?;
        let reply = fields.reply()?;
        let verb = fields.verb()?;
        Ok(Self { verb, reply })
    }
}

/// The fields of a command, read with messages that name op and field.
struct Fields {
    op: String,
    fields: Map<String, Value>,
}

impl Fields {
    fn verb(&mut self) -> Result<Verb, Error> {
        let op = self.op.clone();
        Ok(match op.as_str() {
            "init" => Verb::Init {
                config: self.config(false)?,
            },
            "configure" => Verb::Configure {
                config: self.config(true)?,
            },
            "upsert" => Verb::Upsert,
            "remove" => Verb::Remove { ids: self.ids("ids")? },
            "solve" => Verb::Solve {
                budget: self.budget()?,
                certify: self.flag("certify")?,
            },
            "pin" => Verb::Pin(self.pin()?),
            "unpin" => Verb::Unpin {
                group_id: self.integer("group_id")?,
            },
            "dissolve" => Verb::Dissolve {
                group_id: self.integer("group_id")?,
            },
            "detach" => Verb::Detach {
                group_id: self.integer("group_id")?,
                ids: self.ids("ids")?,
            },
            "merge" => Verb::Merge {
                allocations: self.allocations()?,
                label: self.optional_text("label")?.unwrap_or_else(|| "manual".to_owned()),
                reason: self.optional_text("reason")?,
            },
            "report" => Verb::Report,
            "fetch" => Verb::Fetch(self.table()?),
            "snapshot" => Verb::Snapshot,
            "restore" => Verb::Restore,
            "shard_keys" => Verb::ShardKeys,
            "explain" => Verb::Explain { ids: self.ids("ids")? },
            _ => return Err(Error::bad_command(format!("there is no op `{op}`; known: {OPS}"))),
        })
    }

    fn pin(&mut self) -> Result<PinBy, Error> {
        Ok(match self.text("by")?.as_str() {
            "group" => PinBy::Group(self.integer("group_id")?),
            "groups" => PinBy::Groups(self.list("group_ids", "integers", |item| item.as_i64())?),
            "clean" => PinBy::Clean(self.integer("tol")?),
            "singletons" => PinBy::Singletons(self.ids("ids")?),
            other => {
                return Err(Error::bad_command(format!(
                    "pin: there is no way to pin by `{other}`; known: group, groups, clean, singletons"
                )));
            }
        })
    }

    fn flag(&mut self, name: &str) -> Result<bool, Error> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.mistyped(name, "true or false", &other)),
        }
    }

    fn budget(&mut self) -> Result<Option<u64>, Error> {
        match self.take("budget") {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(budget) if budget > 0 => Ok(Some(budget)),
                _ => Err(self.mistyped("budget", "a positive integer", &value)),
            },
        }
    }

    fn table(&mut self) -> Result<Table, Error> {
        Ok(match self.text("what")?.as_str() {
            "groups" => Table::Groups,
            "allocations" => Table::Allocations,
            "stages" => Table::Stages,
            "rows" => Table::Rows,
            other => {
                return Err(Error::bad_command(format!(
                    "fetch: there is no table `{other}`; known: groups, allocations, stages, rows"
                )));
            }
        })
    }

    fn reply(&mut self) -> Result<ReplyKind, Error> {
        match self.optional_text("reply")?.as_deref() {
            None | Some("report") => Ok(ReplyKind::Report),
            Some("summary") => Ok(ReplyKind::Summary),
            Some("none") => Ok(ReplyKind::Nothing),
            Some(other) => Err(Error::bad_command(format!(
                "{}: there is no reply `{other}`; known: none, summary, report",
                self.op
            ))),
        }
    }

    fn config(&mut self, required: bool) -> Result<Map<String, Value>, Error> {
        match self.take("config") {
            None if required => Err(self.mistyped("config", "an object of param values", &Value::Null)),
            None => Ok(Map::new()),
            Some(Value::Object(config)) => Ok(config),
            Some(other) => Err(self.mistyped("config", "an object of param values", &other)),
        }
    }

    fn allocations(&mut self) -> Result<Vec<(GivenId, i64)>, Error> {
        self.list(
            "allocations",
            "objects {\"id\": ..., \"amount\": an integer in minor units}",
            |item| Some((given_id(item.get("id")?)?, item.get("amount")?.as_i64()?)),
        )
    }

    fn ids(&mut self, name: &str) -> Result<Vec<GivenId>, Error> {
        self.list(name, "row ids", given_id)
    }

    fn list<T>(&mut self, name: &str, of: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Error> {
        let items = match self.take(name) {
            Some(Value::Array(items)) => items,
            other => return Err(self.mistyped(name, &format!("a list of {of}"), &other.unwrap_or_default())),
        };
        let mut read_items = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let item = read(item).ok_or_else(|| {
                let op = &self.op;
                Error::bad_command(format!(
                    "{op}: `{name}` is a list of {of}; item {index} is {}",
                    shown(item)
                ))
            });
            read_items.push(item?);
        }
        Ok(read_items)
    }

    fn integer(&mut self, name: &str) -> Result<i64, Error> {
        let value = self.take(name).unwrap_or_default();
        value
            .as_i64()
            .ok_or_else(|| self.mistyped(name, "a 64-bit integer", &value))
    }

    fn text(&mut self, name: &str) -> Result<String, Error> {
        self.optional_text(name)?
            .ok_or_else(|| self.mistyped(name, "a text", &Value::Null))
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.mistyped(name, "a text", &other)),
        }
    }

    /// A field that is null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields
            .get_mut(name)
            .map(Value::take)
            .filter(|value| !value.is_null())
    }

    fn mistyped(&self, name: &str, expected: &str, came: &Value) -> Error {
        let op = if self.op.is_empty() { "a command" } else { &self.op };
        let came = if came.is_null() {
            "it is missing".to_owned()
        } else {
            format!("it is {}", shown(came))
        };
        Error::bad_command(format!("{op}: `{name}` must be {expected}; {came}"))
    }
}

fn given_id(value: &Value) -> Option<GivenId> {
    match value {
        Value::String(text) => Some(GivenId::Text(text.clone())),
        _ => value.as_i64().map(GivenId::Number),
    }
}

/// A value in a message: as it is when it is short, by its kind otherwise.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a long text".to_owned(),
        _ => reply::json(value),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
