//! Native session of a plugin, driven with the bytes a host would send.

use super::describe::describe;
use super::dispatch::Ledger;
use super::program::Load;
use super::reply;

/// One workspace of a plugin, or of what else can be loaded: what a module holds, without the module.
///
/// Commands and replies are those of the wire, so a test that drives a session tests what a host will see.
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
/// #     fn strategy(_: &()) -> Plan<i64> { identity() }
/// # }
/// let mut session = Session::<P>::new();
/// let early = session.dispatch(br#"{"op": "solve"}"#, &[]);
/// assert_eq!(
///     String::from_utf8_lossy(&early),
///     r#"{"ok":false,"error":{"code":"no_session","message":"there is no session yet; send init first"}}"#,
/// );
/// session.dispatch(br#"{"op": "init"}"#, &[]);
/// assert_eq!(session.dispatch(br#"{"op": "solve", "reply": "none"}"#, &[]), br#"{"ok":true}"#);
/// ```
pub struct Session<L: Load> {
    ledger: Option<Ledger<L::Program>>,
}

impl<L: Load> Session<L> {
    /// A session before its `init`.
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
    /// let mut session = Session::<P>::new();
    /// assert!(session.dispatch(br#"{"op": "report"}"#, &[]).starts_with(br#"{"ok":false"#), "init comes first");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { ledger: None }
    }

    /// The plugin's description of itself, as JSON.
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
    /// assert!(Session::<P>::new().describe().contains(r#""abi_version":1"#));
    /// ```
    #[must_use]
    pub fn describe(&self) -> String {
        let takes_strategy = L::TAKES_STRATEGY;
        match &self.ledger {
            Some(ledger) => describe(&ledger.program, takes_strategy),
            None => describe(&L::idle(), takes_strategy),
        }
    }

    /// Carries out one command: JSON in `command`, rows as one Arrow IPC stream in `arrow` for the commands that take rows.
    ///
    /// Returns JSON, or the Arrow IPC stream of a `fetch`. Errors are JSON too, and leave the session as
    /// it was; no input makes this panic, unless the plugin's own code does.
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
    /// use florecon::sdk::conformance::Table;
    /// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
    /// let mut session = Session::<P>::new();
    /// session.dispatch(br#"{"op": "init"}"#, &table.to_ipc());
    /// let reply = session.dispatch(br#"{"op": "solve"}"#, &[]);
    /// assert!(String::from_utf8_lossy(&reply).contains(r#""net":0,"size":2,"origin":"exact_1to1""#));
    /// ```
    pub fn dispatch(&mut self, command: &[u8], arrow: &[u8]) -> Vec<u8> {
        match Ledger::dispatch::<L>(&mut self.ledger, command, arrow) {
            Ok(bytes) => bytes,
            Err(error) => reply::error(&error, self.ledger.as_ref().map(Ledger::ordinals)),
        }
    }
}

impl<L: Load> Default for Session<L> {
    fn default() -> Self {
        Self::new()
    }
}
