//! Exports of a module: a thin layer over [`Session`].
//!
//! The host owns no memory of the module: it writes into buffers returned by `alloc`, and reads the buffer of a reply. All
//! buffers are kept in a table, so an excessive length, an unknown address or a second `dealloc` is an error or has no effect,
//! and never reaches another object's memory. Hence there is no pointer arithmetic here.

use super::program::Load;
use super::reply;
use super::session::Session;
use crate::error::Error;

/// The version of the exports and of the wire.
pub const ABI_VERSION: u32 = 1;

/// Address of a buffer of length zero: not null, which means failure, and never read.
const EMPTY: usize = 16;

/// State of a module: a session, and the buffers that the host refers to by address.
///
/// [`export_plugin!`](crate::export_plugin) makes one for a module. Natively it is of use in tests only: addresses are wider
/// there than the 32 bits that a packed reply has for them.
pub struct Module<L: Load> {
    session: Session<L>,
    /// Those handed out and not yet given back: a handful.
    buffers: Vec<Vec<u8>>,
}

impl<L: Load> Module<L> {
    /// A module before its `init`.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let mut module = Module::<P>::new();
    /// let (_, length) = module.dispatch((0, 0), (0, 0));
    /// assert!(length > 0); // an error: no command is no JSON
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            session: Session::new(),
            buffers: Vec::new(),
        }
    }

    /// The address of a new buffer of `len` bytes; 0 when there is no memory for it.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let mut module = Module::<P>::new();
    /// assert_ne!(module.alloc(64), module.alloc(64));
    /// assert_eq!(module.alloc(usize::MAX), 0);
    /// ```
    pub fn alloc(&mut self, len: usize) -> usize {
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(len).is_err() {
            return 0;
        }
        buffer.resize(len, 0);
        self.keep(buffer)
    }

    /// Writes to a buffer from its start, as a host does from outside; false when the bytes do not fit a buffer there.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let mut module = Module::<P>::new();
    /// let at = module.alloc(4);
    /// assert!(module.write(at, b"four"));
    /// assert!(!module.write(at, b"more than four"));
    /// ```
    pub fn write(&mut self, address: usize, bytes: &[u8]) -> bool {
        let buffer = self.buffers.iter_mut().find(|buffer| starts_at(buffer, address));
        let room = buffer.and_then(|buffer| buffer.get_mut(..bytes.len()));
        room.map(|room| room.copy_from_slice(bytes)).is_some()
    }

    /// Gives a buffer back. An address that is not a buffer's is ignored.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let mut module = Module::<P>::new();
    /// let at = module.alloc(4);
    /// module.dealloc(at);
    /// module.dealloc(at);
    /// assert!(!module.write(at, b"gone"));
    /// ```
    pub fn dealloc(&mut self, address: usize) {
        self.buffers.retain(|buffer| !starts_at(buffer, address));
    }

    /// The description: its address and length.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let (address, length) = Module::<P>::new().describe();
    /// assert!(address != 0 && length > 0);
    /// ```
    pub fn describe(&mut self) -> (usize, usize) {
        let text = self.session.describe();
        self.hand_out(text.into_bytes())
    }

    /// Carries out the command in one buffer with the rows in another; each of these and the reply by address and length.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # use florecon::sdk::abi::Module;
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
    /// let mut module = Module::<P>::new();
    /// let command = br#"{"op":"init","reply":"none"}"#;
    /// let at = module.alloc(command.len());
    /// module.write(at, command);
    /// let (_, length) = module.dispatch((at, command.len()), (0, 0));
    /// assert_eq!(length, br#"{"ok":true}"#.len());
    /// ```
    pub fn dispatch(&mut self, command: (usize, usize), arrow: (usize, usize)) -> (usize, usize) {
        let given = (find(&self.buffers, command), find(&self.buffers, arrow));
        let answer = match given {
            (Some(command), Some(arrow)) => self.session.dispatch(command, arrow),
            _ => reply::error(
                &Error::bad_command("the command lies outside the buffers that alloc gave"),
                None,
            ),
        };
        self.hand_out(answer)
    }

    fn keep(&mut self, buffer: Vec<u8>) -> usize {
        if buffer.is_empty() {
            return EMPTY;
        }
        let address = buffer.as_ptr().addr();
        self.buffers.push(buffer);
        address
    }

    fn hand_out(&mut self, answer: Vec<u8>) -> (usize, usize) {
        let length = answer.len();
        (self.keep(answer), length)
    }
}

/// A 32-bit address and length in one value: the length above the address.
///
/// ```
/// assert_eq!(florecon::sdk::abi::packed((0x10, 0x2)), 0x2_0000_0010);
/// ```
#[must_use]
pub fn packed((address, length): (usize, usize)) -> u64 {
    ((length as u64) << 32) | address as u64
}

impl<L: Load> Default for Module<L> {
    fn default() -> Self {
        Self::new()
    }
}

fn starts_at(buffer: &[u8], address: usize) -> bool {
    buffer.as_ptr().addr() == address
}

/// The bytes at an address, if they all lie in one buffer. No bytes lie anywhere.
fn find(buffers: &[Vec<u8>], (address, length): (usize, usize)) -> Option<&[u8]> {
    if length == 0 {
        return Some(&[]);
    }
    buffers.iter().find_map(|buffer| {
        let offset = address.checked_sub(buffer.as_ptr().addr())?;
        buffer.get(offset..)?.get(..length)
    })
}

/// Makes a crate a florecon module: exports `abi_version`, `alloc`, `dealloc`, `describe` and `dispatch` for the plugin.
///
/// Only a build for wasm has these exports. Natively a crate may hold many plugins; drive them with
/// [`Session`](crate::sdk::session::Session).
///
/// ```
/// use florecon::prelude::*;
///
/// struct Lines;
/// impl Plugin for Lines {
///     type Row = i64;
///     type Params = ();
///     fn domain() -> Domain { Domain::new("acme.lines", "1.0.0") }
///     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
///     fn configure(_: &ParamValues) {}
///     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
///     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
///     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// }
///
/// export_plugin!(Lines);
/// ```
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            ::std::thread_local! {
                static MODULE: ::std::cell::RefCell<$crate::sdk::abi::Module<$plugin>> =
                    ::std::cell::RefCell::new($crate::sdk::abi::Module::new());
            }

            #[unsafe(no_mangle)]
            extern "C" fn abi_version() -> u32 {
                $crate::sdk::abi::ABI_VERSION
            }

            #[unsafe(no_mangle)]
            extern "C" fn alloc(len: usize) -> usize {
                MODULE.with_borrow_mut(|module| module.alloc(len))
            }

            #[unsafe(no_mangle)]
            extern "C" fn dealloc(address: usize, _len: usize) {
                MODULE.with_borrow_mut(|module| module.dealloc(address));
            }

            #[unsafe(no_mangle)]
            extern "C" fn describe() -> u64 {
                $crate::sdk::abi::packed(MODULE.with_borrow_mut(|module| module.describe()))
            }

            #[unsafe(no_mangle)]
            extern "C" fn dispatch(command: usize, command_len: usize, arrow: usize, arrow_len: usize) -> u64 {
                let given = ((command, command_len), (arrow, arrow_len));
                $crate::sdk::abi::packed(MODULE.with_borrow_mut(|module| module.dispatch(given.0, given.1)))
            }
        };
    };
}
