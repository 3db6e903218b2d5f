//! Commands: parsed from JSON and validated before the workspace is touched.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::reply;
use crate::error::Error;
use crate::wire::{self, Op, Reply, TableName, argument, origin};

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

/// A group that a person makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merge {
    pub allocations: Vec<(GivenId, i64)>,
    pub label: String,
    pub reason: Option<String>,
    /// Whether to reply as after the merge, without carrying it out.
    pub dry_run: bool,
}

/// Verb of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verb {
    Init {
        config: Map<String, Value>,
        strategy: Option<Value>,
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
        /// Record which rows can meet.
        links: bool,
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
    Merge(Merge),
    Report,
    Fetch {
        table: TableName,
        page: Page,
        /// Whether groups have their keys.
        keys: bool,
    },
    Snapshot,
    Restore {
        strategy: Option<Value>,
    },
    Explain {
        ids: Vec<GivenId>,
        /// Whether two rows are explained one by one.
        apart: bool,
    },
    ShardKeys,
    Changes,
}

/// Lines of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Page {
    pub from: usize,
    pub count: usize,
}

impl Page {
    /// Every line.
    pub const ALL: Self = Self {
        from: 0,
        count: usize::MAX,
    };

    /// The lines that a table of so many has of the page.
    pub fn within(self, lines: usize) -> Range<usize> {
        let from = self.from.min(lines);
        from..from + self.count.min(lines - from)
    }
}

/// A command: the verb, and what to say when it is done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub verb: Verb,
    pub reply: Reply,
}

/// The field that names the command.
const OP: &str = "op";

/// The argument that every command may have.
const REPLY: &str = "reply";

/// The most levels of objects and lists in a command: as many as fit the stack of a module.
const MOST_LEVELS: usize = 640;

