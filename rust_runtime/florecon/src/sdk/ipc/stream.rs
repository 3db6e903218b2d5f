//! Stream framing: length-prefixed messages, each metadata then body, up to an end-of-stream marker.

use arrow_buffer::Buffer;
use arrow_ipc::{Message, root_as_message};

use super::malformed;
use crate::error::Error;

const CONTINUATION: [u8; 4] = [0xff; 4];

/// One message, its metadata verified when it is opened.
pub(super) struct Frame<'a> {
    // flatbuffers are verified against the alignment of their address, and a message may stand at any
    metadata: Buffer,
    rest: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The message and its body.
    pub fn open(&self) -> Result<(Message<'_>, &'a [u8]), Error> {
        let message = root_as_message(&self.metadata).map_err(|_| malformed("a message is damaged"))?;
        let body = usize::try_from(message.bodyLength())
            .ok()
            .and_then(|length| self.rest.get(..length));
        body.map(|body| (message, body))
            .ok_or_else(|| malformed("it ends in the middle of a message"))
    }
}

/// Hands out the messages of a stream.
pub(super) struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next message; `None` at the end-of-stream marker. Without the marker a stream cut between two messages would look
    /// whole, so its absence is an error.
    pub fn next(&mut self) -> Result<Option<Frame<'a>>, Error> {
        let marker = self.rest;
        let mut prefix = self.take(4)?;
        // streams from before Arrow 0.15 have the length alone
        if prefix == CONTINUATION {
            prefix = self.take(4)?;
        }
        let length = i32::from_le_bytes([prefix[0], prefix[1], prefix[2], prefix[3]]);
        if length == 0 {
            // a further call returns the same error
            self.rest = marker;
            return Ok(None);
        }
        let length = usize::try_from(length).map_err(|_| malformed("a message has a negative length"))?;
        let metadata = Buffer::from(self.take(length)?);
        Ok(Some(Frame {
            metadata,
            rest: self.rest,
        }))
    }

    /// Steps over the body of the frame handed out last.
    pub fn skip(&mut self, body: &[u8]) {
        self.rest = &self.rest[body.len()..];
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| malformed("it ends without its end-of-stream marker"))?;
        self.rest = rest;
        Ok(taken)
    }
}
