//! Content key of a group: the same wherever a group has the same members with the same amounts.

use std::cell::RefCell;

use blake2b_simd::Params;

use super::ipc::DIGEST;
use crate::report::GroupView;
use crate::row_id::RowId;

thread_local! {
    static MEMBERS: RefCell<Members> = const { RefCell::new(Members { bytes: Vec::new(), length: 0 }) };
}

/// The key of a group, by the rule of the wire page.
pub(crate) fn group_key(group: &GroupView<'_>) -> [u8; DIGEST] {
    MEMBERS.with_borrow_mut(|members| {
        members.length = 0;
        group.members().for_each(|(id, amount)| members.push(id, amount));
        let mut key = [0; DIGEST];
        key.copy_from_slice(Params::new().hash_length(DIGEST).hash(members.written()).as_bytes());
        key
    })
}

/// The most bytes of a member besides the text of its id: two integers, a length of ten digits and two colons, and what is
/// written beyond the last digit.
const MOST: usize = 2 * 20 + 10 + 2 + 8;

/// Numbers below this have up to eight digits, which are computed together.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The members of a group as bytes, of which there are always more than are written: a member is written in place.
struct Members {
    bytes: Vec<u8>,
    length: usize,
}

impl Members {
    /// Appends `amount:length:id`.
    fn push(&mut self, id: &RowId, amount: i64) {
        let (number, text) = match id {
            RowId::Int(id) => (Some(*id), ""),
            RowId::Text(id) => (None, id.as_str()),
        };
        let most = self.length + MOST + text.len();
        if self.bytes.len() < most {
            self.bytes.resize(2 * most, 0);
        }
        self.integer(amount);
        self.byte(b':');
        self.integer(number.map_or(text.len(), width) as i64);
        self.byte(b':');
        match number {
            Some(number) => self.integer(number),
            None => {
                self.bytes[self.length..][..text.len()].copy_from_slice(text.as_bytes());
                self.length += text.len();
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn integer(&mut self, number: i64) {
        if number < 0 {
            self.byte(b'-');
        }
        let size = number.unsigned_abs();
        let rest = size / EIGHT_DIGITS;
        if rest == 0 {
            self.digits(size, true);
            return;
        }
        if rest >= EIGHT_DIGITS {
            self.digits(rest / EIGHT_DIGITS, true);
        }
        self.digits(rest % EIGHT_DIGITS, rest < EIGHT_DIGITS);
        self.digits(size % EIGHT_DIGITS, false);
    }

    /// Eight digits, or of the first of a number those from the first that is not zero on.
    fn digits(&mut self, number: u64, are_first: bool) {
        let digits = eight_digits(number as u32);
        let blank = if are_first {
            (digits.trailing_zeros() / 8).min(7)
        } else {
            0
        };
        let text = (digits | 0x3030_3030_3030_3030) >> (8 * blank); // b'0' is 0x30
        self.bytes[self.length..][..8].copy_from_slice(&text.to_le_bytes());
        self.length += 8 - blank as usize;
    }

    fn written(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Characters of an integer in decimal.
fn width(number: i64) -> usize {
    let size = number.unsigned_abs();
    // wasm has no cheap logarithm of 64 bits
    let digits = match u32::try_from(size) {
        Ok(size) => size.checked_ilog10().unwrap_or(0),
        Err(_) => size.ilog10(),
    };
    usize::from(number < 0) + digits as usize + 1
}

/// The digits of a number of up to eight, a byte each, the first in the lowest: halves, then pairs, then digits, all at once.
fn eight_digits(number: u32) -> u64 {
    let halves = u64::from(number / 10_000) | (u64::from(number % 10_000) << 32);
    // a hundredth of each half, and a tenth of each pair, by a product that is exact for numbers so small
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - 10 * tens) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: impl Into<RowId>, amount: i64) -> String {
        let mut members = Members {
            bytes: Vec::new(),
            length: 0,
        };
        members.push(&id.into(), amount);
        String::from_utf8(members.written().to_vec()).unwrap()
    }

    #[test]
    fn eight_digits_are_those_of_the_number() {
        let check = |number: u32| {
            let text = eight_digits(number).to_le_bytes().map(|digit| char::from(b'0' + digit));
            assert_eq!(String::from_iter(text), format!("{number:08}"));
        };
        (0..10_000).for_each(|half| check(10_000 * half + half));
        (0..100_000_000).step_by(9_973).for_each(check);
    }

    #[test]
    fn a_member_is_its_amount_and_its_id_with_the_length_of_the_id() {
        assert_eq!(member(1, 950), "950:1:1");
        assert_eq!(member(-20, 0), "0:3:-20");
        assert_eq!(member("a é", -7), "-7:4:a é");
        assert_eq!(member(4_294_967_296, -4_294_967_295), "-4294967295:10:4294967296");
        assert_eq!(member(1_000_000_000_000_000_000, 0), "0:19:1000000000000000000");
        assert_eq!(member(i64::MIN, i64::MIN), format!("{0}:20:{0}", i64::MIN));
        assert_eq!(member(i64::MAX, 0), format!("0:19:{}", i64::MAX));
        for number in (0..=18).flat_map(|power| [10_i64.pow(power) - 1, 10_i64.pow(power), -(10_i64.pow(power))]) {
            let text = number.to_string();
            assert_eq!(member(number, number), format!("{text}:{}:{text}", text.len()));
            assert_eq!(width(number), text.len());
        }
    }
}
