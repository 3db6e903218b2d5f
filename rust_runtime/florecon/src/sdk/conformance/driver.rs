//! Driver of a module under test, with comparable reports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::table::Table;
use crate::sdk::plugin::Plugin;
use crate::sdk::session::Session;

/// A fresh session of a module: a command and an Arrow stream in, the reply out.
pub type Dispatch = Box<dyn FnMut(&[u8], &[u8]) -> Vec<u8>>;

/// A module under judgement: how it describes itself, how to open a session, and the params to open it with.
///
/// ```
/// # use florecon::prelude::*;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, run};
/// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
/// assert!(run(&Target::native::<P>(), &table).is_ok());
/// ```
pub struct Target {
    describe: String,
    open: Box<dyn Fn() -> Dispatch>,
    config: Value,
}

impl Target {
    /// Any module: its `describe` reply, and a function that starts a fresh instance and hands out its `dispatch`.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # struct P;
    /// # impl Plugin for P {
    /// #     type Row = i64;
    /// #     type Params = ();
    /// #     fn domain() -> Domain { Domain::new("p", "1") }
    /// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
    /// #     fn configure(_: &ParamValues) {}
    /// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
    /// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
    /// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
    /// # }
    /// use florecon::sdk::conformance::{Table, Target, run};
    /// let target = Target::new(&Session::<P>::new().describe(), || {
    ///     let mut session = Session::<P>::new();
    ///     Box::new(move |command, arrow| session.dispatch(command, arrow))
    /// });
    /// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
    /// assert!(run(&target, &table).is_ok());
    /// ```
    #[must_use]
    pub fn new(describe: &str, open: impl Fn() -> Dispatch + 'static) -> Self {
        Self {
            describe: describe.to_owned(),
            open: Box::new(open),
            config: json!({}),
        }
    }

    /// A plugin of this build.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # struct P;
    /// # impl Plugin for P {
    /// #     type Row = i64;
    /// #     type Params = ();
    /// #     fn domain() -> Domain { Domain::new("p", "1") }
    /// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
    /// #     fn configure(_: &ParamValues) {}
    /// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
    /// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
    /// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
    /// # }
    /// use florecon::sdk::conformance::{Table, Target, run};
    /// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
    /// assert!(run(&Target::native::<P>(), &table).is_ok());
    /// ```
    #[must_use]
    pub fn native<P: Plugin>() -> Self {
        Self::new(&Session::<P>::new().describe(), || {
            let mut session = Session::<P>::new();
            Box::new(move |command, arrow| session.dispatch(command, arrow))
        })
    }

    /// The params to judge it under: the `config` of `init`.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # struct P;
    /// # impl Plugin for P {
    /// #     type Row = i64;
    /// #     type Params = ();
    /// #     fn domain() -> Domain { Domain::new("p", "1") }
    /// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
    /// #     fn configure(_: &ParamValues) {}
    /// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
    /// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
    /// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
    /// # }
    /// use florecon::sdk::conformance::{Table, Target, run};
    /// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
    /// let told = run(&Target::native::<P>().config(serde_json::json!({"slack": 5})), &table);
    /// assert!(!told.is_ok(), "P has no such param");
    /// ```
    #[must_use]
    pub fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }
}

/// A group of a report without its number: two reports are equal when their groups are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupSeen {
    /// Ids in words, with amounts; ascending.
    pub members: Vec<(String, i64)>,
    pub status: String,
    pub origin: String,
    pub reason: Option<String>,
    pub net: i64,
    pub size: usize,
}

/// A session and the ids that were sent to it.
pub(super) struct Driver {
    dispatch: Dispatch,
    id_column: String,
    /// The text of each ordinal, when ids are texts: first come, first numbered.
    texts: Option<Vec<String>>,
}

impl Driver {
    /// A session after an empty `init`.
    pub fn open(target: &Target) -> Result<Self, String> {
        let described: Value =
            serde_json::from_str(&target.describe).map_err(|fault| format!("describe is not JSON: {fault}"))?;
        if described["abi_version"] != json!(1) {
            return Err(format!("the ABI version is {}, not 1", described["abi_version"]));
        }
        let input = described["input"].as_array().ok_or("describe lists no input")?;
        // a module that marks no id has it in the first column
        let field = input
            .iter()
            .find(|field| field["id"] == json!(true))
            .or(input.first())
            .ok_or("the input is empty")?;
        let id_column = field["name"].as_str().ok_or("an input field has no name")?.to_owned();
        let texts = (field["type"] == json!("utf8")).then(Vec::new);
        let mut driver = Self {
            dispatch: (target.open)(),
            id_column,
            texts,
        };
        driver
            .send(&json!({"op": "init", "config": target.config}), &[])
            .or_else(|_| {
                // an older module wants a batch with its init
                driver.send(&json!({"op": "init", "config": target.config}), &empty(input).to_ipc())
            })?;
        Ok(driver)
    }

