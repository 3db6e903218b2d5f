//! Content key of a group: the same wherever a group has the same members with the same amounts.

use std::cell::RefCell;

use blake2b_simd::Params;

use super::ipc::DIGEST;
use crate::report::GroupView;
use crate::row_id::RowId;

thread_local! {
    static MEMBERS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The key of a group, by the rule of the wire page.
pub(crate) fn group_key(group: &GroupView<'_>) -> [u8; DIGEST] {
    MEMBERS.with_borrow_mut(|members| {
        members.clear();
        group
            .members()
            .for_each(|(id, amount)| push_member(members, id, amount));
        let mut key = [0; DIGEST];
        key.copy_from_slice(Params::new().hash_length(DIGEST).hash(members).as_bytes());
        key
    })
}

/// Appends `amount:length:id`.
fn push_member(members: &mut Vec<u8>, id: &RowId, amount: i64) {
    let mut line = Backwards::default();
    let text = match id {
        RowId::Int(id) => {
            line.integer(*id);
            ""
        }
        RowId::Text(id) => id.as_str(),
    };
    let length = line.written().len() + text.len();
    line.byte(b':');
    line.integer(length as i64);
    line.byte(b':');
    line.integer(amount);
    // one by one: in wasm a copy of some bytes is a call of the host
    line.written().iter().for_each(|&byte| members.push(byte));
    if !text.is_empty() {
        members.extend_from_slice(text.as_bytes());
    }
}

/// The most bytes of a member whose id is an integer: two integers, a length of two digits and two colons.
const MOST: usize = 2 * 20 + 4;

const BILLION: u64 = 1_000_000_000;

/// Bytes that are written from the last one to the first, as the digits of a number come.
struct Backwards {
    bytes: [u8; MOST],
    start: usize,
}

impl Default for Backwards {
    fn default() -> Self {
        Self {
            bytes: [0; MOST],
            start: MOST,
        }
    }
}

impl Backwards {
    fn byte(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    /// Writes the last digit; returns the number without it.
    fn digit(&mut self, number: u32) -> u32 {
        self.byte(b'0' + (number % 10) as u8);
        number / 10
    }

    fn integer(&mut self, number: i64) {
        let mut rest = number.unsigned_abs();
        // digits from a number of 32 bits: wasm has no cheap division of 64
        while rest > u64::from(u32::MAX) {
            let mut low = (rest % BILLION) as u32;
            rest /= BILLION;
            for _ in 0..9 {
                low = self.digit(low);
            }
        }
        let mut rest = rest as u32;
        loop {
            rest = self.digit(rest);
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            self.byte(b'-');
        }
    }

    fn written(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: impl Into<RowId>, amount: i64) -> String {
        let mut members = Vec::new();
        push_member(&mut members, &id.into(), amount);
        String::from_utf8(members).unwrap()
    }

    #[test]
    fn a_member_is_its_amount_and_its_id_with_the_length_of_the_id() {
        assert_eq!(member(1, 950), "950:1:1");
        assert_eq!(member(-20, 0), "0:3:-20");
        assert_eq!(member("a é", -7), "-7:4:a é");
        assert_eq!(member(4_294_967_296, -4_294_967_295), "-4294967295:10:4294967296");
        assert_eq!(member(1_000_000_000_000_000_000, 0), "0:19:1000000000000000000");
        let longest = format!("{0}:20:{0}", i64::MIN);
        assert_eq!((member(i64::MIN, i64::MIN), longest.len()), (longest, MOST));
    }
}
