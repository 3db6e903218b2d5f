//! Checksum trailer of an encoded byte string.

const SEAL: usize = 8;

/// Appends the checksum of all there is.
pub(crate) fn seal(bytes: &mut Vec<u8>) {
    let sum = checksum(bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// Whether the bytes end in the checksum of those before it.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    let (body, sum) = bytes.split_at(without_seal(bytes).len());
    sum == checksum(body).to_le_bytes()
}

/// The bytes before the checksum; none where there are too few for one.
pub(crate) fn without_seal(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().saturating_sub(SEAL)]
}

/// Eight bytes a step, each of which can be undone: two inputs of one length that differ in one step only never agree.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let steps = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    steps.fold(bytes.len() as u64, |sum, word| {
        let mixed = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_breaks_with_any_bit() {
        for length in 0..20_u8 {
            let mut bytes: Vec<u8> = (0..length).collect();
            seal(&mut bytes);
            assert!(is_sealed(&bytes));
            for bit in 0..bytes.len() * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_sealed(&bytes), "bit {bit} of {length} bytes");
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            bytes.push(0);
            assert!(!is_sealed(&bytes));
            assert!(!is_sealed(&bytes[..usize::from(length)]));
        }
    }
}