    /// Sends a command; the reply, or the error in words.
    pub fn send(&mut self, command: &Value, arrow: &[u8]) -> Result<Value, String> {
        let reply = (self.dispatch)(command.to_string().as_bytes(), arrow);
        let reply: Value = serde_json::from_slice(&reply).map_err(|fault| format!("a reply is not JSON: {fault}"))?;
        if reply["ok"] == json!(true) {
            return Ok(reply);
        }
        let text = |name: &str| reply["error"][name].as_str().unwrap_or("?").to_owned();
        Err(format!(
            "{} was refused with {}: {}",
            command["op"],
            text("code"),
            text("message")
        ))
    }

    /// Upserts the rows of a table.
    pub fn upsert(&mut self, table: &Table) -> Result<(), String> {
        self.send(&json!({"op": "upsert"}), &table.to_ipc())?;
        let ids = self.ids(table);
        if let Some(texts) = &mut self.texts {
            for id in ids {
                if !texts.contains(&id) {
                    texts.push(id);
                }
            }
        }
        Ok(())
    }

    /// The report after these rows and a solve.
    pub fn solved(mut self, table: &Table) -> Result<Vec<GroupSeen>, String> {
        self.upsert(table)?;
        self.solve()
    }

    /// The report after a solve.
    pub fn solve(&mut self) -> Result<Vec<GroupSeen>, String> {
        self.send(&json!({"op": "solve"}), &[])?;
        self.report()
    }

    /// The ids of a table's rows, in words.
    pub fn ids(&self, table: &Table) -> Vec<String> {
        (0..table.len())
            .filter_map(|row| table.cell(&self.id_column, row))
            .collect()
    }

    /// The ids of a table's rows as commands take them.
    pub fn json_ids(&self, table: &Table) -> Vec<Value> {
        let ids = self.ids(table).into_iter();
        match self.texts {
            Some(_) => ids.map(Value::from).collect(),
            None => ids.filter_map(|id| id.parse::<i64>().ok()).map(Value::from).collect(),
        }
    }

    /// The report, as groups in an order of their own.
    pub fn report(&mut self) -> Result<Vec<GroupSeen>, String> {
        let reply = self.send(&json!({"op": "report"}), &[])?;
        let mut groups: BTreeMap<i64, GroupSeen> = BTreeMap::new();
        for group in reply["report"]["groups"].as_array().ok_or("a report has no groups")? {
            let number = group["group_id"].as_i64().ok_or("a group has no integer group_id")?;
            if groups.insert(number, seen(group)).is_some() {
                return Err(format!("the report has group {number} twice"));
            }
        }
        for allocation in reply["report"]["allocations"]
            .as_array()
            .ok_or("a report has no allocations")?
        {
            let field = |name: &str| {
                allocation[name]
                    .as_i64()
                    .ok_or_else(|| format!("an allocation has no integer {name}"))
            };
            let id = self.word(field("id")?)?;
            let group = groups
                .get_mut(&field("group_id")?)
                .ok_or("an allocation is in a group that the report lacks")?;
            group.members.push((id, field("amount")?));
        }
        let mut groups: Vec<GroupSeen> = groups.into_values().collect();
        groups.iter_mut().for_each(|group| group.members.sort());
        groups.sort();
        Ok(groups)
    }

    fn word(&self, id: i64) -> Result<String, String> {
        match &self.texts {
            None => Ok(id.to_string()),
            Some(texts) => {
                let text = usize::try_from(id).ok().and_then(|ordinal| texts.get(ordinal));
                text.cloned()
                    .ok_or_else(|| format!("the report has ordinal {id}, which no text id was given"))
            }
        }
    }
}

fn seen(group: &Value) -> GroupSeen {
    let text = |name: &str| group[name].as_str().map(str::to_owned);
    GroupSeen {
        members: Vec::new(),
        status: text("status").unwrap_or_default(),
        origin: text("origin").unwrap_or_default(),
        reason: text("reason"),
        net: group["net"].as_i64().unwrap_or_default(),
        size: group["size"].as_u64().unwrap_or_default() as usize,
    }
}

/// A table of the columns of a module, without rows.
fn empty(input: &[Value]) -> Table {
    input.iter().fold(Table::new(), |table, field| {
        let name = field["name"].as_str().unwrap_or_default();
        match field["type"].as_str() {
            Some("f64") => table.reals::<f64>(name, []),
            Some("utf8") => table.texts::<&str>(name, []),
            _ => table.integers::<i64>(name, []),
        }
    })
}
