//! Native session over standard input and output.

use std::io::{self, ErrorKind, Read, Write};

use super::program::Load;
use super::session::Session;

/// The op of the description, which a module exports as `describe`.
const DESCRIBE: &[u8] = b"describe";

/// Serves one session: reads frames from `input` until it ends, writes a frame to `output` for each.
///
/// A request is two frames, a command and its rows; a reply is one. A frame is a length, as a little-endian `u32`, and that
/// many bytes. The command `describe` (those eight letters, no JSON) is answered with the description.
///
/// # Errors
///
/// Whatever reading or writing fails with; `UnexpectedEof` where the input ends within a request.
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
/// let request = [&8_u32.to_le_bytes()[..], b"describe", &0_u32.to_le_bytes()[..]].concat();
/// let mut reply = Vec::new();
/// florecon::sdk::serve::<P>(&mut &request[..], &mut reply)?;
/// assert!(reply[4..].starts_with(br#"{"abi_version":1"#));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve<L: Load>(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let mut session = Session::<L>::new();
    while let Some(command) = frame(input)? {
        let rows = frame(input)?.ok_or(ErrorKind::UnexpectedEof)?;
        let reply = if command == DESCRIBE {
            session.describe().into_bytes()
        } else {
            session.dispatch(&command, &rows)
        };
        let length = u32::try_from(reply.len()).map_err(|_| ErrorKind::FileTooLarge)?;
        output.write_all(&length.to_le_bytes())?;
        output.write_all(&reply)?;
        output.flush()?;
    }
    Ok(())
}

/// The next frame; `None` where the input ended before it began.
fn frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if input.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}