/// The deepest nesting of objects and lists, whether or not the bytes are JSON.
fn depth(bytes: &[u8]) -> usize {
    let (mut level, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl Command {
    /// Reads a command.
    ///
    /// # Errors
    /// `bad_command` for what is not JSON, an unknown op, a field that is missing or of another type. Unknown fields
    /// are ignored: a newer host may send them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if depth(bytes) > MOST_LEVELS {
            return Err(Error::bad_command(format!(
                "the command is nested more than {MOST_LEVELS} levels deep; send one JSON object"
            )));
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        // a strategy is nested more deeply than the reader's own bound
        reader.disable_recursion_limit();
        let value = Value::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        let value = value
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
        fields.op = fields.text(OP)?;
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
        let Some(op) = Op::from_name(&self.op) else {
            let (op, known) = (&self.op, names(Op::ALL.map(Op::name)));
            return Err(Error::bad_command(format!("there is no op `{op}`; known: {known}")));
        };
        Ok(match op {
            Op::Init => Verb::Init {
                config: self.config(false)?,
                strategy: self.take(argument::STRATEGY),
            },
            Op::Configure => Verb::Configure {
                config: self.config(true)?,
            },
            Op::Upsert => Verb::Upsert,
            Op::Remove => Verb::Remove { ids: self.ids()? },
            Op::Solve => Verb::Solve {
                budget: self.budget()?,
                certify: self.flag(argument::CERTIFY)?,
                links: self.flag(argument::LINKS)?,
            },
            Op::Pin => Verb::Pin(self.pin()?),
            Op::Unpin => Verb::Unpin {
                group_id: self.integer(argument::GROUP_ID)?,
            },
            Op::Dissolve => Verb::Dissolve {
                group_id: self.integer(argument::GROUP_ID)?,
            },
            Op::Detach => Verb::Detach {
                group_id: self.integer(argument::GROUP_ID)?,
                ids: self.ids()?,
            },
            Op::Merge => Verb::Merge(Merge {
                allocations: self.allocations()?,
                label: self
                    .optional_text(argument::LABEL)?
                    .unwrap_or_else(|| origin::MANUAL.to_owned()),
                reason: self.optional_text(argument::REASON)?,
                dry_run: self.flag(argument::DRY_RUN)?,
            }),
            Op::Report => Verb::Report,
            Op::Fetch => Verb::Fetch {
                table: self.table()?,
                page: self.page()?,
                keys: self.flag(argument::KEYS)?,
            },
            Op::Snapshot => Verb::Snapshot,
            Op::Restore => Verb::Restore {
                strategy: self.take(argument::STRATEGY),
            },
            Op::ShardKeys => Verb::ShardKeys,
            Op::Changes => Verb::Changes,
            Op::Explain => Verb::Explain {
                ids: self.ids()?,
                apart: self.flag(argument::APART)?,
            },
        })
    }

    fn pin(&mut self) -> Result<PinBy, Error> {
        Ok(
            match self.choice(argument::BY, "way to pin by", wire::PinBy::ALL, wire::PinBy::name)? {
                wire::PinBy::Group => PinBy::Group(self.integer(argument::GROUP_ID)?),
                wire::PinBy::Groups => PinBy::Groups(self.list(argument::GROUP_IDS, "integers", |item| item.as_i64())?),
                wire::PinBy::Clean => PinBy::Clean(self.integer(argument::TOL)?),
                wire::PinBy::Singletons => PinBy::Singletons(self.ids()?),
            },
        )
    }

    /// A field that names one of a few things.
    fn choice<T: Copy, const N: usize>(
        &mut self,
        name: &str,
        what: &str,
        all: [T; N],
        named: fn(T) -> &'static str,
    ) -> Result<T, Error> {
        let given = self.text(name)?;
        self.chosen(&given, what, all, named)
    }

    fn chosen<T: Copy, const N: usize>(
        &self,
        given: &str,
        what: &str,
        all: [T; N],
        named: fn(T) -> &'static str,
    ) -> Result<T, Error> {
        all.into_iter().find(|&each| named(each) == given).ok_or_else(|| {
            let (op, known) = (&self.op, names(all.map(named)));
            Error::bad_command(format!("{op}: there is no {what} `{given}`; known: {known}"))
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
        match self.take(argument::BUDGET) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(budget) if budget > 0 => Ok(Some(budget)),
                _ => Err(self.mistyped(argument::BUDGET, "a positive integer", &value)),
            },
        }
    }

    fn table(&mut self) -> Result<TableName, Error> {
        self.choice(argument::WHAT, "table", TableName::ALL, TableName::name)
    }

    fn page(&mut self) -> Result<Page, Error> {
        Ok(Page {
            from: self.lines(argument::FROM)?.unwrap_or(0),
            count: self.lines(argument::COUNT)?.unwrap_or(usize::MAX),
        })
    }

    /// A number of lines; one that is larger than the address space is as good as the largest.
    fn lines(&mut self, name: &str) -> Result<Option<usize>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(lines) => Ok(Some(usize::try_from(lines).unwrap_or(usize::MAX))),
                None => Err(self.mistyped(name, "an integer of at least 0", &value)),
            },
        }
    }

    fn reply(&mut self) -> Result<Reply, Error> {
        match self.optional_text(REPLY)? {
            None => Ok(Reply::Report),
            Some(given) => self.chosen(&given, "reply", Reply::ALL, Reply::name),
        }
    }

    fn config(&mut self, required: bool) -> Result<Map<String, Value>, Error> {
        match self.take(argument::CONFIG) {
            None if required => Err(self.mistyped(argument::CONFIG, "an object of param values", &Value::Null)),
            None => Ok(Map::new()),
            Some(Value::Object(config)) => Ok(config),
            Some(other) => Err(self.mistyped(argument::CONFIG, "an object of param values", &other)),
        }
    }

    fn allocations(&mut self) -> Result<Vec<(GivenId, i64)>, Error> {
        self.list(
            argument::ALLOCATIONS,
            "objects {\"id\": ..., \"amount\": an integer in minor units}",
            |item| Some((given_id(item.get("id")?)?, item.get("amount")?.as_i64()?)),
        )
    }

    fn ids(&mut self) -> Result<Vec<GivenId>, Error> {
        self.list(argument::IDS, "row ids", given_id)
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

fn names<const N: usize>(names: [&str; N]) -> String {
    names.join(", ")
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
